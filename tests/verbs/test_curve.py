import json
from pathlib import Path

import pytest

import linne
from linne.cli import main
from tests.conftest import write_folder


def test_a_curve_of_a_folder_as_text_json_and_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    photos, page = write_folder(tmp_path / "photos", 30), tmp_path / "curve.html"
    assert main(["curve", str(photos), "--more", "50", "--html", str(page), "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n"] == 90
    assert [one["class"] for one in found["classes"]]
    assert found["sentence"].startswith("50 more pictures: ")
    shown = page.read_text(encoding="utf-8")
    for part in ("50 more pictures", "Accuracy by pictures that were learned", "More of one class", 'class="band"'):
        assert part in shown
    said = linne.curve(photos, more=50, classes="disc").text()
    assert said.splitlines()[0] == found["sentence"]
    assert "50 more `disc` pictures: " in said
    assert "foreseen" in said


@pytest.mark.parametrize(
    ("each", "words", "said"),
    [
        (8, [], "too few to see how accuracy grows"),
        (30, ["--more", "0"], "asks for no more pictures"),
        (30, ["--classes", "disk"], "Did you mean 'disc'"),
    ],
)
def test_what_cannot_be(each: int, words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    photos = write_folder(tmp_path / "photos", each)
    assert main(["curve", str(photos), *words, "--quiet"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
