import json

import numpy as np
import pytest
from scipy import stats

from linne.core.facts import FACT, Facts
from linne.core.predictions import Predictions
from linne.engine.analyse import analyse, fisher, kmeans

CLASSES = ("ant", "bee", "cat", "dog")


def made(right: np.ndarray, labels: np.ndarray, rows=None, group=None) -> Predictions:
    n = len(labels)
    logits = np.random.default_rng(0).normal(0, 0.5, (n, 4))
    logits[np.arange(n), np.where(right, labels, (labels + 1) % 4)] += 4
    rows = np.arange(n) if rows is None else rows
    names = np.array([f"{row}.jpg" for row in rows], dtype=object)
    group = np.full(n, "", dtype=object) if group is None else group
    return Predictions(logits, labels, rows, CLASSES, names, group)


def facts_of(n: int, **columns) -> Facts:
    table = np.zeros(n, FACT)
    table["width"], table["height"], table["format"], table["mode"] = 400, 300, b"JPEG", b"RGB"
    table["brightness"] = np.random.default_rng(5).uniform(0.3, 0.7, n)
    for name, values in columns.items():
        table[name] = values
    return Facts(table, np.zeros((n, 1)), np.zeros((n, 1)))


def test_errors_are_the_surest_first():
    right = np.ones(40, bool)
    right[[3, 7, 20]] = False
    p = made(right, np.arange(40) % 4)
    p.logits[7] *= 3
    p.logits[30] = np.nan
    found = analyse(p)["errors"]
    assert next(one["row"] for one in found) == 7
    assert {one["row"] for one in found} == {3, 7, 20}
    sure = [one["confidence"] for one in found]
    assert sure == sorted(sure, reverse=True)
    assert (found[0]["label"], found[0]["guess"], found[0]["name"]) == ("dog", "ant", "7.jpg")
    assert found[0]["of_label"] < 0.01
    assert len(analyse(p, most=2)["errors"]) == 2


def test_confused_pairs_count_both_directions():
    labels = np.r_[np.zeros(20, int), np.ones(20, int), np.full(10, 2)]
    p = made(np.ones(50, bool), labels)
    for row, guess in ((0, 1), (1, 1), (2, 1), (20, 0), (40, 3)):
        p.logits[row] = 10 * np.eye(4)[guess]
    first, second = analyse(p)["confused"]
    assert (first["first"], first["second"], first["n"], first["of"]) == ("ant", "bee", 4, 40)
    assert (first["first_as_second"], first["second_as_first"]) == (3, 1)
    assert first["rows"] == [0, 1, 2, 20]
    assert (second["first"], second["second"], second["n"]) == ("cat", "dog", 1)


def test_a_planted_dark_slice_is_found_with_its_rows():
    draw = np.random.default_rng(0)
    n, rows = 600, np.random.default_rng(1).permutation(700)[:600]
    facts = facts_of(700)
    dark = facts["brightness"][rows] <= np.quantile(facts["brightness"][rows], 0.2)
    right = draw.random(n) < np.where(dark, 0.7, 0.95)
    found = analyse(made(right, draw.integers(0, 4, n), rows), facts=facts)
    assert len(found["weak"]) == 1
    weak = found["weak"][0]
    assert weak["kind"] == "brightness"
    assert weak["name"].startswith("darkest fifth")
    assert set(weak["rows"]) == set(rows[dark].tolist())
    assert weak["n"] == dark.sum()
    assert weak["accuracy"] == pytest.approx(right[dark].mean())
    assert weak["low"] <= weak["accuracy"] <= weak["high"] < weak["rest"] == pytest.approx(right[~dark].mean())
    wrong = sum(~right[dark])
    assert not right[np.isin(rows, weak["rows"][:wrong])].any()
    json.dumps(found, allow_nan=False)


