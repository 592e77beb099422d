"""mixed_load.py for BOBBIN_MINUTES: 2 unless set."""

import os
import pathlib
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(__file__).with_name("mixed_load.py")


@pytest.mark.timeout(0)
def test_nothing_is_lost(binary):
    minutes = os.environ.get("BOBBIN_MINUTES", "2")
    completed = subprocess.run(
        [sys.executable, SCRIPT, "--minutes", minutes], stdout=subprocess.PIPE, text=True, check=False,
        env={**os.environ, "BOBBIN_BINARY": str(binary)},
    )
    assert completed.returncode == 0, completed.stdout
