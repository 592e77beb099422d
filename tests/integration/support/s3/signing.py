"""AWS Signature Version 4 for S3: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html

Fields are lists of pairs, as in all of these tests. A query is a list of pairs as well, of names and values that are not
encoded.
`at` is the time in seconds since 1970 that is signed.
"""

import hashlib
import hmac
import time
import urllib.parse
from dataclasses import dataclass

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True)
class Credentials:
    access_key: str
    secret: str
    region: str = "us-east-1"
    token: str | None = None  # of temporary ones
    end: float | None = None  # when those end, in seconds since 1970


def encode(text, safe=""):
    """Everything but the unreserved characters of RFC 3986."""
    return urllib.parse.quote(text, safe=safe, errors="surrogateescape")


def target_path(bucket, key=""):
    """The path for a bucket and a key, where the bucket stands in the path."""
    return "/" + encode(bucket) + ("/" + encode(key, safe="/") if key else "")


def encode_query(query):
    """The query as it is sent and as it is signed: sorted, each with an equals sign."""
    return "&".join(f"{name}={value}" for name, value in sorted((encode(name), encode(value)) for name, value in query))


def stamp(at):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))


def scope(date, region):
    return f"{date}/{region}/s3/aws4_request"


def canonical_request(method, path, query, fields, signed, content_hash):
    """What is signed. `path` is encoded already, as `target_path` does; `signed` are the names of fields in lower case."""
    values = {}
    for name, value in fields:
        values.setdefault(name.lower(), []).append(" ".join(str(value).split()))
    lines = [f"{name}:{','.join(values.get(name, []))}" for name in signed]
    return "\n".join([method, path, encode_query(query), *lines, "", ";".join(signed), content_hash])


def signature(secret, request, at_stamp, region):
    """The signature in hexadecimal of a canonical request. In it, as in a head, each character of a field stands for a byte."""
    key = b"AWS4" + secret.encode()
    for part in (at_stamp[:8], region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    digest = hashlib.sha256(request.encode("latin-1")).hexdigest()
    text = "\n".join([ALGORITHM, at_stamp, scope(at_stamp[:8], region), digest])
    return hmac.new(key, text.encode(), "sha256").hexdigest()


def sign(credentials, method, path, query, fields, content_hash, at=None):
    """`fields`, which have Host, with those added that sign the request. All of them are signed."""
    at_stamp = stamp(time.time() if at is None else at)
    fields = [*fields, ("x-amz-date", at_stamp), ("x-amz-content-sha256", content_hash)]
    signed = sorted({name.lower() for name, _ in fields})
    request = canonical_request(method, path, query, fields, signed, content_hash)
    proof = signature(credentials.secret, request, at_stamp, credentials.region)
    named = f"{credentials.access_key}/{scope(at_stamp[:8], credentials.region)}"
    value = f"{ALGORITHM} Credential={named}, SignedHeaders={';'.join(signed)}, Signature={proof}"
    return [*fields, ("Authorization", value)]


def presign(credentials, method, path, query, host, lifetime=300, at=None):
    """The query, encoded, with which anybody may send this request for `lifetime` seconds, with any content."""
    at_stamp = stamp(time.time() if at is None else at)
    query = [
        *query,
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", f"{credentials.access_key}/{scope(at_stamp[:8], credentials.region)}"),
        ("X-Amz-Date", at_stamp),
        ("X-Amz-Expires", str(lifetime)),
        ("X-Amz-SignedHeaders", "host"),
    ]
    request = canonical_request(method, path, query, [("host", host)], ["host"], UNSIGNED)
    return encode_query([*query, ("X-Amz-Signature", signature(credentials.secret, request, at_stamp, credentials.region))])
