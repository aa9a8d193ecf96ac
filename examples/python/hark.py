#!/usr/bin/env python3
"""A client of `hark serve`, with Python's standard library alone.

    python3 hark.py "Who approves a business trip?"
"""

import json
import os
import socket
import sys


class HarkError(Exception):
    """An error that the server answers with: `code` is stable, docs/errors.md lists it."""

    def __init__(self, error):
        details = error.get("data") or {}
        self.code = details.get("code", "unexpected")
        self.retryable = details.get("retryable", False)
        super().__init__(f"{error['message']} [{self.code}]")


class Hark:
    """A connection, for one call at a time; threads take one each."""

    def __init__(self, path=None):
        path = path or os.environ.get("HARK_SOCKET") or os.environ["XDG_RUNTIME_DIR"] + "/hark.sock"
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.lines = self.socket.makefile("rw", encoding="utf-8", newline="\n")
        self.id = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()

    def call(self, method, **params):
        """The result of a method; docs/api.md has them all. `deadline_ms` bounds the wait."""
        self.id += 1
        request = {"jsonrpc": "2.0", "id": self.id, "method": method, "params": params}
        self.lines.write(json.dumps(request) + "\n")
        self.lines.flush()
        for answer in map(json.loads, self.lines):
            if "error" in answer:
                raise HarkError(answer["error"])
            if answer.get("id") == self.id:  # All else are notifications, such as progress.
                return answer["result"]
        raise ConnectionError("The server closed the connection before it answered.")


if __name__ == "__main__":
    with Hark() as hark:
        found = hark.call("context", query=" ".join(sys.argv[1:]), budget_tokens=1000)
    for passage in found["passages"]:
        page = f", page {passage['page_number']}" if passage["page_number"] else ""
        print(f"[{passage['rank']}] {passage['document']['name']}{page}\n{passage['text']}\n")
