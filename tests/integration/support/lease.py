"""A lease on a file (fcntl(2), F_SETLEASE), as a file server holds one for its client."""

import subprocess
import sys

from .server import Log

# The kernel asks for the lease by SIGIO; it is given up when a line arrives. Each line is one write(2): the signal may come
# while "held" is being written, and what a buffer holds cannot be added to from within its own flush.
HOLDER = """
import fcntl, os, signal, sys
def say(line):
    os.write(1, line + b"\\n")
file = open(sys.argv[1], "r+b")
signal.signal(signal.SIGIO, lambda *_: say(b"asked"))
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
say(b"held")
sys.stdin.readline()
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
say(b"given up")
sys.stdin.read()
"""


class Lease:
    """Held by another process until the test says otherwise."""

    def __init__(self, path):
        self._path = path

    def __enter__(self):
        self._holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER, self._path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._said = Log(self._holder.stdout)
        self._said.wait_for("held")
        return self

    def __exit__(self, *_):
        self._holder.stdin.close()
        self._holder.kill()
        self._holder.wait()
        self._said.join()

    def wait_until_asked(self):
        """Until somebody opens the file."""
        self._said.wait_for("asked")

    def give_up(self):
        self._holder.stdin.write(b"\n")
        self._holder.stdin.flush()
        self._said.wait_for("given up")
