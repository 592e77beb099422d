"""What the stand-in receives and answers."""

import xml.sax.saxutils
from dataclasses import dataclass, field
from time import monotonic


def field_of(fields, name):
    """The value of a field, or None."""
    return next((value for known, value in fields if known.lower() == name.lower()), None)


@dataclass
class Request:
    """A request as it was received. What a test may want to look at afterwards is here as well.

    `time`: when its head had been read, by time.monotonic(). `connection`: the number of its connection, from 1. `status`: of
    the answer; None while there is none, and for ever where the connection was cut without one. `fault`: what happened to it
    on demand, or None. `content`: empty where a fault came before it was read.
    """

    method: str
    target: str
    path: str  # as it was sent
    query: list
    fields: list
    bucket: str
    key: str
    connection: int
    time: float = field(default_factory=monotonic)
    content: bytes = b""
    status: int | None = None
    fault: object = None
    user: str | None = None
    ignored: set = field(default_factory=set)  # names of fields, in lower case, that the store takes for absent

    def get(self, name):
        """The value of a field, or None."""
        return field_of(self.fields, name)

    def condition(self, name):
        """The value of a field that the store heeds, or None."""
        return None if name.lower() in self.ignored else self.get(name)

    def asked(self, name):
        """The value of a name in the query, or None."""
        return next((value for known, value in self.query if known == name), None)


@dataclass
class Reply:
    """An answer. `half_way` is called when half of its content has been sent, and may raise Cut. `connection`: what becomes of
    it, "keep-alive" or "close"."""

    status: int
    fields: list = field(default_factory=list)
    content: bytes = b""
    half_way: object = None
    chunked: bool = False
    connection: str = "keep-alive"


def quoted(etag):
    return f'"{etag}"'


class Cut(Exception):
    """The connection ends now."""


class Refused(Exception):
    """A request that is answered with an error of S3."""

    def __init__(self, status, code, message="", connection="keep-alive"):
        super().__init__(f"{status} {code}")
        self.status, self.code, self.message, self.connection = status, code, message, connection


def element(name, *content):
    """An element of XML. What is in `content` and is no element yet is text."""
    return Markup(f"<{name}>" + "".join(part if isinstance(part, Markup) else escaped(part) for part in content) + f"</{name}>")


class Markup(str):
    """Text that is XML already."""


def escaped(part):
    return xml.sax.saxutils.escape(str(part), {'"': "&quot;"})


def document(name, *content):
    return b'<?xml version="1.0" encoding="UTF-8"?>' + element(name, *content).encode()


def result(name, *content):
    """A document of XML in the name space of S3."""
    text = document(name, *content)
    return text.replace(f"<{name}>".encode(), f'<{name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'.encode(), 1)


def reply_with(name, *content):
    return Reply(200, [("Content-Type", "application/xml")], result(name, *content), chunked=name.startswith("List"))


def reply_to_refusal(refused, number):
    details = [element("Message", refused.message)] if refused.message else []
    content = document("Error", element("Code", refused.code), *details, element("RequestId", request_id(number)))
    return Reply(refused.status, [("Content-Type", "application/xml")], content, connection=refused.connection)


def request_id(number):
    return f"tx{number:021x}"
