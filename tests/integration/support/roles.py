"""Stand-ins of those who issue temporary credentials of a role: the metadata service of a machine, what issues credentials to a
container, and a security token service. All three listen at one address over loopback, and their credentials are good for a
FaultyStore.

    with RoleServices(store) as services:
        # What is tested has services.instance(), services.container() or services.web_identity(file) in its environment. Then:
        assert services.issued[0].token == store.requests[0].get("x-amz-security-token")
        assert [request.path for request in services.requests] == [...]
"""

import http.server
import json
import threading
import time
import urllib.parse
import xml.sax.saxutils
from dataclasses import dataclass, field

TOKEN_OF_INSTANCE = "AQAEAsession-token=="
ROLE_OF_INSTANCE = "role+of=machine"
TOKEN_OF_CONTAINER = "Basic secret-of-the-container"
TOKEN_OF_IDENTITY = "eyJhbGciOi.secret-of.the-identity"
ROLE = "arn:aws:iam::123456789012:role/inboxes"
SECRETS = (TOKEN_OF_INSTANCE, TOKEN_OF_CONTAINER, TOKEN_OF_IDENTITY)
LIST_OF_ROLES = "/latest/meta-data/iam/security-credentials/"
CONTAINER = "/v2/credentials/secret-path"


@dataclass
class Asked:
    """A request that has been answered, or will not be."""

    method: str
    path: str
    fields: list
    content: bytes
    status: int | None = None

    def get(self, name):
        return next((value for known, value in self.fields if known.lower() == name.lower()), None)


class Refused(Exception):
    """An answer of another status than 200."""

    def __init__(self, status, content=b""):
        super().__init__(status)
        self.status, self.content = status, content


@dataclass
class RoleServices:
    """`lifetime`: how many seconds credentials hold, from now on. `told_lifetime`: what is told of that, where it is not the
    same. `fails`: a status that is answered to everything, from now on, or 0 for no answer at all; None: none. `identity`: the
    token of a web identity that is good. `has_version_2`: whether the metadata service knows it, or just the first version."""

    store: object
    lifetime: int = 3600
    told_lifetime: int | None = None
    fails: int | None = None
    identity: str = TOKEN_OF_IDENTITY
    has_version_2: bool = True
    has_role: bool = True
    issued: list = field(default_factory=list)
    requests: list = field(default_factory=list)

    def __enter__(self):
        services = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = Asked(self.command, self.path, self.headers.items(), content)
                services.requests.append(asked)
                try:
                    asked.status, told = 200, services._answer(asked)
                except Refused as refused:
                    asked.status, told = refused.status, refused.content
                if asked.status == 0:
                    services._closed.wait()
                    self.close_connection = True
                    return
                self.send_response(asked.status)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            do_GET = do_PUT = do_POST = answer

            def log_message(self, *_):
                pass

        self._lock, self._closed = threading.Lock(), threading.Event()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads, self._server.block_on_close = True, False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._closed.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    # What leads to them

    def url(self, host="127.0.0.1"):
        return f"http://{host}:{self._server.server_address[1]}"

    def instance(self):
        return {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.url()}

    def container(self):
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": self.url() + CONTAINER,
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": TOKEN_OF_CONTAINER}  # fmt: skip

    def web_identity(self, file):
        """`file`: is written where it is not there yet."""
        if not file.exists():
            file.write_text(self.identity)
        return {"AWS_WEB_IDENTITY_TOKEN_FILE": str(file), "AWS_ROLE_ARN": ROLE, "AWS_ENDPOINT_URL_STS": self.url()}

    def asked(self, path):
        """The requests for a path."""
        return [request for request in self.requests if request.path == path]

    # Answers

    def _answer(self, asked):
        if self.fails is not None:
            raise Refused(self.fails)
        if asked.path.startswith("/latest/"):
            return self._of_instance(asked)
        if asked.path == CONTAINER:
            if asked.method != "GET" or asked.get("Authorization") != TOKEN_OF_CONTAINER:
                raise Refused(401)
            return self._as_json(RoleArn=ROLE)
        if asked.path == "/" and asked.method == "POST":
            return self._of_identity(asked)
        raise Refused(404)

    def _of_instance(self, asked):
        if asked.path == "/latest/api/token":
            lifetime = asked.get("X-aws-ec2-metadata-token-ttl-seconds")
            if not self.has_version_2 or asked.method != "PUT":
                raise Refused(404 if not self.has_version_2 else 405)
            if not lifetime or not 1 <= int(lifetime) <= 21600:
                raise Refused(400)
            return TOKEN_OF_INSTANCE.encode()
        if self.has_version_2 and asked.get("X-aws-ec2-metadata-token") != TOKEN_OF_INSTANCE:
            raise Refused(401)
        if not self.has_role or asked.method != "GET":
            raise Refused(404)
        if asked.path == LIST_OF_ROLES:
            return ROLE_OF_INSTANCE.encode()
        if urllib.parse.unquote(asked.path) == LIST_OF_ROLES + ROLE_OF_INSTANCE:
            return self._as_json(Code="Success", Type="AWS-HMAC", LastUpdated=moment(time.time()))
        raise Refused(404)

    def _of_identity(self, asked):
        form = urllib.parse.parse_qs(asked.content.decode())
        if form["Action"] != ["AssumeRoleWithWebIdentity"] or form["Version"] != ["2011-06-15"] or form["RoleArn"] != [ROLE]:
            raise Refused(400, error("ValidationError"))
        if form["WebIdentityToken"] != [self.identity]:
            raise Refused(400, error("InvalidIdentityToken"))
        issued, end = self._issue()
        kept = {"AccessKeyId": issued.access_key, "SecretAccessKey": issued.secret, "SessionToken": issued.token, "Expiration": end}
        inside = "".join(f"<{name}>{xml.sax.saxutils.escape(value)}</{name}>" for name, value in kept.items())
        return (
            '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>'
            f"<SubjectFromWebIdentityToken>system:serviceaccount:a:b</SubjectFromWebIdentityToken><Credentials>{inside}</Credentials>"
            "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
        ).encode()

    def _as_json(self, **others):
        issued, end = self._issue()
        kept = {"AccessKeyId": issued.access_key, "SecretAccessKey": issued.secret, "Token": issued.token, "Expiration": end}
        return json.dumps({**others, **kept}).encode()

    def _issue(self):
        with self._lock:
            issued = self.store.issue_key(self.lifetime)
            self.issued.append(issued)
        told = issued.end if self.told_lifetime is None else time.time() + self.told_lifetime
        return issued, moment(told)


def moment(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def error(code):
    return f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>".encode()
