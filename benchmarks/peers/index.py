#!/usr/bin/env python3
"""Measure Hark's vector index beside its peers, in turns on one machine, and print ratios.

  python3 -m venv venv && venv/bin/pip install -r requirements.txt
  venv/bin/python index.py --base B.npy --queries Q.npy --truth T.npy --metric ip

Each peer is built once, with the parameters of its own papers and examples: 16 links (32 at the
lowest level), 200 candidates while building, two threads. For each recall the least effort that
reaches it is looked for; then all are timed in turns, Hark, peer, peer, Hark, …, and the median
of the rounds counts. Peers are timed by one call for all queries on one thread, which spares them
the cost of Python; Hark by `hark bench index`, one call a query.

--metric is ip or l2; cosine is ip over vectors of length 1, and is left to the caller.
--json PATH keeps the figures.
"""

import argparse
import json
import os
import statistics
import subprocess
import time

import numpy as np

K, DEGREE, BUILD_EFFORT = 10, 16, 200

# OpenBLAS takes kernels of half the width on processors that are newer than it is; Hark sets the
# same for its own.
if " avx512bw " in open("/proc/cpuinfo").read():
    os.environ["OPENBLAS_CORETYPE"] = "SkylakeX"


class Hnswlib:
    def __init__(self, base, metric, threads):
        import hnswlib

        self.index = hnswlib.Index(metric, base.shape[1])
        self.index.init_index(len(base), M=DEGREE, ef_construction=BUILD_EFFORT, random_seed=1)
        self.index.add_items(base, num_threads=threads)

    def search(self, queries, effort, threads):
        self.index.set_ef(max(effort, K))
        return self.index.knn_query(queries, K, num_threads=threads)[0]


class Faiss:
    def __init__(self, base, metric, threads):
        import faiss

        self.faiss = faiss
        faiss.omp_set_num_threads(threads)
        kind = faiss.METRIC_INNER_PRODUCT if metric == "ip" else faiss.METRIC_L2
        self.index = faiss.IndexHNSWFlat(base.shape[1], DEGREE, kind)
        self.index.hnsw.efConstruction = BUILD_EFFORT
        self.index.add(base)

    def search(self, queries, effort, threads):
        self.faiss.omp_set_num_threads(threads)
        parameters = self.faiss.SearchParametersHNSW(efSearch=effort)
        return self.index.search(queries, K, params=parameters)[1]


class FaissFlat:
    """Exact search for all queries at once."""

    def __init__(self, base, metric):
        import faiss

        self.faiss = faiss
        self.index = {"ip": faiss.IndexFlatIP, "l2": faiss.IndexFlatL2}[metric](base.shape[1])
        self.index.add(base)

    def search(self, queries, effort, threads):
        self.faiss.omp_set_num_threads(threads)
        return self.index.search(queries, K)[1]


class Usearch:
    def __init__(self, base, metric, threads):
        from usearch.index import Index

        self.index = Index(
            ndim=base.shape[1], metric={"ip": "ip", "l2": "l2sq"}[metric], dtype="f32",
            connectivity=DEGREE, expansion_add=BUILD_EFFORT)
        self.index.add(np.arange(len(base), dtype=np.uint64), base, threads=threads)

    def search(self, queries, effort, threads):
        self.index.expansion_search = effort
        return self.index.search(queries, K, threads=threads).keys.astype(np.int64)


PEERS = {"hnswlib": Hnswlib, "faiss": Faiss, "usearch": Usearch}


def recall(found, truth):
    return float(np.mean([len(set(a) & set(b)) for a, b in zip(found.tolist(), truth.tolist())])) / K


def least_effort(peer, queries, truth, target):
    low, high = 0, K
    while recall(peer.search(queries, high, 1), truth) < target:
        low, high = high, high * 2
        if high > 8192:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if recall(peer.search(queries, middle, 1), truth) < target:
            low = middle
        else:
            high = middle
    return high


