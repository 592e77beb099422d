"""The stand-in for an object store tells the truth: it answers as the real RADOS Gateway does.

Each test is run against both. Those of the gateway need root and packages/object-store.txt. Where the two differ is tested as
well, at the end: there the stand-in does what Amazon describes.
"""

import base64
import hashlib
import time
import urllib.parse

import pytest

from support.background import Background
from support.s3.client import Client, all_keys
from support.s3.fixtures import bucket, client  # noqa: F401
from support.s3.signing import UNSIGNED, Credentials, encode_query, presign, sign, target_path
from support.s3.wire import DOMAIN
from support.waiting import in_parallel

pytestmark = pytest.mark.xdist_group("gateway")

ONCE = ("If-None-Match", "*")
HELLO = '"5d41402abc4b2a76b9719d911017c592"'
PART = b"p" * (5 << 20)
NO_HASH = hashlib.sha256(b"").hexdigest()


@pytest.fixture(params=["faulty_store", "gateway"])
def store(request):
    return request.getfixturevalue(request.param)


def outcome(answer):
    """Status, and the code of an error."""
    return answer.status if answer.status < 300 else (answer.status, answer.code)


# Storing


def test_creating_once(store, bucket, client):
    answer = client.put(bucket, "a", b"hello", ONCE)
    assert (answer.status, answer.etag, answer.content) == (200, HELLO, b"")
    assert outcome(client.put(bucket, "a", b"other", ONCE)) == (412, "PreconditionFailed")
    assert outcome(client.put(bucket, "a", b"hello", ONCE)) == (412, "PreconditionFailed")
    assert store.read(bucket, "a") == b"hello"
    assert outcome(client.delete(bucket, "a")) == 204
    assert outcome(client.put(bucket, "a", b"other", ONCE)) == 200


def test_creating_once_at_the_same_time(store, bucket):
    """One of them has created the object, and no other has replaced it."""

    def create(index):
        with Client(store.address, store.credentials) as client:
            return client.put(bucket, "a", b"%d" % index, ONCE).status

    statuses = in_parallel(16, create)
    assert sorted(statuses) == [200] + 15 * [412]
    assert store.read(bucket, "a") == b"%d" % statuses.index(200)


def test_replacing(store, bucket, client):
    assert outcome(client.put(bucket, "a", b"1")) == 200
    assert outcome(client.put(bucket, "a", b"2")) == 200
    assert store.read(bucket, "a") == b"2"
    assert outcome(client.put(bucket, "a", b"3", ("If-Match", '"0"'))) == (412, "PreconditionFailed")
    assert outcome(client.put(bucket, "b", b"3", ("If-Match", '"0"'))) == (412, "PreconditionFailed")


def test_fields_are_kept(bucket, client):
    fields = [
        ("Content-Type", "application/json"), ("Content-Encoding", "zstd"), ("Cache-Control", "no-cache"),
        ("x-amz-meta-name", "two  spaces"), ("x-amz-meta-drink", "thé".encode().decode("latin-1")),
    ]
    assert outcome(client.put(bucket, "a", b"hello", *fields)) == 200
    for answer in (client.get(bucket, "a"), client.head(bucket, "a")):
        assert [(name, answer.field(name)) for name, _ in fields] == fields
    client.put(bucket, "b", b"hello")
    assert client.get(bucket, "b").field("Content-Type") == "binary/octet-stream"


KEYS = ["a b", "ü", "a+b", "a&b=c", "100%", "a/b//c", "~.-_", "(1)*'!", "2026/11/30/0001.json", "k" * 1024, "%2F", "a?b#c"]


@pytest.mark.parametrize("key", KEYS)
def test_keys(store, bucket, client, key):
    assert outcome(client.put(bucket, key, b"1", ONCE)) == 200
    assert client.get(bucket, key).content == b"1"
    assert store.objects(bucket) == [key]


