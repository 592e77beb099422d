"""CONTRACT §5, docs/operating.md: at the stop, what has arrived is answered, though no worker has looked at it yet."""

import signal

from support.server import accepts
from support.waiting import eventually


def test_requests_on_idle_connections(start, faults):
    """They arrive while the only worker is busy, and the stop before it comes to them."""
    server = start()
    busy, *idle = [server.connect() for _ in range(5)]
    for connection in [busy, *idle]:
        assert connection.ask("GET", "/about.html").status == 200
    with faults.held("receive_bytes"):
        busy.send(busy.request("GET", "/about.html"))
        faults.wait_until_held("receive_bytes")
        for connection in idle:
            connection.send(connection.request("GET", "/contact.html"))
        server.signal(signal.SIGTERM)
        server.log.wait_for("Shutting down server")
        eventually(lambda: not accepts(server.address), "the listening socket is closed")
    for connection in [busy, *idle]:
        assert connection.receive().status == 200
        connection.expect_closed()
    assert server.wait() == 0
