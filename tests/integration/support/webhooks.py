"""Requests signed as the senders of webhooks sign them, made from what the senders have published and with nothing of ours.

Each function gives the fields of a request for `content`. `at` is the time in seconds since 1970 that is signed.
"""

import base64
import hashlib
import hmac


def mac(secret, content, algorithm="sha256"):
    return hmac.new(secret, content, algorithm)


def base64_of(data):
    return base64.b64encode(data).decode()


def github(secret, content):
    """https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries"""
    return [("X-Hub-Signature-256", "sha256=" + mac(secret, content).hexdigest())]


def shopify(secret, content):
    return [("X-Shopify-Hmac-SHA256", base64_of(mac(secret, content).digest()))]


def stripe(secret, content, at):
    signature = mac(secret, b"%d." % at + content).hexdigest()
    return [("Stripe-Signature", f"t={at},v1={signature}")]


def slack(secret, content, at):
    signature = mac(secret, b"v0:%d:" % at + content).hexdigest()
    return [("X-Slack-Request-Timestamp", str(at)), ("X-Slack-Signature", f"v0={signature}")]


def standard_content(message, content, at):
    """What https://www.standardwebhooks.com signs."""
    return b"%b.%d.%b" % (message.encode(), at, content)


def standard(key, content, at, *, message="msg_1", prefix="webhook"):
    """With a key of bytes. `prefix`: "svix" for the names that came before the standard."""
    signature = base64_of(mac(key, standard_content(message, content, at)).digest())
    return standard_fields(f"v1,{signature}", message, at, prefix)


def standard_fields(signature, message, at, prefix="webhook"):
    return [(f"{prefix}-id", message), (f"{prefix}-timestamp", str(at)), (f"{prefix}-signature", signature)]


def sha256(content):
    return hashlib.sha256(content).hexdigest()
