"""Method few: who chooses, what is said of it, what one label a class comes to, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.lookup import find
from linne.core.predictions import Predictions, log_softmax
from linne.core.recipe import Recipe
from linne.core.rng import rng
from linne.engine.either import first
from linne.engine.first import packed, unpacked
from linne.engine.leave_out import DEFAULT, STRENGTHS, USUAL, WAYS, _deals, _said, gained, learnt, turned
from linne.engine.task import Aim, Task
from tests.engine.test_first import LOG, data, split

FEW = Recipe(check="none", method="few")


def clouds(n=60, k=3, d=20, spread=0.8, **images):
    draw = rng(0, "few clouds")
    labels = np.arange(n) % k
    features = (draw.normal(size=(k, d))[labels] * spread + draw.normal(size=(n, d))).astype(np.float32)
    return features, Images.of([b""] * n, labels, **images)


def test_what_is_left_out_was_not_learned():
    """Every way's scores of a part are those of learners fitted to the others alone."""
    features, images = clouds()
    task = Task.of(features, images, 5, 0)
    parts = _deals(task, 0)[0]
    said = _said(task, features, parts)
    assert list(said) == [*WAYS, *(f"probe(strength={strength:g})" for strength in STRENGTHS)]
    own = parts == 3
    for way in ("prototypes(power=0.5)", "cosine"):
        learner = find("classic", way)(features[~own], images.labels[~own])
        assert np.allclose(said[way][own], learner(features[own]))
    theirs = find("classic", "logistic(strength=0.1)")(features[~own], images.labels[~own])
    assert np.allclose(log_softmax(said["probe(strength=0.1)"][own]), log_softmax(theirs(features[own])), atol=0.1)


def test_one_picture_of_each_class_is_left_out_at_a_time():
    features, images = clouds(15)
    for parts in _deals(Task.of(features, images, 5, 0), 0):
        counts = np.zeros((5, 3), int)
        np.add.at(counts, (parts, images.labels), 1)
        assert (counts == 1).all()


def test_a_gain_s_standard_error_is_that_of_a_mean():
    """Left out one by one, the jackknife's error of an accuracy is the deviation over the root of n."""
    draw = rng(1, "gain")
    labels = draw.integers(0, 2, 40)
    blank = np.full(40, "", object)
    mine, other = (
        Predictions(draw.normal(size=(40, 2)), labels, np.arange(40), ("a", "b"), blank, blank) for _ in range(2)
    )
    gap = mine.right.astype(float) - other.right
    gain, error = gained(*(turned(Aim.of("accuracy"), [one], [np.arange(40)]) for one in (mine, other)))
    assert gain == pytest.approx(gap.mean())
    assert error == pytest.approx(gap.std(ddof=1) / 40**0.5)


def test_a_clearly_better_way_is_taken_and_said():
    """Loud columns without meaning hide the classes from cosines; ways that scale columns see them."""
    features, images = clouds(90, 3, 6, 3.0)
    loud = np.concatenate([features, 60 * rng(2).normal(size=(90, 8))], axis=1).astype(np.float32)
    head = learnt(loud, images, folds=3)
    taken = head.classic or "probe"
    assert taken.split("(")[0] in ("probe", "ridge")
    assert f"{USUAL} stays unless another one gains more" in head.notes[0]
    assert "prototypes 0." in head.notes[0]
    assert head.oof.right.mean() > 0.8
    plain = learnt(features, images, folds=3)
    assert plain.classic == USUAL, "no gain beyond an error, where all ways do well"


@pytest.mark.parametrize("n", [12, 40])
def test_labels_without_meaning_are_at_chance_though_the_best_of_seven_was_taken(n):
    draw = rng(3)
    worth = []
    for _ in range(3):
        features = draw.normal(size=(n, 30)).astype(np.float32)
        images = Images.of([b""] * n, draw.permutation(np.arange(n) % 2))
        worth.append(learnt(features, images, folds=3).oof.right.mean())
    assert abs(np.mean(worth) - 0.5) < 4 * 0.5 / (3 * n) ** 0.5


