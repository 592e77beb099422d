"""The disk of the log does not answer: nobody waits for it, neither a client nor the stop."""

import signal

from support.server import accepts
from support.waiting import eventually


def test_clients_are_served_meanwhile(start, faults, scratch):
    """§6: writing never blocks a worker; the lines are written once the disk answers."""
    path = scratch / "server.log"
    server = start("--log-file", path, log_file=path)
    with faults.held("write_file"):
        for _ in range(3):
            assert server.get("/about.html").status == 200
            faults.wait_until_held("write_file")
    eventually(lambda: path.read_text().count("Request: GET /about.html") == 3, "the lines are in the file")


def test_the_stop_does_not_wait_for_ever(start, faults, scratch):
    """§1: SIGTERM ends the process. The lines that the disk has not taken are lost, and nothing else."""
    path = scratch / "server.log"
    server = start("--log-file", path, log_file=path)
    with faults.held("write_file"):
        assert server.get("/about.html").status == 200
        faults.wait_until_held("write_file")
        server.signal(signal.SIGTERM)
        assert server.wait() == 0


def test_a_forced_stop_does_not_wait_either(start, faults, scratch):
    """§1: a second SIGINT forces the stop, with a client that has not finished and a log that cannot be written."""
    path = scratch / "server.log"
    server = start("--log-file", path, log_file=path)
    server.expected_status = 3
    with faults.held("write_file"), server.connect() as connection:
        connection.send(b"POST /upload HTTP/1.1\r\nHost: %s\r\n" % server.host.encode())
        connection.send(b"Content-Type: application/json\r\nContent-Length: 9\r\n\r\n[")
        assert server.get("/about.html").status == 200
        faults.wait_until_held("write_file")
        server.signal(signal.SIGTERM)
        eventually(lambda: not accepts(server.address), "the stop has begun")
        server.signal(signal.SIGINT)
        assert server.wait() == 3
