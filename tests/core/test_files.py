import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest

from linne.core.errors import RunError
from linne.core.files import plain, write, write_json, written_folder


def test_plain_is_json() -> None:
    value = {1: np.float32("nan"), "a": (np.int64(3), np.array([1.5, np.inf])), "b": {"x"}, "c": b"y", "d": True}
    assert json.loads(json.dumps(plain(value))) == {"1": None, "a": [3, [1.5, None]], "b": ["x"], "c": "y", "d": True}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EIO])
def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    path = write(tmp_path / "a.txt", "old")

    def fail(*args: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(RunError) as caught:
        write(path, "new")
    said = {
        errno.ENOSPC: "disk is full",
        errno.EDQUOT: "disk is full",
        errno.EACCES: "--out",
        errno.EIO: "could not be written",
    }
    assert said[number] in str(caught.value)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_written_by_a_function(tmp_path: Path) -> None:
    write(tmp_path / "deep" / "b", lambda aside: aside.write_bytes(b"xyz"))
    assert (tmp_path / "deep" / "b").read_bytes() == b"xyz"
    assert json.loads(write_json(tmp_path / "c.json", {"ä": float("nan")}).read_text()) == {"ä": None}


def test_a_writer_that_stops_leaves_nothing(tmp_path: Path) -> None:
    def stops(aside: Path) -> None:
        aside.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "a", stops)
    assert not list(tmp_path.iterdir())


def test_two_writers_of_one_file_do_not_write_into_each_other_s(tmp_path: Path) -> None:
    """As threads of a process do: the second begins and ends while the first one writes."""
    path, seen = tmp_path / "a.json", list[str]()

    def first(aside: Path) -> None:
        aside.write_text("first, half")
        write(path, "second")
        seen.append(path.read_text())
        with open(aside, "a") as file:
            file.write(" and whole")

    write(path, first)
    assert (seen, path.read_text()) == (["second"], "first, half and whole")
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_may_be_read_by_whom_others_may_be(tmp_path: Path) -> None:
    """Whatever wrote it: some writers leave files that only their owner reads."""

    def closed(aside: Path) -> None:
        aside.write_text("x")
        aside.chmod(0o600)

    old = os.umask(0o027)
    try:
        assert write(tmp_path / "a", closed).stat().st_mode & 0o777 == 0o640
    finally:
        os.umask(old)


def test_a_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    place = tmp_path / "out"
    place.mkdir()

    def half() -> None:
        with written_folder(place) as aside:
            (aside / "half").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert [path.name for path in tmp_path.rglob("*")] == ["out"]
    with written_folder(place) as aside:
        (aside / "whole").touch()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["out", "whole"]
    with pytest.raises(RunError, match="out"), written_folder(place):
        pass
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["out", "whole"], "what is there stays"


def test_of_several_processes_of_a_run_the_first_one_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    for rank, there in (("1", False), ("0", True)):
        monkeypatch.setenv("RANK", rank)
        assert write(tmp_path / "a", "x").exists() is there
