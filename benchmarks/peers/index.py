#!/usr/bin/env python3
"""Measure Hark's vector index beside its peers, in turns on one machine, and print ratios.

  python3 -m venv venv && venv/bin/pip install -r requirements.txt
  venv/bin/python index.py --base B.npy --queries Q.npy --truth T.npy --metric ip

Each peer is built once, with the parameters of its own papers and examples, on two threads:
graphs with 16 links (32 at the lowest level) and 200 candidates while building; faiss-sq8 walks
such a graph over 8 bits of each number; faiss-ivfpq sweeps cells of 4-bit codes and ranks the best
anew; svs, which has to be asked for, is a Vamana graph of 32 links. For each recall the least
effort that reaches it is looked for (of faiss-ivfpq the fastest pair of cells swept and candidates
ranked anew); then all are timed in turns, Hark, peer, peer, Hark, …, and the median of the rounds
counts. Peers are timed by one call for all queries, which spares them the cost of Python; Hark by
`hark bench index`, one call a query. The best peer of a line is the one with the most queries.

All peers stay in memory together. Each keeps the base once more (faiss-sq8 a third of it, usearch
up to twice), and so do the exact index and this script: 480,000 x 384 numbers come to some 7 GB
with svs, Hark's own process aside, which 24 GiB hold with ease; at 1,000,000 x 768 they would be
27 GB, and two runs have to share the peers, usearch and svs apart from the rest.

--filters SHARES measures, instead, searches that may find a random share of the vectors, on one
thread, at the recall that --at names. The truth is an exact search over those rows; Hark chooses as
many of its own. hnswlib asks a Python function about each candidate (the bound __getitem__ of a
list of bool, the quickest of those tried among 60,000); hnswlib-c++ is the same index in a C++
program, which looks at a bitmap, if --headers names the folder of hnswlib's sources:

  git clone --depth 1 --branch v0.8.0 https://github.com/nmslib/hnswlib

faiss takes a bitmap; usearch and svs take no filter here. "scan" reads rows gathered beforehand by
NumPy, a query at a time; "scan at once" does so by faiss IndexFlat, all queries together.

--cold measures, instead, the time from opening an index file of which the system's cache holds
nothing to the last of the first 100 answers, on one thread, at the recall that --at names: the
median of five. Each time a peer is in a process of its own, whose start and imports do not count,
and gets all 100 in one call. hnswlib and faiss read their files, usearch maps its own, svs takes no
part. Hark's time is that of `hark bench index --cold`, in the process that built the index, and of
opening it warm. What the disk or a host beneath keeps in memory is not dropped.

--metric is ip or l2; cosine is ip over vectors of length 1, and is left to the caller.
--json PATH keeps the figures.
"""

import argparse
import concurrent.futures
import copy
import importlib.util
import json
import multiprocessing
import os
import statistics
import subprocess
import tempfile
import time

import numpy as np

K, DEGREE, BUILD_EFFORT = 10, 16, 200
FIRST_QUERIES, COLD_ROUNDS = 100, 5

# OpenBLAS takes kernels of half the width on processors that are newer than it is; Hark sets the
# same for its own.
if " avx512bw " in open("/proc/cpuinfo").read():
    os.environ["OPENBLAS_CORETYPE"] = "SkylakeX"


# MARK: Peers


class Peer:
    """An index of some library, to be built or loaded, then searched with an effort."""

    # The greatest effort that is tried.
    most = 8192

    def __init__(self, dimension, metric):
        self.dimension, self.metric, self.index = dimension, metric, None

    def ways(self):
        """What makes an effort of a number: one function, or several to choose from."""
        return [lambda number: number]


