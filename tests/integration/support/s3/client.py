"""A small client of S3: it sends what it is told to, signs it, and gives the answer. It never tries again."""

import hashlib
import http.client
import socket
import time
import xml.etree.ElementTree as xml
from dataclasses import dataclass

from . import signing
from .signing import encode_query, target_path
from ..waiting import PATIENCE

NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


@dataclass
class Answer:
    status: int
    fields: list
    content: bytes

    def field(self, name):
        """The value of a field, or None."""
        return next((value for known, value in self.fields if known.lower() == name.lower()), None)

    @property
    def etag(self):
        return self.field("ETag")

    @property
    def code(self):
        """The code of an error, such as NoSuchKey, or None where the answer has none."""
        return self.text("Code") if self.content.startswith(b"<?xml") else None

    def elements(self, path):
        """The elements at this path, such as "Contents/Key", in whatever namespace."""
        root = xml.fromstring(self.content)
        for element in root.iter():
            element.tag = element.tag.removeprefix(NAMESPACE)
        return root.findall(path)

    def texts(self, path):
        return [element.text or "" for element in self.elements(path)]

    def text(self, path):
        return next(iter(self.texts(path)), None)


class Client:
    """Requests of one user over one connection, which is opened again where the store has closed it after an answer.

    `host`: the value of Host where it is not the address. `clock`: seconds that are added to the time that is signed.
    """

    def __init__(self, address, credentials, *, host=None, clock=0, context=None):
        self.address = address
        self.credentials = credentials
        self.host = host or f"{address[0]}:{address[1]}"
        self.clock = clock
        if context:
            self._connection = http.client.HTTPSConnection(*address, timeout=PATIENCE, context=context)
        else:
            self._connection = http.client.HTTPConnection(*address, timeout=PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._connection.close()

    @property
    def socket(self):
        """Of the connection, or None where there is none."""
        return self._connection.sock

    @property
    def patience(self):
        return self._connection.timeout

    @patience.setter
    def patience(self, seconds):
        """For how long connections that are opened from now on wait for anything."""
        self._connection.timeout = seconds

    def request(self, method, bucket="", key="", *, query=(), fields=(), content=b"", content_hash=None, credentials=None):
        """Send a signed request; `content_hash`: what it says instead of the true hash of its content."""
        path = target_path(bucket, key) if bucket else "/" + signing.encode(key, safe="/")
        content_hash = content_hash or hashlib.sha256(content).hexdigest()
        at = time.time() + self.clock
        fields = [("Host", self.host), *fields]
        fields = signing.sign(credentials or self.credentials, method, path, query, fields, content_hash, at)
        return self.send(method, path + ("?" + encode_query(query) if query else ""), fields, content)

    def send(self, method, target, fields, content=b""):
        """Send a request as it is, with no field added but Content-Length where there is content or may be."""
        connection = self._connection
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in fields:
            connection.putheader(name, str(value))
        if content or method in ("PUT", "POST"):
            connection.putheader("Content-Length", str(len(content)))
        # Two small segments would wait for each other.
        if connection.sock:
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            connection.endheaders(content or None)
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        except BaseException:
            connection.close()
            raise

    def send_bytes(self, *parts):
        """Send bytes over a connection of their own, each part when something has been answered to the one before. Returns what
        was answered to each: what has come when the head of an answer is there."""
        answered = []
        with socket.create_connection(self.address, PATIENCE) as connection:
            for part in parts:
                connection.sendall(part)
                data = b""
                while b"\r\n\r\n" not in data:
                    more = connection.recv(65536)
                    assert more, f"closed after {data}"
                    data += more
                answered.append(data)
        return answered

    # The requests that tests send most

    def put(self, bucket, key, content, *fields, **options):
        return self.request("PUT", bucket, key, content=content, fields=fields, **options)

    def get(self, bucket, key, *fields, **options):
        return self.request("GET", bucket, key, fields=fields, **options)

    def head(self, bucket, key, *fields, **options):
        return self.request("HEAD", bucket, key, fields=fields, **options)

    def delete(self, bucket, key, *fields, **options):
        return self.request("DELETE", bucket, key, fields=fields, **options)

    def list(self, bucket, **query):
        """A page of ListObjectsV2. A name such as `start_after` stands for start-after."""
        pairs = [(name.replace("_", "-"), str(value)) for name, value in query.items()]
        return self.request("GET", bucket, query=[("list-type", "2"), *pairs])


def all_keys(client, bucket, prefix="", **query):
    """The keys of a bucket that begin with `prefix`, in their order, from as many pages as it takes."""
    keys, more = [], {}
    while True:
        page = client.list(bucket, prefix=prefix, **query, **more)
        assert page.status == 200, page
        keys += page.texts("Contents/Key")
        if page.text("IsTruncated") != "true":
            return keys
        more = {"continuation_token": page.text("NextContinuationToken")}
