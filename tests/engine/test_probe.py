from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.lookup import find
from linne.core.predictions import Predictions
from linne.core.rng import rng
from linne.engine import probe as module
from linne.engine.probe import nested, probe
from linne.engine.task import Task

STRENGTHS = [10.0, 1.0, 0.1, 0.01]


def accuracy(predictions):
    return predictions.right.mean()


def data(n=300, d=20, k=3, gap=1.0, seed=0):
    """n pictures of k classes around centres `gap` apart from noise of 1; labels as names."""
    draw = rng(seed, "probe")
    labels = np.arange(n) % k
    features = (draw.normal(size=(k, d)) * gap)[labels] + draw.normal(size=(n, d))
    return features.astype(np.float32), Images.of([b""] * n, [f"c{label}" for label in labels])


def grouped(images, group):
    return replace(images, group=np.array([str(g) for g in group], dtype=object))


def test_the_strength_is_the_best_of_naive_fits_one_by_one():
    features, images = data(gap=0.35)
    ours = probe(features, images, metric=accuracy, strengths=STRENGTHS, seed=3)
    task = Task.of(features, images, 5, 3)
    centred = features - features.mean(0)
    rows = centred / centred.std(0) ** 0.5
    rows /= (rows**2).sum(1).mean() ** 0.5
    naive = []
    for strength in STRENGTHS:
        out = np.zeros((300, 3))
        for fold in range(5):
            held = task.fold == fold
            model = LogisticRegression(C=1 / strength, tol=1e-8, max_iter=9999).fit(rows[~held], images.labels[~held])
            out[held] = model.predict_proba(rows[held])
        naive.append((out.argmax(1) == images.labels)[ours.chose].mean())
        if strength == ours.strength:
            raw = replace(ours.oof, temperature=1.0).probabilities
            assert np.abs(raw - out).max() < 5e-3
            head = LogisticRegression(C=1 / strength, tol=1e-8, max_iter=9999).fit(rows, images.labels)
            own = replace(ours.oof, temperature=1.0, logits=ours.logits(features)).probabilities
            assert np.abs(own - head.predict_proba(rows)).max() < 5e-3
    assert [step["strength"] for step in ours.path] == STRENGTHS[: len(ours.path)]
    assert [step["figure"] for step in ours.path] == pytest.approx(naive[: len(ours.path)], abs=0.01)
    assert ours.strength == STRENGTHS[int(np.argmax([step["figure"] for step in ours.path]))]