class Hnswlib(Peer):
    module, package, filter = "hnswlib", "hnswlib", None

    def __init__(self, dimension, metric):
        import hnswlib

        super().__init__(dimension, metric)
        self.index = hnswlib.Index(metric, dimension)

    def build(self, base, threads):
        self.index.init_index(len(base), M=DEGREE, ef_construction=BUILD_EFFORT, random_seed=1)
        self.index.add_items(base, num_threads=threads)

    def save(self, path):
        self.index.save_index(path)

    def load(self, path):
        self.index.load_index(path)

    def allowing(self, mask):
        peer = copy.copy(self)
        peer.filter = mask.tolist().__getitem__
        return peer

    def search(self, queries, effort, threads):
        self.index.set_ef(max(effort, K))
        return self.index.knn_query(queries, K, num_threads=threads, filter=self.filter)[0]


class HnswlibNative(Peer):
    """An index that hnswlib has saved, searched with a filter by a C++ program on one thread."""

    def __init__(self, program, peer, folder, queries, mask):
        super().__init__(peer.dimension, peer.metric)
        mask.tofile(f"{folder}/allowed")
        queries.tofile(f"{folder}/queries")
        self.process = subprocess.Popen(
            [program, self.metric, str(self.dimension), f"{folder}/hnswlib", f"{folder}/queries",
             f"{folder}/allowed"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    @staticmethod
    def compiled(headers, folder):
        program = f"{folder}/hnswlib_filter"
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hnswlib_filter.cpp")
        subprocess.run(
            ["g++", "-O3", "-march=native", "-std=c++17", "-I", headers, source, "-o", program],
            check=True)
        return program

    def search(self, queries, effort, threads):
        self.process.stdin.write(f"{max(effort, K)}\n".encode())
        self.process.stdin.flush()
        found = self.process.stdout.read(len(queries) * K * 8)
        return np.frombuffer(found, dtype=np.int64).reshape(len(queries), K)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class Faiss(Peer):
    module, package, selector = "faiss", "faiss-cpu", None

    def __init__(self, dimension, metric):
        import faiss

        super().__init__(dimension, metric)
        self.faiss = faiss
        self.kind = faiss.METRIC_INNER_PRODUCT if metric == "ip" else faiss.METRIC_L2

    def empty(self, count):
        return self.faiss.IndexHNSWFlat(self.dimension, DEGREE, self.kind)

    def build(self, base, threads):
        self.faiss.omp_set_num_threads(threads)
        self.index = self.empty(len(base))
        if hasattr(self.index, "hnsw"):
            self.index.hnsw.efConstruction = BUILD_EFFORT
        self.index.train(base)
        self.index.add(base)

    def save(self, path):
        self.faiss.write_index(self.index, path)

    def load(self, path):
        self.index = self.faiss.read_index(path)

    def allowing(self, mask):
        peer = copy.copy(self)
        peer.selector = self.faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))
        return peer

    def parameters(self, effort):
        return self.faiss.SearchParametersHNSW(efSearch=effort, sel=self.selector)

    def search(self, queries, effort, threads):
        self.faiss.omp_set_num_threads(threads)
        return self.index.search(queries, K, params=self.parameters(effort))[1]


class FaissSQ8(Faiss):
    def empty(self, count):
        eight = self.faiss.ScalarQuantizer.QT_8bit
        return self.faiss.IndexHNSWSQ(self.dimension, eight, DEGREE, self.kind)


class FaissIVFPQ(Faiss):
    def empty(self, count):
        self.most = 1024 if count >= 400_000 else 256
        recipe = f"IVF{self.most},PQ{self.dimension // 2}x4fs,RFlat"
        return self.faiss.index_factory(self.dimension, recipe, self.kind)

    def ways(self):
        return [lambda cells, factor=factor: (cells, factor) for factor in (4, 8, 16, 32)]

    def parameters(self, effort):
        cells, factor = effort
        return self.faiss.IndexRefineSearchParameters(
            k_factor=factor, base_index_params=self.faiss.SearchParametersIVF(
                nprobe=cells, sel=self.selector))


class FaissFlat(Faiss):
    """Exact search for all queries at once."""

    def empty(self, count):
        return self.faiss.IndexFlat(self.dimension, self.kind)

    def parameters(self, effort):
        return None