@pytest.mark.parametrize("content, said, expected", [
    (b"hello", None, 200),
    (b"", None, 200),
    (b"hello", UNSIGNED, 200),
    (b"hello", NO_HASH, (400, "XAmzContentSHA256Mismatch")),
    (b"hello", "abc", (400, "XAmzContentSHA256Mismatch")),
])
def test_hashes_of_content(store, bucket, client, content, said, expected):
    assert outcome(client.put(bucket, "a", content, content_hash=said)) == expected
    assert store.read(bucket, "a") == (content if expected == 200 else None)


@pytest.mark.parametrize("md5, expected", [
    (hashlib.md5(b"hello").digest(), 200),
    (hashlib.md5(b"other").digest(), (400, "BadDigest")),
    (b"short", (400, "InvalidDigest")),
])
def test_content_md5(store, bucket, client, md5, expected):
    assert outcome(client.put(bucket, "a", b"hello", ("Content-MD5", base64.b64encode(md5).decode()))) == expected
    assert store.objects(bucket) == (["a"] if expected == 200 else [])


def test_content_without_a_length(store, bucket, client):
    path = target_path(bucket, "a")
    fields = sign(store.credentials, "PUT", path, [], [("Host", client.host)], UNSIGNED)
    head = f"PUT {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields)
    sent = head.encode() + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    assert first_line(client.send_bytes(sent)[0]).startswith(b"HTTP/1.1 411 ")
    assert store.objects(bucket) == []


def first_line(data):
    return data.partition(b"\r\n")[0]


# Reading


RANGES = [
    ("bytes=1-2", 206, b"el", "bytes 1-2/5"),
    ("bytes=1-", 206, b"ello", "bytes 1-4/5"),
    ("bytes=-2", 206, b"lo", "bytes 3-4/5"),
    ("bytes=0-100", 206, b"hello", "bytes 0-4/5"),
    ("bytes=4-4", 206, b"o", "bytes 4-4/5"),
]


@pytest.mark.parametrize("asked, status, content, told", RANGES)
def test_ranges(bucket, client, asked, status, content, told):
    client.put(bucket, "a", b"hello")
    for fields in ([], [("If-Match", HELLO)]):
        answer = client.get(bucket, "a", ("Range", asked), *fields)
        found = (answer.status, answer.content, answer.field("Content-Range"), answer.etag)
        assert found == (status, content, told, HELLO)
    assert outcome(client.get(bucket, "a", ("Range", asked), ("If-Match", '"0"'))) == (412, "PreconditionFailed")


@pytest.mark.parametrize("asked", ["bytes=5-", "bytes=10-12", "bytes=2-1"])
def test_ranges_that_are_not_there(bucket, client, asked):
    client.put(bucket, "a", b"hello")
    assert outcome(client.get(bucket, "a", ("Range", asked))) == (416, "InvalidRange")


def test_what_is_no_range(bucket, client):
    client.put(bucket, "a", b"hello")
    answer = client.get(bucket, "a", ("Range", "lines=1-2"))
    assert (answer.status, answer.content) == (200, b"hello")
    client.put(bucket, "empty", b"")
    assert outcome(client.get(bucket, "empty", ("Range", "bytes=0-"))) == (416, "InvalidRange")


def test_conditions_of_a_get(bucket, client):
    client.put(bucket, "a", b"hello")
    for ask in (client.get, client.head):
        assert ask(bucket, "a", ("If-Match", HELLO)).status == 200
        assert ask(bucket, "a", ("If-Match", HELLO.strip('"'))).status == 200
        assert ask(bucket, "a", ("If-Match", '"0"')).status == 412
        assert ask(bucket, "a", ("If-None-Match", HELLO)).status == 304
        assert ask(bucket, "a", ("If-None-Match", '"0"')).status == 200


def test_head(bucket, client):
    client.put(bucket, "a", b"hello")
    answer = client.head(bucket, "a")
    assert (answer.status, answer.etag, answer.field("Content-Length"), answer.content) == (200, HELLO, "5", b"")
    assert (client.head(bucket, "b").status, client.head(bucket, "b").content) == (404, b"")