def test_one_label_a_class_takes_what_was_measured_best():
    features, images = clouds(3)
    head = learnt(features, images)
    assert head.classic == DEFAULT
    assert head.temperature == 1
    assert "was taken unseen" in head.notes[0]
    assert "cannot be judged" in head.notes[1]
    assert np.allclose(head.logits(features), find("classic", DEFAULT)(features, images.labels)(features))


def test_a_class_of_one_beside_others():
    features, images = clouds(21)
    images = images.take(np.array([*range(0, 21, 3), *range(1, 21, 3), 2]))
    head = learnt(features[[*range(0, 21, 3), *range(1, 21, 3), 2]], images)
    assert head.logits(features)[2].argmax() == 2
    assert any("1 classes are a single group" in note for note in head.notes)
    assert len(head.oof) == 15


def test_copies_are_averaged_with_their_picture():
    features, images = clouds(3)
    copies = (features + rng(5).normal(size=(3, *features.shape))).astype(np.float32)
    head = learnt(features, images, copies=copies)
    mean = np.mean([features, *copies], axis=0)
    assert np.allclose(head.logits(features), find("classic", DEFAULT)(mean, images.labels)(features))
    many, images = clouds(30)
    copied = learnt(many, images, copies=np.stack([many, many]))
    assert np.allclose(copied.logits(many), learnt(many, images).logits(many), atol=1e-4), "of itself: nothing changes"


def test_it_is_kept_and_read_again():
    features, images = clouds(30)
    head = learnt(features, images)
    again = unpacked(packed(head), images, np.arange(30))
    assert np.array_equal(again.logits(features), head.logits(features))
    assert again.notes == head.notes


def test_validation_pictures_fit_the_temperature():
    features, images = clouds()
    fresh, labels = clouds(100)[0], np.arange(100) % 3
    one, two = (learnt(features, images, judge=(fresh, given)) for given in (labels, labels[::-1]))
    assert np.array_equal(one.logits(fresh), two.logits(fresh))
    assert two.temperature > 2 * one.temperature
    assert one.calibrated_on == "100 validation pictures"


def test_the_whole_job_with_test_pictures_and_without():
    one = first(data(300, split=split(300, 15)), FEW, LOG)
    other = data(300, split=split(300, 15))
    other.images.labels[15:] = (other.images.labels[15:] + 1) % 3
    two = first(other, FEW, LOG)
    assert np.array_equal(one.head.logits(one.data.features), two.head.logits(one.data.features))
    assert one.figures["headline"]["value"] > 0.6 > two.figures["headline"]["value"]
    crossed = first(data(45), FEW, LOG)
    assert crossed.figures["n"] == 45
    judged = crossed.predictions["train"]
    assert np.allclose(np.exp(judged.logits / judged.temperature).sum(1), 1)


def test_one_label_a_class_and_test_pictures():
    result = first(data(300, split=split(300, 3)), FEW, LOG)
    assert result.head.classic == DEFAULT
    assert result.figures["headline"]["value"] > 0.5
    assert result.figures["n"] == 297
    with pytest.raises(InputError, match="--method few"):
        first(data(300, split=split(300, 3)), Recipe(check="none"), LOG)
    with pytest.raises(InputError, match="nothing would be left to judge by"):
        first(data(3), FEW, LOG)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"minutes": 5.0}, "minutes has no effect with method='few'"),
        ({"classic": "svm"}, "method='few' has no effect with classic"),
        ({"lr": "0.1"}, "lr='0.1' has no effect on the first classifier"),
        ({"pool": "new/"}, "cannot be combined with pool"),
    ],
)
def test_settings_without_effect_are_errors(settings, said):
    with pytest.raises(OptionError, match=said):
        Recipe(method="few", **settings)


def test_pictures_that_weigh_differently_are_refused():
    features, images = clouds()
    with pytest.raises(OptionError, match="these have weights"):
        learnt(features, replace(images, weight=np.arange(1.0, 61.0)))
