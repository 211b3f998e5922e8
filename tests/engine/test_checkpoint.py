"""Killed, cut, flipped, full: whatever happens to the newest checkpoint, one of before is there and is whole."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError, RunError
from linne.engine import checkpoint
from linne.engine.checkpoint import load, save

ROOT = Path(__file__).parents[2]


def state(step: int, size: int = 300) -> dict[str, Any]:
    """A state that is known by its step."""
    return {"step": step, "weights": torch.full((size,), float(step)), "order": np.arange(step % 7), "history": [1 / 3]}


def whole(folder: Path, said: list[str] | None = None) -> int:
    """The step that is loaded, its state verified; -1 where there is none."""
    found = load(folder, (said if said is not None else []).append)
    if not found:
        return -1
    step, read = found
    assert read["step"] == step
    assert torch.equal(read["weights"], torch.full_like(read["weights"], float(step)))
    assert len(read["weights"])
    assert read["order"].tolist() == list(range(step % 7))
    return step


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_newest_of_those_kept(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert load(folder, print) is None
    for step in range(0, 50, 10):
        assert save(folder, step, state(step), keep=3).name == f"step-{step:08d}"
    assert names(folder) == ["step-00000020", "step-00000030", "step-00000040"]
    assert whole(folder) == 40
    save(folder, 123_456_789, state(123_456_789), keep=1)
    assert names(folder) == ["step-123456789"]
    assert whole(folder) == 123_456_789


def test_same_state_same_bytes(tmp_path: Path) -> None:
    paths = [save(tmp_path / name, 5, state(5)) for name in "ab"]
    for file in ("tensors.safetensors", "state.json", "MANIFEST.json"):
        assert (paths[0] / file).read_bytes() == (paths[1] / file).read_bytes()


def test_a_step_saved_again_takes_the_next_name(tmp_path: Path) -> None:
    save(tmp_path, 1, state(1))
    save(tmp_path, 1, {**state(1), "more": True})
    assert names(tmp_path) == ["step-00000001", "step-00000001.1"]
    assert load(tmp_path, print)[1]["more"]  # type: ignore[index]
    save(tmp_path, 2, state(2))
    assert names(tmp_path) == ["step-00000001.1", "step-00000002"]


@pytest.mark.parametrize(("step", "keep"), [(-1, 2), (1, 0)])
def test_refuses_nonsense(tmp_path: Path, step: int, keep: int) -> None:
    with pytest.raises(OptionError):
        save(tmp_path, step, {}, keep)


class Dead(BaseException):
    """The process is gone: nothing after it happens."""


class Disk:
    """Counts the system's calls that change the disk and, at one of them, fails or dies.

    After a loss of power, files that were not synced are cut to half and renames that were not synced are undone.
    """

    CALLS = ("open", "write", "fsync", "mkdir", "rename", "replace", "unlink", "rmdir", "ftruncate")

    def __init__(self, patch: pytest.MonkeyPatch, at: int, how: str) -> None:
        self.at, self.how, self.count, self.dead = at, how, 0, False
        self.dirty: set[int] = set()
        self.renames: list[tuple[str, str]] = []
        self.real = {name: getattr(os, name) for name in self.CALLS}
        for name in self.CALLS:
            patch.setattr(os, name, self.wrap(name))

    def wrap(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            if self.dead:
                raise Dead
            if name == "open" and not args[1] & os.O_WRONLY:
                return self.real[name](*args, **options)
            self.count += 1
            if self.count == self.at:
                self.stop(name, args)
            done = self.real[name](*args, **options)
            self.note(name, args)
            return done

        return call

    def stop(self, name: str, args: tuple[Any, ...]) -> None:
        if name == "write":
            self.real["write"](args[0], bytes(args[1])[: len(args[1]) // 2])
            self.note(name, args)
        if self.how == "full":
            raise OSError(errno.ENOSPC, "No space left on device")
        if self.how == "broken":
            raise OSError(errno.EIO, "Input/output error")
        self.dead = True
        raise Dead

    def note(self, name: str, args: tuple[Any, ...]) -> None:
        if name == "write":
            self.dirty.add(os.fstat(args[0]).st_ino)
        if name in ("rename", "replace"):
            self.renames.append((str(args[0]), str(args[1])))
        if name == "fsync":
            self.dirty.discard(os.fstat(args[0]).st_ino)
            folder = os.readlink(f"/proc/self/fd/{args[0]}")
            self.renames = [pair for pair in self.renames if os.path.dirname(pair[1]) != folder]

    def lose(self, folder: Path) -> None:
        """What a loss of power takes away."""
        for path in folder.rglob("*"):
            if path.is_file() and path.stat().st_ino in self.dirty:
                os.truncate(path, path.stat().st_size // 2)
        for old, new in reversed(self.renames):
            os.rename(new, old)


def count_calls(patch: pytest.MonkeyPatch, folder: Path) -> int:
    with patch.context() as inner:
        disk = Disk(inner, 0, "")
        save(folder, 30, state(30))
    return disk.count


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="reads open files' names from /proc")
@pytest.mark.parametrize("how", ["kill", "power", "full", "broken"])
def test_a_fault_at_every_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """At each call that changes the disk: the step before or the new one, whole; the next save puts all in order."""
    (tmp_path / "count").mkdir()
    for step in (10, 20):
        save(tmp_path / "count", step, state(step))
    calls, seen = count_calls(monkeypatch, tmp_path / "count"), set()
    assert calls >= 20
    for at in range(1, calls + 1):
        folder = tmp_path / str(at)
        for step in (10, 20):
            save(folder, step, state(step))
        with monkeypatch.context() as inner:
            disk = Disk(inner, at, how)
            try:
                save(folder, 30, state(30))
                outcome = "saved"
            except (Dead, RunError) as error:
                outcome = type(error).__name__
        if how == "power":
            disk.lose(folder)
        said: list[str] = []
        step = whole(folder, said)
        assert step == 30 or (step == 20 and outcome != "saved"), f"call {at} of {calls}: {step} after {outcome}"
        assert not said, "a half-written checkpoint is no checkpoint, so there is nothing to say"
        seen.add((outcome, step))
        save(folder, 40, state(40))
        assert names(folder) == [f"step-{max(step, 20):08d}", "step-00000040"], f"call {at}"
    died = "RunError" if how in ("full", "broken") else "Dead"
    assert {(died, 20), ("saved" if died == "RunError" else "Dead", 30)} <= seen


@pytest.mark.parametrize("how", ["flip", "cut", "missing"])
def test_every_damage_is_found(tmp_path: Path, how: str) -> None:
    """One byte flipped, or the file cut anywhere, in any of the three files: found, said, and the one before taken."""
    rng = np.random.default_rng(0)
    save(tmp_path, 1, state(1))
    path = save(tmp_path, 2, state(2))
    for trial in range(3 if how == "missing" else 150):
        file = path / ("tensors.safetensors", "state.json", "MANIFEST.json")[trial % 3]
        good = file.read_bytes()
        if how == "missing":
            file.unlink()
        elif how == "cut":
            file.write_bytes(good[: rng.integers(len(good))])
        else:
            bad = bytearray(good)
            bad[rng.integers(len(good))] ^= 1 << rng.integers(8)
            file.write_bytes(bad)
        said: list[str] = []
        assert whole(tmp_path, said) == 1
        assert len(said) == 2
        assert file.name in said[0] or (how == "flip" and "than its manifest says" in said[0])
        assert "step-00000002" in said[0]
        assert "Going on from step-00000001" in said[1]
        file.write_bytes(good)
    assert whole(tmp_path) == 2


def test_a_damaged_later_one_goes_when_the_run_has_gone_on(tmp_path: Path) -> None:
    """Steps 1 and 9, the latter flipped: the run goes on from 1; 2 is saved, 1 stays with it, 9 goes."""
    save(tmp_path, 1, state(1))
    late = save(tmp_path, 9, state(9))
    file = late / "tensors.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    save(tmp_path, 2, state(2))
    assert names(tmp_path) == ["step-00000001", "step-00000002"]


def test_a_damaged_one_does_not_count_as_kept(tmp_path: Path) -> None:
    for step in (1, 2):
        save(tmp_path, step, state(step))
    (tmp_path / "step-00000002" / "state.json").write_text("")
    save(tmp_path, 3, state(3))
    assert names(tmp_path) == ["step-00000001", "step-00000003"]


def test_nothing_whole_is_said(tmp_path: Path) -> None:
    (save(tmp_path, 1, state(1)) / "MANIFEST.json").write_text("{}")
    (tmp_path / "step-00000007").mkdir()
    said: list[str] = []
    assert load(tmp_path, said.append) is None
    assert "None of the checkpoints" in said[-1]
    assert len(said) == 3


def test_a_later_version_is_told(tmp_path: Path) -> None:
    path = save(tmp_path, 1, state(1)) / "MANIFEST.json"
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 2'))
    said: list[str] = []
    assert load(tmp_path, said.append) is None
    assert "later version" in said[0]


def test_another_disk_than_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What reads back otherwise is no reason to delete the one before."""
    save(tmp_path, 1, state(1), keep=1)
    real = checkpoint._tensors

    def lies(pieces: Any) -> Iterator[bytes]:
        yield b"".join(map(bytes, real(pieces)))
        (path,) = tmp_path.glob("step-*.tmp-*")
        (path / "state.json").write_text("{}")

    monkeypatch.setattr(checkpoint, "_tensors", lies)
    with pytest.raises(RunError, match=r"state\.json has 2 bytes"):
        save(tmp_path, 2, state(2), keep=1)
    assert whole(tmp_path) == 1


