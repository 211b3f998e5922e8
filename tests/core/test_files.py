import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest

from linne.core.errors import RunError
from linne.core.files import plain, write, write_json


def test_plain_is_json() -> None:
    value = {1: np.float32("nan"), "a": (np.int64(3), np.array([1.5, np.inf])), "b": {"x"}, "c": b"y", "d": True}
    assert json.loads(json.dumps(plain(value))) == {"1": None, "a": [3, [1.5, None]], "b": ["x"], "c": "y", "d": True}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    path = write(tmp_path / "a.txt", "old")

    def fail(*args: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(RunError) as caught:
        write(path, "new")
    said = {errno.ENOSPC: "disk is full", errno.EACCES: "--out", errno.EIO: "could not be written"}
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
