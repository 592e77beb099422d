"""FaultyStore: a store of objects in memory that speaks S3 over loopback, fails on demand, and remembers what it was asked.

    with FaultyStore() as store:
        bucket = store.new_bucket()
        store.fail(SLOW_DOWN, count=2, method="PUT")            # the next two
        store.fail(LoseAnswer(), method="PUT", key="2026/*")    # then this, once
        # What is tested talks to store.address with store.credentials. Then:
        assert store.objects(bucket) == ["2026/a.json"]
        assert [request.status for request in store.requests_of(method="PUT")] == [503, 503, None, 412]

What it does when nothing fails is what Gateway does, as test_object_store_support.py shows; that file also says where the two
differ, and there this one does what Amazon describes. It knows buckets in the path, and those in Host before `DOMAIN` of `wire`.
"""

import contextlib
import email.utils
import fnmatch
import hashlib
import socket
import threading
import time
from dataclasses import dataclass, field

from . import checks
from .buckets import Buckets
from .messages import Cut, Refused, Request, reply_to_refusal, request_id
from .signing import Credentials
from .wire import chunk, has_content, parse, read_content, read_head
from ..waiting import PATIENCE

WITHOUT_CONTENT = (204, 304)


@dataclass
class User:
    name: str
    credentials: Credentials
    suspended: bool = False
    known: bool = True  # false: the key has been revoked


@dataclass
class Rule:
    """Which requests a fault happens to: the next `count` (None: all) of those that match. `met`: to how many it has."""

    fault: object
    count: int | None
    method: str | None
    bucket: str | None
    key: str | None
    when: object
    met: int = 0

    def matches(self, request):
        return (
            (self.count is None or self.met < self.count)
            and self.method in (None, request.method)
            and self.bucket in (None, request.bucket)
            and (self.key is None or fnmatch.fnmatchcase(request.key, self.key))
            and (self.when is None or self.when(request))
        )