class Usearch(Peer):
    module, package = "usearch", "usearch"

    def __init__(self, dimension, metric):
        from usearch.index import Index

        super().__init__(dimension, metric)
        self.index = Index(
            ndim=dimension, metric={"ip": "ip", "l2": "l2sq"}[metric], dtype="f32",
            connectivity=DEGREE, expansion_add=BUILD_EFFORT)

    def build(self, base, threads):
        self.index.add(np.arange(len(base), dtype=np.uint64), base, threads=threads)

    def save(self, path):
        self.index.save(path)

    def load(self, path):
        self.index.view(path)

    def search(self, queries, effort, threads):
        self.index.expansion_search = effort
        return self.index.search(queries, K, threads=threads).keys.astype(np.int64)


class SVS(Peer):
    module, package = "svs", "scalable-vs"

    def __init__(self, dimension, metric):
        import svs

        super().__init__(dimension, metric)
        self.svs = svs

    def build(self, base, threads):
        alpha, distance = {
            "ip": (0.95, self.svs.DistanceType.MIP), "l2": (1.2, self.svs.DistanceType.L2),
        }[self.metric]
        parameters = self.svs.VamanaBuildParameters(
            alpha=alpha, graph_max_degree=2 * DEGREE, window_size=BUILD_EFFORT)
        self.index = self.svs.Vamana.build(parameters, base, distance, num_threads=threads)

    def search(self, queries, effort, threads):
        self.index.num_threads = threads
        self.index.search_window_size = max(effort, K)
        return self.index.search(queries, K)[0].astype(np.int64)


class Scan(Peer):
    """Exact search over rows gathered beforehand, one query after another."""

    module, package = "threadpoolctl", "threadpoolctl"

    def __init__(self, base, metric, mask):
        from threadpoolctl import ThreadpoolController

        super().__init__(base.shape[1], metric)
        self.pools = ThreadpoolController()
        self.rows, self.numbers = base[mask], np.flatnonzero(mask)
        self.halves = np.sum(self.rows**2, axis=1) / 2 if metric == "l2" else None

    def search(self, queries, effort, threads):
        found = np.empty((len(queries), K), dtype=np.int64)
        with self.pools.limit(limits=threads, user_api="blas"):
            for place, query in enumerate(queries):
                scores = self.rows @ query
                if self.halves is not None:
                    scores -= self.halves
                found[place] = self.numbers[np.argpartition(scores, -K)[-K:]]
        return found


PEERS = {
    "hnswlib": Hnswlib, "faiss": Faiss, "faiss-sq8": FaissSQ8, "faiss-ivfpq": FaissIVFPQ,
    "usearch": Usearch, "svs": SVS}


# MARK: Measuring


def recall(found, truth):
    return float(np.mean([len(set(a) & set(b)) for a, b in zip(found.tolist(), truth.tolist())])) / K


def least_effort(reached, target, most):
    low, high = 0, K
    while reached(high) < target:
        if high == most:
            return None
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        if reached(middle) < target:
            low = middle
        else:
            high = middle
    return high


def cheapest(peer, queries, truth, target):
    """The least effort that reaches the target; of several ways, the fastest one's."""
    efforts = []
    for way in peer.ways():
        number = least_effort(
            lambda number: recall(peer.search(queries, way(number), 1), truth), target, peer.most)
        if number:
            efforts.append(way(number))
    if len(efforts) > 1:
        return max(efforts, key=lambda effort: rate(peer, queries, effort, 1))
    return efforts[0] if efforts else None


def rate(peer, queries, effort, threads):
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < 0.4:
        peer.search(queries, effort, threads)
        count += len(queries)
    return count / (time.perf_counter() - start)


def hark(arguments, *options):
    command = [
        arguments.hark, "bench", "index", "--base", arguments.base, "--queries", arguments.queries,
        "--truth", arguments.truth, "--metric", arguments.metric, "--kind", arguments.kind,
        "--profile", arguments.profile, "--scratch", arguments.scratch, "--json", *options]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"hark bench index: {run.stdout.strip() or run.stderr.strip()}")
    return json.loads(run.stdout)


