"""Pages of comparisons and curves: well-formed, in both languages, nothing loaded, nothing from outside as markup."""

import re
from xml.etree import ElementTree

import pytest

from linne.core.errors import OptionError
from linne.web import charts, words
from linne.web.curved import ALONE
from linne.web.page import page
from tests.web.test_report import WEB, Reader


def test_parts_notes_and_tables():
    parts = [
        {"title": "The runs", "columns": ["class", "pictures"], "rows": [["<b>rust</b>", "12"]], "notes": ["Leak"]},
        {"title": "left out"},
        {
            "title": "Who was right",
            "legend": ["a", "b"],
            "chart": charts.lines([[(1, 0.5), (2, 0.6)]], ("loss", "epochs")),
        },
    ]
    made = page("comparison", "a / <script>", ["b is better.", "note"], parts)
    read = Reader(made)
    assert read.open == []
    assert "left out" not in made
    assert "&lt;b&gt;rust&lt;/b&gt;" in made
    assert "<script" not in made
    for said in ("b is better.", "泄漏", "各次训练", "谁判对了"):
        assert said in made
    assert '<svg class="chart"' in made
    with pytest.raises(OptionError, match="lang='de'"):
        page("comparison", "a", ["b"], [], "de")


def test_every_fixed_word_is_in_both_languages():
    code = "".join((WEB / name).read_text() for name in ("page.html.jinja", "compared.py", "curved.py"))
    asked = re.findall(r'both\("((?:[^"\\]|\\.)+)"', code) + re.findall(r'"title": "([^"]+)"', code)
    asked += [
        "share of the pictures, the surest first (%)",
        "loss",
        "epochs",
        "seconds",
        "pictures that were learned",
        ALONE,
    ]
    assert len(asked) > 8
    assert set(asked) - set(words.ZH) == set()


def marks(svg: str, tag: str, name: str) -> list[dict[str, str]]:
    return [one.attrib for one in ElementTree.fromstring(svg).iter(tag) if name in one.get("class", "").split()]


def test_lines_are_where_the_numbers_say():
    svg = charts.lines([[(0, 0.5), (10, 1.0)], [(0, 1.0), (10, 0.5)]], ("accuracy", "epochs"))
    assert [(dot["cx"], dot["cy"]) for dot in marks(svg, "circle", "a")] == [("0%", "100%"), ("100%", "0%")]
    assert [(dot["cx"], dot["cy"]) for dot in marks(svg, "circle", "b")] == [("0%", "0%"), ("100%", "100%")]
    (line,) = marks(svg, "line", "b")
    assert (line["x1"], line["y1"], line["x2"], line["y2"]) == ("0%", "0%", "100%", "100%")


def test_a_logarithmic_axis_and_a_band():
    svg = charts.lines(
        [[(10, 0.5), (100, 0.75)]], ("accuracy", "seconds"), logarithmic=True,
        band=[(100, 0.7, 0.8), (1000, 0.6, 1.0)],
    )  # fmt: skip
    assert [dot["cx"] for dot in marks(svg, "circle", "a")] == ["0%", "50%"]
    (band,) = marks(svg, "polygon", "band")
    assert band["points"] == "50,60 100,80 100,0 50,40"
    numbers = [one.text for one in ElementTree.fromstring(svg).iter("text")]
    assert {"10", "20", "50", "100", "1,000"} <= set(numbers)


def test_nothing_to_draw():
    assert charts.lines([[], [(1, 0.5)]], ("loss", "epochs")) == ""
