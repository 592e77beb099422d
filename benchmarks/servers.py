"""The servers: how each is configured and started, tuned as its manual advises for this work.

All of them listen on loopback only, run in the foreground as the current user, and keep everything they write in the folder of
the run. A configuration that is worse than it could be would make every ratio worthless: a better one is always welcome.
"""

import grp
import os
import pwd
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import workloads
from workloads import POST, PUT, UploadStyle

REPOSITORY = Path(__file__).resolve().parent.parent
PROGRAMS = REPOSITORY / "build/release"
BENCH_FOLDER = REPOSITORY / "build/bench"
COPIES = BENCH_FOLDER / "programs"
CERTIFICATE = BENCH_FOLDER / "certificate.pem"
KEY = BENCH_FOLDER / "key.pem"

PRECOMPRESSED = "{\n    precompressed gzip\n  }"
FOREVER = 1_000_000_000  # requests a connection may serve


@dataclass(frozen=True)
class Setup:
    """What one run asks of a server."""

    folder: Path  # configuration, logs, temporary files
    root: Path  # the files to serve
    store: Path  # for uploads: WebDAV writes below store/put, bobbin into store/
    port: int
    threads: int
    connections: int  # at most, at the same time
    descriptors: int  # what the system allows a process
    workload: workloads.Workload
    request_bytes: int

    def write(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text)
        return str(path)


@dataclass(frozen=True)
class Speech:
    """How a server is asked that does not speak HTTP: the bytes, in which the load generator counts up NUMBER."""

    request: bytes
    answer_begin: bytes  # of every answer
    answer_end: bytes
    greeting: bytes = b""  # sent first on a connection
    greeting_end: bytes = b""  # of the answer to it


@dataclass(frozen=True)
class Server:
    name: str
    family: str
    command: Callable[[Setup], list[str]]
    version: tuple[str, ...]  # the command that prints it
    upload_style: UploadStyle = POST
    threads: int = 0  # 0: as many as the mode has CPUs for the server
    speech: Speech | None = None  # None: HTTP
    socket: Callable[[Setup], Path] | None = None  # a Unix socket, instead of the port
    prepare: Callable[[Setup], None] = lambda setup: None  # once it answers, before anything is asked

    def address(self, setup: Setup) -> int | Path:
        return self.socket(setup) if self.socket else setup.port


def user() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


def group() -> str:
    return grp.getgrgid(os.getegid()).gr_name


def copy_programs() -> None:
    """What is measured must not change when somebody builds in the meantime."""
    COPIES.mkdir(parents=True, exist_ok=True)
    shutil.copy2(os.environ.get("BOBBIN_BINARY", PROGRAMS / "bobbin"), COPIES / "bobbin")
    nosync = Path(os.environ.get("BOBBIN_NOSYNC_BINARY", REPOSITORY / "build/nosync/bobbin"))
    if nosync.exists():
        shutil.copy2(nosync, COPIES / "bobbin-nosync")


def make_certificate() -> None:
    """One for all servers, made once and kept. Nobody has issued it, which the clients do not mind."""
    if not CERTIFICATE.exists():
        new = CERTIFICATE.with_suffix(".new")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650",
                        "-subj", "/CN=localhost", "-keyout", KEY, "-out", new], check=True, capture_output=True)
        new.rename(CERTIFICATE)


def bobbin(setup: Setup, program: str = "bobbin", log: str = "") -> list[str]:
    """The defaults, except what the peers are given as well: no limit of requests per connection, and their log setting."""
    command = [str(COPIES / program), "--port", str(setup.port), "--root", str(setup.root), "--threads", str(setup.threads),
               "--keep-alive-requests", "0", "--upload-dir", str(setup.store)]
    if log:
        command += ["--log-format", log, "--log-file", str(setup.folder / "access.log")]
    else:
        command += ["--access-log", "off"]
    if setup.connections > 1024:
        command += ["--connections-per-thread", str(setup.connections)]
    if setup.workload.prepared:
        command += ["--compress", "prepared"]
    if setup.workload.protocol.tls:
        command += ["--tls-certificate", str(CERTIFICATE), "--tls-key", str(KEY)]
    return command


def nginx_file_cache(setup: Setup) -> str:
    """Every file in it keeps a descriptor. When there are not enough for all, requests in turn never find theirs, and nginx is
    better off without."""
    files = setup.workload.files
    room = setup.descriptors - setup.workload.connections - 500
    if files > room and not setup.workload.by_popularity:
        return "open_file_cache off;"
    files = min(files, room)
    return f"open_file_cache max={max(10_000, files)} inactive=60s; open_file_cache_valid 60s; open_file_cache_errors on;"


