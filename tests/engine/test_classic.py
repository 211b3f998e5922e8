"""A classical learner as a run's head: out of fold, calibrated, kept and read again, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from linne.core.errors import OptionError, RunError
from linne.core.images import Images
from linne.core.lookup import find, names
from linne.core.predictions import log_softmax
from linne.core.recipe import Recipe
from linne.core.rng import rng
from linne.engine.classic import FILE, crossed, keep, learnt, load, scores, trick_of
from linne.engine.compare import compare
from linne.engine.either import first
from linne.engine.first import foreseen, packed, unpacked
from tests.engine.test_first import LOG, RECIPE, data, split

QUICK = {"forest": "forest(trees=20)", "extra_trees": "extra_trees(trees=20)", "boosting": "boosting(rounds=5)"}
SPECS = [QUICK.get(name, name) for name in names("classic") if hasattr(find("classic", name), "rebuilt")]
LINEAR = ("lda", "logistic", "ridge")


def clouds(n=300, k=3, d=10, **images):
    draw = rng(0, "classic clouds")
    labels = np.arange(n) % k
    features = (draw.normal(size=(k, d))[labels] * 0.8 + draw.normal(size=(n, d))).astype(np.float32)
    return features, Images.of([b""] * n, labels, **images)


@pytest.mark.parametrize("spec", SPECS)
def test_every_learner_becomes_a_head_that_is_kept_and_read_again(spec, tmp_path):
    features, images = clouds()
    head = learnt(features, images, spec, folds=3)
    assert head.classic == spec
    assert head.oof.rows.tolist() == list(range(300))
    assert 0.6 < head.oof.right.mean() <= 1
    assert head.oof.temperature == head.temperature
    wanted = head.logits(features)
    again = unpacked(packed(head), images, np.arange(300))
    assert np.array_equal(again.logits(features), wanted)
    assert again.classic == spec
    if spec.split("(")[0] in LINEAR:
        assert head.learner is None
        assert head.weight.shape == (3, 10)
        return
    keep(tmp_path, head)
    assert np.array_equal(scores(load(tmp_path, trick_of(head)), features.astype(np.float64), 3), wanted)


@pytest.mark.parametrize("spec", ["knn(k=1)", "forest(trees=20)", "svm(c=100)"])
def test_out_of_fold_nobody_remembers(spec):
    """Labels without meaning: a learner that knows its own pictures by heart is at chance on those it did not see."""
    features = rng(1).normal(size=(300, 40)).astype(np.float32)
    images = Images.of([b""] * 300, rng(2).permutation(np.arange(300) % 2))
    head = learnt(features, images, spec)
    assert (head.logits(features).argmax(1) == images.labels).mean() > 0.97
    assert abs(head.oof.right.mean() - 0.5) < 0.1
    judged = crossed(features[:120], images.take(np.arange(120)), spec, folds=3)
    assert abs(judged.right.mean() - 0.5) < 0.15


def test_groups_are_not_split():
    """Every picture twice, in one group: the copy would give its label away."""
    features = np.repeat(rng(3).normal(size=(150, 30)), 2, axis=0).astype(np.float32)
    labels = np.repeat(rng(4).permutation(np.arange(150) % 2), 2)
    free, tied = (
        Images.of([b""] * 300, labels, **given) for given in ({}, {"group": np.repeat(np.arange(150), 2).astype(str)})
    )
    assert learnt(features, free, "knn(k=1)").oof.right.mean() > 0.7
    assert learnt(features, tied, "knn(k=1)").oof.right.mean() < 0.65


@pytest.mark.parametrize("spec", ["naive_bayes", "knn", "svm"])
def test_the_temperature_is_the_least_log_loss_out_of_fold(spec):
    features, images = clouds(600)
    head = learnt(features, images, spec)

    def loss(log_heat: float) -> float:
        own = log_softmax(head.oof.logits / np.exp(log_heat))
        return -own[np.arange(600), images.labels].sum() + log_heat**2 / (2 * 0.5**2)

    best = minimize_scalar(loss, bounds=(np.log(0.05), np.log(1e4)), method="bounded", options={"xatol": 1e-6})
    assert head.temperature == pytest.approx(np.exp(best.x), rel=1e-3)
    assert head.calibrated_on.startswith("600 learning pictures")


def test_validation_pictures_fit_the_temperature_and_nothing_else():
    features, images = clouds()
    fresh, labels = clouds(100)[0], np.arange(100) % 3
    one, two = (learnt(features, images, "forest(trees=20)", judge=(fresh, given)) for given in (labels, labels[::-1]))
    assert np.array_equal(one.logits(fresh), two.logits(fresh))
    assert np.array_equal(one.oof.logits, two.oof.logits)
    assert two.temperature > 2 * one.temperature
    assert one.calibrated_on == "100 validation pictures"


def test_copies_learn_and_are_not_judged():
    features, images = clouds()
    copies = (features + rng(5).normal(size=(2, *features.shape)) * 0.1).astype(np.float32)
    head = learnt(features, images, "knn(k=9)", copies=copies)
    assert len(head.oof) == 300
    assert len(head.learner.arrays()["rows"]) == 900


def test_classes_that_nobody_learned_are_never_said():
    features, images = clouds(classes=("0", "1", "2", "3", "4"))
    for spec in ("knn", "lda", "svm"):
        head = learnt(features, images, spec)
        assert head.logits(features).shape == (300, 5)
        assert np.exp(log_softmax(head.logits(features)))[:, 3:].max() < 1e-9


def test_a_fold_whose_learners_are_of_one_class():
    """One class is a single group: while it is held out, only the other is left to learn from."""
    features, images = clouds(60, 2)
    images = replace(images, group=np.where(images.labels == 1, "all", "").astype(object))
    head = learnt(features, images, "lda", folds=3)
    assert (head.oof.guesses[images.labels == 1] == 0).all()
    assert head.notes


def test_the_whole_job_and_rows_that_neither_learn_nor_choose():
    recipe = Recipe(check="none", classic="forest(trees=20)")
    one = first(data(600, split=split(600, 400, 80)), recipe, LOG)
    other = data(600, split=split(600, 400, 80))
    other.images.labels[480:] = (other.images.labels[480:] + 1) % 3
    two = first(other, recipe, LOG)
    fresh = one.data.features
    assert np.array_equal(one.head.logits(fresh), two.head.logits(fresh))
    assert one.figures["headline"]["value"] > 0.8 > two.figures["headline"]["value"]
    assert one.figures["path"] == []
    assert np.array_equal(one.predictions["test"].logits, one.head.logits(fresh[480:]))
    plain = first(data(600, split=split(600, 400, 80)), RECIPE, LOG)
    told = compare(one.predictions["test"], plain.predictions["test"])
    assert told["low"] <= told["value"] <= told["high"]
    assert len(foreseen(data(600), recipe, LOG)) == 600


def test_few_pictures_are_judged_by_cross_validation():
    result = first(data(90), Recipe(check="none", classic="lda"), LOG)
    judged = result.predictions["train"]
    assert len(judged) == 90
    assert result.figures["headline"]["value"] > 0.7
    assert np.allclose(np.exp(judged.logits / judged.temperature).sum(1), 1, atol=0.05), "means of log probabilities"


def test_an_unread_picture_has_no_answer():
    known = data(600, split=split(600, 400))
    known.features[550] = np.nan
    result = first(known, Recipe(check="none", classic="knn"), LOG)
    assert np.isnan(result.predictions["test"].logits[150]).all()
    assert not result.predictions["test"].read[150]


def test_a_trick_may_fit_another_one_s_learner():
    """As one that first resamples the rows does: what is kept is the learner's."""
    features, images = clouds()

    def few(features, targets):
        return find("classic", "knn")(features[::2], targets[::2])

    head = learnt(features, images, few)
    again = unpacked(packed(replace(head, classic="few")), images, np.arange(300))
    assert trick_of(again) == "knn"
    assert np.array_equal(again.logits(features), head.logits(features))


