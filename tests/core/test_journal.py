"""A journal adds what `append` would, at a price that does not grow with the file, and never half a row."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from linne.core.errors import RunError
from linne.core.files import alone
from linne.core.journal import Journal, now
from linne.core.overlay import COLUMNS, Overlay, Row, append


def row(name: str, who: str = "ann") -> Row:
    return Row(name, "relabel", 'a "quoted", one', who=who, when=now())


def test_the_file_is_what_append_writes(tmp_path: Path) -> None:
    rows = [row(f"{k}.jpg") for k in range(5)]
    journal = Journal(tmp_path / "one.csv")
    for one in rows:
        journal.add([one])
        append(tmp_path / "two.csv", [one])
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert [one.picture for one in journal.rows()] == [f"{k}.jpg" for k in range(5)]


def test_a_row_costs_its_own_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, sizes, real = Journal(tmp_path / "one.csv"), list[int](), os.write
    journal.add([row(f"{k}.jpg") for k in range(5000)])

    def counted(handle: int, data: bytes) -> int:
        sizes.append(len(data))
        return real(handle, data)

    def synced(handle: int) -> None:
        sizes.append(-1)

    monkeypatch.setattr("linne.core.journal.os.write", counted)
    monkeypatch.setattr("linne.core.journal.os.fsync", synced)
    monkeypatch.setattr(Overlay, "read", lambda *_: pytest.fail("the whole file was read"))
    journal.add([row("last.jpg")])
    assert sizes[1:] == [-1], "written once, then synced"
    assert 0 < sizes[0] < 200


@pytest.mark.parametrize("text", [
    "picture;decision\na.jpg;drop\n", "picture,decision,mine\na.jpg,drop,x\n", "picture,to\na.jpg,b",
])  # fmt: skip
def test_files_of_others_keep_their_own_ways(tmp_path: Path, text: str) -> None:
    path = tmp_path / "fixes.csv"
    path.write_text(text)
    journal = Journal(path)
    for name in ("b.jpg", "c.jpg"):
        journal.add([row(name)])
    assert path.read_text().startswith(text)
    assert [one.picture for one in Overlay.read(path).decided] == ["a.jpg", "b.jpg", "c.jpg"]


@pytest.mark.parametrize("text", [
    "picture,to\nb.jpg,owl\n", "picture;decision;to\nb.jpg;;owl\n", f"{','.join(COLUMNS)}\nb.jpg,,owl,,,,,,,,\n",
])  # fmt: skip
def test_behind_a_file_that_was_joined_to_ours_rows_are_read_as_they_were_written(tmp_path: Path, text: str) -> None:
    path = tmp_path / "fixes.csv"
    Journal(path).add([row("a.jpg")])
    path.write_bytes(path.read_bytes() + text.encode())
    journal = Journal(path)
    for name in ("c.jpg", "d.jpg"):
        journal.add([Row(name, "drop", when=now())])
    found = sorted((one.picture, one.decision) for one in Overlay.read(path).rows)
    assert found == [("a.jpg", "relabel"), ("b.jpg", "relabel"), ("c.jpg", "drop"), ("d.jpg", "drop")]


def test_what_somebody_else_added_meanwhile_stays(tmp_path: Path) -> None:
    path, journal = tmp_path / "fixes.csv", Journal(tmp_path / "fixes.csv")
    journal.add([row("a.jpg")])
    append(path, [row("b.jpg")])
    path.write_text(path.read_text(encoding="utf-8") + "c.jpg,drop,,,,,,,,,", encoding="utf-8")  # no end of line
    journal.add([row("d.jpg")])
    assert [one.picture for one in Overlay.read(path).rows] == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]


def test_processes_and_threads_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "fixes.csv"
    code = (
        "import sys; from linne.core.journal import Journal, now; from linne.core.overlay import Row\n"
        "j = Journal(sys.argv[1])\n"
        "for k in range(40): j.add([Row(f'{sys.argv[2]}-{k}.jpg', 'drop', when=now())])"
    )
    others = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in "ab"]
    journal = Journal(path)
    threads = [
        threading.Thread(target=lambda t=t: [journal.add([row(f"{t}-{k}.jpg")]) for k in range(40)]) for t in "xy"
    ]
    for thread in threads:
        thread.start()
    for one in (*threads, *others):
        one.join() if isinstance(one, threading.Thread) else one.wait()
    assert sorted(one.picture for one in Overlay.read(path).rows) == sorted(
        f"{t}-{k}.jpg" for t in "abxy" for k in range(40)
    )


def test_a_file_that_another_holds_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "fixes.csv"
    thread = threading.Thread(target=lambda: Journal(path).add([row("a.jpg")]))
    with alone(path):
        thread.start()
        thread.join(0.2)
        assert not path.exists()
    thread.join()
    assert [one.picture for one in Overlay.read(path).rows] == ["a.jpg"]


def test_a_full_disk_takes_back_what_it_took(tmp_path: Path) -> None:
    """A real limit of the system on the file's size, as a full disk is met."""
    path = tmp_path / "fixes.csv"
    Journal(path).add([row("a.jpg")])
    before = path.read_bytes()
    code = (
        "import resource, signal, sys; from linne.core.journal import Journal; from linne.core.overlay import Row\n"
        "from linne.core.errors import RunError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "j = Journal(sys.argv[1]); n = len(open(sys.argv[1], 'rb').read()); j.rows()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (n + 5, n + 5))\n"
        "try: j.add([Row('b.jpg', 'drop')])\n"
        "except RunError as error: print(error)"
    )
    if sys.platform == "win32":
        pytest.skip("limits of a file's size are POSIX")
    told = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True).stdout
    assert "could not be written" in told
    assert path.read_bytes() == before
    Journal(path).add([row("c.jpg")])
    assert [one.picture for one in Overlay.read(path).rows] == ["a.jpg", "c.jpg"]


def test_the_time_of_an_answer_has_thousandths() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", now())


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="file"):
        Journal(tmp_path / "file" / "fixes.csv").add([row("a.jpg")])


def test_a_file_that_was_only_just_begun_is_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "fixes.csv"
    path.write_bytes(b"")  # a power cut between making the file and its first row
    assert Journal(path).rows() == ()
    Journal(path).add([row("a.jpg")])
    assert [one.picture for one in Overlay.read(path).rows] == ["a.jpg"]
