"""`cmake --install`: the program with its texts, and what a service manager wants, beneath any prefix."""

import subprocess

import pytest

from support.server import REPOSITORY, run_to_end


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prefix")
    subprocess.run(
        ["cmake", "--install", REPOSITORY / "build/release", "--prefix", folder], check=True, stdout=subprocess.DEVNULL
    )
    return folder


def test_the_program_runs_where_it_is_installed(prefix):
    assert run_to_end(prefix / "bin/bobbin", "--version").stdout.startswith("bobbin ")


def test_texts_are_what_the_program_prints(prefix):
    program = prefix / "bin/bobbin"
    for name, flags in [
        ("share/man/man1/bobbin.1", ["--help-man"]),
        ("share/bash-completion/completions/bobbin", ["--completions", "bash"]),
        ("share/zsh/site-functions/_bobbin", ["--completions", "zsh"]),
        ("share/fish/vendor_completions.d/bobbin.fish", ["--completions", "fish"]),
    ]:
        assert (prefix / name).read_text() == run_to_end(program, *flags).stdout


def test_the_unit_starts_the_program_where_it_is_installed(prefix):
    unit = (prefix / "lib/systemd/system/bobbin.service").read_text()
    assert f"\nExecStart={prefix}/bin/bobbin --config /etc/bobbin/bobbin.toml\n" in unit


@pytest.mark.parametrize("name", ["docs/operating.md", "README.md", "CHANGELOG.md", "LICENSE", "bobbin.toml"])
def test_documents_are_installed(prefix, name):
    assert (prefix / "share/doc/bobbin" / name).stat().st_size > 0
