"""linne enrol, identify, same and gallery: the command line, other processes, kills; once with a real network."""

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import linne
from linne.cli import main
from linne.engine import gallery as module
from linne.engine import look as looking
from linne.engine import store
from linne.engine.gallery import Gallery
from tests.gallery import TRIAL, Coarse, coarse, nine, part, write

ROOT = Path(__file__).parents[2]
Said = pytest.CaptureFixture[str]
NEAREST, ALIKE = ("nearest", "second", "third"), ("similarity", "second similarity", "third similarity")

FAKE = """
import os, sys, time
from pathlib import Path
from linne.engine import look, store
from linne.engine import gallery as module
from tests.gallery import TRIAL, Coarse, coarse
look.choose, look.known = lambda *a: (Coarse(), "coarse"), lambda *a: TRIAL
module.extractor, module.again = lambda *a, **k: coarse(), lambda *a: coarse()
"""
"""A process in which no network is needed."""


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same in this process."""
    monkeypatch.setenv("LINNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(looking, "choose", lambda *args: (Coarse(), "coarse"))
    monkeypatch.setattr(looking, "known", lambda *args: TRIAL)
    monkeypatch.setattr(module, "again", lambda *args: coarse())
    monkeypatch.setattr(module, "extractor", lambda *what, **given: coarse())


def run(code: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", FAKE + code, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def finished(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


ENROL = "from linne.engine.gallery import Gallery\nGallery.at(sys.argv[1]).enrol(sys.argv[2])\n"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills a process")
def test_killed_while_it_writes_the_gallery_is_as_it_was(tmp_path: Path, fake: None) -> None:
    """Before each of the three renames in turn, gallery.json's the last."""
    faces, place = write(tmp_path / "faces", range(4), 2), tmp_path / "gallery"
    gallery = Gallery.at(place).enrol(faces)
    before = gallery.identify(faces).data()
    kill = (
        "import signal\nplain = os.replace\n"
        "def replace(a, b):\n"
        "    if Path(b).name.startswith(sys.argv[3]): os.kill(os.getpid(), signal.SIGKILL)\n"
        "    plain(a, b)\n"
        "os.replace = replace\n"
    )
    more = write(tmp_path / "more", range(10, 14), 3)
    for process in [run(kill + ENROL, str(place), str(more), when) for when in ("rows-", "table-", "gallery.json")]:
        process.communicate(timeout=120)
        assert process.returncode == -signal.SIGKILL
    assert Gallery.open(place).identify(faces).data() == before
    assert store.read(place).held.names == ("who-00", "who-01", "who-02", "who-03")
    gallery.enrol(more)
    assert len(store.read(place).held.names) == 8
    assert not [one for one in place.iterdir() if one.name.endswith(".part")], "what the killed ones left is swept up"


def test_readers_always_see_a_whole_gallery(tmp_path: Path, fake: None) -> None:
    """A process enrols and removes; readers in threads see each time a state that was written, never between."""
    faces, gallery = write(tmp_path / "faces", range(3), 2), tmp_path / "gallery"
    Gallery.at(gallery).enrol(faces)
    change = (
        "from linne.engine.gallery import Gallery\n"
        "one = Gallery.open(sys.argv[1])\n"
        "for turn in range(25):\n    one.enrol(sys.argv[2]).remove('who-10', 'who-11')\n"
    )
    writer = run(change, str(gallery), str(write(tmp_path / "more", (10, 11), 2)))
    seen: list[tuple[int, int, int]] = []
    wrong: list[BaseException] = []

    def read() -> None:
        while writer.poll() is None:
            try:
                held = store.read(gallery).held
                points = held.rows.take(np.arange(len(held)))
                seen.append((len(held.names), len(held), int(np.isfinite(points).all(1).sum())))
            except BaseException as error:
                wrong.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    finished(writer)
    for thread in threads:
        thread.join()
    assert not wrong
    assert set(seen) == {(3, 6, 6), (5, 10, 10)}
    assert len(seen) > 50
    assert store.read(gallery).number == 51
    assert len(list(gallery.iterdir())) < 6, "former states are gone"


def test_several_writers_lose_nothing(tmp_path: Path) -> None:
    gallery = str(tmp_path / "gallery")
    places = [write(tmp_path / str(k), (k, 20 + k), 2) for k in range(4)]
    for process in [run(ENROL, gallery, str(place)) for place in places]:
        finished(process)
    assert set(store.read(Path(gallery)).held.names) == {f"who-{k:02d}" for k in (0, 1, 2, 3, 20, 21, 22, 23)}


