"""What `bobbin explain` says, held against what a server answers."""

import json
import re
import socket

from .server import run_to_end
from .waiting import eventually

# They depend on the moment and on what the connection has seen before.
OF_THE_MOMENT = {"date", "connection", "keep-alive"}


def explain(binary, *arguments):
    """The decisions as (about, text), the status, and the fields as (name, value)."""
    ended = run_to_end(binary, "explain", *arguments, "--json")
    assert ended.returncode == 0 and ended.stderr == "", ended
    explanation = json.loads(ended.stdout)
    decisions = [(each["about"], each["text"]) for each in explanation["decisions"]]
    return decisions, explanation["status"], [(each["name"], each["value"]) for each in explanation["fields"]]


def head_of_answer(address, text):
    """The status and the fields of the answer to these bytes."""
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(text.encode())
        received = b""
        while True:
            head, end, rest = received.partition(b"\r\n\r\n")
            if end and not head.split(b" ", 2)[1].startswith(b"1"):
                break
            if end:
                received = rest
                continue
            more = connection.recv(65536)
            assert more, received
            received += more
    line, *fields = head.decode("latin-1").split("\r\n")
    return int(line.split(" ")[1]), [tuple(field.split(": ", 1)) for field in fields]


def comparable(fields):
    """Without what depends on the moment. The boundary of a multipart content is another one each time."""
    return [
        (name, re.sub("boundary=.*", "boundary=", value)) for name, value in fields if name.lower() not in OF_THE_MOMENT
    ]


def check_prediction(binary, server, config, request):
    """Ask `bobbin explain` and, twice, the server, which keeps in memory what it has answered once."""
    method, target, host, fields = request
    host = host.format(port=server.address[1])
    content = next((int(value) for name, value in fields if name == "Content-Length" and value.isdigit()), 0)
    lines = [f"{name}: {value}" for name, value in [("Host", host), *fields]]
    flags = [part for line in lines for part in ("-H", line)]
    _, status, predicted = explain(binary, method, target, "--config", config, "--port", server.address[1], *flags)
    text = "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", "x" * content])
    for _ in range(2):
        answered, sent = head_of_answer(server.address, text)
        prediction, answer = (status, comparable(predicted)), (answered, comparable(sent))
        assert prediction == answer, f"{text}\nexplain: {prediction}\nserver:  {answer}"


def check_drawn(binary, server, drawn, count):
    eventually(drawn.are_settled, "the files are old enough")
    for _ in range(count):
        check_prediction(binary, server, drawn.config, drawn.request())
