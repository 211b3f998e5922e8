"""A process that an earlier studio left running: whether it still runs, and what it says to a file."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

PAUSE = 0.2
"""Seconds between two looks."""


def born(pid: int) -> str:
    """When the process began, in the system's own clock, so that no other one under its number is taken for it; ""
    where the system does not say."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[19]
    return ""


def alive(pid: int) -> bool:
    """Whether there is such a process that runs."""
    if sys.platform == "win32":
        return _alive_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with suppress(OSError, IndexError):  # one that nobody waits for any more has ended
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        return stat.rpartition(")")[2].split()[0] not in "ZX"
    return True


def _alive_on_windows(pid: int) -> bool:
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    handle = kernel.OpenProcess(0x00100000, False, pid)  # SYNCHRONIZE
    if not handle:
        return False
    try:
        return kernel.WaitForSingleObject(handle, 0) == 0x102  # WAIT_TIMEOUT: it runs
    finally:
        kernel.CloseHandle(handle)


def tailed(path: Path, goes_on: Callable[[], bool]) -> Iterator[str]:
    """Whole lines of a text file as they come, until it no longer goes on."""
    with open(path, encoding="utf-8", errors="replace") as file:
        part = ""
        while True:
            last = not goes_on()
            part += file.read()
            *lines, part = part.split("\n")
            yield from lines
            if last:
                if part:
                    yield part
                return
            time.sleep(PAUSE)
