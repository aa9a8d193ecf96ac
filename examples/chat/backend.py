#!/usr/bin/env python3
"""The backend of a chat on a web page: answers with sources from `hark serve`, every turn logged.

    python3 backend.py

Python's standard library alone, and ../python/hark.py. Variables:

    HARK_SOCKET       the server's socket; else $XDG_RUNTIME_DIR/hark.sock
    OPENAI_BASE_URL   a language model's server with /v1/chat/completions, such as
                      http://127.0.0.1:11434; without it, the best passage is the answer
    OPENAI_API_KEY, OPENAI_MODEL   its key and the model's name
    PORT              where to listen, on this machine alone: 8080; 0 for any free port

The page calls:

    POST /chat {"session_id", "user_id", "message"}
        -> {"id", "answer", "sources": [{"rank", "name", "page_number", "text"}]}
    POST /feedback {"user_id", "message_id", "feedback_type", "rating"} -> the feedback
    GET /history?session_id=… -> {"turns", "cursor"}

Errors are {"error", "code"}, with the id of the turn where it was logged. Who the user is has to
come from your login: put this behind it, and take `user_id` and `session_id` from there.
"""

import http.client
import json
import os
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.append(str(Path(__file__).resolve().parent.parent / "python"))
from hark import Hark, HarkError  # noqa: E402

BUDGET_TOKENS = 1500
BODY_BYTES = 2 << 20
# No connection, no HTTP, no JSON, or not that of a completion.
MODEL_FAILURES = (OSError, http.client.HTTPException, ValueError, LookupError, TypeError)
INSTRUCTIONS = """\
Answer from the passages below alone, in the language of the question. Cite each passage that you
use by its number, such as [1]. Where the passages do not answer the question, say so.

"""


class Refusal(Exception):
    """What the page gets instead of an answer."""

    def __init__(self, status, code, message, **more):
        self.status, self.body = status, {"error": message, "code": code, **more}


def chat(request):
    """A turn: search, log the question, ask the language model, log its answer."""
    session, user, message = (text(request, name) for name in ("session_id", "user_id", "message"))
    with Hark() as hark:
        context = hark.call("context", query=message, budget_tokens=BUDGET_TOKENS, deadline_ms=10_000)
        # Pending from here on: a turn that fails later is on record, with what would be shown.
        turn = hark.call(
            "chat.append", session_id=session, user_id=user, user_message=message,
            sources=context["sources"],
        )
        try:
            answer = complete(message, context)
        except MODEL_FAILURES as error:
            print(f"turn {turn['id']}: the language model failed: {error!r}", file=sys.stderr)
            message = "The language model did not answer. Try again."
            raise Refusal(502, "model-failed", message, id=turn["id"]) from error
        hark.call("chat.answer", id=turn["id"], assistant_response=answer)
    sources = [
        {
            "rank": passage["rank"],  # The number in the answer: [1], [2], …
            "name": passage["document"]["name"],
            "page_number": passage["page_number"],
            "text": passage["text"],
        }
        for passage in context["passages"]
    ]
    return {"id": turn["id"], "answer": answer, "sources": sources}


def complete(message, context):
    """The answer of the language model, or the best passage where there is none."""
    base = os.environ.get("OPENAI_BASE_URL")
    if not base:
        best = context["passages"][:1]
        return f"{best[0]['text']} [{best[0]['rank']}]" if best else "Nothing was found."
    messages = [
        {"role": "system", "content": INSTRUCTIONS + context["text"]},
        {"role": "user", "content": message},
    ]
    request = urllib.request.Request(
        base.rstrip("/").removesuffix("/v1") + "/v1/chat/completions",
        json.dumps({"model": os.environ.get("OPENAI_MODEL", ""), "messages": messages}).encode(),
        {
            "Content-Type": "application/json",
            "Authorization": "Bearer " + os.environ.get("OPENAI_API_KEY", ""),
        },
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.load(response)["choices"][0]["message"]["content"]
    if not isinstance(answer, str) or not answer.strip():
        raise ValueError("an empty answer")
    return answer


def feedback(request):
    """What the user thinks of an answer; `feedback_type` is helpful or not_helpful."""
    names = ("user_id", "message_id", "feedback_type", "rating")
    with Hark() as hark:
        return hark.call("feedback.add", **{name: request.get(name) for name in names})


def history(query):
    """The turns of a conversation, the newest first; `cursor` leads to older ones."""
    with Hark() as hark:
        session, cursor = text(query, "session_id"), query.get("cursor")
        return hark.call("chat.history", session_id=session, cursor=cursor)


def text(request, name):
    """A member of a request that has to be a text."""
    value = request.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refusal(400, "invalid-request", f"{name} has to be a text.")
    return value


class Handler(BaseHTTPRequestHandler):
    """HTTP around the functions above."""

    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self):
        self.answer({"/chat": chat, "/feedback": feedback}, self.body)

    def do_GET(self):
        self.answer({"/history": history}, self.query)

    def answer(self, functions, read):
        try:
            request = read()
            function = functions.get(urlsplit(self.path).path)
            if function is None:
                raise Refusal(404, "not-found", "There is nothing at this address.")
            status, body = 200, function(request)
        except Refusal as refusal:
            status, body = refusal.status, refusal.body
        except HarkError as error:
            # The page is to blame for what it gave; all else is ours.
            wrong = error.code in ("invalid-argument", "invalid-params", "chat-missing")
            status, body = 400 if wrong else 503, {"error": str(error), "code": error.code}
        except OSError as error:
            print(f"hark serve cannot be reached: {error}", file=sys.stderr)
            status, body = 503, {"error": "The search is not there.", "code": "unavailable"}
        self.send(status, json.dumps(body).encode())

    def body(self):
        """The JSON object of a request."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_BYTES:
            self.close_connection = True  # What it sends is not read.
            raise Refusal(413, "too-large", f"A body has a length of {BODY_BYTES} bytes at most.")
        try:
            request = json.loads(self.rfile.read(int(length)))
        except ValueError:
            request = None
        if not isinstance(request, dict):
            raise Refusal(400, "invalid-request", "The body has to be an object of JSON.")
        return request

    def query(self):
        """The parameters of an address."""
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}

    def send(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Handler)
    print(f"listening at http://127.0.0.1:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