def rate(peer, queries, effort, threads):
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < 0.4:
        peer.search(queries, effort, threads)
        count += len(queries)
    return count / (time.perf_counter() - start)


def hark(arguments, *options):
    command = [
        arguments.hark, "bench", "index", "--base", arguments.base, "--queries", arguments.queries,
        "--truth", arguments.truth, "--metric", arguments.metric, "--threads", "2", "--json",
        *options]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("base", "queries", "truth"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--metric", choices=("ip", "l2"), default="ip")
    parser.add_argument("--hark", default=".build/release/hark")
    parser.add_argument("--peers", default="hnswlib,faiss,usearch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--recall", default="0.90,0.95,0.99")
    parser.add_argument("--json")
    arguments = parser.parse_args()

    base = np.ascontiguousarray(np.load(arguments.base), dtype=np.float32)
    queries = np.ascontiguousarray(np.load(arguments.queries), dtype=np.float32)
    truth = np.load(arguments.truth)[: len(queries), :K]
    targets = [float(target) for target in arguments.recall.split(",")]

    tuned = hark(arguments, "--recall", arguments.recall)
    efforts = {point["target"]: point["effort"] for point in tuned["points"]}
    figures = {"hark": {"build": [tuned["build"]["seconds"]], "points": {}}}
    flat, exact = FaissFlat(base, arguments.metric), {}
    peers = {}
    for name in arguments.peers.split(","):
        start = time.perf_counter()
        peers[name] = PEERS[name](base, arguments.metric, 2)
        figures[name] = {"build": [time.perf_counter() - start], "points": {}}
    chosen = {
        name: {target: least_effort(peer, queries, truth, target) for target in targets}
        for name, peer in peers.items()}

    def note(name, target, threads, value):
        figures[name]["points"].setdefault(f"{target:.2f} on {threads}", []).append(value)

    for _ in range(arguments.rounds):
        listed = ",".join(str(efforts[target]) for target in targets if target in efforts)
        run = hark(arguments, "--effort", listed, "--exact")
        figures["hark"]["build"].append(run["build"]["seconds"])
        for target in targets:
            for point in run["points"]:
                if point["effort"] == efforts.get(target):
                    note("hark", target, point["threads"], point["qps"])
        for point in run["exact"]:
            threads = point["threads"]
            best = max(rate(flat, queries, None, threads) for _ in range(3))
            exact.setdefault(threads, []).append((point["qps"], best))
        for name, peer in peers.items():
            for target, effort in chosen[name].items():
                for threads in (1, 2) if effort else ():
                    note(name, target, threads, rate(peer, queries, effort, threads))

    print(f"{tuned['count']:,} x {tuned['dimension']}, {arguments.metric}; {tuned['machine']}; "
          f"kernels {tuned['kernels']}; {arguments.rounds} rounds in turns")
    rows = [f"{target:.2f} on {threads}" for target in targets for threads in (1, 2)]
    print(f"{'':14}" + "".join(f"{name:>22}" for name in figures))
    build = {name: statistics.median(figure["build"]) for name, figure in figures.items()}
    print(f"{'build, s':14}" + "".join(
        f"{value:12.2f} ({value / build['hark']:5.2f} x)" for value in build.values()))
    for row in rows:
        cells = {
            name: statistics.median(figure["points"][row])
            for name, figure in figures.items() if row in figure["points"]}
        print(f"{row:14}" + "".join(
            f"{cells[name]:12,.0f} ({cells['hark'] / cells[name]:5.2f} x)" if name in cells
            else f"{'not reached':>22}" for name in figures))
    for threads, rates in exact.items():
        mine, its = (statistics.median(column) for column in zip(*rates))
        print(f"exact on {threads}: {mine:,.0f}, faiss IndexFlat {its:,.0f} ({mine / its:.2f} x)")
    print("In brackets: the peer's time over Hark's, and Hark's queries a second over the peer's.")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"hark": tuned, "efforts": chosen, "figures": figures,
                       "exact": exact}, file, indent=1)


if __name__ == "__main__":
    main()