def test_a_planted_cluster_is_found():
    draw = np.random.default_rng(0)
    features = draw.normal(0, 0.1, (500, 16)) + 1
    odd = np.arange(500) < 60
    features[odd, :8] -= 2
    right = draw.random(500) < np.where(odd, 0.6, 0.95)
    weak = analyse(made(right, draw.integers(0, 4, 500)), features=features)["weak"]
    assert weak
    assert all(set(one["rows"]) <= set(range(60)) for one in weak)
    assert weak[0]["kind"] == "cluster"


def test_no_false_alarms_where_accuracy_is_even():
    """100 sets without any weak slice: at most the level's 5 % of them (and what chance adds) name one."""
    alarms = 0
    for seed in range(100):
        draw = np.random.default_rng(seed)
        facts = facts_of(300, brightness=draw.random(300), contrast=draw.random(300), sharpness=draw.random(300))
        facts.table["width"], facts.table["format"] = draw.integers(50, 900, 300), draw.choice([b"JPEG", b"PNG"], 300)
        found = analyse(made(draw.random(300) < 0.9, draw.integers(0, 4, 300)), facts=facts)
        assert found["tested"] >= 8
        alarms += bool(found["weak"])
    assert alarms <= 10


def test_groups_keep_one_bad_group_from_being_a_weak_slice():
    """One of 12 patients all wrong makes its camera look bad; as one group it is one observation."""
    group = np.repeat(np.arange(12), 25)
    facts = facts_of(300, camera=np.where(group < 4, b"Canon", b"Nikon"))
    labels = np.arange(300) % 4
    right = group != 0
    assert analyse(made(right, labels), facts=facts)["weak"][0]["name"] == "Canon"
    assert analyse(made(right, labels, group=group.astype(str).astype(object)), facts=facts)["weak"] == []


def test_unlabelled_unreadable_and_small_sets_stand():
    p = made(np.ones(12, bool), np.arange(12) % 4)
    p.labels[:6] = -1
    p.logits[8] = np.nan
    facts = facts_of(12)
    facts.table["reason"][8] = b"truncated"
    features = np.ones((12, 4))
    features[8] = np.nan
    assert analyse(p, features=features, facts=facts) == {"errors": [], "confused": [], "weak": [], "tested": 0}


@pytest.mark.parametrize(("inside", "outside"), [((3, 7), (5, 85)), ((0, 20), (9, 71)), ((10, 10), (0, 80))])
def test_fisher_equals_scipy(inside, outside):
    def rows(wrong, right):
        return np.arange(wrong + right) >= wrong

    truth = stats.fisher_exact([inside, outside], alternative="greater").pvalue
    assert fisher(rows(*inside), rows(*outside), 1.0) == pytest.approx(truth)
    assert fisher(rows(*inside), rows(*outside), 5.0) >= truth


def test_kmeans_finds_separate_clouds_and_is_repeatable():
    draw = np.random.default_rng(0)
    truth = draw.integers(0, 4, 400)
    points = (np.eye(4)[truth] * 8 + draw.normal(0, 0.5, (400, 4))).astype(np.float32)
    found = kmeans(points, 4, seed=0)
    assert {tuple(np.unique(found[truth == k])) for k in range(4)} == {(c,) for c in range(4)}
    assert (kmeans(points, 4, seed=0) == found).all()
    assert set(kmeans(np.ones((50, 3), np.float32), 4, seed=0)) == {0}


def test_kmeans_is_as_good_as_scikit_learns():
    from sklearn.cluster import KMeans

    points = np.random.default_rng(0).normal(0, 1, (300, 6)).astype(np.float32)

    def cost(number):
        return sum(((points[number == k] - points[number == k].mean(axis=0)) ** 2).sum() for k in np.unique(number))

    theirs = [KMeans(8, n_init=1, random_state=seed, algorithm="lloyd").fit(points).inertia_ for seed in range(3)]
    ours = [cost(kmeans(points, 8, seed)) for seed in range(3)]
    assert np.median(ours) <= 1.05 * np.median(theirs)
