"""Who has sent a request, and whether it is what they have signed."""

import base64
import binascii
import calendar
import hashlib
import hmac
import re
import time
import urllib.parse
from dataclasses import dataclass

from . import signing
from .messages import Refused

LARGEST_SKEW = 15 * 60
LONGEST_LIFETIME = 7 * 24 * 60 * 60
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,]+)/(\d{8})/([^/,]+)/s3/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
)
SCOPE = re.compile(r"([^/]+)/(\d{8})/([^/]+)/s3/aws4_request")


@dataclass
class Proof:
    """What a request says about its signature."""

    access_key: str
    date: str
    region: str
    signed: list
    signature: str
    stamp: str
    content_hash: str
    presigned: bool = False


def proof_in(request):
    if request.asked("X-Amz-Signature"):
        return proof_in_query(request)
    value = request.get("Authorization")
    if not value:
        raise Refused(403, "AccessDenied")
    found = AUTHORIZATION.fullmatch(value)
    if not found:
        raise Refused(400, "AuthorizationHeaderMalformed", value)
    access_key, date, region, signed, signature = found.groups()
    at, content_hash = request.get("x-amz-date"), request.get("x-amz-content-sha256")
    if not at:
        raise Refused(403, "AccessDenied", "x-amz-date is missing")
    if not content_hash:
        raise Refused(400, "InvalidRequest", "x-amz-content-sha256 is missing")
    return Proof(access_key, date, region, signed.split(";"), signature, at, content_hash)


def proof_in_query(request):
    found = SCOPE.fullmatch(request.asked("X-Amz-Credential") or "")
    if not found:
        raise Refused(400, "AuthorizationQueryParametersError")
    signed = (request.asked("X-Amz-SignedHeaders") or "").split(";")
    at = request.asked("X-Amz-Date") or ""
    return Proof(*found.groups(), signed, request.asked("X-Amz-Signature"), at, signing.UNSIGNED, presigned=True)


def seconds_of(at):
    try:
        return calendar.timegm(time.strptime(at, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise Refused(403, "AccessDenied", "the date is no date") from None


def check_time(proof, request, now):
    signed_at = seconds_of(proof.stamp)
    if proof.presigned:
        lifetime = int(request.asked("X-Amz-Expires") or 0)
        if not 1 <= lifetime <= LONGEST_LIFETIME:
            raise Refused(400, "AuthorizationQueryParametersError", "X-Amz-Expires")
        if not signed_at - LARGEST_SKEW <= now <= signed_at + lifetime:
            raise Refused(403, "AccessDenied", "the request has expired")
    elif abs(signed_at - now) > LARGEST_SKEW:
        raise Refused(403, "RequestTimeTooSkewed", "the difference between the request's time and the store's is too large")


def check_signed_fields(proof, request):
    """Host and every x-amz- field have to be signed, as Amazon wants it."""
    if "host" not in proof.signed:
        raise Refused(403, "AccessDenied", "host is not signed")
    for name, _ in request.fields:
        if name.lower().startswith("x-amz-") and name.lower() not in proof.signed:
            raise Refused(403, "AccessDenied", f"{name.lower()} is not signed")


def user_of(request, users, now, region):
    """The name of the user who has signed the request, and what its content must hash to. `users`: see FaultyStore."""
    proof = proof_in(request)
    user = users.get(proof.access_key)
    if user is None or not user.known:
        raise Refused(403, "InvalidAccessKeyId")
    if region and proof.region != region:
        raise Refused(400, "AuthorizationHeaderMalformed", f"the region {proof.region} is wrong; expecting {region}")
    check_time(proof, request, now)
    if proof.date != proof.stamp[:8]:
        raise Refused(403, "SignatureDoesNotMatch", "the scope is of another day than the date")
    check_signed_fields(proof, request)
    path = signing.encode(urllib.parse.unquote(request.path, errors="surrogateescape"), safe="/")
    query = [(name, value) for name, value in request.query if name != "X-Amz-Signature"]
    text = signing.canonical_request(request.method, path, query, request.fields, proof.signed, proof.content_hash)
    expected = signing.signature(user.credentials.secret, text, proof.stamp, proof.region)
    if not hmac.compare_digest(expected, proof.signature):
        raise Refused(403, "SignatureDoesNotMatch", text)
    token = request.asked("X-Amz-Security-Token") if proof.presigned else request.get("X-Amz-Security-Token")
    check_token(user.credentials, token, now)
    if user.suspended:
        raise Refused(403, "UserSuspended")
    return user.name, proof.content_hash


def check_token(credentials, token, now):
    """Of temporary credentials; a token that comes with others does not count."""
    if credentials.token is None:
        return
    if token != credentials.token:
        raise Refused(400, "InvalidToken")
    if credentials.end is not None and now >= credentials.end:
        raise Refused(400, "ExpiredToken")


def check_content(content, content_hash, md5):
    """`md5`: the value of Content-MD5, or None."""
    if content_hash.startswith("STREAMING-"):
        raise Refused(501, "NotImplemented", "content that is signed in pieces")
    if content_hash != signing.UNSIGNED and hashlib.sha256(content).hexdigest() != content_hash:
        raise Refused(400, "XAmzContentSHA256Mismatch")
    if md5 is None:
        return
    try:
        expected = base64.b64decode(md5, validate=True)
    except binascii.Error:
        expected = b""
    if len(expected) != 16:
        raise Refused(400, "InvalidDigest")
    if expected != hashlib.md5(content).digest():
        raise Refused(400, "BadDigest")