def test_read_only_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **options: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    save(tmp_path, 1, state(1))
    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(RunError, match=r"Read-only file system.*step-00000001 is untouched"):
        save(tmp_path, 2, state(2))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB, where this process may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    try:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True, text=True)
        failed = done.stderr.strip() if done.returncode else ""
    except OSError as error:
        failed = str(error)
    if failed:
        pytest.skip(f"a tmpfs cannot be mounted here: {failed}")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk_at_every_page(small_disk: Path) -> None:
    """The disk fills up at each page of the checkpoint: RunError and the old one, or the new one."""
    size, said = 30_000, []
    save(small_disk, 1, state(1, size))
    for pages in range(40):
        filler = small_disk / "filler"
        filler.write_bytes(b"x" * (os.statvfs(small_disk).f_bavail - pages) * 4096)
        try:
            save(small_disk, 2, state(2, size))
            said.append("")
        except RunError as error:
            said.append(str(error))
        filler.unlink()
        assert whole(small_disk) == (1 if said[-1] else 2)
        assert not list(small_disk.glob("*.tmp-*"))
        for path in small_disk.glob("step-00000002*"):
            checkpoint.shutil.rmtree(path)
    full = [text for text in said if text]
    assert 0 < len(full) < len(said)
    assert all("The disk is full" in text and "step-00000001 is untouched" in text for text in full)


