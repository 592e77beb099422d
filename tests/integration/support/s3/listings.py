"""Pages of the keys of a bucket, and of its uploads that are under way."""

import base64
import time

from .messages import Refused, element, quoted, reply_with
from .signing import encode

LARGEST_PAGE = 1000


def list_objects(bucket, request, largest=LARGEST_PAGE):
    """ListObjectsV2, in pages of at most `largest`. A token says after which key or common prefix the next page begins."""
    prefix, delimiter = request.asked("prefix") or "", request.asked("delimiter") or ""
    token = request.asked("continuation-token")
    after = decoded_token(token) if token else request.asked("start-after") or ""
    shown = encode_key if request.asked("encoding-type") == "url" else str
    size = page_size(request, largest)
    entries = []
    for key in sorted(bucket.objects, key=in_bytes):
        if not key.startswith(prefix) or in_bytes(key) <= in_bytes(after):
            continue
        if delimiter and delimiter in key[len(prefix) :]:
            key = prefix + key[len(prefix) :].partition(delimiter)[0] + delimiter
            if key == after or (entries and entries[-1] == key):
                continue
        elif delimiter and after.endswith(delimiter) and key.startswith(after):
            continue
        entries.append(key)
        if len(entries) > size:
            break
    more = len(entries) > size
    entries = entries[:size]
    listed = [element("Name", request.bucket), element("Prefix", shown(prefix)), element("MaxKeys", size)]
    if shown is encode_key:
        listed.append(element("EncodingType", "url"))
    listed += [element("IsTruncated", "true" if more and entries else "false"), element("KeyCount", len(entries))]
    if more and entries:
        listed.append(element("NextContinuationToken", base64.b64encode(in_bytes(entries[-1])).decode()))
    for key in entries:
        stored = bucket.objects.get(key) if not (delimiter and key.endswith(delimiter)) else None
        listed.append(contents(shown(key), stored) if stored else element("CommonPrefixes", element("Prefix", shown(key))))
    return reply_with("ListBucketResult", *listed)


def contents(key, stored):
    at, etag, size = element("LastModified", moment(stored.at)), element("ETag", quoted(stored.etag)), len(stored.content)
    return element("Contents", element("Key", key), at, etag, element("Size", size), element("StorageClass", "STANDARD"))


def encode_key(key):
    return encode(key, safe="/")


def in_bytes(key):
    return key.encode("utf-8", "surrogateescape")


def decoded_token(token):
    try:
        return base64.b64decode(token, validate=True).decode("utf-8", "surrogateescape")
    except ValueError:
        raise Refused(400, "InvalidArgument", "continuation-token") from None


def page_size(request, largest):
    try:
        return min(int(request.asked("max-keys") or LARGEST_PAGE), largest)
    except ValueError:
        raise Refused(400, "InvalidArgument", "max-keys") from None


def list_uploads(bucket, request):
    prefix = request.asked("prefix") or ""
    listed = [
        element("Upload", element("Key", upload.key), element("UploadId", number))
        for number, upload in bucket.uploads.items() if upload.key.startswith(prefix)
    ]
    return reply_with("ListMultipartUploadsResult", element("Bucket", request.bucket), *listed)


def moment(at):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(at))
