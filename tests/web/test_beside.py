"""The report's sections on where settings come from, verdicts and ensembles; and the ablation's own page."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from linne.core.errors import RunError
from linne.core.files import write_json
from linne.core.run import Run
from linne.engine.log import Log
from linne.verbs.train import _told
from linne.web import charts
from linne.web.ablation import parts
from linne.web.ablation import render as ablated
from linne.web.beside import beside
from linne.web.report import render, text
from tests.web.test_report import Reader
from tests.web.test_searched import found as searched

__all__ = ["searched"]


def line(name: str, value: float, verdict: str) -> dict[str, Any]:
    gain = {"value": value, "low": value - 0.01, "high": value + 0.01, "verdict": verdict, "seen": 0.018, "rounds": 6}
    return {"name": name, "found": gain, "seconds": 1.3, "bytes": 0.0}


@pytest.fixture
def ablation() -> dict[str, Any]:
    return {
        "base": {"value": 0.9, "low": 0.88, "high": 0.92, "n": 300, "percent": True},
        "added": [line("mixup", 0.03, "helps"), line("<b>", 0.0, "cannot tell"), line("poly", -0.043, "hurts")],
        "spared": [], "full": [], "left_out": {"lr=99": "its loss was not finite"}, "kept": ["mixup"],
        "recipe": {}, "facts": {"network": "net", "cut": "blocks", "epochs": 4.0, "rounds": 6, "pictures": 300,
                                "metric": "accuracy"},
        "command": "linne ablate photos --tricks all",
    }  # fmt: skip


def comparison(other: str, sentence: str, value: float) -> dict[str, Any]:
    return {"kind": "comparison", "other": other, "sentence": sentence, "metric": "accuracy", "n": 372, "of": 1,
            "gain": {"value": value, "low": value - 0.02, "high": value + 0.02}, "percent": True, "split": "test",
            "command": f"linne compare runs/a {other}", "about": [other]}  # fmt: skip


ENSEMBLE = {
    "kind": "ensemble", "fuse": "greedy", "runs": ["runs/a", "runs/b"], "weights": [0.25, 0.75], "own": "runs/b",
    "fitted": "341 validation pictures", "source": "photos", "sentence": "accuracy 91.0 % [88.0, 93.3] on 372 pictures",
    "command": "linne evaluate runs/a runs/b photos --fuse greedy", "about": ["e"],
}  # fmt: skip


def kept(path: Path, origin: "dict[str, Any] | None" = None, *lines: dict[str, Any]) -> dict[str, Any]:
    """What is beside a run's results whose folder holds these."""
    if origin:
        (path / "origin.json").write_text(json.dumps(origin))
    (path / "verdicts.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    return beside(path)


def why(kind: str, found: dict[str, Any], **otherwise: Any) -> dict[str, Any]:
    return {"kind": kind, "file": "runs/x/recipe.toml", "command": found["command"], "otherwise": otherwise,
            "found": found}  # fmt: skip


def test_a_run_alone_has_none_of_it(page: dict[str, Any], tmp_path: Path) -> None:
    read = Reader(render(page | beside(tmp_path)))
    assert not {"why", "beside"} & set(read.ids)
    assert read.text == Reader(render(page)).text


def test_an_ablation_is_why(page: dict[str, Any], ablation: dict[str, Any], tmp_path: Path) -> None:
    shown = render(page | kept(tmp_path, why("ablation", ablation, epochs=[4.0, 9.0])))
    read = Reader(shown)
    assert "why" in read.ids
    asked = ["runs/x/recipe.toml", ablation["command"], "Added to the plain recipe", "+3.0", "helps", "lr=99", "1.30 x"]
    for said in (*asked, "(would have seen 1.8)", "Set otherwise for this run", "为何如此设置", "有害"):
        assert said in read.text
    assert "<b></bdi>" not in shown, "names are escaped"
    (own,) = re.findall(r'<table class="flow gains">.*?</table>', shown, re.S)
    assert own in ablated(ablation), "one template for both"


def test_a_search_is_why(page: dict[str, Any], searched: dict[str, Any], tmp_path: Path) -> None:
    read = Reader(render(page | kept(tmp_path, why("search", searched))))
    for said in (searched["verdict"]["sentence"], searched["command"], "What mattered", "80 %", "The best so far",
                 "lr 0.0012, mix none", "在未参与选择的图片上", "lite0 <b>"):  # fmt: skip
        assert said in read.text
    assert "Set otherwise for this run" not in read.text


def test_verdicts_and_ensembles(page: dict[str, Any], tmp_path: Path) -> None:
    lines = comparison("runs/b", "cannot tell b and a apart: +1.0", 0.01), comparison("runs/<i>", "a is better", 0.033)
    data = page | kept(tmp_path, None, *lines, ENSEMBLE)
    shown = render(data)
    read = Reader(shown)
    for said in ("Beside other runs", "cannot tell b and a apart: +1.0", "linne compare runs/a runs/<i>", "a is better",
                 "与其他训练相比", "In ensembles", ENSEMBLE["sentence"], ENSEMBLE["command"], "0.750",
                 "Weights were fitted on 341 validation pictures", "权重"):  # fmt: skip
        assert said in read.text
    assert "runs/b (this run" in read.text
    assert "runs/a (this run" not in read.text
    assert 'width="75%"' in shown
    assert "+6" in shown, "the axis ends at a round number of points"
    dots = re.findall(r'<circle class="a" cx="([\d.]+)%" cy="12" r="4.5"/></svg><svg class="c ticks"', shown)
    assert [float(dot) for dot in dots[-2:]] == pytest.approx([50 + 50 / 6, 50 + 50 * 3.3 / 6], abs=0.01)
    told = text(data)
    assert "cannot tell b and a apart: +1.0  (linne compare runs/a runs/b)" in told


def test_damaged_files_are_said(tmp_path: Path) -> None:
    for wrong in ("{half", "{}", '{"kind": "search", "found": {}}'):
        (tmp_path / "origin.json").write_text(wrong)
        with pytest.raises(RunError, match=r"origin\.json is damaged"):
            beside(tmp_path)


def test_axes_of_gains_end_at_round_numbers(ablation: dict[str, Any]) -> None:
    assert [charts.reach(ends) for ends in ([], [None], [-0.004], [0.0548, -0.02], [-0.31])] == [
        0.01, 0.01, 0.01, 0.06, 0.4,
    ]  # fmt: skip
    assert parts(ablation)["reach"] == 0.06
    assert "+3" in charts.scale(0.06)


def test_the_ablation_s_own_page_is_well_formed(ablation: dict[str, Any]) -> None:
    read = Reader(ablated(ablation, "zh"))
    assert read.open == []
    assert "linne ablate photos --tricks all" in read.text
    assert "300 张学习图片" in read.text


def test_a_run_of_several_processes_is_told_where_its_settings_come_from(
    page: dict[str, Any], ablation: dict[str, Any], tmp_path: Path
) -> None:
    write_json(tmp_path / "report.json", page)
    for name in ("recipe.toml", "DONE.json"):
        (tmp_path / name).write_text("")
    _told(Run(tmp_path), None, Log(quiet=True))
    assert not (tmp_path / "report.html").exists()
    assert _told(Run(tmp_path), why("ablation", ablation), Log(quiet=True)).json("origin.json")["kind"] == "ablation"
    assert ablation["command"] in (tmp_path / "report.html").read_text(encoding="utf-8")