class FaultyStore:
    """See above. `region`: the only one whose signatures are right; None: any. `context`: an ssl.SSLContext, for https.

    `clock`: seconds by which the store's clock is ahead; may be set at any time. `credentials` are those of its first user.
    """

    def __init__(self, *, region=None, context=None):
        self.region = region
        self.clock = 0
        self._context = context
        self._buckets = Buckets()
        self._changed = threading.Condition()
        self._requests, self._rules, self._raised = [], [], []
        self._connections, self._accepted, self._buckets_made, self._keys_issued = {}, 0, 0, 0
        self._users = {}
        self.credentials = self.add_user("first")
        self.address = None
        self._listener = None
        self.listen()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Stop, and raise what went wrong in the store itself."""
        self.heal()
        self.stop_listening()
        self.cut_connections()
        for thread in [thread for _, thread in self._each_connection()]:
            thread.join(PATIENCE)
        if self._raised:
            raise self._raised[0]

    # Users

    def add_user(self, name):
        """A further user with buckets of their own. Returns their credentials."""
        return self._add_key(name, name)

    def add_key(self, name, token=None):
        """A further key of the first user, with a token a temporary one, that must come with it. Returns its credentials."""
        return self._add_key(name, "first", token=token)

    def issue_key(self, lifetime):
        """A key of the first user that is temporary, and holds for so many whole seconds. Returns its credentials."""
        with self._changed:
            self._keys_issued += 1
            name = f"issued{self._keys_issued}"
        return self._add_key(name, "first", token=f"token/of+{name}==", end=int(self._now()) + lifetime)

    def _add_key(self, name, user, **temporary):
        secret = hashlib.sha256(name.encode()).hexdigest()[:40]
        credentials = Credentials(f"KEY{name.upper()}", secret, self.region or "us-east-1", **temporary)
        self._users[credentials.access_key] = User(user, credentials)
        return credentials

    def suspend(self, credentials):
        self._users[credentials.access_key].suspended = True

    def enable(self, credentials):
        self._users[credentials.access_key].suspended = False

    def revoke(self, credentials):
        """Forget the key: 403 InvalidAccessKeyId from now on."""
        self._users[credentials.access_key].known = False

    # What it keeps, without a request

    def new_bucket(self):
        """An empty bucket of the first user. Returns its name."""
        with self._changed:
            self._buckets_made += 1
            name = f"bucket-{self._buckets_made}"
        self._buckets.add(name, "first")
        return name

    def objects(self, bucket, prefix=""):
        """The keys in their order."""
        return self._buckets.objects(bucket, prefix)

    def read(self, bucket, key):
        """The content of an object, or None."""
        return self._buckets.read(bucket, key)

    def put(self, bucket, key, content, fields=()):
        """Store an object as if somebody else had."""
        self._buckets.put(bucket, key, content, fields)

    def remove(self, bucket, key):
        self._buckets.remove(bucket, key)

    @property
    def largest_page(self):
        """How many keys an answer lists at most. May be set at any time, as a store may answer with fewer than it was asked for."""
        return self._buckets.largest_page

    @largest_page.setter
    def largest_page(self, keys):
        self._buckets.largest_page = keys

    def uploads(self, bucket):
        """The keys of uploads of several parts that are neither complete nor given up."""
        return self._buckets.uploads(bucket)

    # Failing

    def fail(self, fault, count=1, *, method=None, bucket=None, key=None, when=None):
        """Let a fault happen to the next `count` requests that match, or with None to all of them until `heal`.

        `key` is a pattern of fnmatch; `when` a function of a Request whose head has been read. Of several rules that match a
        request the oldest is applied. Returns the rule; its `met` counts.
        """
        rule = Rule(fault, count, method, bucket, key, when)
        with self._changed:
            self._rules.append(rule)
        return rule

    def heal(self):
        """Forget all rules, and release what waits."""
        with self._changed:
            rules, self._rules = self._rules, []
        for rule in rules:
            rule.fault.release()

    def stop_listening(self):
        """Refuse connections from now on. Those that are open stay."""
        if self._listener:
            # A thread that waits in accept(2) does not notice that its descriptor is closed.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._accepting.join(PATIENCE)
            self._listener.close()
            self._listener = None

    def listen(self):
        """Accept connections, again at the same address."""
        self._listener = socket.create_server(self.address or ("127.0.0.1", 0), backlog=512)
        self.address = self._listener.getsockname()
        self._accepting = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._accepting.start()

    def cut_connections(self):
        """Close every connection, also those that wait for their next request."""
        for peer, _ in self._each_connection():
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)

    # What it was asked

    @property
    def requests(self):
        """Every request whose head has been read, in this order, as Request of `messages`."""
        with self._changed:
            return list(self._requests)

    def requests_of(self, *, method=None, bucket=None, key=None, when=None):
        """Those that match, as with `fail`."""
        rule = Rule(None, None, method, bucket, key, when)
        return [request for request in self.requests if rule.matches(request)]

    def forget_requests(self):
        with self._changed:
            self._requests.clear()

    def wait_for_requests(self, count=1, *, method=None, bucket=None, key=None, when=None, answered=False):
        """Wait until `count` requests that match have come, or with `answered` have been answered. Returns them."""
        rule = Rule(None, None, method, bucket, key, when)

        def found():
            return [r for r in self._requests if rule.matches(r) and (r.status is not None or not answered)]

        with self._changed:
            come = self._changed.wait_for(lambda: len(found()) >= count, PATIENCE)
            assert come, f"{len(found())} of {count} requests have come, of all of {self._requests}"
            return found()

    @property
    def connections_accepted(self):
        return self._accepted

    @property
    def open_connections(self):
        return len(self._each_connection())

    # Connections

    def _each_connection(self):
        with self._changed:
            return list(self._connections.values())

    def _accept(self, listener):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with self._changed:
                self._accepted += 1
                number = self._accepted
                thread = threading.Thread(target=self._serve, args=(peer, number), daemon=True)
                self._connections[number] = peer, thread
            thread.start()

    def _serve(self, peer, number):
        try:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context:
                peer = self._context.wrap_socket(peer, server_side=True)
                with self._changed:
                    self._connections[number] = peer, threading.current_thread()
            with peer, peer.makefile("rb") as source:
                while self._exchange(peer, source, number):
                    pass
        except (Cut, OSError):
            pass
        except Exception as raised:  # a defect of this store, that must not go unnoticed
            self._raised.append(raised)
        finally:
            peer.close()
            with self._changed:
                self._connections.pop(number, None)
                self._changed.notify_all()

    def _exchange(self, peer, source, number):
        """One request and its answer. Returns whether the connection stays open."""
        head = read_head(source)
        if head is None:
            return False
        exchange = Exchange(self, peer, source, parse(head, number))
        with self._changed:
            self._requests.append(exchange.request)
            rule = next((rule for rule in self._rules if rule.matches(exchange.request)), None)
            if rule:
                rule.met += 1
                exchange.fault = exchange.request.fault = rule.fault
            self._changed.notify_all()
        return exchange.run()

    def _check_bucket(self, request):
        self._buckets.check_bucket(request)

    def _perform(self, request):
        return self._buckets.perform(request)

    def _now(self):
        return time.time() + self.clock

    def _authenticate(self, request):
        return checks.user_of(request, self._users, self._now(), self.region)

    def _answered(self, request, status):
        with self._changed:
            request.status = status
            self._changed.notify_all()


@dataclass
class Exchange:
    """One request on its way through the store."""

    store: FaultyStore
    peer: socket.socket
    source: object
    request: Request
    fault: object = None
    unread: bool = field(default=False)  # whether content may follow that has not been read

    def run(self):
        request = self.request
        try:
            reply = self._reply()
        except Refused as refused:
            reply = self._refusal(refused)
        closes = self.unread or "close" in [(request.get("Connection") or "").lower(), reply.connection]
        self.store._answered(request, reply.status)
        self._send(reply, closes)
        return not closes

    def _at(self, moment, *arguments):
        return getattr(self.fault, moment)(*arguments) if self.fault else None

    def _reply(self):
        request = self.request
        self.unread = has_content(request)
        self._at("before_content", request)
        waits = (request.get("Expect") or "").lower() == "100-continue"
        if waits:
            # Who waits has not sent the content, and is told before it does.
            request.user, content_hash = self.store._authenticate(request)
            self.store._check_bucket(request)
            self.peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.content = read_content(self.source, request)
        self.unread = False
        if not waits:
            request.user, content_hash = self.store._authenticate(request)
        checks.check_content(request.content, content_hash, request.get("Content-MD5"))
        self._at("before_performing", request)
        try:
            reply = self.store._perform(request)
        except Refused as refused:
            reply = self._refusal(refused)
        return self._at("after_performing", request, reply) or reply

    def _refusal(self, refused):
        return reply_to_refusal(refused, len(self.store.requests))

    def _send(self, reply, closes):
        fields = [*reply.fields, ("x-amz-request-id", request_id(len(self.store.requests))), ("Server", "FaultyStore")]
        fields.append(("Date", email.utils.formatdate(self.store._now(), usegmt=True)))
        if reply.chunked:
            fields.append(("Transfer-Encoding", "chunked"))
        elif reply.status not in WITHOUT_CONTENT:
            fields.append(("Content-Length", len(reply.content)))
        fields.append(("Connection", "close" if closes else "Keep-Alive"))
        head = f"HTTP/1.1 {reply.status} Answer\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n"
        content = b"" if self.request.method == "HEAD" or reply.status in WITHOUT_CONTENT else reply.content
        frame = chunk if reply.chunked else bytes
        half = len(content) // 2
        self.peer.sendall(head.encode("latin-1") + frame(content[:half]))
        if reply.half_way:
            reply.half_way()
        self.peer.sendall(frame(content[half:]) + (b"0\r\n\r\n" if reply.chunked else b""))