def nginx(setup: Setup, sendfile: bool, log: bool = False) -> list[str]:
    """A quarter of the connections stays free: with less than a sixteenth nginx begins to close idle ones."""
    access_log = f"{setup.folder}/access.log combined buffer=64k flush=1s" if log else "off"
    protocol = setup.workload.protocol
    spoken = (" ssl" if protocol.tls else "") + (" http2" if protocol.http2 else "")
    sending = "sendfile on; tcp_nopush on;" if sendfile else "sendfile off; output_buffers 1 1m;"
    configuration = setup.write("nginx.conf", f"""
daemon off;
{f"user {user()} {group()};" if os.geteuid() == 0 else ""}
worker_processes {setup.threads};
pid {setup.folder}/nginx.pid;
error_log {setup.folder}/error.log warn;
events {{ worker_connections {setup.connections * 5 // 4}; multi_accept on; }}
http {{
  types {{ text/html html; application/json json; }}
  default_type application/octet-stream;
  access_log {access_log};
  log_not_found off;
  {sending}
  tcp_nodelay on;
  {"gzip_static on; gzip_vary on;" if setup.workload.prepared else ""}
  {nginx_file_cache(setup)}
  keepalive_timeout 65s;
  keepalive_requests {FOREVER};
  client_max_body_size 2m;
  client_body_buffer_size 128k;
  client_body_temp_path {setup.store}/incoming;
  proxy_temp_path {setup.folder}/proxy;
  fastcgi_temp_path {setup.folder}/fastcgi;
  uwsgi_temp_path {setup.folder}/uwsgi;
  scgi_temp_path {setup.folder}/scgi;
  server {{
    listen 127.0.0.1:{setup.port}{spoken} reuseport backlog=4096;
    {f"ssl_certificate {CERTIFICATE}; ssl_certificate_key {KEY}; ssl_protocols TLSv1.2 TLSv1.3;" if protocol.tls else ""}
    root {setup.root};
    location /put/ {{ root {setup.store}; dav_methods PUT; }}
  }}
}}
""")
    return ["/usr/sbin/nginx", "-p", str(setup.folder), "-e", f"{setup.folder}/error.log", "-c", configuration]


def h2o(setup: Setup, log: bool = False) -> list[str]:
    """h2o has no buffered access log: each line is a write of its own. It takes no uploads. Its keys would be in a process of
    their own (neverbleed), which no other server does, and which each handshake would have to ask."""
    secured = f"certificate-file: {CERTIFICATE}, key-file: {KEY}, neverbleed: OFF, ocsp-update-interval: 0"
    ssl = f", ssl: {{ {secured} }}" if setup.workload.protocol.tls else ""
    configuration = setup.write("h2o.yaml", f"""
{f"user: {user()}" if os.geteuid() == 0 else ""}
pid-file: {setup.folder}/h2o.pid
error-log: {setup.folder}/error.log
{f"access-log: {setup.folder}/access.log" if log else ""}
listen: {{ host: 127.0.0.1, port: {setup.port}{ssl} }}
num-threads: {setup.threads}
max-connections: {setup.connections + 64}
http1-request-timeout: 65
http2-idle-timeout: 65
hosts:
  default:
    paths:
      /:
        file.dir: {setup.root}
        {"file.send-compressed: ON" if setup.workload.prepared else ""}
""")
    return ["/usr/bin/h2o", "-m", "worker", "-c", configuration]


def lighttpd(setup: Setup, log: bool = False) -> list[str]:
    """It has HTTP/2 wherever a client asks for it, with eight streams of a connection at once."""
    tls = setup.workload.protocol.tls
    secured = f'ssl.engine = "enable"\nssl.pemfile = "{CERTIFICATE}"\nssl.privkey = "{KEY}"'
    modules = ['"mod_webdav"'] + (['"mod_accesslog"'] if log else []) + (['"mod_openssl"'] if tls else [])
    configuration = setup.write("lighttpd.conf", f"""
server.modules = ({", ".join(modules)})
server.bind = "127.0.0.1"
server.port = {setup.port}
server.document-root = "{setup.root}"
server.errorlog = "{setup.folder}/error.log"
{secured if tls else ""}
{f'accesslog.filename = "{setup.folder}/access.log"' if log else ""}
server.upload-dirs = ("{setup.store}")
server.event-handler = "linux-sysepoll"
server.network-backend = "sendfile"
server.max-worker = {setup.threads if setup.threads > 1 else 0}
server.max-fds = {setup.descriptors}
server.max-connections = {setup.connections}
server.listen-backlog = 4096
server.max-keep-alive-requests = 65535
server.max-keep-alive-idle = 65
server.stat-cache-engine = "simple"
mimetype.assign = (".html" => "text/html", ".json" => "application/json", "" => "application/octet-stream")
$HTTP["url"] =~ "^/put/" {{
  server.document-root = "{setup.store}"
  webdav.activate = "enable"
}}
""")
    return ["/usr/sbin/lighttpd", "-D", "-f", configuration]


