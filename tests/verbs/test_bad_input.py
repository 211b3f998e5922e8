"""Bad input, from the command line: a clear error or a named finding, nothing lost, no traceback."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from linne.cli import main
from tests.conftest import draw, write_folder

Said = pytest.CaptureFixture[str]


def fails(words: list[str], capsys: Said) -> str:
    """The one line that a mistake gets."""
    assert main([*words, "--quiet"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("linne: ")
    assert "Traceback" not in said.err
    return said.err


def test_missing_and_empty_folders(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "photos").mkdir()
    assert "photos" in fails(["train", str(tmp_path / "potos")], capsys)
    assert "is empty" in fails(["train", str(tmp_path / "photos")], capsys)
    (tmp_path / "photos" / "cat").mkdir()
    fails(["check", str(tmp_path / "photos")], capsys)


def test_one_class_and_one_picture_a_class(tmp_path: Path, capsys: Said) -> None:
    write_folder(tmp_path / "one", 5, ("disc",))
    assert "at least two classes" in fails(["train", str(tmp_path / "one"), "--out", str(tmp_path / "a")], capsys)
    write_folder(tmp_path / "single", 1)
    assert "one picture for 3" in fails(["train", str(tmp_path / "single"), "--out", str(tmp_path / "b")], capsys)


def test_no_labels_at_all(tmp_path: Path, capsys: Said) -> None:
    flat = write_folder(tmp_path / "flat", 5, ("disc",)) / "disc"
    assert "label" in fails(["train", str(flat), "--out", str(tmp_path / "a")], capsys)


def test_too_many_unreadable_is_an_error_and_a_few_are_findings(tmp_path: Path, capsys: Said) -> None:
    photos = write_folder(tmp_path / "photos", 12)
    (photos / "disc" / "zero.jpg").write_bytes(b"")
    for name in ("a", "b", "c"):
        (photos / "bars" / f"{name}.jpg").write_text("text that is called a picture")
    said = fails(["train", str(photos), "--out", str(tmp_path / "run")], capsys)
    assert "4 of 40 pictures cannot be read" in said
    assert "zero.jpg" in said
    words = ["train", str(photos), "--out", str(tmp_path / "run"), "--max-unreadable", "0.2", "--json", "--quiet"]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    assert any({f"bars/{name}.jpg" for name in "abc"} <= set(each["names"]) for each in found)


def test_odd_pictures_are_used_and_named(tmp_path: Path, capsys: Said) -> None:
    """1x1, animated, CMYK, 16-bit, rotated by EXIF, palette with alpha, and a bomb, all in one folder."""
    photos = write_folder(tmp_path / "photos", 12)
    disc = draw("disc", 77)
    Image.new("RGB", (1, 1), "red").save(photos / "disc" / "one.png")
    frames = [Image.fromarray(draw("disc", seed)) for seed in (1, 2, 3)]
    frames[0].save(photos / "disc" / "moves.gif", save_all=True, append_images=frames[1:])
    Image.fromarray(disc).convert("CMYK").save(photos / "disc" / "print.jpg")
    Image.fromarray(disc[..., 0].astype(np.uint16) * 257).save(photos / "disc" / "deep.png")
    turned = Image.fromarray(disc)
    turned.getexif()[274] = 6
    turned.save(photos / "disc" / "turned.jpg", exif=turned.getexif())
    Image.new("1", (20_000, 20_000)).save(photos / "bars" / "bomb.png")
    words = ["train", str(photos), "--out", str(tmp_path / "run"), "--json", "--quiet", "--max-unreadable", "0.1"]
    assert main(words) == 0
    result = json.loads(capsys.readouterr().out)
    named = {name for found in result["findings"] for name in found.get("names", [])}
    assert {"bars/bomb.png", "disc/moves.gif", "disc/print.jpg", "disc/deep.png", "disc/turned.jpg"} <= named


NAMES = ["a,b", 'say "hi"', "猫 cat", "🦆", "<script>alert(1)</script>", "=1+1", "p;q", "name"]


def test_any_class_name_goes_all_the_way(tmp_path: Path, capsys: Said) -> None:
    photos = tmp_path / "photos"
    rows = [("image", "label")]
    photos.mkdir()
    for place, name in enumerate([*NAMES, "x/y"]):
        for seed in range(4):
            file = photos / f"{place}-{seed}.jpg"
            Image.fromarray(draw("disc", 10 * place + seed)).save(file)
            rows.append((file.name, name))
    with open(photos / "labels.csv", "w", newline="", encoding="utf-8") as table:
        csv.writer(table).writerows(rows)
    assert main(["train", str(photos / "labels.csv"), "--out", str(tmp_path / "run"), "--quiet"]) == 0
    assert main(["predict", str(tmp_path / "run"), str(photos), "--out", str(tmp_path / "p.csv"), "--quiet"]) == 0
    with open(tmp_path / "p.csv", newline="", encoding="utf-8") as file:
        header = next(csv.reader(file))
    assert set(header[3:]) == {*NAMES[:-1], "x/y", "p:name"}
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_names_that_are_no_utf8(tmp_path: Path, capsys: Said) -> None:
    photos = write_folder(tmp_path / "photos", 12)
    os.rename(photos / "disc" / "disc-000.jpg", os.fsencode(photos / "disc") + b"/\xff\xfe.jpg")
    assert main(["train", str(photos), "--out", str(tmp_path / "run"), "--quiet"]) == 0
    assert main(["predict", str(tmp_path / "run"), str(photos), "--out", str(tmp_path / "p.csv"), "--quiet"]) == 0
    assert (tmp_path / "p.csv").read_bytes().count(b"\n") == 37


def test_tables_with_mistakes(tmp_path: Path, capsys: Said) -> None:
    photos = write_folder(tmp_path / "photos", 12)
    files = sorted(path.relative_to(tmp_path).as_posix() for path in photos.rglob("*.jpg"))
    table = tmp_path / "labels.csv"
    table.write_text(
        "image,label\n" + "".join(f"{f},{f.split('/')[1]}\n" for f in [*files, files[0], "photos/disc/gone.jpg"])
    )
    assert main(["train", str(table), "--out", str(tmp_path / "run"), "--json", "--quiet"]) == 0
    found = {each["kind"]: each for each in json.loads(capsys.readouterr().out)["findings"]}
    assert found["missing files"]["files"] == ["photos/disc/gone.jpg"]
    assert "duplicate rows" in found
    table.write_text("image^label\n" + "".join(f"{f}^x\n" for f in files))
    assert "delimiter" in fails(["train", str(table), "--out", str(tmp_path / "b")], capsys)


def test_ctrl_c_leaves_a_run_that_goes_on(tmp_path: Path) -> None:
    """A real signal to a real process, while it looks at pictures."""
    photos = write_folder(tmp_path / "photos", 60)
    words = [sys.executable, "-m", "linne", "train", str(photos), "--out", str(tmp_path / "run")]
    process = subprocess.Popen(
        words,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a suite in the background ignores it
    )
    while not (tmp_path / "run" / "recipe.toml").exists():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "the same command goes on" in err
    assert "Traceback" not in err
    assert not (tmp_path / "run" / "DONE.json").exists()
    again = subprocess.run(words, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert "going on" in again.stderr


def test_groups_by_column_pattern_and_folder(tmp_path: Path, capsys: Said) -> None:
    photos = write_folder(tmp_path / "photos", 100)
    words = ["train", str(photos), "--quiet", "--json"]
    assert main([*words, "--out", str(tmp_path / "a"), r"--group=-(\d\d)\d\."]) == 0
    assert json.loads(capsys.readouterr().out)["figures"]["groups"] < 30
    said = fails(["train", str(photos), "--out", str(tmp_path / "b"), "--group", "patient"], capsys)
    assert "no column 'patient'" in said
    said = fails(["train", str(photos), "--out", str(tmp_path / "c"), "--group", "(["], capsys)
    assert "group" in said