def test_what_is_not_there(bucket, client):
    assert outcome(client.get(bucket, "a")) == (404, "NoSuchKey")
    assert outcome(client.delete(bucket, "a")) == 204
    for answer in (client.get("no-such", "a"), client.put("no-such", "a", b"1"), client.delete("no-such", "a")):
        assert outcome(answer) == (404, "NoSuchBucket")
    assert outcome(client.list("no-such")) == (404, "NoSuchBucket")
    assert client.request("HEAD", "no-such").status == 404
    assert client.request("HEAD", bucket).status == 200


def test_buckets(store, bucket, client):
    assert outcome(client.request("PUT", bucket)) == 200
    assert bucket in client.request("GET").texts("Buckets/Bucket/Name")
    client.put(bucket, "a", b"1")
    assert outcome(client.request("DELETE", bucket)) == (409, "BucketNotEmpty")
    client.delete(bucket, "a")
    assert outcome(client.request("DELETE", bucket)) == 204
    assert outcome(client.list(bucket)) == (404, "NoSuchBucket")


# Pages


@pytest.fixture
def filled(store, bucket):
    for key in ("a", "p/1", "p/2", "p/3", "p/sub/x", "p/sub/y", "p-", "Ü ber"):
        store.put(bucket, key, b"hello")
    return bucket


PAGES = [
    ({}, ["a", "p-", "p/1", "p/2", "p/3", "p/sub/x", "p/sub/y", "Ü ber"], False),
    ({"prefix": "p/"}, ["p/1", "p/2", "p/3", "p/sub/x", "p/sub/y"], False),
    ({"prefix": "p/", "max_keys": 2}, ["p/1", "p/2"], True),
    ({"prefix": "p/", "max_keys": 5}, ["p/1", "p/2", "p/3", "p/sub/x", "p/sub/y"], False),
    ({"prefix": "p/", "start_after": "p/2"}, ["p/3", "p/sub/x", "p/sub/y"], False),
    ({"prefix": "p/", "start_after": "p/2a", "max_keys": 1}, ["p/3"], True),
    ({"start_after": "p/sub/y"}, ["Ü ber"], False),
    ({"prefix": "Ü", "encoding_type": "url"}, ["%C3%9C%20ber"], False),
    ({"prefix": "nothing"}, [], False),
    ({"max_keys": 0}, [], False),
]


@pytest.mark.parametrize("query, keys, more", PAGES)
def test_pages(filled, client, query, keys, more):
    page = client.list(filled, **query)
    found = (page.status, page.texts("Contents/Key"), page.text("IsTruncated"), page.text("KeyCount"))
    assert found == (200, keys, "true" if more else "false", str(len(keys)))
    assert (page.text("NextContinuationToken") is not None) == more
    assert page.field("Transfer-Encoding") == "chunked"
    assert set(page.texts("Contents/ETag")) <= {HELLO} and set(page.texts("Contents/Size")) <= {"5"}


@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_page_after_page(filled, client, size):
    assert all_keys(client, filled, max_keys=size) == PAGES[0][1]


def test_folders(filled, client):
    page = client.list(filled, delimiter="/")
    assert (page.texts("Contents/Key"), page.texts("CommonPrefixes/Prefix")) == (["a", "p-", "Ü ber"], ["p/"])
    page = client.list(filled, delimiter="/", prefix="p/")
    assert (page.texts("Contents/Key"), page.texts("CommonPrefixes/Prefix")) == (["p/1", "p/2", "p/3"], ["p/sub/"])
    keys, folders, more = [], [], {}
    while True:
        page = client.list(filled, delimiter="/", max_keys=1, **more)
        keys += page.texts("Contents/Key")
        folders += page.texts("CommonPrefixes/Prefix")
        if page.text("IsTruncated") == "false":
            break
        more = {"continuation_token": page.text("NextContinuationToken")}
    assert (keys, folders) == (["a", "p-", "Ü ber"], ["p/"])


