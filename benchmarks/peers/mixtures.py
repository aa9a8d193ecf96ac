#!/usr/bin/env python3
"""Make sets of vectors out of a given one, to see how an index grows with their number.

  venv/bin/python mixtures.py --base B.npy --queries Q.npy --counts 10000,100000 --out FOLDER

A set holds the given vectors and as many mixtures of one of them with one of its forty nearest as
are missing, a little noise added, all of length 1 and in random order: so the new ones lie where
text lies, neither farther from each other than the old ones nor equal to them. Of a smaller count
it is a sample. The folder receives base-COUNT.npy and truth-COUNT.npy, the numbers of the ten
vectors with the greatest inner products with each query. The same arguments make the same sets.
"""

import argparse
import pathlib

import faiss
import numpy as np

K, NEIGHBOURS, SEED = 10, 40, 3
# The deviation of each number; the numbers of a vector of 384 are some 0.05 great.
NOISE = 0.02


def neighbours_of(base):
    """The numbers of the nearest of each vector, itself the first, as approximate search has them."""
    index = faiss.index_factory(
        base.shape[1], f"IVF256,PQ{base.shape[1] // 2}x4fs,RFlat", faiss.METRIC_INNER_PRODUCT
    )
    index.train(base)
    index.add(base)
    faiss.ParameterSpace().set_index_parameters(index, "nprobe=24,k_factor_rf=4")
    return index.search(base, NEIGHBOURS)[1]


def mixtures(base, neighbours, random):
    """A mixture of each vector with one of its nearest."""
    rows = np.arange(len(base))
    partners = neighbours[rows, random.randint(1, NEIGHBOURS, len(base))]
    weights = random.uniform(0.3, 0.7, (len(base), 1)).astype(np.float32)
    mixed = weights * base + (1 - weights) * base[partners]
    mixed += random.randn(*base.shape).astype(np.float32) * NOISE
    mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
    return mixed.astype(np.float32)


def grown(base, count, neighbours, random):
    """So many vectors."""
    parts = [base]
    while len(parts) * len(base) < count:
        parts.append(mixtures(base, neighbours, random))
    vectors = np.concatenate(parts)
    return vectors[random.permutation(len(vectors))][:count]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", required=True)
    parser.add_argument("--queries", required=True)
    parser.add_argument("--counts", default="10000,100000,1000000")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    base = np.load(arguments.base).astype(np.float32)
    queries = np.load(arguments.queries).astype(np.float32)
    random = np.random.RandomState(SEED)
    neighbours = neighbours_of(base)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for count in [int(count) for count in arguments.counts.split(",")]:
        vectors = grown(base, count, neighbours, random)
        exact = faiss.IndexFlatIP(vectors.shape[1])
        exact.add(vectors)
        np.save(arguments.out / f"base-{count}.npy", vectors)
        np.save(arguments.out / f"truth-{count}.npy", exact.search(queries, K)[1].astype(np.int32))


if __name__ == "__main__":
    main()
