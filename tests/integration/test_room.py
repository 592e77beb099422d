"""How much may wait in an inbox: `max_documents`, `max_bytes`, `min_free` (docs/inbox.md)."""

import pytest

from support.inboxes import (  # noqa: F401 (fixtures are used by name)
    check_accepted,
    check_problem,
    configuration,
    folder,
    names,
    post,
    start_inbox,
)
from support.waiting import eventually, in_parallel

pytestmark = [pytest.mark.semantics, pytest.mark.http2]


def check_full(response):
    assert response["Retry-After"] == "30"
    return check_problem(response, 507)


def move(folder, name, source, target):
    (folder / source / name).rename(folder / target / name)


def test_no_more_documents_than_allowed_wait(start_inbox, folder):
    server = start_inbox(max_documents=3)
    for _ in range(3):
        check_accepted(post(server))
    assert "until its documents are taken out" in check_full(post(server))
    move(folder, names(folder)[0], "new", "work")
    assert post(server).status == 507, "what is claimed waits, too"
    move(folder, names(folder, "work")[0], "work", "done")
    eventually(lambda: post(server).status == 201, "there is room again")
    assert len(names(folder)) == 3
    server.log.wait_for("max_documents")


def test_a_restart_counts_what_is_there(start_inbox, folder):
    server = start_inbox(max_documents=2)
    for _ in range(2):
        check_accepted(post(server))
    server.kill()
    check_full(post(start_inbox(max_documents=2)))


@pytest.mark.modes("many")
def test_many_at_once_do_not_exceed_it(start_inbox, folder):
    server = start_inbox(max_documents=10)
    in_parallel(8, lambda _: [post(server) for _ in range(10)])
    assert len(names(folder)) == 10


def test_no_more_bytes_than_allowed_wait(start_inbox, folder):
    server = start_inbox(max_bytes="20KiB")
    content = b'"' + b"x" * 5000 + b'"'
    while (response := post(server, content)).status == 201:
        assert len(names(folder)) < 5
    check_full(response)
    assert 2 <= len(names(folder)) <= 4
    assert sum((folder / "new" / name).stat().st_size for name in names(folder)) <= 20 * 1024


def test_what_is_refused_or_repeated_takes_no_room(start_inbox, folder):
    server = start_inbox(max_documents=2, dedupe=["digest"])
    for _ in range(3):
        assert post(server, b"no json").status == 400
        check_accepted(post(server, b"[1]"))
    check_accepted(post(server, b"[2]"))
    check_full(post(server, b"[3]"))


def test_the_disk_keeps_some_space(start_inbox, folder):
    server = start_inbox(min_free="1000TiB")
    assert "disk" in check_full(post(server))
    assert names(folder) == []


@pytest.mark.modes("many")
def test_a_refusal_comes_before_the_content(start_inbox, folder):
    server = start_inbox(max_documents=1)
    check_accepted(post(server))
    with server.connect() as connection:
        connection.send(
            f"POST /in/box HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: application/json\r\n"
            "Content-Length: 100000\r\nExpect: 100-continue\r\n\r\n".encode()
        )
        assert connection.receive().status == 507
