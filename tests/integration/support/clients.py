"""Clients with a purpose: they hold the server in a known state while a test looks at it."""

JSON = ("Content-Type", "application/json")

# Long enough that no deadline of the server ends a state that a test holds on purpose.
PATIENT_FLAGS = ("--head-timeout", "120s", "--minimum-rate-grace", "120s", "--stall-timeout", "120s")


def occupy(server):
    """A connection in the middle of an upload: a worker has it (it said 100 Continue), and it is not idle."""
    connection = server.connect()
    fields = [JSON, ("Content-Length", "3"), ("Expect", "100-continue"), ("Connection", "close")]
    connection.send(connection.request("POST", "/upload", fields=fields))
    assert connection.receive_interim().status == 100
    return connection


def release(connection):
    """End that upload. Returns its answer."""
    connection.send(b"[1]")
    response = connection.receive()
    assert response.status == 201 and not response.keeps
    connection.expect_closed()
    return response


def begin_download(server, target, receive_buffer=32 * 1024):
    """A connection that has asked for a large file and received its head, and now does not read.

    The receive buffer is small so that the server cannot get rid of the content. Returns the connection and the
    content's length.
    """
    connection = server.connect(receive_buffer=receive_buffer)
    connection.send(connection.request("GET", target))
    head = connection.receive_head()
    assert head.startswith(b"HTTP/1.1 200 "), head
    length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    return connection, int(length.split(b":")[1])