def test_what_cannot_be_says_so(tmp_path):
    features, images = clouds()
    with pytest.raises(OptionError, match="these have weights"):
        learnt(features, replace(images, weight=np.arange(1.0, 301.0)), "knn")
    with pytest.raises(OptionError, match="gives no arrays"):
        learnt(features, images, lambda features, targets: lambda rows: np.eye(3)[np.zeros(len(rows), int)])
    with pytest.raises(OptionError, match="knn: k=0"):
        learnt(features, images, "knn(k=0)")
    with pytest.raises(RunError, match="missing or damaged"):
        load(tmp_path, "knn")
    (tmp_path / FILE).write_bytes(b"no tensors")
    with pytest.raises(RunError, match="missing or damaged"):
        load(tmp_path, "knn")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"classic": "knm"}, "Did you mean 'knn'"),
        ({"classic": "knn(j=5)"}, "no option 'j'"),
        ({"classic": "knn,svm"}, "give one"),
        ({"classic": "svm", "minutes": 5.0}, r"minutes=5.0 has no effect with classic='svm'"),
        ({"classic": "svm", "method": "full"}, "method='full' has no effect with classic"),
        ({"classic": "svm", "method": "probe"}, "method='probe' has no effect with classic"),
        ({"classic": "svm", "loss": "focal"}, "loss='focal' has no effect with classic"),
        ({"classic": len}, "by its name"),
    ],
)
def test_settings_without_effect_are_errors(settings, said):
    with pytest.raises(OptionError, match=said):
        Recipe(**settings)
