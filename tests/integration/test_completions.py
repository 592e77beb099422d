"""The scripts of --completions, in the shells that they are for."""

import os
import pty
import select
import shutil
import subprocess

import pytest

from support.server import run_to_end
from support.waiting import PATIENCE


def script(binary, shell, folder, name):
    file = folder / name
    result = run_to_end(binary, "--completions", shell)
    assert result.returncode == 0 and result.stderr == ""
    file.write_text(result.stdout)
    return file


def bash_proposals(binary, scratch, line):
    """What bash proposes for the last word of the line, whose words stand between blanks."""
    file = script(binary, "bash", scratch, "bobbin.bash")
    words = ["bobbin", *line.replace("=", " = ").split(" ")]
    ask = (
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bobbin bobbin "${@: -1}" "${@: -2:1}";'
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", ask, "bash", file, *words],
        capture_output=True, text=True, cwd=scratch, timeout=PATIENCE, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return sorted(done.stdout.split())


def fish_proposals(binary, scratch, line):
    file = script(binary, "fish", scratch, "bobbin.fish")
    done = subprocess.run(
        ["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", file, f"bobbin {line}"],
        capture_output=True, text=True, cwd=scratch, timeout=PATIENCE, check=True, env={**os.environ, "HOME": str(scratch)},
    )  # fmt: skip
    assert done.stderr == ""
    words = [line.split("\t")[0] for line in done.stdout.splitlines()]
    # fish names a flag that takes a value a second time, as --flag=, and a value behind that sign with its flag.
    return sorted(word.split("=")[-1] for word in words if not word.endswith("="))


# Keeps what functions of completion propose, instead of showing it.
ZSH = """
fpath=($PWD $fpath)
autoload -Uz compinit && compinit -u -d $PWD/dump
compadd() {
  local -a proposals
  builtin compadd -O proposals "$@"
  print -rl -- $proposals >> proposals
  builtin compadd "$@"
}
finish() { zle kill-buffer; print done > finished; }
zle -N finish
bindkey '^I' complete-word
bindkey '^X' finish
PS1='ready> '
"""


def zsh_proposals(binary, scratch, line):
    script(binary, "zsh", scratch, "_bobbin")
    (scratch / ".zshrc").write_text(ZSH)
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(scratch)
        os.execvpe("zsh", ["zsh", "-d", "-i"], {**os.environ, "ZDOTDIR": str(scratch), "HOME": str(scratch), "TERM": "dumb"})
    try:
        read_until(terminal, lambda seen: b"ready> " in seen)
        os.write(terminal, f"bobbin {line}\t\x18".encode())
        read_until(terminal, lambda _: (scratch / "finished").exists())
    finally:
        os.close(terminal)
        os.waitpid(process, 0)
    return sorted(set((scratch / "proposals").read_text().split()))


def read_until(terminal, is_done):
    seen = b""
    while not is_done(seen):
        ready, _, _ = select.select([terminal], [], [], 0.1)
        if ready:
            seen += os.read(terminal, 65536)


SHELLS = {"bash": bash_proposals, "zsh": zsh_proposals, "fish": fish_proposals}


@pytest.fixture(params=SHELLS)
def proposals(request, binary, scratch):
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    (scratch / "folder").mkdir()
    (scratch / "file").write_text("")
    return lambda line: SHELLS[request.param](binary, scratch, line)


@pytest.mark.parametrize(
    "line, expected",
    [
        ("--log-l", ["--log-level"]),
        ("--log-level ", ["debug", "error", "info", "warning"]),
        ("--log-level=w", ["warning"]),
        ("--completions ", ["bash", "fish", "zsh"]),
        ("au", ["audit"]),
        ("inbox re", ["reclaim", "replay"]),
        ("inbox ls --in ", ["done", "failed", "new", "work"]),
        ("inbox reclaim --o", ["--older"]),
        ("explain /index.html --fro", ["--from"]),
        ("audit --upload-pa", ["--upload-path"]),
    ],
)
def test_words_are_proposed(proposals, line, expected):
    assert [word for word in proposals(line) if word in expected or not word.endswith("/")] == expected


def test_flags_of_other_commands_are_not_proposed(proposals):
    assert "--port" not in proposals("inbox ls --")


def test_directories_and_files_are_proposed(proposals):
    assert [word.rstrip("/") for word in proposals("--root fo")] == ["folder"]


def test_another_shell_is_refused(binary):
    result = run_to_end(binary, "--completions", "csh")
    assert result.returncode == 2
    assert result.stderr == 'bobbin: --completions: "csh" is not allowed; bash, zsh or fish\n'