def test_no_picture_is_predicted_by_a_head_that_saw_its_group():
    """Pairs of twins with labels drawn at random: only memory could be right."""
    draw = rng(5)
    labels = np.repeat(draw.integers(0, 2, 200), 2)
    features = np.repeat(draw.normal(size=(200, 300)), 2, axis=0).astype(np.float32)
    alone = Images.of([b""] * 400, labels)
    together = grouped(alone, np.arange(400) // 2)
    assert probe(features, alone, metric=accuracy).oof.right.mean() > 0.75
    assert abs(probe(features, together, metric=accuracy).oof.right.mean() - 0.5) < 0.12


def test_the_temperature_comes_from_groups_that_did_not_choose():
    features, images = data(300, gap=0.4)
    images = grouped(images, np.arange(300) // 3)
    one = probe(features, images, metric=accuracy)
    assert 0.7 < one.chose.mean() < 0.9
    assert not set(images.group[one.chose]) & set(images.group[~one.chose])
    others = replace(one.oof.take(np.flatnonzero(~one.chose)), temperature=1.0)
    assert one.temperature == float(find("calibrate", "temperature")(others)) == one.oof.temperature
    assert one.calibrated_on == f"{(~one.chose).sum()} learning pictures that did not choose the strength"


def test_pictures_to_judge_by_fit_the_temperature_and_all_others_choose():
    features, images = data(400, gap=0.4)
    judge = features[300:], np.where(np.arange(100) < 80, images.labels[300:], -1)
    one = probe(features[:300], images.take(np.arange(300)), metric=accuracy, judge=judge)
    names = np.full(80, "", dtype=object)
    seen = Predictions(one.logits(judge[0][:80]), judge[1][:80], np.arange(80), images.classes, names, names)
    assert one.chose.all()
    assert one.temperature == pytest.approx(float(find("calibrate", "temperature")(seen)))
    assert one.calibrated_on == "80 validation pictures"
    few = probe(features[:300], images.take(np.arange(300)), metric=accuracy, judge=(judge[0][:20], judge[1][:20]))
    assert "did not choose" in few.calibrated_on


def test_of_equal_strengths_the_strongest_and_of_losses_the_least():
    features, images = data(120)
    assert probe(features, images, metric=lambda predictions: 1.0, strengths=STRENGTHS).strength == 10.0
    one = probe(features, images, metric="log_loss", strengths=STRENGTHS)
    losses = [step["log_loss"] for step in one.path]
    assert one.strength == one.path[int(np.argmin(losses))]["strength"] != 10.0
    assert [step["figure"] for step in one.path] == pytest.approx(losses)


def test_the_path_ends_when_waiting_does_not_pay():
    features, images = data(120)
    assert len(probe(features, images, metric=lambda predictions: 1.0).path) == 1 + module.PATIENCE


def test_pictures_without_label_are_left_out_and_rows_are_places():
    features, images = data(100)
    labels = images.labels.copy()
    labels[::10] = -1
    one = probe(features, replace(images, labels=labels), metric=accuracy)
    assert one.oof.rows.tolist() == [row for row in range(100) if row % 10]
    assert (one.oof.labels == labels[one.oof.rows]).all()
    same = probe(features[labels >= 0], images.take(np.flatnonzero(labels >= 0)), metric=accuracy)
    assert np.array_equal(one.weight, same.weight)


def test_row_weights_count_like_repeated_pictures():
    features, images = data(150, gap=0.4)
    weight = np.where(images.labels == 0, 3.0, 1.0)
    one = probe(features, replace(images, weight=weight), metric=accuracy, strengths=[0.1])
    plain = probe(features, images, metric=accuracy, strengths=[0.1])
    assert (one.logits(features).argmax(1) == 0).sum() > (plain.logits(features).argmax(1) == 0).sum() + 3


def test_copies_that_equal_their_pictures_change_nothing_and_others_do():
    features, images = data(150, gap=0.4)
    plain = probe(features, images, metric=accuracy, strengths=[0.1])
    same = probe(features, images, metric=accuracy, strengths=[0.1], copies=np.stack([features, features]))
    noisy = features + rng(1).normal(size=(1, *features.shape)).astype("f4")
    other = probe(features, images, metric=accuracy, strengths=[0.1], copies=noisy)
    assert len(same.oof) == 150
    assert np.abs(same.oof.probabilities - plain.oof.probabilities).max() < 5e-3
    assert np.abs(other.oof.probabilities - plain.oof.probabilities).max() > 0.02


def test_large_sets_compare_on_some_and_learn_from_all(monkeypatch):
    features, images = data(600, gap=0.4)
    whole = probe(features, images, metric=accuracy, strengths=[0.1])
    monkeypatch.setattr(module, "COMPARED", 200)
    some = probe(features, images, metric=accuracy, strengths=[0.1])
    assert len(some.oof) == 600
    assert np.abs(some.oof.probabilities - whole.oof.probabilities).mean() < 0.02
    monkeypatch.setattr(module, "LEARNED", 900)  # 300 pictures of 3 classes
    capped = probe(features, images, metric=accuracy, strengths=[0.1])
    assert len(capped.oof) == 600
    assert 0.02 < np.abs(capped.logits(features) - whole.logits(features)).mean() < 1


def test_twelve_pictures_of_two_classes_and_a_class_that_cannot_be_judged():
    features, images = data(12, 50, 2, gap=3.0)
    one = probe(features, images, metric=accuracy)
    assert (one.logits(features).argmax(1) == images.labels).all()
    assert 0.3 < one.temperature < 3
    assert one.notes == ()
    images = Images.of([b""] * 13, [*images.labels, 2])
    lone = probe(np.vstack([features, features[:1] + 9]), images, metric=accuracy, folds=20)
    assert lone.notes == (
        "13 folds instead of 20: there are only so many groups of pictures.",
        "1 classes are a single group of pictures and cannot be judged: 2.",
    )
    assert not lone.chose[12]


def test_two_pictures_a_class_leave_nobody_to_choose_inside():
    features, images = data(4, 5, 2, gap=3.0)
    one = probe(features, images)
    assert np.isfinite(one.oof.logits).all()
    found = nested(features, images, repeats=1).repeats[0]
    assert np.isfinite(found.logits).all()
    lone = grouped(images, [0, 1, 0, 2])  # class 0 is one group, and class 1's two may both be left to calibrate
    heats = {probe(features, lone, seed=seed).temperature for seed in range(8)}
    assert all(0.05 <= heat <= 20 for heat in heats)


def test_the_same_seed_gives_the_same_head_and_another_other_folds():
    features, images = data(100, gap=0.4)
    one, two, three = (probe(features, images, metric=accuracy, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.weight, two.weight)
    assert np.array_equal(one.oof.logits, two.oof.logits)
    assert not np.array_equal(one.oof.logits, three.oof.logits)


def test_what_cannot_be_learned_says_why():
    features, images = data(12)
    with pytest.raises(InputError, match="at least two classes, got 1"):
        probe(features[::3], images.take(np.arange(0, 12, 3)), metric=accuracy)
    with pytest.raises(InputError, match="Each of the 3 classes is one single group"):
        probe(features, grouped(images, images.labels), metric=accuracy)
    broken = features.copy()
    broken[4, 2] = np.nan
    with pytest.raises(InputError, match="features of 04 are not finite"):
        probe(broken, images, metric=accuracy)
    with pytest.raises(InputError, match="got shape"):
        probe(features[:5], images, metric=accuracy)
    for options, message in (
        ({"folds": 1}, "at least 2"),
        ({"strengths": [1.0, 0.0]}, "positive"),
        ({"strengths": []}, "positive"),
        ({"metric": lambda predictions: np.nan}, "not defined"),
    ):
        with pytest.raises(OptionError, match=message):
            probe(features, images, **{"metric": accuracy, **options})
