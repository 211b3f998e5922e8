"""mislabelled: the confident joint written out, flipped labels found, the interval of the noise rate, neighbours."""

from dataclasses import replace

import numpy as np
import pytest

from linne.core.images import Images
from linne.core.predictions import Predictions, softmax
from linne.core.rng import rng
from linne.core.several import Several
from linne.tricks.check._space import axes, directions, nearest
from linne.tricks.check.mislabelled import joint, mislabelled, noise_rates, signal, votes
from linne.tricks.plant.noise import noise


def cloud(n: int = 600, classes: int = 4, seed: int = 0) -> tuple[Images, np.ndarray]:
    """Well separated classes in 20 dimensions."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, classes, n)
    features = 4 * draw.normal(size=(classes, 20))[labels] + 2 * draw.normal(size=(n, 20))
    return Images.of([b""] * n, [f"c{label}" for label in labels]), features.astype(np.float32)


def judged(images: Images, features: np.ndarray) -> Predictions:
    """Out-of-fold: each of two halves by the other's class means."""
    logits = np.empty((len(images), len(images.classes)))
    half = np.arange(len(images)) % 2
    for one in (0, 1):
        held, learn = half == one, half != one
        means = np.array([features[learn & (images.labels == k)].mean(0) for k in range(len(images.classes))])
        logits[held] = -((features[held][:, None] - means) ** 2).sum(2) / 40
    rows = np.arange(len(images))
    return Predictions(logits, images.labels, rows, images.classes, images.names, images.group)


