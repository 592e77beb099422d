"""Faults on demand: builds fault_shim.cpp, and steers it through the control file while a server runs with it.

    with faults.held("sync_file"):              # calls wait until the block ends
    faults.fail("link_file", errno.EIO, every=3)
    faults.pretend("sync_directory")            # reports success without doing anything
    faults.shorten("write_file", 7)             # at most 7 bytes per call
"""

import contextlib
import ctypes
import errno
import mmap
import os
import pathlib
import subprocess
from dataclasses import dataclass

from support.waiting import eventually

# The order is the one of `Operation` in fault_shim.cpp.
OPERATIONS = [
    "open_unnamed", "open_named", "open_beneath", "write_file", "sync_file", "sync_directory", "link_file", "rename_file",
    "unlink_file", "status_file", "read_file", "read_cached", "send_file", "send_bytes", "receive_bytes", "accept_socket",
    "watch_socket", "wait_events", "create_thread", "open_proc", "sync_everything", "make_directory",
]  # fmt: skip
EVENT_CAPACITY = 8192
# What `crash_at` counts: `stores` in fault_shim.cpp.
STORING = [
    "open_unnamed", "open_named", "write_file", "sync_file", "sync_directory", "link_file", "rename_file", "unlink_file",
    "sync_everything", "make_directory",
]  # fmt: skip


class _Rule(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_uint32)
        for name in ("every", "error", "limit", "performs", "at_most", "holds", "calls", "failed", "held", "unused")
    ]


class _Event(ctypes.Structure):
    _fields_ = [
        ("operation", ctypes.c_uint32), ("error", ctypes.c_int32), ("begun", ctypes.c_uint32), ("ended", ctypes.c_uint32),
        ("inode", ctypes.c_uint64), ("text", ctypes.c_char * 40),
    ]  # fmt: skip


class _Control(ctypes.Structure):
    _fields_ = [
        ("recording", ctypes.c_uint32), ("moments", ctypes.c_uint32), ("events_begun", ctypes.c_uint32),
        ("whole_seconds", ctypes.c_uint32), ("crash_at", ctypes.c_uint32), ("fails_with", ctypes.c_uint32),
        ("crashes_after", ctypes.c_uint32),
        ("storing_calls", ctypes.c_uint32), ("disk", ctypes.c_char * 256), ("rules", _Rule * len(OPERATIONS)), ("events", _Event * EVENT_CAPACITY),
    ]  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One call as the shim saw it. `begun` and `ended` are on one clock; `ended` 0: it still goes on."""

    operation: str
    error: int
    begun: int
    ended: int
    inode: int
    text: str


def error_name(value):
    """For the ids of parametrized tests: an errno by its name, and nothing for what is none."""
    return errno.errorcode.get(value)


def build_shim(directory):
    """Compile the shim into `directory`; returns the library's path."""
    library = pathlib.Path(directory) / "fault_shim.so"
    source = pathlib.Path(__file__).with_name("fault_shim.cpp")
    compiler = os.environ.get("CXX", "g++")
    flags = ["-shared", "-fPIC", "-O1", "-std=c++20", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([compiler, *flags, "-o", library, source, "-ldl"], check=True)
    return library


class Faults:
    """The rules of one control file. They hold for every process started with `environment`."""

    def __init__(self, library, control_path):
        with open(control_path, "w+b") as file:
            file.truncate(ctypes.sizeof(_Control))
            self._memory = mmap.mmap(file.fileno(), 0)
        self._control = _Control.from_buffer(self._memory)
        self.environment = {"LD_PRELOAD": str(library), "FAULT_CONTROL": str(control_path)}

    def _rule(self, operation):
        return self._control.rules[OPERATIONS.index(operation)]

    # Rules

    def fail(self, operation, error, *, every=1, limit=0, performs=False):
        """Every `every`-th call from now on fails with `error`, `limit` of them at most. `performs`: it is done all the same."""
        rule = self._rule(operation)
        rule.every = 0
        rule.calls = rule.failed = 0
        rule.error, rule.limit, rule.performs = error, limit, performs
        rule.every = every

    def pretend(self, operation):
        """Calls report success and do nothing."""
        self.fail(operation, 0)

    def shorten(self, operation, at_most):
        """Calls move `at_most` bytes at most, as the kernel may always choose to."""
        self._rule(operation).at_most = at_most

    def hold(self, operation):
        self._rule(operation).holds = 1

    def release(self, operation):
        self._rule(operation).holds = 0

    @contextlib.contextmanager
    def held(self, operation):
        """Calls wait until the block ends."""
        self.hold(operation)
        try:
            yield
        finally:
            self.release(operation)

    def keep_whole_seconds(self):
        """The times of files have no fraction, as on file systems that keep none: two changes may bear the same time."""
        self._control.whole_seconds = 1

    def crash_at(self, call, *, after=False, disk=None, error=0):
        """The process kills itself at the `call`-th call from now on that stores something, before it or after it; where a disk
        is given, the file system that is mounted there is shut down first. With `error`, the call fails with that instead."""
        self._control.crash_at = 0
        self._control.storing_calls = 0
        self._control.fails_with = error
        self._control.crashes_after = after
        self._control.disk = str(disk).encode() if disk else b""
        self._control.crash_at = call

    def clear(self):
        """No rule disturbs anything any more."""
        for rule in self._control.rules:
            rule.every = rule.at_most = rule.holds = 0
        self._control.whole_seconds = self._control.crash_at = 0

    # Observations

    def count(self, operation):
        """Let its calls pass, and count them from now on."""
        self.fail(operation, 0, every=0)

    def calls(self, operation):
        """Calls since the last rule for this operation."""
        return self._rule(operation).calls

    def failed(self, operation):
        return self._rule(operation).failed

    def wait_until_held(self, operation, count=1):
        """Wait until `count` calls, or more, wait."""
        eventually(lambda: self._rule(operation).held >= count, f"{count} × {operation} wait")

    @contextlib.contextmanager
    def recording(self):
        """Every call begun within the block is recorded: see `events`."""
        self._control.events_begun = 0
        for event in self._control.events:
            event.ended = 0
        self._control.recording = 1
        try:
            yield
        finally:
            self._control.recording = 0

    def events(self, *operations):
        """What was recorded, in the order of beginning; only these operations when any are named."""
        count = self._control.events_begun
        assert count < EVENT_CAPACITY, "more calls than the record holds"
        events = [
            Event(OPERATIONS[raw.operation], raw.error, raw.begun, raw.ended, raw.inode, raw.text.decode("utf-8", "replace"))
            for raw in self._control.events[:count]
        ]
        wanted = [event for event in events if not operations or event.operation in operations]
        return sorted(wanted, key=lambda event: event.begun)
