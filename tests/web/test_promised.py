"""The report's part about guarantees and strangers: every figure is there in both languages, old reports are read."""

import re
from typing import Any

import numpy as np

from linne.core.recipe import Recipe
from linne.engine.promise import promises
from linne.web import promised
from linne.web.card import card
from linne.web.report import gather, render, text
from tests.web.test_report import Reader

NOTE = "2 classes are too few to leave some out: made strangers alone chose, and are easier"


def area(value: "float | None") -> dict[str, Any]:
    low, high = (None, None) if value is None else (value - 0.05, value + 0.03)
    return {"value": value, "low": low, "high": high, "n": 100, "method": "DeLong over groups", "warning": ""}


def strange(ways: int = 4) -> dict[str, Any]:
    near = area(0.861 if ways else None)
    return {
        "score": "vim", "own": "validation pictures", "pictures": 341, "groups": 340, "asked": 0.95,
        "notes": [] if ways else [NOTE],
        "near": {"auroc": near, "passing": area(0.6 if ways else None), "ways": ways},
        "far": {"auroc": area(0.954), "passing": area(0.02)}, "kinds": [{"kind": "noise", "auroc": area(0.9)}],
        "compared": [{"score": "vim", "near": near["value"], "far": 0.954, "chose by": 0.9},
                     {"score": "msp", "near": None, "far": 0.7, "chose by": 0.8}],
        "thresholds": [], "tested": area(0.94),
    }  # fmt: skip


def paged(result: Any, **figures: Any) -> dict[str, Any]:
    made = result(each=120)
    made.figures |= figures | {"promises": promises(made, Recipe())}
    return gather(made, Recipe(), "linne train x", reads=1)


def test_every_figure_is_there_in_both_languages(result) -> None:
    page = render(paged(result, unknown=strange()))
    read = Reader(page)
    assert "promises" in read.ids
    for words in ("0.861 <small>[0.811, 0.891]</small>", "0.954", "vim", "94.0 % [89.0, 97.0]", "classes left out",
                  "留出的类别", "What its answers promise", "它的回答能保证什么", "noise", "噪声",
                  "on 72 test pictures"):  # fmt: skip
        assert words in page, words
    section = page[page.index('id="promises"') : page.index('id="mistakes"')]
    assert "<polygon" in section  # the curve's band
    assert section.count('lang="en"') == section.count('lang="zh"') > 20
    assert "neither taught nor chose anything" in section
    assert "too few pictures to prove it" in section


def test_what_is_not_known_is_said(result) -> None:
    page = render(paged(result, unknown={"why": "12 own pictures are too few"}))
    assert "Strangers cannot be told" in page
    assert "12 own pictures are too few" in page
    few = render(paged(result, unknown=strange(0)))
    assert NOTE in few
    assert "0.954" in few
    told = paged(result)
    told["figures"]["promises"] = {"why": "nothing of the kind", "curve": []}
    assert "Nothing can be promised" in render(told)


def test_reports_of_before_are_read(page) -> None:
    assert 'id="promises"' not in render(page)
    assert promised.parts({}) == {"promised": None, "strange": None}
    assert promised.lines({}) == []
    assert "a picture of anything else is called one of them." in card(page)


def test_the_terminal_and_the_card(result) -> None:
    told = paged(result, unknown=strange())
    said = text(told)
    assert "none of these: vim tells own pictures by an AUROC of 0.861 [0.811, 0.891] from classes left out and" in said
    found = re.search(r"sets of 95 % coverage came to ([\d.]+) %", said)
    assert found
    sets = next(one for one in told["figures"]["promises"]["sets"] if one["coverage"] == 0.95)
    assert np.isclose(float(found[1]) / 100, sets["judged"]["coverage"]["value"], atol=1e-3)
    assert "unless `--unknown` is asked for. vim tells own pictures" in card(told)
