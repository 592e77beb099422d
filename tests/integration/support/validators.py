"""Validators of a representation (RFC 9110 §8.8)."""

from .waiting import eventually


def strong_etag(server, target):
    """The strong ETag of a file, once it has one.

    While the last change is too recent to tell two writes apart the ETag is weak, so a young file makes the caller wait.
    """

    def strong():
        etag = server.get(target)["ETag"]
        return None if etag.startswith("W/") else etag

    return eventually(strong, f"{target} has a strong ETag", every=0.1)


def last_modified(server, target):
    return server.get(target)["Last-Modified"]
