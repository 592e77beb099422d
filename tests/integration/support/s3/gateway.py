"""A real store of objects: the Ceph RADOS Gateway, with one monitor and one OSD on a sparse file, in a folder of its own.

    with Gateway() as gateway:
        bucket = gateway.new_bucket()
        # What is tested talks to gateway.address with gateway.credentials. Then:
        assert gateway.objects(bucket) == ["2026/a.json"]
        gateway.kill_osd()          # whoever asks the gateway now gets no answer
        gateway.restart_osd()       # until here

It is the one of Debian 12 (16.2.15), needs root and the packages of packages/object-store.txt, and takes some 15 seconds to
start. Tests ask for the fixture `gateway`, which starts one for a whole run.

What a client can learn from it, beside what test_object_store_support.py shows:

PUT with `If-None-Match: *`
    412 PreconditionFailed where the key exists. Of sixteen at the same time one gets 200, all others 412; never 409. It takes
    no entity tag instead of the star, and none with quotes in If-Match.
CompleteMultipartUpload
    `If-None-Match` is ignored: it replaces what is there with 200, where Amazon answers 412. Repeated, it answers 200 again
    while the object is the one that it made; for an upload that is gone it answers 500 InternalError. Parts may come in any
    order. Its answer may have an empty ETag: HEAD tells the real one.
Signatures
    Every region is right. x-amz-content-sha256 may be absent; fields may be unsigned. A PUT with the wrong hash gets 400
    XAmzContentSHA256Mismatch, and nothing is stored.
Clocks
    Beyond 15 minutes 403 RequestTimeTooSkewed. This answer, as every one, has a Date to correct by.
Framing
    Pages and other lists come with Transfer-Encoding: chunked. A PUT needs Content-Length, else 411 MissingContentLength.
    Errors that answer HEAD have a Content-Length, and no content; 304 has no ETag.
Connections
    They stay open after every answer, also after an error to a PUT whose content it then reads and drops, and are closed when
    they have been idle for 65 seconds. Requests may be pipelined. A head that is no HTTP is answered 400, and the connection
    closed.
`Expect: 100-continue`
    100 where signature and bucket are right, also where 412 follows. Else the error at once, with Connection: Keep-Alive, and
    what comes next on this connection is taken for the content.
ListObjectsV2
    The token of the next page is the last key of this one, and what is no token is taken for a key.
Ranges
    Of several ranges the first is sent, with 206. If-Match and If-None-Match of a GET take one entity tag, and no star.
"""

import concurrent.futures
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid

from .client import Client, all_keys
from .signing import Credentials
from .wire import DOMAIN
from ..server import accepts
from ..waiting import PATIENCE, eventually

PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "monmaptool", "setpriv")
# For the monitor, for the gateway, and what an OSD takes, several times: the kernel may keep those of one that was killed.
PORTS = 20

# Without cephx there are no keys to make. One copy of everything on one OSD is what is wanted here.
CONFIGURATION = """
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{mon_port}
mon data = {folder}/mon
osd data = {folder}/osd
rgw data = {folder}/rgw
keyring = {folder}/keyring
run dir = {folder}
crash dir = {folder}
log file = {folder}/$name.log
mon cluster log file = {folder}/cluster.log
admin socket =
pid file =
log to stderr = false
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
ms mon cluster mode = crc
ms mon service mode = crc
ms cluster mode = crc
ms service mode = crc
ms client mode = crc
ms bind msgr1 = false
ms tcp nodelay = true
ms bind port min = {osd_port}
ms bind port max = {last_port}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
mon allow pool size one = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd client watch timeout = 5
paxos propose interval = 0.1
bluestore block size = 8589934592
rgw frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
rgw dns name = {domain}
"""


def what_is_missing():
    """Why no gateway can be started here, or None."""
    if os.geteuid() != 0:
        return "only root can start a RADOS Gateway"
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    return f"{', '.join(missing)} not installed: see packages/object-store.txt" if missing else None


def free_ports(count):
    """The first of `count` ports in a row that are free. None of them is one that the kernel gives to whoever asks for any."""
    for _ in range(100):
        first = random.randrange(10_000, 32_768 - count)
        if all(is_free(port) for port in range(first, first + count)):
            return first
    raise AssertionError(f"no {count} free ports in a row")


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


