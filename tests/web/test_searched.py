"""The page and the text of a search, and its charts: what they say is what was found."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from linne.web.contest import bar, history, scatter
from linne.web.searched import best_trials, ranked, render, text


def figure(value: float, greater: bool = True) -> dict[str, Any]:
    return {"value": value, "low": value - 0.02, "high": value + 0.02, "n": 500, "percent": True, "greater": greater,
            "warning": "", "method": "wilson", "spec": "accuracy"}  # fmt: skip


def row(name: str, cost: float, value: float, n: int = 900, p: "float | None" = 0.01) -> dict[str, Any]:
    gain = {"sentence": "better by 1.0 points [0.2, 1.8]"} if p is not None else None
    return {"name": name, "cost": cost, "parameters": 4_700_000, "n": n, "figure": figure(value), "final": True, "p": p,
            "gain": gain, "settings": {"model": name}}  # fmt: skip


def trial(number: int, state: str, value: "float | None", as_is: str = "", **settings: Any) -> dict[str, Any]:
    return {"number": number, "state": state, "value": value, "folds": {"0": 0.8}, "as_is": as_is, "why": "",
            "seconds": 3.0, "settings": settings}  # fmt: skip


@pytest.fixture
def found() -> dict[str, Any]:
    rows = [
        row("lite0 <b>", 4.0, 0.88, p=None),
        row("lite1", 6.0, 0.90),
        row("lite2", 9.0, 0.89),
        row("small", 3, 0.7, 100),
    ]
    gain = {"sentence": "better by 1.0 points [0.2, 1.8]"}
    race = {"runners": rows, "winner": "lite1", "front": ["small", "lite0 <b>", "lite1"], "figure": figure(0.89),
            "gain": gain, "n": 900, "confirm": 500, "kept": True}  # fmt: skip
    trials = [trial(0, "complete", 0.88, "start"), trial(1, "complete", 0.9, lr=0.0012, mix=""),
              trial(2, "pruned", None, lr=0.5), trial(3, "fail", None, lr=0.1),
              trial(4, "complete", 0.89, lr=0.002)]  # fmt: skip
    verdict = {"kept": True, "better": True, "sentence": "better by 2.0 points [0.5, 3.5], beside the start",
               "figure_sentence": "accuracy 91.0 %", "figure": figure(0.91), "start": figure(0.89)}  # fmt: skip
    return {"command": "linne search photos --model 'a*' --out runs/s", "metric": "accuracy", "n": 1500, "choose": 1000,
            "confirm": 500, "race": race, "verdict": verdict, "space": ["lr=1e-4..1e-2"], "trials": trials, "best": 1,
            "importances": {"lr": 0.8, "decay": 0.2}, "seconds": 100, "settings": {"lr": ["auto", "0.0012"]},
            "classes": ["a", "b"], "came_from": "photos"}  # fmt: skip


def test_the_text_says_the_verdict_first_and_every_command(found: dict[str, Any]) -> None:
    lines = text(found, "runs/s").splitlines()
    assert lines[0] == found["verdict"]["sentence"]
    assert "  lr = 0.0012  (was auto)" in lines
    assert "3 trials finished, 1 given up early, 1 failed" in lines
    assert "  trial 1: 90.00 %  lr 0.0012, mix none" in lines
    assert "what mattered: lr 80 %, decay 20 %" in lines
    assert any(line.startswith("* lite1") and "p 0.01" in line for line in lines)
    assert any(line.startswith("  lite2") for line in lines), "beaten by a cheaper one"
    assert "train by it: linne train photos --recipe runs/s/recipe.toml" in lines
    assert lines[-2].endswith(found["command"])


def test_a_number_that_leaves_it_to_the_method_is_no_setting(found: dict[str, Any]) -> None:
    changed = {"decay": [-1.0, 0.00062340207], "batch": [0, 32], "clip": [0.0, 1.5]}
    lines = text(found | {"settings": changed}, "runs/s").splitlines()
    assert "  decay = 0.000623  (was auto)" in lines
    assert "  batch = 32  (was auto)" in lines
    assert "  clip = 1.5  (was 0)" in lines
    assert "-1.0" not in render(found | {"settings": changed})


def test_those_that_ran_on_most_pictures_stand_first(found: dict[str, Any]) -> None:
    assert [one["name"] for one in ranked(found["race"]["runners"])] == ["lite1", "lite2", "lite0 <b>", "small"]
    assert [one["number"] for one in best_trials(found)] == [1, 4, 0]


class Words(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags = "", []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)


def test_the_page_holds_it_all_and_loads_nothing(found: dict[str, Any]) -> None:
    page = render(found)
    read = Words(page)
    for word in (found["verdict"]["sentence"], found["command"], "lite0 <b>", "0.0012", "80 %"):
        assert word in read.text
    assert "lite0 <b>" not in page, "names are escaped"
    assert not re.search(r'(src|href)="(?!#)', page)
    assert "script" not in read.tags
    assert '<html lang="zh">' in render(found, "zh")


def test_a_page_without_a_race_or_without_trials(found: dict[str, Any]) -> None:
    assert 'id="race"' not in render(found | {"race": {}})
    page = render(found | {"trials": [], "best": None, "importances": {}, "settings": {}})
    assert 'id="trials"' not in page
    assert "Pareto" in text(found | {"trials": []}, "runs/s")


def test_the_scatter_places_by_cost_and_figure(found: dict[str, Any]) -> None:
    drawn = scatter(found["race"]["runners"], found["race"]["front"])
    dots = re.findall(r'<circle class="(.)" cx="([\d.]+)%" cy="([\d.]+)%"', drawn)
    assert [kind for kind, _, _ in dots] == ["a", "a", "b", "a"]
    xs, ys = ([float(dot[k]) for dot in dots] for k in (1, 2))
    assert xs[3] < xs[0] < xs[1] < xs[2], "dearer stands to the right"
    assert ys[1] < ys[2] < ys[0] < ys[3], "better stands higher"
    assert drawn.count('class="base"') == 2, "three of the front are joined"


def test_the_history_never_falls_and_shows_what_was_given_up(found: dict[str, Any]) -> None:
    drawn = history(found["trials"])
    lines = re.findall(r'class="w a" x1="([\d.]+)%" y1="([\d.]+)%" x2="([\d.]+)%" y2="([\d.]+)%"', drawn)
    assert len(lines) == 2
    assert all(float(two) <= float(one) for _, one, _, two in lines)
    assert drawn.count("<circle") == 4, "the failed one has no figure"
    assert drawn.count('class="dim"') == 1
    assert history(found["trials"][:1]) == ""


def test_a_bar_is_as_long_as_its_share() -> None:
    assert 'width="25%"' in bar(0.25)