def by_hand(p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Northcutt et al. 2021, eq. 1 to 4, picture by picture."""
    n, classes = p.shape
    threshold = [p[labels == k, k].mean() for k in range(classes)]
    counts = np.zeros((classes, classes))
    for row in range(n):
        sure = [k for k in range(classes) if p[row, k] >= threshold[k]]
        if sure:
            counts[labels[row], max(sure, key=lambda k: p[row, k])] += 1
    counts = counts / counts.sum(1, keepdims=True) * np.bincount(labels, minlength=classes)[:, None]
    return counts / counts.sum()


def test_joint_is_the_papers() -> None:
    draw = np.random.default_rng(0)
    p, labels = softmax(2 * draw.normal(size=(300, 5))), draw.integers(0, 5, 300)
    assert joint(p, labels).share == pytest.approx(by_hand(p, labels))


def test_weights_are_repetitions() -> None:
    draw = np.random.default_rng(1)
    p, labels, times = softmax(draw.normal(size=(80, 3))), draw.integers(0, 3, 80), draw.integers(1, 4, 80)
    repeated = joint(np.repeat(p, times, 0), np.repeat(labels, times))
    weighted = joint(p, labels, times.astype(float))
    assert weighted.share == pytest.approx(repeated.share)


def test_perfect_predictions_have_no_noise() -> None:
    labels = np.arange(60) % 3
    assert joint(np.eye(3)[labels] * 0.94 + 0.02, labels).noise == 0


@pytest.mark.parametrize("seed", range(3))
def test_flipped_labels_are_the_suspects(seed: int) -> None:
    images, features = cloud(seed=seed)
    flipped = noise(images, rng(seed), share=0.1)
    (found,) = mislabelled(flipped, features, judged(flipped, features), 0)
    planted = set(np.flatnonzero(flipped.columns["planted"] == "noise"))
    first = found.rows[: len(planted)]
    assert np.mean([row in planted for row in first]) >= 0.95
    _, low, high = found.details["noise_rate"]
    assert low <= 0.1 <= high
    share, low, high = found.details["sure"]
    assert low <= share <= high <= 0.15
    assert found.severity == ("high" if low > 0.05 else "medium")
    right = [found.details["suggested"][k] == images.classes[images.labels[row]] for k, row in enumerate(first)]
    assert np.mean(right) >= 0.95
    assert found.details["given"] == [flipped.classes[flipped.labels[row]] for row in found.rows]
    assert sorted(found.details["scores"]) == found.details["scores"]


def test_hard_classes_are_not_called_wrong_labels() -> None:
    """Two classes that overlap raise the noise rate, but contradict few labels for certain."""
    images, features = cloud(800)
    features = features / 4 + 3 * np.random.default_rng(0).normal(size=features.shape).astype(np.float32)
    known = judged(images, features)
    assert known.right.mean() < 0.8
    (found,) = mislabelled(images, features, known, 0)
    assert found.details["noise_rate"][0] > 0.1
    assert found.severity == "medium"
    assert "nce_rce" not in found.fix


def test_severity_follows_what_is_sure() -> None:
    images, features = cloud()
    flipped = noise(images, rng(0), share=0.3)
    (found,) = mislabelled(flipped, features, judged(flipped, features), 0)
    assert found.severity == "high"
    assert "--loss nce_rce learns around so many" in found.fix
    (found,) = mislabelled(flipped, features, judged(flipped, features), 0, high=0.9)
    assert found.severity == "medium"


def test_clean_labels_raise_nothing_severe() -> None:
    images, features = cloud()
    found = mislabelled(images, features, judged(images, features), 0)
    assert not found or (found[0].severity == "medium" and len(found[0].rows) < 12)


def test_neighbours_help_weak_probabilities() -> None:
    images, features = cloud()
    flipped = noise(images, rng(0), share=0.1)
    planted = flipped.columns["planted"] == "noise"
    blurred = judged(flipped, features + 8 * np.random.default_rng(0).normal(size=features.shape))
    hits = []
    for neighbours in (0, 30):
        (found,) = mislabelled(flipped, features, blurred, 0, neighbours=neighbours)
        hits.append(planted[list(found.rows)[: planted.sum()]].mean())
    assert hits[1] > hits[0] + 0.05


def test_votes_leave_out_the_own_group() -> None:
    """A wrong label shared by all copies of a picture is not confirmed by them."""
    images, features = cloud(200)
    copies = np.r_[np.arange(200), np.zeros(6, int)]
    group = np.array([f"g{row}" for row in copies], dtype=object)
    labels = images.labels[copies].copy()
    wrong = (labels[0] + 1) % 4
    labels[copies == 0] = wrong
    share = votes(features[copies], labels, group, 4, 5, 0)
    assert share[0, wrong] < 0.2 < votes(features[copies], labels, np.full(206, "", object), 4, 5, 0)[0, wrong]


def test_groups_widen_the_interval() -> None:
    images, features = cloud(400)
    p = judged(images, features).probabilities
    labels = noise(images, rng(0), share=0.2).labels
    width = []
    for copies in (1, 4):
        group = np.array([f"g{row}" for row in np.tile(np.arange(400 // copies), copies)], dtype=object)
        rows = np.tile(np.arange(400 // copies), copies)
        rate = noise_rates(p[rows], labels[rows], group, 0, 300)[0]
        width.append(rate.high - rate.low)
    assert width[1] > 1.5 * width[0]


def test_each_class_has_a_rate_of_its_own() -> None:
    """Noise in one class of four: its interval holds it, those of the others stay low, and the sentence names it."""
    images, features = cloud(1200)
    labels = images.labels.copy()
    (own,) = np.nonzero(labels == 2)
    flipped = np.random.default_rng(0).choice(own, len(own) // 3, replace=False)
    labels[flipped] = 0
    moved = replace(images, labels=labels)
    (found,) = mislabelled(moved, features, judged(moved, features), 0)
    rates = found.details["noise_rate_of"]
    assert set(rates) == set(images.classes)
    truth = len(flipped) / (labels == 0).sum()
    value, low, high = rates["c0"]
    assert low - 0.02 <= truth <= high + 0.02  # means drawn aside by the noise itself see a little less of it
    assert max(rates[name][0] for name in ("c1", "c2", "c3")) < 0.05
    assert f"Of those called 'c0': {100 * value:.1f} %" in found.why


def test_rates_of_classes_make_up_the_whole() -> None:
    draw = np.random.default_rng(3)
    p, labels = softmax(2 * draw.normal(size=(300, 4))), draw.integers(0, 4, 300)
    whole, *each = joint(p, labels).shares
    assert whole == pytest.approx(joint(p, labels).noise)
    assert np.bincount(labels) / 300 @ np.array(each) == pytest.approx(whole)


@pytest.mark.parametrize("uneven", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_labels_that_have_nothing_to_do_with_pictures_are_said_to(seed: int, uneven: bool) -> None:
    images, features = cloud(500, seed=seed)
    chances = [0.85, 0.05, 0.05, 0.05] if uneven else [0.25] * 4
    shuffled = replace(images, labels=np.random.default_rng(seed).choice(4, 500, p=chances))
    (found,) = mislabelled(shuffled, features, judged(shuffled, features), 0)
    assert found.kind == "labels without information"
    assert (found.severity, found.rows) == ("high", ())
    assert "carry no information" in found.why
    low, high = found.details["right"][1:]
    assert low - 0.05 < found.details["chance"] < high + 0.05


def test_much_noise_is_still_more_than_nothing() -> None:
    """With 60 % of labels flipped among four classes they still say something: 40 % right, 20 % each of the others."""
    images, features = cloud(800)
    flipped = noise(images, rng(0), share=0.6)
    (found,) = mislabelled(flipped, features, judged(flipped, features), 0)
    assert found.kind == "wrong label"
    assert found.details["noise_rate"][0] > 0.45


def test_signal_by_hand_and_by_groups() -> None:
    p, labels = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]]), np.array([0, 1, 1, 0])
    blank = np.full(4, "", object)
    assert signal(p, labels, blank).value == pytest.approx((0.9 + 0.8 + 0.4 + 0.7) / 4 - 0.5)
    draw = np.random.default_rng(0)
    p, labels = softmax(draw.normal(size=(100, 2))), draw.integers(0, 2, 100)
    rows = np.tile(np.arange(25), 4)
    wide, narrow = (signal(p[rows], labels[rows], group) for group in (rows.astype(str), np.full(100, "", object)))
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_rows_are_those_of_the_images() -> None:
    images, features = cloud(300)
    flipped = noise(images, rng(0), share=0.1)
    some = np.arange(100, 300)
    (found,) = mislabelled(flipped, features, judged(flipped, features).take(some), 0)
    assert min(found.rows) >= 100
    (split,) = found.details["per_split"].values()
    assert split == [len(found.rows), 200]


def test_without_predictions_or_classes_nothing_is_said() -> None:
    images, features = cloud(50, 2)
    assert mislabelled(images, features, None, 0) == []
    known = judged(images, features)
    assert mislabelled(images, features, known.take(np.flatnonzero(known.labels == 0)), 0) == []


def test_axes_and_neighbours_against_numpy() -> None:
    draw = np.random.default_rng(0)
    points = (draw.normal(size=(300, 40)) * np.linspace(5, 0.5, 40)).astype(np.float32)
    found, variance = axes(points, 5, rng(0))
    exact = np.linalg.eigh(np.cov(points.T, bias=True))
    assert variance == pytest.approx(exact[0][::-1][:5], rel=1e-3)
    assert np.abs((found * exact[1][:, ::-1][:, :5]).sum(0)) == pytest.approx(np.ones(5), abs=1e-2)
    unit = directions(points, np.arange(300), rng(0), 40)
    rows, near = nearest(unit, np.arange(300), 4, np.arange(300) // 2)
    cosine = unit @ unit.T
    cosine[np.arange(300)[:, None] // 2 == np.arange(300) // 2] = -2
    assert np.sort(near, 1) == pytest.approx(np.sort(cosine, 1)[:, -4:])
    assert np.take_along_axis(cosine, rows, 1) == pytest.approx(near)


def test_a_first_label_is_suspected_and_a_second_look_is_not() -> None:
    images, features = cloud()
    wrong = np.arange(0, 600, 40)
    labels = images.labels.copy()
    labels[wrong] = (labels[wrong] + 1) % 4
    marks = np.full(600, "labelled", object)
    marks[wrong[:5]] = "confirmed"
    images = replace(images, labels=labels, columns={"overlay": marks})
    found = mislabelled(images, None, judged(images, features), 0)[0]
    assert set(wrong[5:]) <= set(found.rows)
    assert not set(wrong[:5]) & set(found.rows)


def several(flipped: int, seed: int = 0) -> tuple[Images, Several, set[int]]:
    """Three labels of which scores know much, and the rows where one answer was turned round."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 2, (400, 3)).astype(np.int8)
    logits = np.where(truth == 1, 3.0, -3.0) + draw.normal(size=truth.shape)
    rows, column = draw.choice(400, flipped, replace=False), draw.integers(0, 3, flipped)
    targets = truth.copy()
    targets[rows, column] ^= 1
    images = replace(
        Images.of([b""] * 400, ["a"] * 400), labels=np.full(400, -1), targets=targets, classes=tuple("abc")
    )
    none = np.full(400, "", object)
    said = Several(logits, np.full(400, -1), np.arange(400), images.classes, images.names, none, targets=targets,
                   thresholds=np.full(3, 0.5))  # fmt: skip
    return images, said, set(rows.tolist())


def test_answers_of_several_labels_are_suspected_one_by_one() -> None:
    images, said, flipped = several(20)
    found = mislabelled(images, None, said, 0)[0]
    assert set(found.rows[:20]) == flipped
    assert found.details["noise_rate"][1] < 20 / 1200 < found.details["noise_rate"][2]
    for row, given, suggested in zip(found.rows[:20], found.details["given"], found.details["suggested"], strict=False):
        before, after = ({word for word in text.split(";") if word} for text in (given, suggested))
        assert len(before ^ after) == 1, "one answer is turned back"
        assert before == {name for name, has in zip("abc", images.targets[row], strict=True) if has == 1}
    clean, sure, _ = several(0)
    assert mislabelled(clean, None, sure, 0) == [], "no false alarm where nothing is wrong"