SAVER = """
import os, sys, torch
torch.set_num_threads(1)
from pathlib import Path
from tests_state import state
from linne.engine.checkpoint import load, save
from linne.engine.lock import lock
folder = Path(sys.argv[1])
for line in sys.stdin:
    child = os.fork()
    if not child:
        with lock(folder):
            step = (load(folder, lambda text: os.write(1, b"said\\n")) or (0, None))[0]
            while True:
                step += 1
                save(folder, step, state(step, 20_000))
                os.write(1, b"%d\\n" % step)
    os.write(1, b"pid %d\\n" % child)
    os.waitpid(child, 0)
    os.write(1, b"over\\n")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks the process that is killed")
def test_fifty_kills(tmp_path: Path) -> None:
    """kill -9 at 50 random moments of a loop of saves: nothing that was saved is lost, nothing damaged is met."""
    (tmp_path / "tests_state.py").write_text(
        "import torch, numpy as np\ndef state(step, size):\n    return {'step': step, 'weights': "
        "torch.full((size,), float(step)), 'order': np.arange(step % 7), 'history': [1 / 3]}\n"
    )
    folder, rng = tmp_path / "run", np.random.default_rng(1)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SAVER, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as server:
        reached = [kill(server, rng.uniform(0.002, 0.08), folder) for _ in range(50)]
        server.communicate("")
    assert server.returncode == 0
    assert reached == sorted(reached)
    assert len(set(reached)) > 3, "the loop went on from where it was killed"


def kill(server: Any, after: float, folder: Path) -> int:
    """Start the loop of saves, kill it; the step that is then loaded."""
    server.stdin.write("go\n")
    server.stdin.flush()
    lines = [server.stdout.readline().strip()]
    while not lines[-1].startswith("pid"):
        lines.append(server.stdout.readline().strip())
    time.sleep(after)
    os.kill(int(lines[-1].split()[1]), signal.SIGKILL)
    while lines[-1] != "over":
        lines.append(server.stdout.readline().strip())
    saved = max((int(line) for line in lines if line.isdigit()), default=-1)
    assert "said" not in lines
    said: list[str] = []
    step = whole(folder, said)
    assert not said
    assert step >= saved
    return step
