#!/usr/bin/python3
"""tests/smoke/test_concurrency.py [URL]

Many clients are answered at the same time, and those that the thread pool has no room for wait for their turn. Without a
URL it starts the release build with two threads that serve one connection each. It leaves some small documents on the
server.
"""

import http.client
import json
import os
import pathlib
import sys
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from socket import create_connection

PATIENCE = float(os.environ.get("SMOKE_PATIENCE", "20"))  # seconds
CLIENTS = 50
WAITING_CLIENTS = 20  # more than a pool of ten threads can serve
UPLOADS = 10
TARGETS = ("/", "/about.html", "/logo.png", "/sample.txt")


class Client:
    """A connection on which the first half of a request has been sent. `finish` sends the rest and returns the answer."""

    def __init__(self, server, request):
        half = len(request) // 2
        self._rest = request[half:]
        self._socket = create_connection((server.hostname, server.port or 80), timeout=PATIENCE)
        self._socket.sendall(request[:half])

    def finish(self):
        with self._socket:
            self._socket.sendall(self._rest)
            response = http.client.HTTPResponse(self._socket)
            response.begin()
            return response.status, response.read()


def get(server, target):
    return f"GET {target} HTTP/1.1\r\nHost: {server.netloc}\r\nConnection: close\r\n\r\n".encode()


def post(server, document):
    return (
        f"POST /upload HTTP/1.1\r\nHost: {server.netloc}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(document)}\r\n\r\n"
    ).encode() + document


def finish_together(clients):
    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(Client.finish, clients))


def expect_status(status, answers):
    others = [answer[0] for answer in answers if answer[0] != status]
    assert not others, f"{len(others)} of {len(answers)} answers have not status {status} but {sorted(set(others))}"


def check_answers_at_the_same_time(server):
    """What each client gets is what a client that is alone gets."""
    alone = {target: Client(server, get(server, target)).finish() for target in TARGETS}
    expect_status(200, alone.values())
    targets = [TARGETS[index % len(TARGETS)] for index in range(CLIENTS)]
    answers = finish_together([Client(server, get(server, target)) for target in targets])
    expect_status(200, answers)
    wrong = [target for target, answer in zip(targets, answers) if answer != alone[target]]
    assert not wrong, f"{len(wrong)} of {CLIENTS} answers have another content than a client that is alone gets"


def check_slow_client_holds_up_nobody(server):
    slow = Client(server, get(server, "/"))
    expect_status(200, [Client(server, get(server, "/about.html")).finish()])
    expect_status(200, [slow.finish()])


def check_every_connection_has_its_turn(server):
    """All are there before the first one finishes its request, and none of them is lost."""
    clients = [Client(server, get(server, "/about.html")) for _ in range(WAITING_CLIENTS)]
    expect_status(200, [client.finish() for client in clients])


def check_uploads_at_the_same_time(server):
    documents = [json.dumps({"document": number}).encode() for number in range(UPLOADS)]
    answers = finish_together([Client(server, post(server, document)) for document in documents])
    expect_status(201, answers)
    paths = [json.loads(content)["filepath"] for _, content in answers]
    assert len(set(paths)) == UPLOADS, f"only {len(set(paths))} of {UPLOADS} documents have a name of their own"
    stored = [Client(server, get(server, path)).finish() for path in paths]
    assert stored == [(200, document) for document in documents], "not every document can be fetched again"


def check_log_tells_of_the_queue(_):
    """Only where we have the log: without it nobody can see from afar that the pool was saturated."""
    log = pathlib.Path(os.environ["SMOKE_LOG"])
    end = time.monotonic() + PATIENCE
    wanted = ("Thread pool saturated, queuing connection", "Connection dequeued, assigned to Thread-")
    while missing := [words for words in wanted if words not in log.read_text(errors="replace")]:
        assert time.monotonic() < end, f"no line has '{missing[0]}'"
        time.sleep(0.02)


CHECKS = {
    f"{CLIENTS} clients at the same time": check_answers_at_the_same_time,
    "a client in the middle of its request holds up nobody": check_slow_client_holds_up_nobody,
    f"{WAITING_CLIENTS} connections that wait have their turn": check_every_connection_has_its_turn,
    f"{UPLOADS} uploads at the same time": check_uploads_at_the_same_time,
}
if "SMOKE_LOG" in os.environ:
    CHECKS["the log tells of the queue"] = check_log_tells_of_the_queue


def run(server):
    failures = 0
    for name, check in CHECKS.items():
        try:
            check(server)
            print(f"ok      {name}", flush=True)
        except (AssertionError, OSError, http.client.HTTPException, ValueError, KeyError) as failure:
            failures += 1
            print(f"FAILED  {name}: {failure or type(failure).__name__}", flush=True)
    print(f"{len(CHECKS)} checks, {failures} failed")
    return failures > 0


def main():
    arguments = sys.argv[1:]
    if arguments in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    if not arguments:
        script = pathlib.Path(__file__).resolve()
        starter = str(script.with_name("with_own_server.sh"))
        os.execv(starter, [starter, str(script), "--threads", "2", "--connections-per-thread", "1"])
    server = urllib.parse.urlsplit(arguments[0])
    if len(arguments) > 1 or server.scheme != "http" or not server.hostname:
        print(f"{sys.argv[0]}: the one argument is the server's URL, such as http://127.0.0.1:8080", file=sys.stderr)
        return 2
    return run(server)


if __name__ == "__main__":
    sys.exit(main())
