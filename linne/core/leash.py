"""A command that another program started ends with it, however that one ends: its standard input is a pipe.

A signal that the parent sends is not enough: one that is killed sends none, and its commands would train on unseen.
Where a person wants just that, the parent says STAY along the pipe, and END where they think better of it.
"""

import os
import signal
import threading
import time

NAME = "LINNE_LEASH"
"""In the environment: "stdin" where standard input is such a pipe."""
STAY, END = "stay\n", "end\n"
"""Lines along the pipe: what is to become of the command once the pipe closes; END where nothing was said."""
GRACE = 10.0
"""Seconds to end by itself, keeping what is there, as after Ctrl-C."""


def leash() -> None:
    """End this process, as Ctrl-C would, once standard input closes; nothing where nobody asked for it."""
    if os.environ.pop(NAME, "") == "stdin":
        threading.Thread(target=_held, name="leash", daemon=True).start()


def _held() -> None:
    said = END
    while True:
        try:
            told = os.read(0, 4096)
        except OSError:
            break
        if not told:
            break
        said = told.decode("ascii", "replace").splitlines(keepends=True)[-1]
    if said == STAY:
        return
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(GRACE)
    os._exit(130)
