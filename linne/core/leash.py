"""A command that another program started ends with it, however that one ends: its standard input is a pipe.

A signal that the parent sends is not enough: one that is killed sends none, and its commands would train on unseen.
"""

import os
import signal
import threading
import time

NAME = "LINNE_LEASH"
"""In the environment: "stdin" where standard input is such a pipe."""
GRACE = 10.0
"""Seconds to end by itself, keeping what is there, as after Ctrl-C."""


def leash() -> None:
    """End this process, as Ctrl-C would, once standard input closes; nothing where nobody asked for it."""
    if os.environ.pop(NAME, "") == "stdin":
        threading.Thread(target=_held, name="leash", daemon=True).start()


def _held() -> None:
    while True:
        try:
            if not os.read(0, 4096):
                break
        except OSError:
            break
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(GRACE)
    os._exit(130)
