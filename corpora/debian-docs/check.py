#!/usr/bin/env python3
"""Checks the questions on Debian's documentation against the files fetched.

Usage: check.py [FOLDER]        default: the folder "files" beside this script

Every query has a judgement, every judgement an answer, every judged file is
there, and every answer's passage stands in its text: for a PDF on the page
named, which bears the label named. Texts are read as the handbook's check.py
reads them. Needs Python 3.9 and poppler-utils.
"""

import importlib.util
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def load_handbook_check():
    """Returns the module handbook/check.py, which has this script's name too."""
    sys.dont_write_bytecode = True
    path = HERE.parent / "handbook" / "check.py"
    specification = importlib.util.spec_from_file_location("handbook_check", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def main():
    handbook = load_handbook_check()
    handbook.QUESTIONS = HERE / "questions"
    documents = Path(sys.argv[1] if len(sys.argv) > 1 else HERE / "files")
    queries = [query["_id"] for query in handbook.read_lines("queries.jsonl")]
    answers = handbook.read_lines("answers.jsonl")
    lines = (HERE / "questions" / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()
    judged = [tuple(line.split("\t")[:2]) for line in lines[1:]]
    answered = [(answer["_id"], answer["document"]) for answer in answers]

    errors = []
    if lines[0] != "query-id\tcorpus-id\tscore":
        errors.append("qrels/test.tsv: the header is not query-id, corpus-id, score")
    for name, ids in (("queries", queries), ("qrels", judged), ("answers", answered)):
        if len(set(ids)) != len(ids):
            errors.append(f"{name}: an id stands twice")
    if {query for query, _ in judged} != set(queries):
        errors.append("qrels and queries do not name the same questions")
    if set(judged) != set(answered):
        errors.append("qrels and answers do not name the same documents")

    for answer in answers:
        path, page = documents / answer["document"], answer["page"]
        place = f"{answer['_id']}: {answer['document']}"
        if not path.is_file():
            errors.append(f"{place}: there is no such file; has fetch.sh been run?")
        elif (path.suffix == ".pdf") != (page is not None):
            errors.append(f"{place}: a PDF answer has a page, and no other has one")
        else:
            text = handbook.text_of(path, page)
            if handbook.plain(answer["passage"]) not in text:
                errors.append(f"{place}: the passage does not stand there")
            if page is not None and answer["page_label"] not in text.split(" "):
                errors.append(f"{place}: page {page} is not labelled {answer['page_label']}")

    for error in errors:
        print(error, file=sys.stderr)
    print(f"{len(queries)} questions, {len(judged)} judgements, {len(errors)} errors")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