def caddy(setup: Setup) -> list[str]:
    """It keeps its state below HOME, and has no other word for its number of threads than the Go runtime's."""
    configuration = setup.write("Caddyfile", f"""
{{
  admin off
  auto_https off
}}
http://127.0.0.1:{setup.port} {{
  bind 127.0.0.1
  root * {setup.root}
  file_server {PRECOMPRESSED if setup.workload.prepared else ""}
}}
""")
    return ["/usr/bin/env", "-i", f"GOMAXPROCS={setup.threads}", f"HOME={setup.folder}",
            "/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", configuration]


def floor(setup: Setup) -> list[str]:
    """A constant answer of the size that a real server would give, and no look at the request."""
    workload = setup.workload
    file = setup.root / workload.content_file
    has_file = workload.status == 200
    from_memory = has_file and file.stat().st_size <= 64 * workloads.KIB
    content = file.read_bytes() if from_memory else b"" if has_file or workload.status == 304 else b"." * 150
    length = file.stat().st_size if has_file else len(content)
    head = [f"HTTP/1.1 {workload.status} Constant", "Content-Type: text/html", f"Content-Length: {length}",
            f"ETag: {workloads.CONSTANT_TAG}", f"Last-Modified: {workloads.CONSTANT_DATE}", "Accept-Ranges: bytes",
            f"Date: {workloads.CONSTANT_DATE}", "Server: floor",
            f"Connection: {'close' if workload.close else 'keep-alive'}", "", ""]
    answer = setup.folder / "answer"
    answer.write_bytes("\r\n".join(head).encode() + content)
    command = [str(PROGRAMS / "benchmarks/bench_floor"), "--port", str(setup.port), "--answer", str(answer),
               "--request-bytes", str(setup.request_bytes), "--threads", str(setup.threads),
               "--close", str(int(workload.close))]
    if has_file and not from_memory:
        command += ["--file", str(file)]
    return command


BOBBIN_VERSION = (str(COPIES / "bobbin"), "--version")
NGINX_VERSION = ("/usr/sbin/nginx", "-v")
LIGHTTPD_VERSION = ("/usr/sbin/lighttpd", "-v")
H2O_VERSION = ("/usr/bin/h2o", "-v")

SERVERS = {
    server.name: server
    for server in (
        Server("floor", "floor", floor, ()),
        Server("bobbin", "bobbin", bobbin, BOBBIN_VERSION),
        Server("bobbin-nosync", "bobbin", partial(bobbin, program="bobbin-nosync"), BOBBIN_VERSION),
        Server("bobbin-combined", "bobbin", partial(bobbin, log="combined"), BOBBIN_VERSION),
        Server("bobbin-transfer", "bobbin", partial(bobbin, log="transfer"), BOBBIN_VERSION),
        Server("bobbin-1-thread", "bobbin", bobbin, BOBBIN_VERSION, threads=1),
        Server("bobbin-2-threads", "bobbin", bobbin, BOBBIN_VERSION, threads=2),
        Server("bobbin-10-threads", "bobbin", bobbin, BOBBIN_VERSION, threads=10),
        Server("nginx", "nginx", partial(nginx, sendfile=True), NGINX_VERSION, PUT),
        Server("nginx-rw", "nginx", partial(nginx, sendfile=False), NGINX_VERSION, PUT),
        Server("nginx-log", "nginx", partial(nginx, sendfile=True, log=True), NGINX_VERSION, PUT),
        Server("nginx-rw-log", "nginx", partial(nginx, sendfile=False, log=True), NGINX_VERSION, PUT),
        Server("h2o", "h2o", h2o, H2O_VERSION),
        Server("h2o-log", "h2o", partial(h2o, log=True), H2O_VERSION),
        Server("lighttpd", "lighttpd", lighttpd, LIGHTTPD_VERSION, PUT),
        Server("lighttpd-log", "lighttpd", partial(lighttpd, log=True), LIGHTTPD_VERSION, PUT),
        Server("caddy", "caddy", caddy, ("/usr/bin/caddy", "version")),
    )
}
