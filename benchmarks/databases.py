"""PostgreSQL and Redis: how they are set up to have every document on the disk before they acknowledge it, and how they are
asked, through their Unix sockets."""

import functools
import os
import pwd
import shutil
import struct
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import workloads
from load import Load
from processes import START_SECONDS, Failed, running
from servers import BENCH_FOLDER, Server, Setup, Speech

POSTGRESQL_HOME = BENCH_FOLDER / "postgresql"
POSTGRESQL_SOCKET = POSTGRESQL_HOME / ".s.PGSQL.5432"
POSTGRESQL_USER = "postgres"  # whom Debian's package makes; the server refuses to run as root
TABLE = "create table documents (id bigint generated always as identity, doc jsonb)"
INSERT = "insert into documents (doc) values ($1)"
PROTOCOL_VERSION = 3 << 16
OID_OF_JSONB = 3802
ALL_CPUS = ",".join(map(str, sorted(os.sched_getaffinity(0))))


@dataclass(frozen=True)
class DatabaseLoad(Load):
    """On a server that does not speak HTTP, through its Unix socket."""

    speech: Speech
    socket: Path

    def settings(self) -> dict[str, object]:
        speech = self.speech
        files = {"answer-begin": speech.answer_begin, "answer-end": speech.answer_end, "greeting": speech.greeting,
                 "greeting-end": speech.greeting_end}
        named = {name: self.write(name, content) for name, content in files.items() if content}
        return super().settings() | {"status": 200, "longer": 0, "socket": self.socket} | named

    def write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


def load_on(server: Server, setup: Setup, cpus: str) -> DatabaseLoad:
    return DatabaseLoad(setup.port, setup.workload, server.speech.request, 0, cpus, setup.folder, server.speech,
                        server.socket(setup))


def resp(*words: bytes) -> bytes:
    """A command as Redis reads it."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


def redis_socket(setup: Setup) -> Path:
    return setup.folder / "redis.sock"


def redis(setup: Setup) -> list[str]:
    """Every command is on the disk before it is answered. The log is not rewritten meanwhile, which would only disturb it."""
    return ["/usr/bin/redis-server", "--port", "0", "--unixsocket", str(redis_socket(setup)), "--dir", str(setup.store),
            "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0",
            "--daemonize", "no"]


def message(kind: bytes, content: bytes) -> bytes:
    """Of PostgreSQL's protocol; the first one of a connection has no kind."""
    return kind + struct.pack(">i", 4 + len(content)) + content


def postgresql_speech() -> Speech:
    """The statement is prepared once on each connection."""
    document = workloads.intake_document(workloads.KIB)
    start = message(b"", struct.pack(">i", PROTOCOL_VERSION) + b"user\0bench\0database\0postgres\0\0")
    prepare = message(b"P", b"put\0" + INSERT.encode() + b"\0" + struct.pack(">hi", 1, OID_OF_JSONB))
    bind = message(b"B", b"\0put\0" + struct.pack(">hhi", 0, 1, len(document)) + document + struct.pack(">h", 0))
    execute = message(b"E", b"\0" + struct.pack(">i", 0))
    sync = message(b"S", b"")
    ready = message(b"Z", b"I")
    return Speech(request=bind + execute + sync,
                  answer_begin=message(b"2", b"") + message(b"C", b"INSERT 0 1\0"), answer_end=ready,
                  greeting=start + prepare + sync, greeting_end=message(b"1", b"") + ready)


def program(name: str) -> str:
    """Of the newest version that is installed; Debian keeps them beside each other."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    return str(found[-1]) if found else name


def as_postgresql_user() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={POSTGRESQL_USER}", f"--regid={POSTGRESQL_USER}", "--init-groups"]


def postgres(*settings: str) -> list[str]:
    words = ["listen_addresses=", f"unix_socket_directories={POSTGRESQL_HOME}", *settings]
    return [*as_postgresql_user(), program("postgres"), "-D", str(POSTGRESQL_HOME / "data"),
            *(word for setting in words for word in ("-c", setting))]


def postgresql(setup: Setup) -> list[str]:
    """No checkpoint within a run, and the log in segments that are used again, as after hours of work. Autovacuum, which has
    nothing to do here, would come and go among the processes whose CPU time is counted."""
    make_cluster()
    return postgres("synchronous_commit=on", "fsync=on", "full_page_writes=on", f"max_connections={setup.workload.connections + 20}",
                    "shared_buffers=512MB", "min_wal_size=512MB", "max_wal_size=4GB", "checkpoint_timeout=1h", "autovacuum=off")


def sql(*statements: str) -> None:
    """The server listens before it can be used."""
    deadline = time.monotonic() + START_SECONDS
    while subprocess.run([program("pg_isready"), "-q", "-h", POSTGRESQL_HOME], check=False).returncode != 0:
        if time.monotonic() > deadline:
            raise Failed("PostgreSQL listens, but cannot be used")
        time.sleep(0.01)
    commands = [word for statement in statements for word in ("-c", statement)]
    done = subprocess.run([program("psql"), "-h", POSTGRESQL_HOME, "-U", "bench", "-d", "postgres", "-X", "-q",
                           "-v", "ON_ERROR_STOP=1", *commands], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"psql: {done.stderr.strip()}")


def empty_postgresql(_: Setup) -> None:
    """Once it answers. The checkpoint makes the segments of the run before usable again."""
    sql("truncate documents", "checkpoint")


@functools.cache
def make_cluster() -> None:
    """A database of our own, anew for each ./bench, beside and without a look at those that the system may have. So much is
    written into it that there are segments of the log for every run."""
    if not shutil.which(program("initdb")):
        raise Failed("Debian's package postgresql is missing (packages/bench-intake.txt)")
    remove_cluster()
    POSTGRESQL_HOME.mkdir(mode=0o700, parents=True)
    if os.geteuid() == 0:
        account = pwd.getpwnam(POSTGRESQL_USER)
        os.chown(POSTGRESQL_HOME, account.pw_uid, account.pw_gid)
    # Whoever reaches the socket is let in: it lies in a folder of that user's own.
    done = subprocess.run([*as_postgresql_user(), program("initdb"), "-D", POSTGRESQL_HOME / "data", "--username=bench",
                           "--auth=trust", "--locale=C", "--encoding=UTF8"], capture_output=True, text=True, check=False, cwd="/")
    if done.returncode != 0:
        make_cluster.cache_clear()
        raise Failed(f"initdb: {done.stderr.strip()}")
    with running(postgres("min_wal_size=512MB", "max_wal_size=512MB"), POSTGRESQL_SOCKET, ALL_CPUS, BENCH_FOLDER / "postgresql.output"):
        document = workloads.intake_document(workloads.KIB).decode().replace("'", "''")
        fill = f"insert into documents (doc) select '{document}' from generate_series(1, 100000)"
        sql(TABLE, fill, "checkpoint", fill, "checkpoint", fill, "checkpoint", "truncate documents", "checkpoint")


def remove_cluster() -> None:
    shutil.rmtree(POSTGRESQL_HOME, ignore_errors=True)


def redis_speech() -> Speech:
    return Speech(request=resp(b"RPUSH", b"documents", workloads.intake_document(workloads.KIB)), answer_begin=b":", answer_end=b"\r\n")


POSTGRESQL_VERSION = (program("postgres"), "--version")
REDIS_VERSION = ("/usr/bin/redis-server", "--version")
