"""The bytes of HTTP that the stand-in reads: as much of it as clients of S3 speak."""

import urllib.parse

from .messages import Cut, Refused, Request

DOMAIN = "s3.localhost"  # a bucket may stand before it in Host


def read_head(source):
    """The lines of a head, or None where the connection ends."""
    lines = []
    while True:
        line = source.readline(65536)
        if not line.endswith(b"\r\n"):
            return None
        if line == b"\r\n":
            if lines:
                return lines
            continue
        lines.append(line[:-2].decode("latin-1"))


def parse(lines, connection):
    assert lines[0].count(" ") == 2 and lines[0].endswith(" HTTP/1.1"), f"no request of HTTP: {lines[0]}"
    method, target, _ = lines[0].split(" ")
    fields = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
    path, _, text = target.partition("?")
    query = [(unquote(name), unquote(value)) for name, _, value in (pair.partition("=") for pair in text.split("&")) if name]
    host = next((value for name, value in fields if name.lower() == "host"), "").partition(":")[0]
    decoded = unquote(path).removeprefix("/")
    if host.endswith("." + DOMAIN):
        bucket, key = host.removesuffix("." + DOMAIN), decoded
    else:
        bucket, _, key = decoded.partition("/")
    return Request(method, target, path, query, fields, bucket, key, connection)


def unquote(text):
    return urllib.parse.unquote(text, errors="surrogateescape")


def has_content(request):
    return request.get("Transfer-Encoding") is not None or (request.get("Content-Length") or "0") != "0"


def read_content(source, request):
    length = request.get("Content-Length")
    if length is None:
        if request.method == "PUT" and request.key:
            raise Refused(411, "MissingContentLength")
        return b""
    content = source.read(int(length))
    if len(content) < int(length):
        raise Cut
    return content


def chunk(content):
    return b"%x\r\n%b\r\n" % (len(content), content) if content else b""