def plain(arguments, base, queries, truth, peers, builds):
    """Building, searches for each recall on one thread and two, and exact search."""
    targets = [float(target) for target in arguments.recall.split(",")]
    tuned = hark(arguments, "--recall", arguments.recall, "--threads", "2")
    efforts = {point["target"]: point["effort"] for point in tuned["points"]}
    listed = ",".join(str(effort) for effort in sorted(set(efforts.values())))
    figures = {"hark": {"build": [tuned["build"]["seconds"]], "points": {}}} | {
        name: {"build": [seconds], "points": {}} for name, seconds in builds.items()}
    flat, exact = FaissFlat(base.shape[1], arguments.metric), {}
    flat.build(base, 2)
    chosen = {
        name: {target: cheapest(peer, queries, truth, target) for target in targets}
        for name, peer in peers.items()}

    def note(name, target, threads, value):
        figures[name]["points"].setdefault(f"{target:.2f} on {threads}", []).append(value)

    for _ in range(arguments.rounds):
        asked = ("--effort", listed) if listed else ("--recall", arguments.recall)
        run = hark(arguments, *asked, "--threads", "2", "--exact")
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

    print(heading(tuned, arguments.rounds))
    columns(figures)
    build = {name: statistics.median(figure["build"]) for name, figure in figures.items()}
    print(line("build, s", figures, build, ".2f", sooner))
    for row in (f"{target:.2f} on {threads}" for target in targets for threads in (1, 2)):
        rates = {
            name: statistics.median(figure["points"][row])
            for name, figure in figures.items() if row in figure["points"]}
        print(line(row, figures, rates, ",.0f", oftener))
        print(best_peer(rates))
    for threads, rates in exact.items():
        mine, its = (statistics.median(column) for column in zip(*rates))
        print(f"exact on {threads}: {mine:,.0f}, faiss IndexFlat {its:,.0f} ({mine / its:.2f} x)")
    print("In brackets: the peer's time over Hark's, and Hark's queries a second over the peer's.")
    return {"hark": tuned, "efforts": chosen, "figures": figures, "exact": exact}


def filtered(arguments, base, queries, peers):
    """Searches that may find a random share of the vectors, on one thread."""
    at, report = float(arguments.at), {}
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as folder:
        program = None
        if arguments.headers and "hnswlib" in peers:
            program = HnswlibNative.compiled(arguments.headers, folder)
            peers["hnswlib"].save(f"{folder}/hnswlib")
        for share in arguments.filters.split(","):
            mask = np.random.default_rng(7).random(len(base)) < float(share)
            if mask.sum() < K:
                raise SystemExit(f"--filters {share} lets fewer than {K} vectors be found")
            able = {
                name: peer.allowing(mask) for name, peer in peers.items()
                if hasattr(peer, "allowing")}
            native = program and HnswlibNative(program, peers["hnswlib"], folder, queries, mask)
            if native:
                able["hnswlib-c++"] = native
            report[share] = filtered_share(arguments, base, queries, able, share, mask)
            if native:
                native.close()

    names = next(iter(report.values()))["figures"]
    run = next(iter(report.values()))["hark"]
    print(f"{heading(run, arguments.rounds)}; filtered, recall {at:.2f} on 1")
    columns(names)
    for share, part in report.items():
        rates = {
            name: statistics.median(values)
            for name, values in part["figures"].items() if values}
        print(line(share, names, rates, ",.0f", oftener))
        print(f"{'  recall':14}" + "".join(
            f"{part['recalls'][name]:12.3f}{'':10}" if name in part["recalls"] else f"{'':22}"
            for name in names).rstrip())
    if not program:
        print("hnswlib-c++ is left out: it needs the peer hnswlib and --headers.")
    print("In brackets: Hark's queries a second over the peer's.")
    return report


