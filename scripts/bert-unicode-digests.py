#!/usr/bin/env python3
"""Writes Tests/EmbeddingTests/UnicodeDigests.swift: digests of the reference tokenizer's ids.

Every Unicode scalar is put into several contexts, each is cut into tokens by the reference (Hugging
Face tokenizers), and the ids of 65,536 scalars at a time make one digest, which the tests compare.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.*
    venv/bin/python scripts/bert-unicode-digests.py models/all-MiniLM-L6-v2/tokenizer.json \
        > Tests/EmbeddingTests/UnicodeDigests.swift
"""

import sys

import tokenizers

# What stands around the scalar: alone, within a word, before and behind marks, twice, beside
# Hangul, punctuation and blanks, and within an uppercase word.
CONTEXTS = ["*", "a*b", "A*\u0301", "e\u0316*\u0345", "**", "한*글", ".* *", "UN*ABLE"]
PLANE, MASK = 0x10000, (1 << 64) - 1


def digest(encodings):
    """FNV-1a (Fowler, Noll, Vo) with 64 bits, over ids in place of bytes; each text ends with -1."""
    state = 0xCBF29CE484222325
    for encoding in encodings:
        for number in encoding.ids:
            state = (state ^ number) * 0x100000001B3 & MASK
        state = (state ^ MASK) * 0x100000001B3 & MASK
    return state


def main():
    reference = tokenizers.Tokenizer.from_file(sys.argv[1])
    reference.no_padding()
    reference.no_truncation()
    print(f"// Written by scripts/bert-unicode-digests.py from tokenizers {tokenizers.__version__}; not to be edited.")
    print("// swift-format-ignore-file")
    print()
    print("/// Digests of the reference tokenizer's ids, by contexts of a scalar and planes of Unicode.")
    print("enum UnicodeDigests {")
    print("  static let contexts: [(context: String, digests: [UInt64])] = [")
    for context in CONTEXTS:
        escaped = "".join(c if " " <= c <= "~" else f"\\u{{{ord(c):X}}}" for c in context)
        print(f'    ("{escaped}", [')
        for plane in range(0, 0x110000, PLANE):
            scalars = (c for c in range(plane, plane + PLANE) if not 0xD800 <= c <= 0xDFFF)
            texts = [context.replace("*", chr(c)) for c in scalars]
            print(f"      0x{digest(reference.encode_batch_fast(texts)):016X},")
        print("    ]),")
    print("  ]")
    print("}")


main()