FOLDERS = [
    ({}, ["a", "p-", "Ü ber"], ["p/"]),
    ({"start_after": "a"}, ["p-", "Ü ber"], ["p/"]),
    ({"start_after": "p-"}, ["Ü ber"], ["p/"]),
    ({"start_after": "p:"}, ["Ü ber"], []),
    ({"prefix": "p/", "start_after": "p/2"}, ["p/3"], ["p/sub/"]),
    ({"prefix": "p/", "start_after": "p/3"}, [], ["p/sub/"]),
    ({"prefix": "nothing/", "start_after": "nothing/1"}, [], []),
]


@pytest.mark.parametrize("query, keys, folders", FOLDERS)
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_folders_behind_a_key(filled, client, query, keys, folders, size):
    """As `bobbin inbox pull` asks: page after page, encoded."""
    found, more = ([], []), {}
    while True:
        page = client.list(filled, delimiter="/", encoding_type="url", max_keys=size, **query, **more)
        for names, path in zip(found, ("Contents/Key", "CommonPrefixes/Prefix")):
            names += [urllib.parse.unquote_plus(name) for name in page.texts(path)]
        if page.text("IsTruncated") == "false":
            break
        more = {"continuation_token": page.text("NextContinuationToken")}
    assert found == (keys, folders)


def test_an_encoded_page_says_so(store, bucket, client):
    for key in ("a+b c/%2F", "a+b c/d (1)/e"):
        store.put(bucket, key, b"hello")
    page = client.list(bucket, prefix="a+b c/", delimiter="/", encoding_type="url")
    assert page.text("EncodingType") == "url"
    encoded = page.texts("Contents/Key") + page.texts("CommonPrefixes/Prefix")
    assert [urllib.parse.unquote(name) for name in encoded] == ["a+b c/%2F", "a+b c/d (1)/"]
    assert not any("+" in name for name in encoded)
    page = client.list(bucket, prefix="a+b c/", delimiter="/")
    assert page.text("EncodingType") is None
    assert (page.texts("Contents/Key"), page.texts("CommonPrefixes/Prefix")) == (["a+b c/%2F"], ["a+b c/d (1)/"])


def test_a_page_of_no_size(bucket, client):
    assert outcome(client.list(bucket, max_keys="many")) == (400, "InvalidArgument")


# Who asks


def test_clocks(store, bucket, client):
    """The error has a Date by which a client can correct itself."""
    for clock in (20 * 60, -20 * 60):
        client.clock = clock
        answer = client.put(bucket, "a", b"1")
        assert outcome(answer) == (403, "RequestTimeTooSkewed")
        assert answer.field("Date")
    client.clock = 14 * 60
    assert outcome(client.put(bucket, "a", b"1")) == 200


def test_signatures_that_are_wrong(store, bucket, client):
    known, secret = store.credentials.access_key, store.credentials.secret
    for method in ("GET", "PUT"):
        for credentials, code in [
            (Credentials("KEYNOBODY", secret), "InvalidAccessKeyId"), (Credentials(known, "x"), "SignatureDoesNotMatch")
        ]:
            answer = client.request(method, bucket, "a", credentials=credentials)
            assert outcome(answer) == (403, code)
    assert outcome(client.send("GET", target_path(bucket, "a"), [("Host", client.host)])) == (403, "AccessDenied")
    assert store.objects(bucket) == []


@pytest.mark.parametrize("altered", ["method", "path", "query", "field"])
def test_what_is_signed(store, bucket, client, altered):
    """Each part of the request: another one has no signature."""
    method, path, query, fields = "GET", target_path(bucket), [("prefix", "a")], [("Host", client.host), ("x-amz-a", "1")]
    fields = sign(store.credentials, method, path, query, fields, NO_HASH)
    if altered == "method":
        method = "DELETE"
    elif altered == "path":
        path = target_path(bucket, "a")
    elif altered == "query":
        query = [("prefix", "b")]
    else:
        fields = [(name, "2" if name == "x-amz-a" else value) for name, value in fields]
    answer = client.send(method, f"{path}?{encode_query(query)}", fields)
    assert outcome(answer) == (403, "SignatureDoesNotMatch")


def test_any_region(store, bucket, client):
    credentials = Credentials(store.credentials.access_key, store.credentials.secret, "mars")
    assert outcome(client.request("GET", bucket, query=[("list-type", "2")], credentials=credentials)) == 200


