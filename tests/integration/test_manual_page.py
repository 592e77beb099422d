"""The manual page of --help-man: what reads such pages finds nothing wrong with it."""

import shutil
import subprocess

import pytest

from support.server import run_to_end


@pytest.fixture
def page(binary, scratch):
    result = run_to_end(binary, "--help-man")
    assert result.returncode == 0 and result.stderr == ""
    file = scratch / "bobbin.1"
    file.write_text(result.stdout)
    return file


@pytest.mark.parametrize(
    "command",
    [
        ["groff", "-ww", "-man", "-Tutf8", "-z"],
        ["man", "--warnings", "-E", "UTF-8", "-Tutf8", "-Z", "-l"],
        ["mandoc", "-T", "lint", "-W", "error"],
    ],
    ids=lambda command: command[0],
)
def test_nothing_is_wrong_with_it(page, command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run([*command, page], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stderr == ""


def test_it_shows_each_option_as_help_does(binary, page):
    """A reader finds `--keep-alive-timeout` by a search for just that, so no hyphen may have become another character."""
    if shutil.which("mandoc") is None:
        pytest.skip("mandoc is not installed")
    shown = subprocess.run(["mandoc", "-T", "ascii", "-O", "width=200", page], capture_output=True, text=True, check=True).stdout
    plain = subprocess.run(["col", "-b"], input=shown, capture_output=True, text=True, check=True).stdout
    entries = [line for line in run_to_end(binary, "--help").stdout.splitlines() if line[:8].strip().startswith("-")]
    flags = [entry.split("--")[1].split(" ")[0] for entry in entries]
    assert len(flags) > 100
    for flag in flags:
        assert f"--{flag}" in plain
