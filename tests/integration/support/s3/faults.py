"""What can go wrong with a store. FaultyStore.fail takes one of these and says to which requests it happens."""

import threading
from dataclasses import dataclass, replace

from .messages import Cut, Refused
from ..waiting import PATIENCE


class Fault:
    """Nothing goes wrong. Each method is called at its moment, for one request after the other or for several at once."""

    def before_content(self, request):
        """The head has been read, the content has not. May raise Cut, or Refused."""

    def before_performing(self, request):
        """The content has been read and the signature is right. May raise Cut or Refused, or change the request."""

    def after_performing(self, request, reply):
        """The answer that is sent; may raise Cut."""
        return reply

    def release(self):
        """End what waits."""


@dataclass
class Answers(Fault):
    """This error instead of what was asked for. The content is read, and the connection stays open unless `closes`.

    `at_once`: before the content is read. Then the connection is closed where there is content.
    """

    status: int
    code: str
    closes: bool = False
    at_once: bool = False

    def before_content(self, request):
        if self.at_once:
            self._refuse()

    def before_performing(self, request):
        self._refuse()

    def _refuse(self):
        raise Refused(self.status, self.code, "on demand", "close" if self.closes else "keep-alive")


INTERNAL_ERROR = Answers(500, "InternalError")
SLOW_DOWN = Answers(503, "SlowDown")
CONFLICT = Answers(409, "ConditionalRequestConflict")
ACCESS_DENIED = Answers(403, "AccessDenied")
KEY_REVOKED = Answers(403, "InvalidAccessKeyId")
NO_SUCH_BUCKET = Answers(404, "NoSuchBucket")
NOT_IMPLEMENTED = Answers(501, "NotImplemented")


class CutBeforeContent(Fault):
    """The connection is cut when the head of the request has been read."""

    def before_content(self, request):
        raise Cut


class CutBeforePerforming(Fault):
    """The connection is cut when the whole request has been read; nothing has been done."""

    def before_performing(self, request):
        raise Cut


class LoseAnswer(Fault):
    """The request is performed, and the connection is cut instead of an answer."""

    def after_performing(self, request, reply):
        raise Cut


class WrongETag(Fault):
    """What was asked for is done, and the answer has the entity tag of other content."""

    def after_performing(self, request, reply):
        fields = [(name, '"' + "0" * 32 + '"' if name == "ETag" else value) for name, value in reply.fields]
        return replace(reply, fields=fields)


class CutContent(Fault):
    """The connection is cut when half of the content of the answer has been sent."""

    def after_performing(self, request, reply):
        def cut():
            raise Cut

        return replace(reply, half_way=cut)


class ShortContent(Fault):
    """Half of the content, with the length of that half and the entity tag of the whole: nothing of HTTP tells."""

    def after_performing(self, request, reply):
        return replace(reply, content=reply.content[: len(reply.content) // 2])


class OtherContent(Fault):
    """Content in which the first byte is another, with the entity tag of what is stored."""

    def after_performing(self, request, reply):
        return replace(reply, content=bytes([reply.content[0] ^ 1]) + reply.content[1:] if reply.content else b"")


class IgnoreIfNoneMatch(Fault):
    """A store that knows no If-None-Match: it replaces what is there."""

    def before_performing(self, request):
        request.ignored.add("if-none-match")


BEFORE_CONTENT, BEFORE_PERFORMING, AFTER_PERFORMING, WITHIN_ANSWER = range(4)


class Stall(Fault):
    """The request waits at `moment`, for `seconds` or until `release()`, and then goes on as if nothing had been.

    WITHIN_ANSWER: half of the content of the answer has been sent. The store releases what waits when it is closed.
    """

    def __init__(self, seconds=None, moment=BEFORE_PERFORMING):
        self._seconds, self._moment = seconds, moment
        self._released = threading.Event()
        self._reached = threading.Semaphore(0)

    def release(self):
        self._released.set()

    def wait_until_reached(self):
        """Until one more request waits."""
        assert self._reached.acquire(timeout=PATIENCE), "no request has come to where it would wait"

    def _wait(self):
        self._reached.release()
        self._released.wait(self._seconds)

    def before_content(self, request):
        if self._moment == BEFORE_CONTENT:
            self._wait()

    def before_performing(self, request):
        if self._moment == BEFORE_PERFORMING:
            self._wait()

    def after_performing(self, request, reply):
        if self._moment == AFTER_PERFORMING:
            self._wait()
        return replace(reply, half_way=self._wait) if self._moment == WITHIN_ANSWER else reply