def test_users(store, bucket, client):
    name = f"user{time.time_ns()}"
    credentials = store.add_user(name)
    store.put(bucket, "a", b"1")
    with Client(store.address, credentials) as other:
        assert outcome(other.get(bucket, "a")) == (403, "AccessDenied")
        assert outcome(other.put(bucket, "a", b"1")) == (403, "AccessDenied")
        assert outcome(other.request("PUT", name)) == 200
        assert outcome(other.put(name, "a", b"1")) == 200
        store.suspend(credentials)
        assert outcome(other.put(name, "a", b"1")) == (403, "UserSuspended")
        store.enable(credentials)
        assert outcome(other.put(name, "a", b"1")) == 200
        store.revoke(credentials)
        assert outcome(other.put(name, "a", b"1")) == (403, "InvalidAccessKeyId")
    assert outcome(client.request("PUT", name)) == (409, "BucketAlreadyExists")


def test_presigned(store, bucket, client):
    store.put(bucket, "a", b"hello")

    def ask(method, key, content=b"", signed_key=None, **options):
        path = target_path(bucket, signed_key or key)
        query = presign(store.credentials, method, path, [], client.host, **options)
        return client.send(method, f"{target_path(bucket, key)}?{query}", [("Host", client.host)], content)

    assert ask("GET", "a").content == b"hello"
    assert outcome(ask("PUT", "b", b"1")) == 200
    assert outcome(ask("GET", "b", signed_key="a")) == (403, "SignatureDoesNotMatch")
    assert outcome(ask("GET", "a", at=time.time() - 1000)) == (403, "AccessDenied")
    assert store.objects(bucket) == ["a", "b"]


def test_presigned_with_other_fields(store, bucket, client):
    store.put(bucket, "a", b"hello")
    disposition = 'attachment; filename="a b.txt"'
    query = [("response-content-disposition", disposition), ("response-content-encoding", "x-none")]
    query += [("response-content-type", "text/plain; charset=utf-8")]
    path = target_path(bucket, "a")
    for fields in ([], [("Range", "bytes=1-2")]):
        target = f"{path}?{presign(store.credentials, 'GET', path, query, client.host)}"
        answer = client.send("GET", target, [("Host", client.host), *fields])
        assert answer.content == (b"el" if fields else b"hello")
        assert answer.field("Content-Type") == "text/plain; charset=utf-8"
        assert (answer.field("Content-Disposition"), answer.field("Content-Encoding")) == (disposition, "x-none")
    changed = presign(store.credentials, "GET", path, query, client.host).replace("charset%3Dutf-8", "charset%3Dutf-7")
    assert outcome(client.send("GET", f"{path}?{changed}", [("Host", client.host)])) == (403, "SignatureDoesNotMatch")


# Connections and names


def test_the_bucket_in_host(store, bucket):
    store.put(bucket, "a", b"hello")
    for host in (f"{bucket}.{DOMAIN}", f"{bucket}.{DOMAIN}:{store.address[1]}"):
        with Client(store.address, store.credentials, host=host) as client:
            assert client.request("GET", key="a").content == b"hello"


def signed_head(store, client, method, path, *fields, length=0):
    fields = sign(store.credentials, method, path, [], [("Host", client.host), *fields], UNSIGNED)
    return f"{method} {path} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in fields) + f"Content-Length: {length}\r\n\r\n"


def test_connections_stay_open(store, bucket, client):
    """After errors as well, and after those that come before the content has been read."""
    client.request("GET")
    socket = client.socket
    wrong = Credentials("KEYNOBODY", "x")
    client.put(bucket, "a", b"1", ONCE)
    for answer in (client.put(bucket, "a", b"1", ONCE), client.get(bucket, "b"),
                   client.request("PUT", bucket, "a", content=b"x" * 3_000_000, credentials=wrong)):
        assert answer.status >= 400
    assert client.get(bucket, "a").content == b"1"
    assert client.socket is socket
    client.get(bucket, "a", ("Connection", "close"))
    assert client.socket is None


