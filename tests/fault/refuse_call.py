"""Runs a program under a system call filter that refuses one call, as some sandboxes do with calls they do not know.

    python3 refuse_call.py CALL ERRNO PROGRAM [ARGUMENT...]
"""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from support.sandbox import ALLOW, JUMP_IF_EQUAL, LOAD, RETURN, install, instruction, numbers

REFUSE = 0x00050000  # SECCOMP_RET_ERRNO; the low 16 bits are the errno

if __name__ == "__main__":
    call, code = numbers()[sys.argv[1]], int(sys.argv[2])
    install(
        [
            instruction(LOAD, 0),
            instruction(JUMP_IF_EQUAL, call, if_false=1),
            instruction(RETURN, REFUSE | code),
            instruction(RETURN, ALLOW),
        ]
    )
    os.execv(sys.argv[3], sys.argv[3:])
