"""examples/several-nodes/run.py, as a newcomer runs it; with a store in memory instead of Ceph's."""

import http.client
import json
import os
import signal
import subprocess
import sys

import pytest

from support.s3.client import Client
from support.server import REPOSITORY, Log, free_port
from support.waiting import PATIENCE, eventually
from test_drain import variables
from test_nodes import ask
from test_shared_inbox import ask_whole

pytestmark = pytest.mark.modes("many")


@pytest.fixture
def store(faulty_store):
    """With the bucket that node.toml names."""
    with Client(faulty_store.address, faulty_store.credentials) as client:
        assert client.request("PUT", "bobbin").status == 200
    return faulty_store


def test_it_runs_as_it_says(binary, store):
    front = free_port()
    command = [sys.executable, REPOSITORY / "examples/several-nodes/run.py", "--binary", binary,
               "--front", f"127.0.0.1:{front}", "--store", "http://{}:{}".format(*store.address)]  # fmt: skip
    process = subprocess.Popen(command, env=variables(store), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)  # fmt: skip
    told = Log(process.stdout)
    try:
        (found,) = told.wait_for(r"kill -9 (\d+)")
        node = int(found[1])
        address = ("127.0.0.1", front)
        eventually(lambda: ask(address, "GET", "/").status == 200, "a node is ready")
        status, receipt = ask_whole(address, 2, b'{"order": 2}', target="/in/orders")
        assert status == 201 and json.loads(receipt)["durability"] == "object"
        assert ask_whole(address, 2, b'{"order": 2}', target="/in/orders") == (201, receipt)
        os.kill(node, signal.SIGKILL)

        def goes_on():
            try:
                return ask_whole(address, 3, b'{"order": 3}', target="/in/orders")[0] == 201
            except (http.client.HTTPException, OSError):
                return False

        eventually(goes_on, "the other node takes documents")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
    keys = [key for key in store.objects("bobbin") if not key.startswith("orders/.")]
    assert sorted(json.loads(store.read("bobbin", key))["body"]["order"] for key in keys) == [2, 3]
