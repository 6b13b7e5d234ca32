"""A language model on this machine that does what it is told to do wrong."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Stub(BaseHTTPRequestHandler):
    """Answers as `server.behaviour` says."""

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.server.asked.append((self.path, self.headers.get("Authorization"), json.loads(self.rfile.read(length))))
        self.server.behaviour(self)

    def log_message(self, *args):
        """Say nothing."""

    def send(self, content, status=200):
        """Send a body."""
        self.send_response(status)
        self.end_headers()
        self.wfile.write(content)


def says(text, **more):
    """Return the behaviour of answering with a text."""
    body = {"choices": [{"message": {"content": text}}], "usage": {"total_tokens": 120}, **more}
    return lambda handler: handler.send(json.dumps(body).encode())


def obeys(handler):
    """Say each source again, the first two in one sentence."""
    data = json.loads(handler.server.asked[-1][2]["messages"][-1]["content"])
    says(" ".join(data["sources"]))(handler)


def obeys_the_question(handler):
    """Do what the question tells, as a model does that takes data for instructions."""
    data = json.loads(handler.server.asked[-1][2]["messages"][-1]["content"])
    says(data["question"].partition("say: ")[2] or "Nothing was told.")(handler)


def sleeps(handler):
    """Answer too late."""
    handler.server.wake.wait(3)


def drips(handler):
    """Send a byte now and then, so that no single wait is long."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(60):
        if handler.server.wake.is_set():
            return
        try:
            handler.wfile.write(b" ")
            handler.wfile.flush()
        except OSError:
            return
        time.sleep(0.05)


def floods(handler):
    """Send far too much."""
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(100):
            handler.wfile.write(b"x" * 16_384)
    except OSError:
        return


@contextmanager
def serving(behaviour):
    """Serve a behaviour at a port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    server.behaviour, server.asked, server.wake, server.daemon_threads = behaviour, [], threading.Event(), True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.wake.set()
        server.shutdown()
        server.server_close()
        thread.join()