def filtered_share(arguments, base, queries, peers, share, mask):
    once = FaissFlat(base.shape[1], arguments.metric)
    once.build(base[mask], 2)
    truth = np.flatnonzero(mask)[once.search(queries, None, 2)]
    tuned = hark(arguments, "--filter", share, "--recall", arguments.at)
    efforts = {
        name: cheapest(peer, queries, truth, float(arguments.at)) for name, peer in peers.items()}
    recalls = {"hark": point["recall"] for point in tuned["points"]} | {
        name: recall(peers[name].search(queries, effort, 1), truth)
        for name, effort in efforts.items() if effort}
    scan = Scan(base, arguments.metric, mask)
    recalls |= {"scan": recall(scan.search(queries, None, 1), truth), "scan at once": 1.0}
    figures = {name: [] for name in ("hark", *peers, "scan", "scan at once")}
    for _ in range(arguments.rounds):
        for point in tuned["points"]:
            run = hark(arguments, "--filter", share, "--effort", str(point["effort"]))
            figures["hark"].append(run["points"][0]["qps"])
        for name, effort in efforts.items():
            if effort:
                figures[name].append(rate(peers[name], queries, effort, 1))
        figures["scan"].append(rate(scan, queries, None, 1))
        figures["scan at once"].append(rate(once, queries, None, 1))
    return {"hark": tuned, "efforts": efforts, "recalls": recalls, "figures": figures}


def cold(arguments, queries, truth, peers):
    """Opening an index file that no cache holds, and its first answers."""
    first = queries[:FIRST_QUERIES]
    tuned = hark(arguments, "--recall", arguments.at)
    if not tuned["points"]:
        raise SystemExit(f"hark does not reach recall {arguments.at}")
    efforts = {"hark": tuned["points"][0]["effort"]}
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as folder:
        for name, peer in peers.items():
            if hasattr(peer, "load"):
                peer.save(f"{folder}/{name}")
                efforts[name] = cheapest(peer, queries, truth, float(arguments.at))
        figures = {name: [] for name in efforts}
        few = copy.copy(arguments)
        few.queries = f"{folder}/queries.npy"
        np.save(few.queries, first)
        for _ in range(COLD_ROUNDS):
            # With a recall to look for, Hark would still map the file from before.
            run = hark(few, "--effort", str(efforts["hark"]), "--cold")
            figures["hark"].append(len(first) / run["points"][0]["qps"] + run["open_ms"] / 1e3)
            for name, effort in efforts.items():
                if name == "hark" or not effort:
                    continue
                drop(f"{folder}/{name}")
                context = multiprocessing.get_context("spawn")
                with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as process:
                    figures[name].append(process.submit(
                        first_answers, name, f"{folder}/{name}", arguments.metric, first,
                        effort).result())

    print(f"{heading(tuned, COLD_ROUNDS)}; cold, recall {float(arguments.at):.2f} on 1")
    columns(figures)
    times = {name: statistics.median(values) * 1e3 for name, values in figures.items() if values}
    print(line(f"{len(first)} queries, ms", figures, times, ",.1f", sooner))
    print("In brackets: the peer's time over Hark's. Hark's opening was measured warm.")
    return {"hark": tuned, "efforts": efforts, "figures": figures}


def first_answers(name, path, metric, queries, effort):
    peer = PEERS[name](queries.shape[1], metric)
    start = time.perf_counter()
    peer.load(path)
    peer.search(queries, effort, 1)
    return time.perf_counter() - start


def drop(path):
    """Makes the system's cache forget a file, and looks whether it has."""
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)
    pages = subprocess.run(
        ["fincore", "--raw", "--noheadings", "--output", "PAGES", path], check=True,
        capture_output=True, text=True).stdout
    if int(pages):
        raise SystemExit(f"{int(pages)} pages of {path} stay in memory: name a --scratch on a disk")


# MARK: Reporting