def test_a_writer_that_waits_too_long_says_who_writes(tmp_path: Path) -> None:
    hold = "with store.writing(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)\n"
    holder = run(hold, str(tmp_path / "gallery"))
    try:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        begun = time.monotonic()
        with (
            pytest.raises(linne.LinneError, match=rf"Another process \({holder.pid} on .*has been writing"),
            store.writing(tmp_path / "gallery", patience=0.3),
        ):
            pass
        assert time.monotonic() - begun < 10
    finally:
        holder.kill()
        holder.communicate()


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return nine(tmp_path_factory.mktemp("parts"))


@pytest.fixture(scope="module")
def gallery(parts: Path) -> Path:
    place = parts / "gallery"
    assert main(["enrol", str(place), str(parts / "parts"), "--quiet", "--runtime", "openvino"]) == 0
    return place


def test_enrol_and_identify(gallery: Path, parts: Path, capsys: Said) -> None:
    assert (
        main(["identify", str(gallery), str(parts / "parts/part 0/1.jpg"), str(parts / "parts/part 1"), "--json"]) == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert [one["nearest"][0]["name"] for one in found["answers"]] == ["part 0"] + ["part 1"] * 3
    assert [one["name"] for one in found["answers"]] == ["part 0"] + ["part 1"] * 3
    assert all(one["probability"] > 0.5 for one in found["answers"])
    assert found["decided_by"]["seen"] == 27
    assert main(["identify", str(gallery), str(parts / "parts/part 2/0.jpg"), "--quiet"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].split() == ["picture", "answer", "similarity", "probability"]
    assert "part 2" in out
    told = json.loads((gallery / store.NAME).read_text())["made_by"]
    assert told["network"] == "tf_efficientnet_lite0"
    assert told["geometry"] == {"size": 224, "fit": "crop", "crop": 0.875, "interpolation": "bicubic"}
    assert told["ran"].startswith("openvino")


def test_answers_as_a_table_hold_what_is_said(gallery: Path, parts: Path, capsys: Said, tmp_path: Path) -> None:
    """Row for row what --json says, from two folders whose pictures are called the same, with one that is none."""
    (tmp_path / "odd").mkdir()
    Image.new("RGB", (80, 80), (90, 90, 90)).save(tmp_path / "odd" / "0.png")
    given = [str(parts / "parts/part 0"), str(parts / "new"), str(tmp_path / "odd")]
    assert main(["identify", str(gallery), *given, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    for name, sign in (("answers.csv", ","), ("deep/answers.tsv", "\t")):
        out = tmp_path / name
        assert main(["identify", str(gallery), *given, "--out", str(out), "--quiet"]) == 0
        shown = capsys.readouterr().out
        assert "13 pictures in" in shown
        assert "1 cannot be compared" in shown
        with open(out, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=sign))
        assert len({row["name"] for row in rows}) == len(rows) == 13
        for row, one in zip(rows, told["answers"], strict=True):
            assert (row["name"], row["label"], row["problem"]) == (one["picture"], one["name"], one["problem"])
            nearest = [(row[a], row[b]) for a, b in zip(NEAREST, ALIKE, strict=True) if row[a]]
            assert nearest == [(other["name"], str(round(other["similarity"], 6))) for other in one["nearest"]]
            assert row["unknown"] == ("" if one["problem"] else "no" if one["known"] else "yes")
            if not one["problem"]:
                assert float(row["probability"]) == pytest.approx(one["probability"], abs=1e-6)
        assert rows[0]["name"].endswith("part 0/0.jpg")
        assert "shows nothing" in rows[-1]["problem"]


def test_pictures_one_after_another_and_a_gallery_beside_its_pictures(
    gallery: Path, parts: Path, capsys: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a person types it: no flag behind several pictures; a picture and the gallery in the present folder."""
    monkeypatch.chdir(tmp_path)
    for number in (0, 1):
        part(number, 0).save(tmp_path / f"{number}.jpg", quality=92)
    (tmp_path / "none.jpg").write_text("no picture")
    assert main(["identify", str(gallery), "0.jpg", "none.jpg", "1.jpg"]) == 0
    rows = capsys.readouterr().out.splitlines()[1:4]
    assert [row.split()[0] for row in rows] == ["0.jpg", "none.jpg", "1.jpg"]
    assert "not a picture" in rows[1]
    assert main(["enrol", "own", "0.jpg", "--name", "anna", "--quiet", "--runtime", "openvino"]) == 0
    assert "1 picture of 1 identity" in capsys.readouterr().out
    assert main(["enrol", "parts/own", str(write(tmp_path / "parts", range(2), 1)), "--quiet"]) == 2
    assert "lies in the pictures' own folder" in capsys.readouterr().err


def test_no_half_table_is_left(
    gallery: Path, parts: Path, capsys: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some, out = str(parts / "new"), tmp_path / "answers.csv"
    for wrong, said in ((tmp_path / "answers.xlsx", "Did you mean answers.csv?"), (tmp_path / "a.csv", "is a folder")):
        (tmp_path / "a.csv").mkdir(exist_ok=True)
        assert main(["identify", str(gallery), some, "--out", str(wrong), "--quiet"]) == 2
        assert said in capsys.readouterr().err
    out.write_text("as it was")

    def stopped(answers: object) -> Iterator[list[str]]:
        yield ["name"]
        raise KeyboardInterrupt

    monkeypatch.setattr("linne.verbs.identify.rows", stopped)
    with pytest.raises(KeyboardInterrupt):
        linne.identify(gallery, some, out=out)
    assert out.read_text() == "as it was"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.csv", "answers.csv"]


def test_same_and_changes(gallery: Path, parts: Path, capsys: Said, tmp_path: Path) -> None:
    place = parts / "parts"
    assert main(["same", str(gallery), str(place / "part 0/0.jpg"), str(place / "part 0/0.jpg"), "--quiet"]) == 0
    assert "the same: similarity 1.000" in capsys.readouterr().out
    kept = str(tmp_path / "kept")
    assert main(["enrol", kept, str(place / "part 0"), "--name", "anna", "--quiet", "--runtime", "openvino"]) == 0
    assert main(["enrol", kept, str(place / "part 3"), "--name", "ben", "--quiet"]) == 0
    capsys.readouterr()
    for words in (["rename", kept, "anna", "eva"], ["merge", kept, "eva", "ben"], ["list", kept]):
        assert main(["gallery", *words, "--quiet"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == ["eva", "6", "pictures"]
    assert main(["gallery", "remove", kept, "eva", "--quiet"]) == 0
    assert "empty" in capsys.readouterr().out


def test_mistakes_are_one_line(gallery: Path, parts: Path, capsys: Said, tmp_path: Path) -> None:
    place = str(gallery)
    for words, said in (
        (["gallery", "delete", place], "Allowed: index, list"),
        (["gallery", "renam", place], "Did you mean 'rename'?"),
        (["gallery", "rename", place, "part 0"], f"linne gallery rename {place} OLD NEW; 1 names came"),
        (["gallery", "remove", place], "remove"),
        (["gallery", "remove", place, "part 99"], "Did you mean 'part"),
        (["identify", place, str(parts / "parts"), "--far", "2"], "far=2.0 is not allowed"),
        (["identify", place, str(parts / "parts"), "--search", "indx"], "Did you mean 'index'?"),
        (["identify", place, str(parts / "parts"), "--search", "index"], "linne gallery index"),
        (["identify", str(tmp_path / "none"), str(parts / "parts")], "There is no gallery"),
        (["enrol", place, str(parts / "parts"), "--model", "lenet5", "--weights", "none"], "features of two networks"),
        (["enrol", place, str(parts / "parts"), "--size", "160"], "crop0.875-160-bicubic"),
        (["enrol", str(tmp_path / "g"), str(parts / "parts"), "--run", "runs/a", "--model", "lenet5"], "Give one"),
        (["enrol", str(tmp_path / "g"), str(parts / "parts"), "--run", str(tmp_path)], "is no run"),
        (["enrol", str(parts / "parts"), place], "the order is: linne enrol GALLERY PICTURES"),
    ):
        assert main([*words, "--quiet"]) == 2, words
        shown = capsys.readouterr()
        assert shown.out == ""
        assert said in shown.err, words
        assert "Traceback" not in shown.err
    assert not (tmp_path / "g").exists()


def test_warm_galleries_import_no_torch(gallery: Path, parts: Path, tmp_path: Path) -> None:
    some = str(parts / "parts")
    code = (
        "import sys\nfrom linne.cli import main\n"
        f"assert main(['enrol', {str(tmp_path / 'new')!r}, {some!r}, '--runtime', 'openvino']) == 0\n"
        f"assert main(['identify', {str(gallery)!r}, {some!r}]) == 0\n"
        f"assert main(['same', {str(gallery)!r}, {some + '/part 0/0.jpg'!r}, {some + '/part 4/0.jpg'!r}]) == 0\n"
        f"assert main(['gallery', 'remove', {str(tmp_path / 'new')!r}, 'part 0']) == 0\n"
        "print('heavy:', sorted({'torch', 'timm', 'sklearn', 'scipy.stats', 'scipy.optimize'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "heavy: []" in done.stdout, done.stdout[-300:]
