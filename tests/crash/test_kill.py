"""CONTRACT §7 row 15: kill -9 under upload load, then a restart."""

import errno
import os
import random
import time

import pytest

from faults import Faults
from ledger import Ledger
from load import UploadLoad
from support.waiting import eventually

ROUNDS = int(os.environ.get("BOBBIN_CRASH_ROUNDS", "10"))


def temporaries(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(".bobbin-")]


@pytest.mark.timeout(60 + 20 * ROUNDS)
@pytest.mark.parametrize("staging", ["unnamed", "named"])
def test_kill_under_upload_load(request, start, root, scratch, staging):
    """Every document that was answered 201 is there byte for byte, on disk and through the server; no partial file; no
    temporary left. In each of the two ways to keep a document before it has its name."""
    environment = {}
    if staging == "named":
        faults = Faults(request.getfixturevalue("shim"), scratch / "faults")
        faults.fail("open_unnamed", errno.EOPNOTSUPP)  # a file system without O_TMPFILE
        environment = faults.environment
    folder = root / "uploads"
    chance = random.Random()
    ledger = Ledger()
    server = start(environment=environment)
    for number in range(ROUNDS):
        target = len(ledger) + chance.randrange(5, 150)
        with UploadLoad(server.address, ledger, seed=chance.random()) as load:
            eventually(lambda: len(ledger) >= target or load.refused, "uploads are acknowledged")
            assert not load.refused
            if staging == "named":
                eventually(lambda: temporaries(folder), "a document is partly there")
            time.sleep(chance.random() / 50)  # any moment will do: the more different ones, the better
            server.kill()
        assert bool(temporaries(folder)) == (staging == "named")

        server = start(environment=environment)
        damage = ledger.compare(folder)
        assert not damage, f"round {number}: {damage}"
        assert ledger.fetch(server) == []
    assert len(ledger) >= 5 * ROUNDS
