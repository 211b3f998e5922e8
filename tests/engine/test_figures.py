import json
import re
import subprocess
import sys

import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.core.intervals import wilson
from linne.core.lookup import find
from linne.core.predictions import Predictions
from linne.engine.figures import figure, figures, headline, table, text


def made(n=300, classes=5, skill=3.0, group=None, seed=0) -> Predictions:
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, classes, n)
    logits = draw.normal(0, 1, (n, classes))
    logits[np.arange(n), labels] += skill
    names = tuple(f"class {i}" for i in range(classes))
    group = np.full(n, "", dtype=object) if group is None else group
    return Predictions(logits, labels, np.arange(n), names, np.arange(n).astype(str).astype(object), group)


@pytest.fixture(scope="module")
def found():
    return figures(made())


def test_is_json_and_holds_what_reports_show(found):
    again = json.loads(json.dumps(found, allow_nan=False))
    assert set(again) == {
        *("metric", "level", "n", "groups", "unlabelled", "unreadable", "classes", "headline", "figures"),
        *("per_class", "confusion", "reliability", "baseline", "resolution"),
    }
    assert list(again["figures"]) == [
        *("accuracy", "balanced_accuracy", "macro_f1", "topk", "auc", "log_loss", "brier", "ece"),
    ]
    for shown in again["figures"].values():
        assert set(shown) == {"value", "low", "high", "n", "method", "warning", "spec", "percent", "greater"}
        assert shown["low"] <= shown["value"] <= shown["high"]


def test_values_are_the_metrics_own(found):
    p = made()
    for shown in found["figures"].values():
        assert shown["value"] == pytest.approx(float(find("metric", shown["spec"])(p)))
    assert found["figures"]["topk"]["spec"] == "topk(3)"
    assert re.search("^top 3 +[0-9.]+ %", table(found), re.MULTILINE)
    assert text({"value": None, "low": None, "high": None}) == "-", "what nobody knows has no brackets"
    assert not found["figures"]["log_loss"]["greater"]


def test_accuracy_has_wilsons_interval(found):
    truth = wilson(made().right)
    assert (found["headline"]["low"], found["headline"]["high"]) == (truth.low, truth.high)


def test_per_class_table_has_shares_and_f1_by_the_jaccard_share(found):
    p = made()
    for number, row in enumerate(found["per_class"]):
        own, named = p.labels == number, p.guesses == number
        assert (row["n"], row["guessed"]) == (own.sum(), named.sum())
        assert row["recall"]["value"] == pytest.approx(p.right[own].mean())
        assert row["precision"]["value"] == pytest.approx(p.right[named].mean())
        assert row["f1"]["value"] == pytest.approx(find("metric", "f1(none)")(p)[number])
        low = wilson(p.right[own | named]).low
        assert row["f1"]["low"] == pytest.approx(2 * low / (1 + low))


def test_confusion_and_reliability_count_every_picture(found):
    assert np.sum(found["confusion"]) == 300
    assert np.trace(found["confusion"]) == 300 * found["headline"]["value"]
    bars = found["reliability"]
    assert sum(bar["n"] for bar in bars) == 300
    assert [bar["confidence"] for bar in bars] == sorted(bar["confidence"] for bar in bars)
    hits = sum(bar["n"] * bar["accuracy"] for bar in bars)
    assert hits == pytest.approx(300 * found["headline"]["value"])


def test_unreadable_is_wrong_and_unlabelled_is_left_out():
    p = made(100)
    p.logits[:4] = np.nan
    p.labels[90:] = -1
    found = figures(p)
    assert (found["n"], found["unreadable"], found["unlabelled"]) == (90, 4, 10)
    assert found["headline"]["value"] == pytest.approx(p.right.sum() / 90)
    assert np.sum(found["confusion"]) == 86
    json.dumps(found, allow_nan=False)


def test_any_metric_may_be_the_headline():
    p = made(120)
    assert figures(p, metric="macro_f1")["headline"] == figures(p)["figures"]["macro_f1"]
    other = figures(p, metric="topk(2)")
    assert other["headline"]["value"] == find("metric", "topk(2)")(p)
    assert headline(other).startswith("topk(2) ")
    assert figure(p, metric="macro_f1") == figures(p)["figures"]["macro_f1"]


