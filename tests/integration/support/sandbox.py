"""Runs a program under the system call filter of the systemd unit in docs/operating.md, as systemd would set it up.

    python3 sandbox.py PROGRAM [ARGUMENT...]

Its own way to be strict: a call that the filter refuses kills the program (SIGSYS), whatever the unit says of errors.
"""

import ctypes
import os
import pathlib
import re
import struct
import subprocess
import sys

OPERATING = pathlib.Path(__file__).resolve().parents[3] / "docs/operating.md"
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
PR_SET_NO_NEW_PRIVS = 38
PR_CAPBSET_DROP = 24
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # of classic BPF; offset 0 of seccomp_data is the call's number
ALLOW, KILL_PROCESS = 0x7FFF0000, 0x80000000
# What systemd allows besides, so that the program can be started and can end.
ALWAYS = {"@default", "execve", "exit", "exit_group", "rt_sigreturn"}


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def calls_of(name):
    """The names of the system calls in a group such as @system-service."""
    if not name.startswith("@"):
        return {name}
    listed = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True).stdout
    members = [line.strip() for line in listed.splitlines()[1:]]
    return set().union(*(calls_of(member) for member in members if member and not member.startswith("#")))


def documented_filter():
    """The calls that the unit allows: SystemCallFilter= lines add, with ~ they take away."""
    allowed = set().union(*map(calls_of, ALWAYS))
    lines = re.findall(r"^SystemCallFilter=(~?)(.*)$", OPERATING.read_text(), re.MULTILINE)
    assert lines, "no SystemCallFilter in docs/operating.md"
    for inverted, groups in lines:
        calls = set().union(*map(calls_of, groups.split()))
        allowed = allowed - calls if inverted else allowed | calls
    return allowed


def numbers():
    macros = subprocess.run(
        ["gcc", "-E", "-dM", "-include", "sys/syscall.h", "-x", "c", "/dev/null"], capture_output=True, text=True, check=True
    ).stdout
    return {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)$", macros, re.MULTILINE)}


def instruction(code, value, if_true=0, if_false=0):
    return struct.pack("HBBI", code, if_true, if_false, value)


def restrict(allowed):
    code = [instruction(LOAD, 0)]
    known = numbers()
    for number in sorted(known[name] for name in allowed if name in known):
        code += [instruction(JUMP_IF_EQUAL, number, if_false=1), instruction(RETURN, ALLOW)]
    code.append(instruction(RETURN, KILL_PROCESS))
    install(code)


def install(code):
    """Make this filter that of the process, and of every program it becomes."""
    buffer = ctypes.create_string_buffer(b"".join(code))
    program = Program(len(code), ctypes.cast(buffer, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in [(PR_SET_NO_NEW_PRIVS, 1, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program))]:
        if libc.prctl(*arguments, 0, 0) != 0:
            sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")


def give_up_capabilities():
    """CapabilityBoundingSet= with nothing behind it: no program of this process has any, root's neither."""
    libc = ctypes.CDLL(None, use_errno=True)
    capability = 0
    while libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1


if __name__ == "__main__":
    if os.geteuid() == 0:
        give_up_capabilities()
    restrict(documented_filter())
    os.execv(sys.argv[1], sys.argv[1:])
