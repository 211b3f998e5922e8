"""Charts put things where the numbers say, and are well-formed."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from linne.web import charts


def figure(value, low, high):
    return {"value": value, "low": low, "high": high}


def attributes(svg: str, tag: str, name: str) -> list[dict[str, str]]:
    return [one.attrib for one in ElementTree.fromstring(svg).iter(tag) if name in one.get("class", "").split()]


def test_place_is_percent_between_the_ends():
    assert charts.place(0.25) == "25%"
    assert charts.place(0.9, 0.8) == "50%"
    assert charts.place(5, 0, 20) == "25%"
    assert charts.place(-1) == "0%"
    assert charts.place(7) == "100%"
    assert charts.place(None) == charts.place(float("nan")) == "0%"


@pytest.mark.parametrize(
    ("low", "begin"), [(0.95, 0.9), (0.85, 0.8), (0.62, 0.6), (0.55, 0.5), (0.2, 0.0), (None, 0.8)]
)
def test_axis_begins_below_everything(low, begin):
    found, parts = charts.axis(
        [figure(0.97, low, 0.99), figure(0.96, 0.94, 0.98), figure(0.88, None, None)][: 3 if low is None else 2]
    )
    assert found == begin
    words = [text.text or "" for text in ElementTree.fromstring(charts.ticks(found, parts)).iter("text")]
    numbers = [float(word.removesuffix(" %")) for word in words]
    assert [word.endswith(" %") for word in words] == [True] + [False] * parts, "the first says the unit"
    assert numbers[0] == 100 * begin
    assert numbers[-1] == 100
    assert len(numbers) == parts + 1
    assert all(number == round(number) for number in numbers)


def test_interval_dot_and_ends():
    svg = charts.interval(figure(0.9, 0.85, 0.95), 0.8, 4, mark=0.82)
    (line,) = attributes(svg, "line", "w")
    (dot,) = attributes(svg, "circle", "a")
    (base,) = attributes(svg, "line", "base")
    assert (line["x1"], dot["cx"], line["x2"], base["x1"]) == ("25%", "50%", "75%", "10%")


def test_unknown_figures_draw_nothing():
    assert not attributes(charts.interval(figure(None, None, None)), "circle", "a")
    svg = charts.pair(figure(0.5, None, None), figure(None, None, None))
    assert len(attributes(svg, "circle", "a")) == 1
    assert not attributes(svg, "line", "w")


def test_pair_tells_recall_from_precision_by_mark_too():
    svg = charts.pair(figure(0.5, 0.4, 0.6), figure(0.7, 0.6, 0.8))
    assert [one["cx"] for one in attributes(svg, "circle", "a")] == ["50%"]
    assert len(attributes(svg, "rect", "b")) == 1
    assert 'x="70%"' in svg


def test_stack_lies_end_to_end():
    svg = charts.stack([("a", 60), ("b", 0), ("v", 20)], 100)
    parts = [(one["x"], one["width"]) for name in "av" for one in attributes(svg, "rect", name)]
    assert parts == [("0%", "60%"), ("60%", "20%")]
    assert not attributes(svg, "rect", "b")
    assert "rect" not in charts.stack([("a", 0)], 0)


def test_reliability_points_and_histogram():
    bars = [{"n": 5, "confidence": 0.5, "accuracy": 0.4, "low": 0.2, "high": 0.7}]
    svg = charts.reliability(bars, {"right": [0, 3], "wrong": [1, 1]})
    (dot,) = attributes(svg, "circle", "a")
    (line,) = attributes(svg, "line", "w")
    assert (dot["cx"], dot["cy"], line["y1"], line["y2"]) == ("50%", "60%", "80%", "30%")
    heights = {name: [float(one["height"]) for one in attributes(svg, "rect", name)] for name in "ab"}
    assert heights == {"a": [45.0], "b": [15.0, 15.0]}
    assert "50 % sure: 40 % right" in svg
    ElementTree.fromstring(charts.reliability([], {"right": [0], "wrong": [0]}))


def test_path_rings_the_chosen_strength():
    points = [{"strength": 10.0, "figure": 0.7}, {"strength": 1.0, "figure": 0.9}, {"strength": 0.1, "figure": 0.8}]
    svg = charts.path(points, 1.0)
    (ring,) = attributes(svg, "circle", "ring")
    dots = attributes(svg, "circle", "a")
    assert [dot["cx"] for dot in dots] == ["0%", "50%", "100%"]
    assert (ring["cx"], ring["cy"]) == (dots[1]["cx"], dots[1]["cy"])
    assert float(dots[1]["cy"][:-1]) < float(dots[2]["cy"][:-1]) < float(dots[0]["cy"][:-1])
    assert charts.path([{"strength": 1.0, "figure": None}], 1.0) == ""
    assert "50%" in charts.path(points[:1], 10.0)


def test_search_rings_the_rate_on_the_running_mean():
    rates = [10.0**k for k in range(-5, 0)]
    found = {"rates": rates, "losses": [2.0, 2.2, 1.0, 1.2, 50.0], "smoothed": [2.0, 2.1, 1.5, 1.0, 3.0], "rate": 1e-3}
    svg = charts.search(found)
    (ring,) = attributes(svg, "circle", "ring")
    dots = attributes(svg, "circle", "dim")
    assert [dot["cx"] for dot in dots] == ["0%", "25%", "50%", "75%", "100%"]
    assert ring["cx"] == "50%"
    assert float(dots[2]["cy"][:-1]) > float(ring["cy"][:-1]), "a loss below the mean is lower on the page"
    assert dots[4]["cy"] == "0%", "a loss far above the curve is at the upper end"
    mean = attributes(svg, "line", "w")
    assert (mean[1]["x2"], mean[1]["y2"]) == (ring["cx"], ring["cy"])
    assert "0.001 is suggested" in svg


def test_curve_goes_from_epoch_to_epoch():
    points = [{"epoch": 1.0, "loss": 2.0}, {"epoch": 2.0, "loss": 1.0}, {"epoch": 4.0, "loss": 0.5}]
    svg = charts.curve(points)
    dots = attributes(svg, "circle", "a")
    assert [dot["cx"] for dot in dots] == ["25%", "50%", "100%"]
    heights = [float(dot["cy"][:-1]) for dot in dots]
    assert heights == sorted(heights)
    assert (heights[1] - heights[0]) == pytest.approx(2 * (heights[2] - heights[1]), abs=0.02)
    assert charts.curve(points[:1]) == ""


@pytest.mark.parametrize(("low", "high"), [(76.3, 88.1), (0.31, 0.32), (5, 5), (0, 0), (-3, 12_000), (88.0, 88.4)])
def test_nice_numbers_enclose(low, high):
    rungs = charts.nice(low, high)
    assert rungs[0] <= low <= high <= rungs[-1]
    assert 2 <= len(rungs) <= 8
    steps = {round(b - a, 9) for a, b in pairwise(rungs)}
    assert len(steps) == 1
    assert re.fullmatch(r"[125](\.0)?e[+-]\d+", f"{steps.pop():.1e}")


def test_shade_grows_with_the_share():
    assert charts.shade(0, 10) == 0
    assert charts.shade(1, 10_000) == 1
    assert charts.shade(10, 10) == 9
    levels = [charts.shade(count, 50) for count in range(51)]
    assert levels == sorted(levels)
