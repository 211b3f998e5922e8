import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import linne
from linne.cli import main
from tests.runs import write_run

ORDER = np.arange(300)
BASE = ORDER >= 60


def two(place: Path) -> list[str]:
    write_run(place / "a", BASE, curve=[{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.4}])
    write_run(place / "b", BASE | (ORDER < 30))
    return [str(place / "a"), str(place / "b")]


def fails(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["compare", *words, "--quiet"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    return said.err


def test_the_verdict_comes_first(tmp_path, capsys):
    assert main(["compare", *two(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("b is better than a by 10.0 points of accuracy [")
    assert "both right on 240, only a on 0, only b on 30, none on 30" in said
    assert "b gains, points of recall" in said, "of the class table's numbers, whose they are and in what"
    assert "choosing a run by them uses them up" in said


def test_json_and_page(tmp_path, capsys):
    page = tmp_path / "page.html"
    assert main(["compare", *two(tmp_path), "--html", str(page), "--json", "--effect", "2"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["page"] == str(page)
    assert found["pairs"][0]["better"] is True
    assert found["pairs"][0]["power"]["effect"] == 0.02
    shown = page.read_text(encoding="utf-8")
    for part in ("b is better than a", "How they learned", "Accuracy of the surest", "Class by class"):
        assert part in shown
    assert "What time brought" not in shown
    assert 'Class by class</span><span lang="zh">逐类结果</span>: <bdi>a / b</bdi>' in shown
    assert '<span lang="zh">更好</span>' in shown, "b has every class better"
    assert '<span lang="zh">b 优于 a：准确率高 10.0 个百分点 [' in shown
    assert '<span lang="zh">b 的增益（召回率，百分点）</span>' in shown
    assert 'class="only"' not in shown.partition("<main>")[2].partition("<section>")[0], "no note is English alone"


def test_three_runs_are_corrected(tmp_path):
    runs = [*two(tmp_path), write_run(tmp_path / "c", BASE)]
    found = linne.compare(*runs)
    assert len(found.data()["pairs"]) == 2
    assert "2 comparisons, corrected for their number (Holm)" in found.text()
    assert "cannot tell a and c apart" in found.text()


def test_one_run_and_one_run_twice(tmp_path, capsys):
    runs = two(tmp_path)
    assert "two runs or more, and 1 came" in fails(runs[:1], capsys)
    assert "all one folder" in fails([runs[0], runs[0]], capsys)


def test_unfinished_runs_and_none(tmp_path, capsys):
    runs = two(tmp_path)
    (tmp_path / "b" / "DONE.json").unlink()
    assert "was not finished" in fails(runs, capsys)
    assert "There is no run" in fails([runs[0], str(tmp_path / "c")], capsys)


def test_runs_of_other_pictures(tmp_path, capsys):
    runs = two(tmp_path)
    other = write_run(tmp_path / "c", BASE, contents=ORDER + 3000)
    assert "no test picture in common" in fails([runs[0], str(other)], capsys)
    part = write_run(tmp_path / "d", BASE, contents=ORDER + 150)
    assert main(["compare", runs[0], str(part)]) == 0
    assert f"150 test pictures of {part} are left out" in capsys.readouterr().out


@pytest.mark.parametrize("effect", ["0", "-1", "101", "nan"])
def test_effects_that_cannot_be(effect, tmp_path, capsys):
    assert "0 to 100 points" in fails([*two(tmp_path), f"--effect={effect}"], capsys)


def test_wrong_words(tmp_path, capsys):
    runs = two(tmp_path)
    assert "Did you mean 'accuracy'" in fails([*runs, "--metric", "acuracy"], capsys)
    assert "Did you mean 'test'" in fails([*runs, "--split", "tset"], capsys)
    assert "lang='de'" in fails([*runs, "--html", str(tmp_path / "x.html"), "--lang", "de"], capsys)
    assert not (tmp_path / "x.html").exists()
    assert not list(tmp_path.glob("*/verdicts.jsonl")), "a mistake notes nothing"


@pytest.mark.parametrize("verb", ["compare", "curve"])
def test_a_language_without_a_page(verb, tmp_path, capsys):
    words = two(tmp_path) if verb == "compare" else ["photos"]
    assert main([verb, *words, "--lang", "zh"]) == 2
    assert "--lang zh has no effect without a page. Give --html" in capsys.readouterr().err
    page = tmp_path / "page.html"
    if verb == "compare":
        assert main([verb, *words, "--lang", "zh", "--html", str(page), "--quiet"]) == 0
        assert '<html lang="zh">' in page.read_text(encoding="utf-8")


def test_no_network_is_run(tmp_path):
    heavy = "print(sorted({'torch', 'openvino'} & set(sys.modules)))"
    code = f"import sys, linne\nlinne.compare(*{two(tmp_path)!r})\n{heavy}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
