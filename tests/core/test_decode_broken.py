"""Broken pictures: in a process with little memory, each is read or refused with a reason, and quickly."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import linne

SCRIPT = Path(__file__).with_name("broken_pictures.py")


@pytest.fixture(scope="module")
def met() -> dict:
    """Every sixth of the 3,000 that bench/decode.py meets."""
    pytest.importorskip("resource", reason="limits on memory need a Unix system")
    environment = {"PYTHONPATH": str(Path(linne.__file__).parent.parent), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, str(SCRIPT), "6"], capture_output=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_nothing_but_unreadable_is_raised(met: dict) -> None:
    assert met["wrong"] == []


def test_every_kind_was_met(met: dict) -> None:
    kinds = {"truncated", "bit flip", "noise", "magic", "polyglot", "random", "foreign", "zero", "bomb"}
    assert set(met["counts"]) == kinds
    assert sum(sum(counts.values()) for counts in met["counts"].values()) >= 450


def test_random_and_foreign_bytes_are_never_a_picture(met: dict) -> None:
    for kind in ("random", "foreign", "magic"):
        assert met["counts"][kind]["read"] == 0


def test_no_hang_and_little_memory(met: dict) -> None:
    assert met["slowest"][0] < 5, met["slowest"]
    assert met["peak"][0] < 1024, met["peak"]
