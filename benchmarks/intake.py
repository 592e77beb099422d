"""Durable intake: documents that must be on the disk before they are acknowledged. bobbin in all its ways of keeping them, and
the floor; the databases beside them are in databases.py."""

import hashlib
import hmac
from functools import partial

import databases
import workloads
from servers import BOBBIN_VERSION, PROGRAMS, Server, Setup, bobbin
from workloads import UploadStyle

SECRET = "a secret of this benchmark alone"

# As long as bobbin's answer to an upload.
FLOOR_ANSWER = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 140\r\n\r\n" + b"." * 140


def signature(content: bytes) -> str:
    """As GitHub signs."""
    return hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()


def signed_fields(content: bytes) -> list[str]:
    """The number is in a field: the load generator cannot sign, so that the document is the same in every request."""
    return [f"X-GitHub-Delivery: {workloads.NUMBER}", f"X-Hub-Signature-256: sha256={signature(content)}"]


TO_INBOX = UploadStyle("POST", "/in/bench")
TO_SIGNED_INBOX = UploadStyle("POST", "/in/bench", signed_fields)


def bobbin_inbox(setup: Setup, signed: bool = False, store: str = "record") -> list[str]:
    secret = setup.folder / "secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    verification = f'verify = "github"\nsecret_file = "{secret}"\n' if signed else ""
    configuration = setup.write("bobbin.toml", f'''
[[inbox]]
name = "bench"
dir = "{setup.folder}/inbox"
store = "{store}"
{verification}''')
    return [*bobbin(setup), "--uploads", "off", "--config", configuration]


def bobbin_durable(setup: Setup, durability: str) -> list[str]:
    return [*bobbin(setup), "--durability", durability]


def floor(setup: Setup, files: bool) -> list[str]:
    answer = setup.folder / "answer"
    answer.write_bytes(FLOOR_ANSWER)
    return [str(PROGRAMS / "benchmarks/bench_store_floor"), "--port", str(setup.port), "--folder", str(setup.store),
            "--answer", str(answer), "--request-bytes", str(setup.request_bytes),
            "--document-bytes", str(setup.workload.upload_bytes), "--files", str(int(files))]


POSTGRESQL = Server("postgresql", "postgresql", databases.postgresql, databases.POSTGRESQL_VERSION, speech=databases.postgresql_speech(),
                    socket=lambda _: databases.POSTGRESQL_SOCKET, prepare=databases.empty_postgresql)
REDIS = Server("redis", "redis", databases.redis, databases.REDIS_VERSION, speech=databases.redis_speech(),
               socket=databases.redis_socket)

SERVERS = {
    server.name: server
    for server in (
        Server("floor-segments", "floor", partial(floor, files=False), ()),
        Server("floor-files", "floor", partial(floor, files=True), ()),
        Server("bobbin-journal", "bobbin", partial(bobbin_durable, durability="journal"), BOBBIN_VERSION),
        Server("bobbin-files", "bobbin", partial(bobbin_durable, durability="files"), BOBBIN_VERSION),
        Server("bobbin-inbox", "bobbin", bobbin_inbox, BOBBIN_VERSION, TO_INBOX),
        Server("bobbin-signed", "bobbin", partial(bobbin_inbox, signed=True), BOBBIN_VERSION, TO_SIGNED_INBOX),
        Server("bobbin-segments", "bobbin", partial(bobbin_inbox, store="segments"), BOBBIN_VERSION, TO_INBOX),
        POSTGRESQL,
        REDIS,
    )
}