def test_expect(store, bucket, client):
    """100 before the content is sent, where the request may go on; else the error without it."""
    expect = ("Expect", "100-continue")
    for content, status in ((b"hello", b"200"), (b"other", b"412")):
        head = signed_head(store, client, "PUT", target_path(bucket, "a"), ONCE, expect, length=5)
        answers = client.send_bytes(head.encode(), content)
        assert first_line(answers[0]).startswith(b"HTTP/1.1 100 ") and first_line(answers[1]).split()[1] == status
    head = signed_head(store, client, "PUT", target_path("no-such", "a"), expect, length=5)
    assert first_line(client.send_bytes(head.encode())[0]).startswith(b"HTTP/1.1 404 ")
    assert store.read(bucket, "a") == b"hello"


# Uploads of several parts


def begin(client, bucket, key, *fields):
    answer = client.request("POST", bucket, key, query=[("uploads", "")], fields=fields)
    assert answer.status == 200
    return answer.text("UploadId")


def put_part(client, bucket, key, upload, number, content):
    return client.put(bucket, key, content, query=[("partNumber", str(number)), ("uploadId", upload)])


def complete(client, bucket, key, upload, parts, *fields):
    named = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>" for number, etag in parts)
    content = f"<CompleteMultipartUpload>{named}</CompleteMultipartUpload>".encode()
    return client.request("POST", bucket, key, query=[("uploadId", upload)], content=content, fields=fields)


def test_several_parts(store, bucket, client):
    upload = begin(client, bucket, "a", ("x-amz-meta-a", "1"))
    etags = [put_part(client, bucket, "a", upload, *part).etag for part in ((1, PART), (2, b"tail"))]
    assert etags == [f'"{hashlib.md5(content).hexdigest()}"' for content in (PART, b"tail")]
    listed = client.request("GET", bucket, "a", query=[("uploadId", upload)])
    assert (listed.texts("Part/PartNumber"), listed.texts("Part/ETag")) == (["1", "2"], etags)
    assert client.request("GET", bucket, query=[("uploads", "")]).texts("Upload/Key") == ["a"]
    assert store.objects(bucket) == []
    answer = complete(client, bucket, "a", upload, list(enumerate(etags, 1)))
    assert (answer.status, answer.text("Key")) == (200, "a")
    whole = client.head(bucket, "a")
    expected = hashlib.md5(b"".join(bytes.fromhex(etag.strip('"')) for etag in etags)).hexdigest()
    assert (whole.etag, whole.field("x-amz-meta-a")) == (f'"{expected}-2"', "1")
    assert client.get(bucket, "a", ("Range", f"bytes={len(PART) - 2}-")).content == b"pptail"
    assert client.request("GET", bucket, query=[("uploads", "")]).texts("Upload/Key") == []


def test_parts_that_are_wrong(store, bucket, client):
    upload = begin(client, bucket, "a")
    etags = [put_part(client, bucket, "a", upload, *part).etag for part in ((1, b"1"), (2, b"2"))]
    assert outcome(complete(client, bucket, "a", upload, [(1, f'"{"0" * 32}"')])) == (400, "InvalidPart")
    assert outcome(complete(client, bucket, "a", upload, [(3, etags[0])])) == (400, "InvalidPart")
    assert outcome(complete(client, bucket, "a", upload, [])) == (400, "MalformedXML")
    assert outcome(complete(client, bucket, "a", upload, list(enumerate(etags, 1)))) == (400, "EntityTooSmall")
    assert outcome(put_part(client, bucket, "a", "no-such", 1, b"1")) == (404, "NoSuchUpload")
    assert store.objects(bucket) == []


def test_giving_up(store, bucket, client):
    upload = begin(client, bucket, "a")
    put_part(client, bucket, "a", upload, 1, b"1")
    assert outcome(client.request("DELETE", bucket, "a", query=[("uploadId", upload)])) == 204
    assert outcome(client.request("DELETE", bucket, "a", query=[("uploadId", upload)])) == (404, "NoSuchUpload")
    assert outcome(put_part(client, bucket, "a", upload, 2, b"1")) == (404, "NoSuchUpload")
    assert store.objects(bucket) == []


