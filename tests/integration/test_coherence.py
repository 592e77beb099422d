"""An answer that is given again is never older than its request (src/files/file_cache.h).

The file is changed in every way a person or a program changes files; after each change every answer shows it, on
connections that have had the old content many times, and while others keep asking.
"""

import itertools
import os
import threading

import pytest

from support.clients import PATIENT_FLAGS
from support.validators import strong_etag
from support.waiting import eventually

pytestmark = pytest.mark.http2

TARGET = "/page.html"


def replace(path, content):
    temporary = path.with_name(".new")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def overwrite(path, content):
    path.write_bytes(content)


def overwrite_and_set_the_time_back(path, content):
    """The same length and the same modification time: nothing but ctime tells."""
    before = path.stat()
    with open(path, "r+b") as file:
        file.write(content)
        file.truncate()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def append(path, content):
    with open(path, "r+b") as file:
        file.truncate(0)
    with open(path, "ab") as file:
        file.write(content)


def link(path, content):
    target = path.with_name(f"target-{content.decode().strip()}.html")
    target.write_bytes(content)
    temporary = path.with_name("new-link.html")
    temporary.symlink_to(target.name)
    os.replace(temporary, path)


def hide_the_folder(path, _content):
    """The path stays, but the walk does not get there any more."""
    os.rename(path.parent, path.parent.with_name("moved"))
    path.parent.mkdir()


CHANGES = [replace, overwrite, overwrite_and_set_the_time_back, append, link]


def ask_twice(connection, target, fields=()):
    """The first answer may be fresh; the second is given again if any is."""
    first = connection.ask("GET", target, fields=fields)
    second = connection.ask("GET", target, fields=fields)
    assert first.status == second.status and first.content == second.content
    return second


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_every_change_shows_at_once(start, change):
    """Many rounds, quick ones and ones that wait until the answer is one that can be given again (its tag is strong)."""
    server = start("--threads", "1", "--keep-alive-requests", "0")
    path = server.root / TARGET[1:]
    path.write_bytes(b"version 0000\n")
    with server.connect() as connection:
        for version in range(1, 100):
            content = b"version %04d\n" % version
            change(path, content)
            assert ask_twice(connection, TARGET).content == content
            if version % 5 == 0:
                eventually(lambda: not connection.ask("GET", TARGET)["ETag"].startswith("W/"), "the tag is strong")
                assert ask_twice(connection, TARGET).content == content


def test_a_file_that_comes_and_goes(start):
    """Absence is remembered too, and just as carefully."""
    server = start("--threads", "1", "--keep-alive-requests", "0")
    path = server.root / TARGET[1:]
    with server.connect() as connection:
        for version in range(100):
            assert ask_twice(connection, TARGET).status == 404
            path.write_bytes(b"version %04d\n" % version)
            assert ask_twice(connection, TARGET).content == b"version %04d\n" % version
            path.unlink()


def test_a_folder_on_the_way_is_replaced(start):
    """The file itself is untouched: only the walk to it has changed."""
    server = start("--threads", "1", "--keep-alive-requests", "0")
    path = server.root / "folder" / "page.html"
    path.parent.mkdir()
    path.write_bytes(b"first")
    with server.connect() as connection:
        assert ask_twice(connection, "/folder/page.html").content == b"first"
        hide_the_folder(path, b"")
        assert ask_twice(connection, "/folder/page.html").status == 404
        path.write_bytes(b"second")
        assert ask_twice(connection, "/folder/page.html").content == b"second"


def test_a_link_that_turns_outwards(start):
    """Row 7: a file that was served may become one that must not be."""
    server = start("--threads", "1", "--keep-alive-requests", "0")
    path = server.root / TARGET[1:]
    path.write_bytes(b"inside")
    outside = server.root.parent / "outside.html"
    outside.write_bytes(b"inside")
    with server.connect() as connection:
        assert ask_twice(connection, TARGET).content == b"inside"
        path.unlink()
        path.symlink_to(outside)
        assert connection.ask("GET", TARGET).status == 403


def test_conditions_and_methods_are_not_mixed_up(start, aged_root):
    """The same target with other fields is another request."""
    server = start("--threads", "1", "--keep-alive-requests", "0", root=aged_root)
    strong_etag(server, "/eleven.txt")  # waits until it has one
    with server.connect() as connection:
        whole = ask_twice(connection, "/eleven.txt")
        tag = ("If-None-Match", whole["ETag"])
        other = ("If-None-Match", '"other"')
        for _ in range(3):
            assert ask_twice(connection, "/eleven.txt", [tag]).status == 304
            assert ask_twice(connection, "/eleven.txt", [other]).content == b"hello world"
            head = connection.ask("HEAD", "/eleven.txt")
            assert head.status == 200 and head["Content-Length"] == "11" and head.content == b""
            part = ask_twice(connection, "/eleven.txt", [("Range", "bytes=0-4")])
            assert part.status == 206 and part.content == b"hello"
            since = ("If-Modified-Since", whole["Last-Modified"])
            assert ask_twice(connection, "/eleven.txt", [since]).status == 304


def test_fields_that_change_are_fresh_in_every_answer(start, aged_root):
    """§2: Keep-Alive counts down, and the last answer says close, remembered or not."""
    server = start("--threads", "1", "--keep-alive-requests", "5", root=aged_root)
    with server.connect() as connection:
        for left in (4, 3, 2, 1):
            assert connection.ask("GET", "/about.html")["Keep-Alive"] == f"timeout=30, max={left}"
        assert connection.ask("GET", "/about.html")["Connection"] == "close"
        connection.expect_closed()


@pytest.mark.modes("many")
def test_answers_are_not_older_than_their_requests(start):
    """Under load: readers on several connections, pipelining, while the file changes all the time."""
    server = start("--threads", "1", "--keep-alive-requests", "0", *PATIENT_FLAGS)
    path = server.root / TARGET[1:]
    path.write_bytes(b"version 000000\n")
    written = 0  # of the file, at least
    begun = 0  # of the file, at most
    ended = threading.Event()
    failures = []

    def read():
        try:
            with server.connect() as connection:
                while not ended.is_set():
                    least = written
                    connection.send(connection.request("GET", TARGET) * 8)
                    for _ in range(8):
                        response = connection.receive()
                        most = begun
                        version = int(response.content.split()[1])
                        if not least <= version <= most:
                            failures.append((least, version, most))
        except Exception as error:  # shown by the main thread
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    changes = itertools.cycle([replace, link])  # each shows the old or the new content, never a part
    for version in range(1, 400):
        begun = version
        next(changes)(path, b"version %06d\n" % version)
        written = version
    ended.set()
    for reader in readers:
        reader.join()
    assert failures == []


def test_a_folder_that_is_moved_out_and_linked_is_not_served_from_memory(server, scratch):
    """§2: what leaves the root by a link is 403, decided anew for each request: the file itself is the same as before."""
    folder = server.root / "folder"
    folder.mkdir()
    (folder / "page.html").write_text("in the root")
    (server.root / "link.html").symlink_to("folder/page.html")
    os.utime(folder / "page.html")
    for target in ["/folder/page.html", "/link.html"]:
        eventually(lambda: not server.get(target)["ETag"].startswith("W/"), "the validator is strong")
        for _ in range(3):
            assert server.get(target).content == b"in the root"
    outside = scratch / "outside"
    folder.rename(outside)
    folder.symlink_to(outside)
    for target in ["/folder/page.html", "/link.html"]:
        assert server.get(target).status == 403
