"""What a store keeps, in memory, and what its requests do to it."""

import hashlib
import re
import threading
import time
import xml.etree.ElementTree as xml
from dataclasses import dataclass, field
from email.utils import formatdate

from .listings import LARGEST_PAGE, list_objects, list_uploads
from .messages import Refused, Reply, element, quoted, reply_with

# Fields of a PUT that come back with a GET, besides x-amz-meta-*.
KEPT = ("content-type", "content-encoding", "content-language", "content-disposition", "cache-control", "expires")
SMALLEST_PART = 5 * 1024 * 1024  # but the last
LONGEST_KEY = 1024
RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass
class Stored:
    content: bytes
    etag: str
    fields: list
    at: float = field(default_factory=time.time)


@dataclass
class Upload:
    """Of several parts, not complete yet. `parts`: Stored by number."""

    key: str
    fields: list
    parts: dict = field(default_factory=dict)


@dataclass
class Bucket:
    owner: str
    objects: dict = field(default_factory=dict)
    uploads: dict = field(default_factory=dict)


def md5(content):
    return hashlib.md5(content).hexdigest()


def kept_fields(request):
    return [(n, v) for n, v in request.fields if n.lower() in KEPT or n.lower().startswith("x-amz-meta-")]


def names(etags, stored):
    """Whether a list of entity tags, with quotes or without, names an object; None is no object."""
    named = [etag.strip().strip('"') for etag in etags.split(",")]
    return stored is not None and (named == ["*"] or stored.etag in named)


class Buckets:
    """Answers what is asked of it, one request after the other: all of its methods hold one lock."""

    def __init__(self):
        self._lock = threading.Lock()
        self._buckets = {}
        self._uploads = 0
        self.largest_page = LARGEST_PAGE

    def objects(self, bucket, prefix=""):
        with self._lock:
            return sorted(key for key in self._buckets[bucket].objects if key.startswith(prefix))

    def read(self, bucket, key):
        """The content of an object, or None."""
        with self._lock:
            stored = self._buckets[bucket].objects.get(key)
            return stored and stored.content

    def uploads(self, bucket):
        """The keys of uploads of several parts that are neither complete nor given up."""
        with self._lock:
            return sorted(upload.key for upload in self._buckets[bucket].uploads.values())

    def add(self, name, owner):
        with self._lock:
            self._buckets[name] = Bucket(owner)

    def put(self, bucket, key, content, fields=()):
        """As if an object had been stored by somebody else."""
        with self._lock:
            self._buckets[bucket].objects[key] = Stored(content, md5(content), list(fields))

    def remove(self, bucket, key):
        with self._lock:
            del self._buckets[bucket].objects[key]

    def check_bucket(self, request):
        """Refuse a request whose bucket is not there, or another's."""
        with self._lock:
            self._bucket(request)

    def perform(self, request):
        """The answer to a request whose signature has been checked."""
        with self._lock:
            if not request.bucket:
                return self._all_buckets(request)
            if not request.key:
                return self._of_bucket(request)
            return self._of_object(request)

    def _all_buckets(self, request):
        if request.method != "GET":
            raise Refused(405, "MethodNotAllowed")
        mine = sorted(name for name, bucket in self._buckets.items() if bucket.owner == request.user)
        listed = [element("Bucket", element("Name", name)) for name in mine]
        return reply_with("ListAllMyBucketsResult", element("Buckets", *listed))

    def _bucket(self, request):
        bucket = self._buckets.get(request.bucket)
        if bucket is None:
            raise Refused(404, "NoSuchBucket")
        if bucket.owner != request.user:
            raise Refused(403, "AccessDenied")
        return bucket

    def _of_bucket(self, request):
        if request.method == "PUT" and not request.query:
            return self._make_bucket(request)
        bucket = self._bucket(request)
        if request.method == "HEAD":
            return Reply(200)
        if request.method == "GET" and request.asked("list-type") == "2":
            return list_objects(bucket, request, self.largest_page)
        if request.method == "GET" and request.asked("uploads") is not None:
            return list_uploads(bucket, request)
        if request.method == "DELETE":
            if bucket.objects:
                raise Refused(409, "BucketNotEmpty")
            del self._buckets[request.bucket]
            return Reply(204)
        raise Refused(501, "NotImplemented")

    def _make_bucket(self, request):
        known = self._buckets.get(request.bucket)
        if known and known.owner != request.user:
            raise Refused(409, "BucketAlreadyExists")
        self._buckets.setdefault(request.bucket, Bucket(request.user))
        return Reply(200)

    def _of_object(self, request):
        bucket = self._bucket(request)
        if len(request.key.encode("utf-8", "surrogateescape")) > LONGEST_KEY:
            raise Refused(400, "KeyTooLongError")
        if request.asked("uploadId") is not None:
            return of_upload(bucket, request)
        if request.method == "POST" and request.asked("uploads") is not None:
            return self._begin_upload(bucket, request)
        if request.method in ("GET", "HEAD"):
            return get(bucket, request)
        if request.method == "PUT":
            return put(bucket, request)
        if request.method == "DELETE":
            bucket.objects.pop(request.key, None)
            return Reply(204)
        raise Refused(405, "MethodNotAllowed")

    def _begin_upload(self, bucket, request):
        self._uploads += 1
        number = f"2~upload{self._uploads:06d}"
        bucket.uploads[number] = Upload(request.key, kept_fields(request))
        named = [element("Bucket", request.bucket), element("Key", request.key), element("UploadId", number)]
        return reply_with("InitiateMultipartUploadResult", *named)


