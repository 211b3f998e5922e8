"""One process at a time in a folder, whoever is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from linne.core.errors import RunError
from linne.engine.lock import lock

ROOT = Path(__file__).parents[2]

HOLDER = """
import os, sys, time
from pathlib import Path
from linne.engine.lock import lock
assert "torch" not in sys.modules
with lock(Path(sys.argv[1])):
    if sys.argv[2] == "fork" and os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(60)
    print(os.getpid() if sys.argv[2] != "fork" else "", flush=True)
    time.sleep(60)
"""


def hold(folder: Path, how: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), how],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_two_processes_in_one_folder(tmp_path: Path) -> None:
    """The second is told the first's process id; killed, the first lets go at once."""
    with hold(tmp_path, "alone") as first:
        assert first.stdout
        assert int(first.stdout.readline()) == first.pid
        with pytest.raises(RunError, match=rf"Another process \({first.pid} on .*--out"), lock(tmp_path):
            pass
        with lock(tmp_path / "another"):
            pass
        first.kill()
        first.wait()
        with lock(tmp_path):
            pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks a worker")
def test_an_orphaned_worker_holds_nothing(tmp_path: Path) -> None:
    with hold(tmp_path, "fork") as first:
        assert first.stdout
        worker = int("".join(first.stdout.readline().strip() for _ in range(2)))
        first.kill()
        first.wait()
        try:
            with lock(tmp_path):
                os.kill(worker, 0)  # it lives still
        finally:
            os.kill(worker, signal.SIGKILL)


def test_twice_in_one_process(tmp_path: Path) -> None:
    with lock(tmp_path):
        with pytest.raises(RunError, match=f"This process \\({os.getpid()}\\)"), lock(tmp_path):
            pass
        with pytest.raises(RunError), lock(tmp_path / ".." / tmp_path.name):
            pass
    with lock(tmp_path):
        pass


def test_a_folder_that_cannot_be_locked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="--out"), lock(tmp_path / "file"):
        pass


def test_nothing_is_left_where_nothing_is_to_be(tmp_path: Path) -> None:
    with lock(tmp_path / "empty", leave=False):
        assert (tmp_path / "empty" / ".lock").exists()
        with pytest.raises(RunError), lock(tmp_path / "empty", leave=False):
            pass
        assert (tmp_path / "empty" / ".lock").exists(), "who is refused takes nothing away"
    assert not (tmp_path / "empty").exists()
    with lock(tmp_path / "used", leave=False):
        (tmp_path / "used" / "file").write_text("")
    assert os.listdir(tmp_path / "used") == ["file"]
