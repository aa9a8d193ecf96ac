#!/usr/bin/env python3
"""Checks the handbook's questions against its documents.

Every query has a judgement and an answer, every judged document exists, ids are
unique, and every answer's passage stands in the text of its document: for a PDF
on its page, whose printed label is the one named, as pdftotext of
poppler-utils (with poppler-data) reads it. White space and Markdown's marks do
not count. Needs Python 3.9 and nothing else.
"""

import json
import re
import subprocess
import sys
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCUMENTS, QUESTIONS = HERE / "documents", HERE / "questions"


class PageText(HTMLParser):
    """Collects the text of an HTML page, without its scripts and styles."""

    def __init__(self):
        super().__init__()
        self.parts, self.hidden = [], 0

    def handle_starttag(self, tag, attributes):
        self.hidden += tag in ("script", "style")
        # Cells stand apart; in-line elements such as code and strong do not.
        if tag in ("td", "th", "tr", "p", "li", "dt", "dd"):
            self.parts.append(" ")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("script", "style")

    def handle_data(self, data):
        if not self.hidden:
            self.parts.append(data)


def plain(text):
    """Returns text with its white space made single."""
    return re.sub(r"\s+", " ", text).strip()


def text_of(path, page):
    """Returns the text of a document, or of one page of a PDF."""
    if path.suffix == ".pdf":
        command = ["pdftotext", "-f", str(page), "-l", str(page), str(path), "-"]
        return plain(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".html":
        parser = PageText()
        parser.feed(text)
        text = "".join(parser.parts)
    elif path.suffix == ".md":
        text = re.sub(r"[*|`]", " ", text)
    return plain(text)


def read_lines(name):
    """Returns the objects of a file of JSON lines."""
    with open(QUESTIONS / name, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main():
    errors = []
    queries = [query["_id"] for query in read_lines("queries.jsonl")]
    answers = read_lines("answers.jsonl")
    lines = (QUESTIONS / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()
    if lines[0] != "query-id\tcorpus-id\tscore":
        errors.append("qrels/test.tsv: the header is not query-id, corpus-id, score")
    judged = [tuple(line.split("\t")[:2]) for line in lines[1:]]

    answered = [(answer["_id"], answer["document"]) for answer in answers]
    for name, ids in (("queries", queries), ("qrels", judged), ("answers", answered)):
        if len(set(ids)) != len(ids):
            errors.append(f"{name}: an id stands twice")
    if {query for query, _ in judged} != set(queries):
        errors.append("qrels and queries do not name the same questions")
    if set(judged) != set(answered):
        errors.append("qrels and answers do not name the same documents")

    for path in DOCUMENTS.rglob("*"):
        name = str(path.relative_to(DOCUMENTS))
        if unicodedata.normalize("NFC", name) != name:
            errors.append(f"{name}: the name is not in Unicode's form NFC")

    for answer in answers:
        path, page = DOCUMENTS / answer["document"], answer["page"]
        place = f"{answer['_id']}: {answer['document']}"
        if not path.is_file():
            errors.append(f"{place}: there is no such document")
        elif (path.suffix == ".pdf") != (page is not None):
            errors.append(f"{place}: a PDF answer has a page, and no other has one")
        else:
            text = text_of(path, page)
            if plain(answer["passage"]) not in text:
                errors.append(f"{place}: the passage does not stand there")
            # The label is the last thing that is printed on a page.
            if page is not None and text.split(" ")[-1] != answer["page_label"]:
                errors.append(f"{place}: page {page} is not labelled {answer['page_label']}")

    for error in errors:
        print(error, file=sys.stderr)
    documents = sum(path.is_file() for path in DOCUMENTS.rglob("*"))
    print(f"{documents} documents, {len(queries)} questions, {len(errors)} errors")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
