"""Waiting for a state instead of for a time: a busy machine is no failure."""

import time
from collections.abc import Callable

PATIENCE = 60.0
"""Seconds that anything may take here; the usual case takes milliseconds."""


def until(true: Callable[[], object], why: str = "it never came true", seconds: float = PATIENCE) -> None:
    """Wait until it is so. Fails with `why` where it does not become so in time."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, why
        time.sleep(0.01)
