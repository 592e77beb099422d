"""What the program's file says of itself, for any architecture."""

import re
import subprocess
import zlib


def readelf(*arguments):
    listed = subprocess.run(["readelf", "--wide", *arguments], capture_output=True, check=True).stdout
    return listed.decode("ascii", "replace")


def assert_needs_no_loader_and_no_library(program):
    assert "INTERP" not in readelf("--program-headers", program)
    assert "(NEEDED)" not in readelf("--dynamic", program)
    assert re.search(r"Type:\s+DYN", readelf("--file-header", program)), "it can be loaded at any address"


def assert_has_its_debug_file(program):
    """A debugger looks for the file that is named, beside the program, and compares the checksum behind its name."""
    debug = program.with_name("bobbin.debug")
    assert ".debug_info" not in readelf("--sections", program) and ".symtab" not in readelf("--sections", program)
    assert ".debug_info" in readelf("--sections", debug)
    checksum = zlib.crc32(debug.read_bytes()).to_bytes(4, "little")
    assert b"bobbin.debug".ljust(16, b"\0") + checksum in program.read_bytes()