def test_a_headline_is_one_number_of_a_metric_that_is_there():
    with pytest.raises(OptionError, match="a headline is one"):
        figures(made(50), metric="confusion")
    with pytest.raises(OptionError, match="Did you mean 'accuracy'"):
        figures(made(50), metric="acuracy")
    p = made(50)
    p.labels[:] = -1
    for ask in (figures, figure):
        with pytest.raises(InputError, match="none of 50 pictures has a label"):
            ask(p)


def test_groups_widen_every_figure():
    draw = np.random.default_rng(0)
    group = np.repeat(np.arange(40), 8)
    p = made(320, 3, 6.0)
    hard = (draw.random(40) < 0.25)[group]
    p.logits[hard] = draw.normal(0, 1, (hard.sum(), 3))
    grouped = Predictions(p.logits, p.labels, p.rows, p.classes, p.names, group.astype(str).astype(object))
    alone, together = figures(p), figures(grouped)
    assert together["groups"] == 40
    for name in ("accuracy", "balanced_accuracy", "log_loss"):
        one, other = (f["figures"][name]["high"] - f["figures"][name]["low"] for f in (alone, together))
        assert other > 1.3 * one
    assert together["resolution"]["points"] > 1.3 * alone["resolution"]["points"]


def test_all_right_is_not_certain():
    found = figures(made(60, 3, 50.0))
    shown = found["figures"]["macro_f1"]
    assert (shown["value"], shown["high"], shown["warning"]) == (1, 1, "no mistakes")
    assert shown["low"] == found["headline"]["low"] < 0.96


def test_two_classes_one_picture_and_one_group_give_figures():
    for p in (made(1, 2), made(2, 2), made(20, 2, group=np.full(20, "same", dtype=object))):
        found = figures(p)
        json.dumps(found, allow_nan=False)
        assert "topk" not in found["figures"]
        assert found["headline"]["warning"]
        assert table(found)


def test_headline_and_table_read_well(found):
    p, text = made(), table(found)
    value, low, high = (100 * found["headline"][end] for end in ("value", "low", "high"))
    assert headline(found) == f"accuracy {value:.1f} % [{low:.1f}, {high:.1f}] on 300 test pictures"
    lines = text.split("\n")
    assert lines[0] == headline(found)
    assert lines[1] == f"This test set can only resolve ±{(high - low) / 2:.1f} points of accuracy."
    most = np.bincount(p.labels).max()
    assert f"always {found['baseline']['class']!r}" in text
    assert f"{100 * most / 300:.1f} %" in text
    start = lines.index(next(line for line in lines if line.startswith("class ")))
    assert len(lines) == start + 6
    places = {line.index("[") for line in lines[start + 1 :]}
    assert len(places) <= 2
    assert max(len(line) for line in lines) <= 100


def test_same_seed_same_figures():
    assert figures(made(80)) == figures(made(80))


def test_imports_no_heavy_library():
    code = (
        "import sys, numpy as np; from linne.engine.figures import figures; from linne.core.predictions import "
        "Predictions as P; from linne.engine.analyse import analyse; n=30; p=P(np.random.rand(n,3), np.arange(n)%3, "
        "np.arange(n), ('a','b','c'), np.arange(n).astype(str), np.full(n,'',object)); figures(p); "
        "analyse(p, features=np.random.rand(n,8)); print([m for m in ('torch','timm','sklearn','scipy.stats',"
        "'scipy.optimize') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_table_of_many_classes_shows_the_weakest():
    found = figures(made(400, 40, 2.0))
    lines = table(found).split("\n")
    start = lines.index("The 30 lowest F1 of 40 classes:")
    assert len(lines) == start + 32
    lowest = sorted(row["f1"]["value"] for row in found["per_class"])[0]
    assert f"{100 * lowest:.1f} %" in lines[start + 2]


def test_table_stands_straight_with_wide_letters():
    p = made(60, 2)
    names = Predictions(p.logits, p.labels, p.rows, ("\u72d7\u72d7", "cat"), p.names, p.group)
    rows = table(figures(names)).split("\n")[-2:]
    assert rows[0].startswith("\u72d7\u72d7   ")
    assert rows[1].startswith("cat    ")
