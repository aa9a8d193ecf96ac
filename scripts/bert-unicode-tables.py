#!/usr/bin/env python3
"""Writes Sources/Embedding/UnicodeTables.swift from the behaviour of the reference tokenizer.

The reference (Hugging Face tokenizers) classifies scalars by tables of several Unicode versions,
none of them Swift's. Every scalar is therefore put through it, and what it does is written down.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.*
    venv/bin/python scripts/bert-unicode-tables.py > Sources/Embedding/UnicodeTables.swift
"""

import textwrap
import unicodedata

import tokenizers
from tokenizers.normalizers import NFD, BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

SCALARS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
HANGUL = range(0xAC00, 0xD7A4)


def normalizer(**switched_on):
    switches = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    reference = BertNormalizer(**(switches | switched_on))
    return lambda scalar: reference.normalize_str(chr(scalar))


def ranges(scalars):
    """Joins neighbours: 'first-last', or one number, in hexadecimal."""
    joined = []
    for scalar in scalars:
        if joined and scalar == joined[-1][1] + 1:
            joined[-1][1] = scalar
        else:
            joined.append([scalar, scalar])
    return [f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in joined]


def runs(mapping):
    """Joins neighbours one or two apart that are moved equally far:
    'first-last/step=target of the first'."""
    joined = []
    for scalar, target in sorted(mapping.items()):
        if joined:
            first, last, step, onto = joined[-1]
            apart = scalar - last
            moved_equally = target - scalar == onto - first
            if moved_equally and apart in (1, 2) and (step == 0 or apart == step):
                joined[-1] = (first, scalar, apart, onto)
                continue
        joined.append((scalar, scalar, 0, target))
    words = []
    for first, last, step, onto in joined:
        span = f"{first:X}" if step == 0 else f"{first:X}-{last:X}" + ("/2" if step == 2 else "")
        words.append(f"{span}={onto:X}")
    return words


def mappings(mapping):
    """Single targets as runs, several targets as 'scalar=target+target'."""
    several = [
        f"{scalar:X}=" + "+".join(f"{ord(c):X}" for c in target)
        for scalar, target in sorted(mapping.items())
        if len(target) != 1
    ]
    return runs({s: ord(t) for s, t in mapping.items() if len(t) == 1}) + several


def combining_classes():
    """Asks where the reference sorts each scalar among marks of known class."""
    decompose = NFD().normalize_str

    def swaps(first, second):
        return first != second and decompose("a" + first + second) == "a" + second + first

    known = {}
    for scalar in SCALARS:
        text, value = chr(scalar), unicodedata.combining(chr(scalar))
        # One mark of each class, unless it is newer than the reference and a starter there.
        if value and decompose("a\u0345" + text + "\u0334") != "a\u0345" + text + "\u0334":
            known.setdefault(value, text)
    classes = {}
    for scalar in SCALARS:
        text = chr(scalar)
        if scalar in HANGUL or decompose(text) != text:
            continue
        if not swaps(text, known[1]) and not swaps(known[240], text):
            continue  # a starter
        between = [v for v in known if not swaps(text, known[v]) and not swaps(known[v], text)]
        assert len(between) == 1, hex(scalar)
        classes.setdefault(between[0], []).append(scalar)
    return [f"{r}={value:X}" for value in sorted(classes) for r in ranges(classes[value])]


def main():
    clean = {s: normalizer(clean_text=True)(s) for s in SCALARS}
    spaced = normalizer(handle_chinese_chars=True)
    stripped = {s: normalizer(strip_accents=True)(s) for s in SCALARS}
    lowered = {s: normalizer(lowercase=True)(s) for s in SCALARS}
    pieces = {s: [p for p, _ in BertPreTokenizer().pre_tokenize_str("a" + chr(s) + "b")] for s in SCALARS}

    tables = [
        ("removed", "Scalars that cleaning removes: controls, formats, private use, U+0000 and U+FFFD.",
         ranges(s for s in SCALARS if clean[s] == "")),
        ("blank", "Scalars that cleaning turns into a space.",
         ranges(s for s in SCALARS if clean[s] == " ")),
        ("whitespace", "Scalars at which words are split, and which are dropped.",
         ranges(s for s in SCALARS if pieces[s] == ["a", "b"])),
        ("punctuation", "Scalars that are words of their own.",
         ranges(s for s in SCALARS if len(pieces[s]) == 3)),
        ("ideographs", "Scalars that get spaces around them.",
         ranges(s for s in SCALARS if spaced(s) != chr(s))),
        ("marks", "Marks that the stripping of accents removes.",
         ranges(s for s in SCALARS if stripped[s] == "")),
        ("stripped", "Canonical decompositions without such marks; Hangul syllables are left out.",
         mappings({s: t for s, t in stripped.items() if t not in ("", chr(s)) and s not in HANGUL})),
        ("lowercase", "Lowercase mappings.",
         mappings({s: t for s, t in lowered.items() if t != chr(s)})),
        ("combiningClasses", "Canonical combining classes other than zero.", combining_classes()),
    ]
    print(f"// Written by scripts/bert-unicode-tables.py from tokenizers {tokenizers.__version__}; not to be edited.")
    print("// swift-format-ignore-file")
    print()
    print("/// How the reference tokenizer treats each Unicode scalar.")
    print("///")
    print("/// Entries are hexadecimal: `first-last` is a range, `/2` takes every second scalar of it,")
    print("/// `=target` maps its first scalar, and the others equally far, `+` joins several targets.")
    print("enum UnicodeTables {")
    for name, comment, words in tables:
        print(f"  /// {comment}")
        print(f'  static let {name}: StaticString = """')
        body = textwrap.wrap(" ".join(words), width=94, break_long_words=False, break_on_hyphens=False)
        print("\n".join("    " + line + (" \\" if i + 1 < len(body) else "") for i, line in enumerate(body)))
        print('    """')
    print("}")


main()
