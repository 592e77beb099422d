#!/usr/bin/env python3
"""examples/several-nodes/run.py [--binary build/release/bobbin] [--front 127.0.0.1:8080] [--store URL]

Two nodes that share an inbox in a bucket, HAProxy in front of them, and an object store behind: all on this machine, until you
press Ctrl-C. Nothing is left behind.

Unless --store names one, the store is the RADOS Gateway of Ceph, which only root can start, with the packages of
packages/object-store.txt. With --store the credentials are those of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and the bucket
`bobbin` has to exist. HAProxy is that of Debian.
"""

import argparse
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
PATIENCE = 60

PAGE = "<!doctype html><title>Orders</title><p>Send an order on <a href=/send>this page</a>.</p>\n"

WELCOME = """
The balancer is at http://{front}/. Try:

  curl --json '{{"order": 1}}' http://{front}/in/orders
  curl --json '{{"order": 2}}' -H 'Idempotency-Key: 2' -i http://{front}/in/orders     # twice: the second is answered as the first
  kill -9 {web1}                                                       # a node; its documents are in the bucket

The nodes write to {folder}/web1.log and web2.log. Ctrl-C ends all of it.
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def wait_until(condition, process, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if process.poll() is not None or time.monotonic() > end:
            sys.exit(f"run.py: {what} has not started")
        time.sleep(0.05)


@contextlib.contextmanager
def running(command, environment, log):
    """A process that is ended with the block."""
    with open(log, "ab") as output:
        process = subprocess.Popen(list(map(str, command)), env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=output)  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


@contextlib.contextmanager
def object_store(address):
    """The variables of AWS with which a store is reached; it has the bucket `bobbin`."""
    if address:
        yield {"AWS_ENDPOINT_URL_S3": address}
        return
    sys.path.insert(0, str(REPOSITORY / "tests/integration"))
    from support.s3.client import Client
    from support.s3.gateway import Gateway, what_is_missing

    if reason := what_is_missing():
        sys.exit(f"run.py: {reason}. Or name another store with --store")
    print("run.py: the gateway of Ceph starts, which takes some 20 seconds", flush=True)
    with Gateway() as gateway:
        with Client(gateway.address, gateway.credentials) as client:
            assert client.request("PUT", "bobbin").status == 200
        yield {
            "AWS_ENDPOINT_URL_S3": "http://{}:{}".format(*gateway.address),
            "AWS_ACCESS_KEY_ID": gateway.credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": gateway.credentials.secret,
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=REPOSITORY / "build/release/bobbin")
    parser.add_argument("--front", default="127.0.0.1:8080")
    parser.add_argument("--store")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell has its background processes ignore
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="several-nodes-")))
        (folder / "site").mkdir()
        (folder / "site/index.html").write_text(PAGE)
        environment = os.environ | stack.enter_context(object_store(options.store))
        nodes = {name: free_port() for name in ("web1", "web2")}
        processes = {}
        for name, port in nodes.items():
            command = [options.binary, "--config", HERE / "node.toml", "--root", folder / "site"]
            itself = {"BOBBIN_NODE": name, "BOBBIN_PORT": str(port)}
            processes[name] = stack.enter_context(running(command, environment | itself, folder / f"{name}.log"))
            wait_until(lambda: accepts(port), processes[name], f"{name} (see {folder}/{name}.log)")
        addresses = {name.upper(): f"127.0.0.1:{port}" for name, port in nodes.items()}
        balancer = stack.enter_context(running(["haproxy", "-db", "-f", HERE / "haproxy.cfg"],
                                               environment | addresses | {"FRONT": options.front},
                                               folder / "haproxy.log"))  # fmt: skip
        wait_until(lambda: accepts(int(options.front.rpartition(":")[2])), balancer, "HAProxy")
        print(WELCOME.format(front=options.front, folder=folder, web1=processes["web1"].pid), flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
