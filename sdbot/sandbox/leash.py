"""Becomes the program that follows, bound to end with the process that started it.

`python leash.py PARENT_ID PROGRAM ARGUMENTS…`: Linux sends SIGTERM when the parent is gone, even
one that was killed. Run as a file, so that nothing else is loaded.
"""

import ctypes
import os
import signal
import sys

# prctl(2)
PR_SET_PDEATHSIG = 1


def main() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    parent_id, *command = sys.argv[1:]
    # A parent that went before this was set sends nothing.
    if os.getppid() == int(parent_id):
        os.execvp(command[0], command)


if __name__ == "__main__":
    main()
