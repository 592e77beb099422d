"""Decision 14: files are cached by path. What a request says beyond that makes no difference, and the memory is a true bound."""

import pytest

from support.validators import strong_etag

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

MIB = 1024 * 1024
# Of the allocator, and of what a busy connection takes.
SLACK = 4 * MIB


def heads(server, target, count):
    """As browsers and proxies send them: each is one of a kind."""
    for number in range(count):
        yield (
            f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
            f"Accept: text/html,*/*;q=0.8\r\nCookie: session={number:032x}\r\nX-Request-Id: {number:08x}\r\n\r\n"
        ).encode()


def ask_all(connection, requests, batch=16):
    requests = list(requests)
    for start in range(0, len(requests), batch):
        several = requests[start : start + batch]
        connection.send(b"".join(several))
        for _ in several:
            yield connection.receive()


@pytest.mark.modes("many")
def test_heads_that_never_come_again_take_no_memory(start, sanitized):
    """Issue 7, fault 1: a file 40 folders deep, and heads that differ in one field, each sent twice."""
    memory = 4 * MIB
    server = start("--threads", "1", "--keep-alive-requests", "0", "--cache-memory", memory, "--access-log", "off")
    target = "/" + "folder/" * 40 + "page.html"
    path = server.root / target[1:]
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * 1024)
    strong_etag(server, target)
    before = server.resident_bytes()
    with server.connect() as connection:
        for response in ask_all(connection, (head for head in heads(server, target, 4000) for _ in range(2))):
            assert response.status == 200 and response.content == b"x" * 1024
    if not sanitized:
        assert server.resident_bytes() <= before + memory + SLACK


@pytest.mark.modes("many")
def test_a_walk_through_all_files_stays_within_the_memory(start, sanitized):
    """Each file is asked for three times, so that it is kept; together they are three times what fits."""
    memory = 4 * MIB
    server = start("--threads", "1", "--keep-alive-requests", "0", "--cache-memory", memory, "--access-log", "off")
    names = [f"/many/{number}.html" for number in range(800)]
    (server.root / "many").mkdir()
    for name in names:
        (server.root / name[1:]).write_bytes(name.encode() * 1000)
    strong_etag(server, names[-1])
    before = server.resident_bytes()
    with server.connect() as connection:
        for name in (name for name in names for _ in range(3)):
            response = connection.ask("GET", name)
            assert response.status == 200 and response.content == name.encode() * 1000
    if not sanitized:
        assert server.resident_bytes() <= before + memory + SLACK


def test_clients_that_differ_get_the_same(start, aged_root):
    """200 and both kinds of 304, with heads that have nothing in common but what is asked for."""
    server = start("--keep-alive-requests", "0", root=aged_root)
    whole = server.get("/eleven.txt", fields=[("If-None-Match", strong_etag(server, "/eleven.txt") + "x")])
    conditions = [("If-None-Match", whole["ETag"]), ("If-Modified-Since", whole["Last-Modified"])]
    with server.connect() as connection:
        for number in range(5):
            fields = [("Cookie", f"id={number}"), ("X-Request-Id", str(number))]
            response = connection.ask("GET", "/eleven.txt", fields=fields)
            assert (response.status, response.content) == (200, b"hello world")
            assert response["ETag"] == whole["ETag"] and response["Last-Modified"] == whole["Last-Modified"]
            for condition in conditions:
                response = connection.ask("GET", "/eleven.txt", fields=[*fields, condition])
                assert (response.status, response.content) == (304, b"")
                assert response["ETag"] == whole["ETag"]
            head = connection.ask("HEAD", "/eleven.txt", fields=fields)
            assert head.status == 200 and head["Content-Length"] == "11" and head.content == b""
