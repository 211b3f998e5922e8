"""The report's part about a taxonomy: every figure in both languages, lines of the tree, room on the page."""

import re
from typing import Any

import numpy as np

from linne.core.predictions import Predictions
from linne.core.recipe import Recipe
from linne.core.taxonomy import Taxonomy
from linne.engine.figures_tree import branched, figures
from linne.web import branched as part
from linne.web.report import gather, render, text
from tests.web.test_report import Reader

TREE = Taxonomy(("cat", "dog", "eel"), {"cat": "<b>fur</b>", "dog": "<b>fur</b>", "eel": "", "<b>fur</b>": ""})


def paged(result: Any) -> dict[str, Any]:
    made = result(each=120)
    made.figures |= figures(TREE, made, Recipe())
    return gather(made, Recipe(), "linne train x", reads=1)


def test_every_figure_is_there_in_both_languages(result) -> None:
    told = paged(result)
    page = render(told)
    assert "tree" in Reader(page).ids
    section = page[page.index('<section id="tree">') : page.index('id="trust"')]
    found, said = told["figures"]["tree"], " ".join(re.sub(r"<[^>]+>", "", section).split())
    for row in (*found["depths"], *(row for row in found["back_off"])):
        one = row.get("accuracy", row.get("right"))
        assert f"{100 * one['value']:.1f} % [{100 * one['low']:.1f}, {100 * one['high']:.1f}]" in said
    for words in (
        "Accuracy by depth",
        "各层准确率",
        "mistakes that part here",
        "hierarchical F1",
        "层级 F1",
        "linne predict --back-off",
    ):
        assert words in section, words
    assert "<b>fur</b>" not in section
    assert "&lt;b&gt;fur&lt;/b&gt;" in section
    fixed = re.findall(r'<span lang="(en|zh)">', section)
    assert fixed.count("en") == fixed.count("zh") > 20


def test_the_terminal_says_it(result) -> None:
    said = text(paged(result))
    assert re.search(
        r"by the taxonomy: hierarchical F1 [\d.]+ % \[[\d., ]+\]; accuracy .* at depth 1, .* at depth 2", said
    )
    assert "(linne predict --back-off 0.9)" in said


def test_reports_of_before_are_read(page) -> None:
    assert '<section id="tree">' not in render(page)
    assert part.parts(None) is None


def test_lines_of_the_tree() -> None:
    """everything > a > (b, c > d), e: where each line begins and ends."""
    found = [
        re.findall(r'x1="(\d+)" y1="(\d+)" x2="(\d+)" y2="(\d+)"', str(one)) for one in part.boughs([0, 1, 2, 2, 3, 1])
    ]
    ends = [[tuple(map(int, one)) for one in row] for row in found]
    assert ends == [
        [],
        [(9, 0, 9, 36), (9, 18, 18, 18)],
        [(9, 0, 9, 36), (27, 0, 27, 36), (27, 18, 36, 18)],
        [(9, 0, 9, 36), (27, 0, 27, 18), (27, 18, 36, 18)],
        [(9, 0, 9, 36), (45, 0, 45, 18), (45, 18, 54, 18)],
        [(9, 0, 9, 18), (9, 18, 18, 18)],
    ]  # fmt: skip


def test_a_large_tree_has_room_for_its_worst_branches() -> None:
    names = tuple(f"k{k % 9}/p{k % 200}/s{k}" for k in range(1000))
    tree, draw = Taxonomy.of_names(names), np.random.default_rng(0)
    labels, blank = draw.integers(0, 1000, 400), np.full(400, "", dtype=object)
    logits = draw.normal(0, 1, (400, 1000)) + 4 * np.eye(1000)[labels]
    found = branched(tree, Predictions(logits, labels, np.arange(400), names, blank, blank))
    small = part.capped(found)
    assert len(small["nodes"]) <= part.MOST
    assert small["nodes_more"] == len(found["nodes"]) - len(small["nodes"])
    assert not any(row["leaf"] for row in small["nodes"])
    kept = {tuple(row["path"]) for row in small["nodes"]}
    assert all(way[:-1] in kept for way in kept if way), "nothing hangs in the air"
    worst = max((row for row in found["nodes"] if not row["leaf"]), key=lambda row: row["parting"])
    assert tuple(worst["path"]) in kept
    shown = part.parts(small)
    assert shown is not None
    assert len(shown["rows"]) == len(small["nodes"])