# Objects


def check_creation(bucket, request):
    """If-None-Match and If-Match of a request that stores."""
    present = bucket.objects.get(request.key)
    unless, only = request.condition("If-None-Match"), request.condition("If-Match")
    if unless is not None and names(unless, present):
        raise Refused(412, "PreconditionFailed")
    if only is not None and not names(only, present):
        raise Refused(412, "PreconditionFailed")


def put(bucket, request):
    check_creation(bucket, request)
    stored = Stored(request.content, md5(request.content), kept_fields(request))
    bucket.objects[request.key] = stored
    return Reply(200, [("ETag", quoted(stored.etag))])


def get(bucket, request):
    stored = bucket.objects.get(request.key)
    if stored is None:
        raise Refused(404, "NoSuchKey")
    fields = [("ETag", quoted(stored.etag)), ("Last-Modified", formatdate(stored.at, usegmt=True)), ("Accept-Ranges", "bytes")]
    only, unless = request.get("If-Match"), request.get("If-None-Match")
    if only is not None and not names(only, stored):
        raise Refused(412, "PreconditionFailed")
    if unless is not None and names(unless, stored):
        return Reply(304, fields)
    others = {name.lower(): (name, value) for name, value in [("Content-Type", "binary/octet-stream"), *stored.fields]}
    for name, value in request.query:
        if (overridden := name.removeprefix("response-")) in KEPT and overridden != name:
            others[overridden] = (overridden, value)
    return ranged(request.get("Range"), stored.content, [*fields, *others.values()])


def ranged(asked, content, fields):
    """The content, or the one range of it that was asked for. What is no range is as if it had not been said."""
    found = RANGE.fullmatch(asked or "")
    if not found or not any(found.groups()):
        return Reply(200, fields, content)
    first, last = found.groups()
    size = len(content)
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start > end:
        raise Refused(416, "InvalidRange")
    return Reply(206, [*fields, ("Content-Range", f"bytes {start}-{end}/{size}")], content[start : end + 1])


# Uploads of several parts


def of_upload(bucket, request):
    number = request.asked("uploadId")
    upload = bucket.uploads.get(number)
    if upload is None or upload.key != request.key:
        raise Refused(404, "NoSuchUpload")
    if request.method == "PUT":
        return put_part(upload, request)
    if request.method == "POST":
        reply = complete(bucket, upload, request)
        del bucket.uploads[number]
        return reply
    if request.method == "DELETE":
        del bucket.uploads[number]
        return Reply(204)
    if request.method == "GET":
        return list_parts(upload, number)
    raise Refused(405, "MethodNotAllowed")


def put_part(upload, request):
    try:
        number = int(request.asked("partNumber") or "")
    except ValueError:
        number = 0
    if not 1 <= number <= 10_000:
        raise Refused(400, "InvalidArgument", "partNumber")
    upload.parts[number] = Stored(request.content, md5(request.content), [])
    return Reply(200, [("ETag", quoted(upload.parts[number].etag))])


def list_parts(upload, number):
    parts = [
        element("Part", element("PartNumber", n), element("ETag", quoted(part.etag)), element("Size", len(part.content)))
        for n, part in sorted(upload.parts.items())
    ]
    return reply_with("ListPartsResult", element("Key", upload.key), element("UploadId", number), *parts)


def parts_named(content):
    """The numbers and entity tags that the end of an upload names."""
    try:
        root = xml.fromstring(content)
        found = []
        for part in root.iterfind("{*}Part"):
            found.append((int(part.findtext("{*}PartNumber")), part.findtext("{*}ETag").strip().strip('"')))
    except (xml.ParseError, TypeError, ValueError, AttributeError):
        raise Refused(400, "MalformedXML") from None
    if not found:
        raise Refused(400, "MalformedXML")
    return found


def complete(bucket, upload, request):
    check_creation(bucket, request)
    named = parts_named(request.content)
    if [number for number, _ in named] != sorted({number for number, _ in named}):
        raise Refused(400, "InvalidPartOrder")
    for number, etag in named:
        if number not in upload.parts or upload.parts[number].etag != etag:
            raise Refused(400, "InvalidPart")
    parts = [upload.parts[number] for number, _ in named]
    if any(len(part.content) < SMALLEST_PART for part in parts[:-1]):
        raise Refused(400, "EntityTooSmall")
    etag = f"{md5(b''.join(bytes.fromhex(part.etag) for part in parts))}-{len(parts)}"
    bucket.objects[upload.key] = Stored(b"".join(part.content for part in parts), etag, upload.fields)
    named = [element("Bucket", request.bucket), element("Key", upload.key), element("ETag", quoted(etag))]
    return reply_with("CompleteMultipartUploadResult", *named)