# What only one of them can do, and where they differ


def test_where_they_differ(faulty_store, gateway):
    """The first is the stand-in, and what Amazon describes."""

    def each(ask):
        found = []
        for store in (faulty_store, gateway):
            with Client(store.address, store.credentials) as client:
                bucket = store.new_bucket()
                store.put(bucket, "a", b"hello")
                found.append(outcome(ask(store, client, bucket)))
        return found

    def complete_once(store, client, bucket):
        upload = begin(client, bucket, "a")
        part = put_part(client, bucket, "a", upload, 1, b"1").etag
        return complete(client, bucket, "a", upload, [(1, part)], ONCE)

    def complete_twice(store, client, bucket):
        upload = begin(client, bucket, "b")
        part = put_part(client, bucket, "b", upload, 1, b"1").etag
        assert complete(client, bucket, "b", upload, [(1, part)]).status == 200
        return complete(client, bucket, "b", upload, [(1, part)])

    def complete_what_was_given_up(store, client, bucket):
        upload = begin(client, bucket, "b")
        part = put_part(client, bucket, "b", upload, 1, b"1").etag
        client.request("DELETE", bucket, "b", query=[("uploadId", upload)])
        return complete(client, bucket, "b", upload, [(1, part)])

    def unsigned_field(store, client, bucket):
        path = target_path(bucket, "b")
        fields = sign(store.credentials, "PUT", path, [], [("Host", client.host)], UNSIGNED)
        return client.send("PUT", path, [*fields, ("x-amz-meta-a", "1")])

    assert each(complete_once) == [(412, "PreconditionFailed"), 200]
    assert each(complete_twice) == [(404, "NoSuchUpload"), 200]
    assert each(complete_what_was_given_up) == [(404, "NoSuchUpload"), (500, "InternalError")]
    assert each(unsigned_field) == [(403, "AccessDenied"), 200]
    assert each(lambda _, client, bucket: client.put(bucket, "a", b"1", ("If-Match", HELLO))) == [
        200, (412, "PreconditionFailed")
    ]
    assert each(lambda _, client, bucket: client.get(bucket, "a", ("Range", "bytes=-0"))) == [(416, "InvalidRange"), 206]
    assert each(lambda _, client, bucket: client.get(bucket, "a", ("Range", "bytes=0-0,2-3"))) == [200, 206]
    assert each(lambda _, client, bucket: client.get(bucket, "a", ("If-Match", "*"))) == [200, (412, "PreconditionFailed")]
    assert each(lambda _, client, bucket: client.list(bucket, continuation_token="@")) == [(400, "InvalidArgument"), 200]
    assert each(lambda _, client, bucket: client.put(bucket, "k" * 1025, b"")) == [
        (400, "KeyTooLongError"), (400, "InvalidObjectName")
    ]


def test_a_gateway_that_is_killed(gateway):
    bucket = gateway.new_bucket()
    gateway.put(bucket, "a", b"1")
    gateway.kill()
    with gateway.client() as client, pytest.raises(ConnectionRefusedError):
        client.get(bucket, "a")
    gateway.restart()
    assert gateway.read(bucket, "a") == b"1"


def test_an_osd_that_is_killed(gateway):
    """Whoever asks the gateway waits until the OSD is there again."""
    bucket = gateway.new_bucket()
    gateway.put(bucket, "a", b"1")
    gateway.kill_osd()
    answers = []

    def create():
        with gateway.client() as client:
            answers.append(client.put(bucket, "b", b"1", ONCE).status)

    with Background([create]):
        with gateway.client() as client:
            client.patience = 0.5
            with pytest.raises(TimeoutError):
                client.get(bucket, "a")
        assert answers == []
        gateway.mend()
    assert answers == [200] and gateway.objects(bucket) == ["a", "b"]


def test_mending(gateway):
    bucket = gateway.new_bucket()
    gateway.kill()
    gateway.mend()
    gateway.put(bucket, "a", b"1")
    gateway.mend()
    assert gateway.objects(bucket) == ["a"]