class Gateway:
    """See above. `credentials` are those of its first user."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bobbin-ceph-"))
        first = free_ports(PORTS)
        self.address = ("127.0.0.1", first + 1)
        self._configuration = self.folder / "ceph.conf"
        self._fsid = str(uuid.uuid4())
        self._configuration.write_text(CONFIGURATION.format(
            fsid=self._fsid, folder=self.folder, domain=DOMAIN, mon_port=first, port=first + 1, osd_port=first + 2,
            last_port=first + PORTS - 1,
        ))
        self._processes = {}
        self._users = {}
        self._buckets_made = 0
        # A daemon gets a signal when the thread ends that has started it, so that none is left when the tests are killed.
        self._starter = concurrent.futures.ThreadPoolExecutor(1)
        try:
            self._prepare(first)
            self.credentials = self.add_user("first")
            self.restart()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for name in list(self._processes):
            self._kill(name)
        self._starter.shutdown()
        shutil.rmtree(self.folder)

    def _prepare(self, mon_port):
        for name in ("mon", "osd", "rgw"):
            (self.folder / name).mkdir()
        monitors, osd = self.folder / "monitors", str(uuid.uuid4())
        self._run("monmaptool", "--create", "--fsid", self._fsid, "--addv", "a", f"[v2:127.0.0.1:{mon_port}]", monitors)
        self._run("ceph-mon", "-i", "a", "--mkfs", "--monmap", monitors)
        self._start("ceph-mon", "-i", "a")
        self._run("ceph", "osd", "new", osd)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._start("ceph-osd", "-i", "0")

    # Processes

    def _run(self, program, *arguments):
        """Run a program of Ceph to its end. Returns what it has written."""
        command = [program, "-c", self._configuration, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=2 * PATIENCE, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _start(self, program, *arguments):
        command = ["setpriv", "--pdeathsig", "KILL", "--", program, "-c", self._configuration, *arguments, "-f"]
        with open(self.folder / f"{program}.out", "ab") as output:
            options = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
            self._processes[program] = self._starter.submit(subprocess.Popen, command, **options).result()

    def _kill(self, program):
        process = self._processes.pop(program)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)

    def _runs(self, program):
        return program in self._processes and self._processes[program].poll() is None

    def kill(self):
        """End the gateway with SIGKILL: connections are reset, new ones refused. What it has acknowledged is with the OSD."""
        self._kill("radosgw")

    def restart(self):
        """Start the gateway, at the same address; returns when it answers."""
        assert not self._runs("radosgw"), "it runs"
        self._start("radosgw", "-n", "client.rgw")
        eventually(lambda: accepts(self.address) or not self._runs("radosgw"), "the gateway listens", every=0.1)
        assert self._runs("radosgw"), (self.folder / "client.rgw.log").read_text()[-4000:]
        self._wait_until_it_answers()

    def kill_osd(self):
        """End the OSD with SIGKILL. The gateway goes on accepting requests, and answers those that need the OSD after
        restart_osd(): it waits without end."""
        self._kill("ceph-osd")

    def restart_osd(self):
        """Start the OSD; returns when the gateway has what it needs of it."""
        assert not self._runs("ceph-osd"), "it runs"
        self._start("ceph-osd", "-i", "0")
        self._wait_until_it_answers()

    def mend(self):
        """Start what does not run; returns when the gateway answers."""
        if not self._runs("radosgw"):
            if not self._runs("ceph-osd"):
                self._start("ceph-osd", "-i", "0")
            self.restart()
        elif not self._runs("ceph-osd"):
            self.restart_osd()

    def _wait_until_it_answers(self):
        with self.client() as client:
            answer = client.request("GET")
            assert answer.status == 200, answer

    # Users

    def _administer(self, *arguments):
        return self._run("radosgw-admin", *arguments)

    def add_user(self, name):
        """A further user with buckets of their own. Returns their credentials."""
        credentials = Credentials(f"KEY{name.upper()}", f"secret-of-{name}")
        named = ("--uid", name, "--display-name", name)
        self._administer("user", "create", *named, "--access-key", credentials.access_key, "--secret-key", credentials.secret)
        self._users[credentials.access_key] = name
        return credentials

    def suspend(self, credentials):
        """403 UserSuspended from now on, until `enable`."""
        self._administer("user", "suspend", "--uid", self._users[credentials.access_key])

    def enable(self, credentials):
        self._administer("user", "enable", "--uid", self._users[credentials.access_key])

    def revoke(self, credentials):
        """Forget the key: 403 InvalidAccessKeyId from now on."""
        self._administer("key", "rm", "--uid", self._users[credentials.access_key], "--access-key", credentials.access_key)

    # What it keeps

    def client(self, **options):
        return Client(self.address, self.credentials, **options)

    def new_bucket(self):
        """An empty bucket of the first user. Returns its name."""
        self._buckets_made += 1
        name = f"bucket-{self._buckets_made}"
        with self.client() as client:
            assert client.request("PUT", name).status == 200
        return name

    def objects(self, bucket, prefix=""):
        """The keys in their order."""
        with self.client() as client:
            return all_keys(client, bucket, prefix)

    def read(self, bucket, key):
        """The content of an object, or None."""
        with self.client() as client:
            answer = client.get(bucket, key)
        assert answer.status in (200, 404), answer
        return answer.content if answer.status == 200 else None

    def put(self, bucket, key, content, fields=()):
        """Store an object as if somebody else had."""
        with self.client() as client:
            assert client.put(bucket, key, content, *fields).status == 200

    def remove(self, bucket, key):
        with self.client() as client:
            assert client.delete(bucket, key).status == 204