def heading(run, rounds):
    return (f"{run['count']:,} x {run['dimension']}, {run['metric']}; {run['kind']}, "
            f"{run['profile']}; {run['machine']}; kernels {run['kernels']}; "
            f"{rounds} rounds in turns")


def columns(names):
    print(f"{'':14}" + "".join(f"{name:>22}" for name in names))


def sooner(mine, its):
    return its / mine


def oftener(mine, its):
    return mine / its


def line(label, names, values, form, faster):
    """Each one's value, and in brackets how much faster Hark is."""
    def cell(name):
        if name not in values:
            return f"{'not reached':>22}"
        if "hark" not in values:
            return f"{values[name]:12{form}}{'':10}"
        ratio = faster(values["hark"], values[name])
        return f"{values[name]:12{form}} ({ratio:5.{2 if ratio < 100 else 0}f} x)"

    return f"{label:14}" + "".join(cell(name) for name in names)


def best_peer(rates):
    its = {name: value for name, value in rates.items() if name != "hark"}
    if not its:
        return f"{'  best peer':14}{'not reached':>22}"
    best = max(its, key=its.get)
    ratio = f" ({rates['hark'] / its[best]:5.2f} x)" if "hark" in rates else ""
    return f"{'  best peer':14}{its[best]:12,.0f}{ratio}  {best}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("base", "queries", "truth"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--metric", choices=("ip", "l2"), default="ip")
    parser.add_argument("--hark", default=".build/release/hark")
    parser.add_argument(
        "--kind", choices=("graph", "cells", "auto"), default="auto",
        help="the shape of Hark's index")
    parser.add_argument(
        "--profile", choices=("fast", "compact"), default="fast",
        help="what Hark's index keeps of the vectors")
    parser.add_argument(
        "--peers", default="hnswlib,faiss,faiss-sq8,faiss-ivfpq,usearch",
        help=f"of {', '.join(PEERS)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--recall", default="0.90,0.95,0.99")
    parser.add_argument(
        "--filters", metavar="SHARES", help="measure filtered searches instead, as 0.01,0.1,0.5")
    parser.add_argument(
        "--headers", metavar="FOLDER", help="the folder that holds hnswlib/hnswlib.h")
    parser.add_argument("--cold", action="store_true", help="measure cold starts instead")
    parser.add_argument("--at", default="0.95", help="the recall of --filters and --cold")
    parser.add_argument(
        "--scratch", default=tempfile.gettempdir(), help="where index files are made")
    parser.add_argument("--json")
    arguments = parser.parse_args()

    names = arguments.peers.split(",")
    for name in names:
        if name not in PEERS:
            parser.error(f"there is no peer {name}: --peers takes {', '.join(PEERS)}")
    needed = [PEERS[name] for name in names] + [FaissFlat] + [Scan] * bool(arguments.filters)
    missing = {peer.package for peer in needed if not importlib.util.find_spec(peer.module)}
    if missing:
        raise SystemExit(f"Packages are missing: pip install {' '.join(sorted(missing))}")
    if arguments.headers and not os.path.exists(f"{arguments.headers}/hnswlib/hnswlib.h"):
        parser.error(f"{arguments.headers} holds no hnswlib/hnswlib.h")

    base = np.ascontiguousarray(np.load(arguments.base), dtype=np.float32)
    queries = np.ascontiguousarray(np.load(arguments.queries), dtype=np.float32)
    truth = np.load(arguments.truth)[: len(queries), :K]
    peers, builds = {}, {}
    for name in names:
        peers[name] = PEERS[name](base.shape[1], arguments.metric)
        start = time.perf_counter()
        peers[name].build(base, 2)
        builds[name] = time.perf_counter() - start

    report = {}
    if arguments.filters:
        report["filtered"] = filtered(arguments, base, queries, peers)
    if arguments.cold:
        report["cold"] = cold(arguments, queries, truth, peers)
    if not report:
        report = plain(arguments, base, queries, truth, peers, builds)
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(report, file, indent=1)


if __name__ == "__main__":
    main()
