"""Episodes: what is drawn, what is counted, and what fewer classes or pictures than asked for come to."""

import numpy as np
import pytest
from scipy.stats import norm

from linne.core.errors import InputError, OptionError
from linne.core.rng import rng
from linne.engine.episodes import Asked
from linne.engine.episodes import episodes as judged_by
from linne.tricks.classic.prototypes import prototypes


def episodes(features, labels, group=None, learner="prototypes", seed=0, **asked):
    return judged_by(features, labels, group, asked=Asked(**asked), learner=learner, seed=seed)


def clouds(each=12, k=8, d=6, spread=1.0):
    draw = rng(0, "episodes")
    labels = np.repeat(np.arange(k), each)
    return (draw.normal(size=(k, d))[labels] * spread + draw.normal(size=(k * each, d))).astype(np.float32), labels


def test_clear_classes_are_always_named_and_noise_is_at_chance():
    features, labels = clouds(spread=100)
    assert (episodes(features, labels, count=30).accuracy == 1).all()
    noise = rng(1).normal(size=(400, 10)).astype(np.float32)
    found = episodes(noise, np.repeat(np.arange(10), 40), ways=4, count=300)
    assert abs(found.value - 0.25) < 2 * found.half
    assert found.half < 0.02


def test_the_interval_is_a_mean_s():
    features, labels = clouds()
    found = episodes(features, labels, count=100)
    low, high = norm.interval(0.95, found.accuracy.mean(), found.accuracy.std(ddof=1) / 10)
    told = found.as_dict()
    assert told["low"] == pytest.approx(low)
    assert told["high"] == pytest.approx(high)
    assert f"5-way 1-shot accuracy {100 * found.value:.2f} %" in found.text()


def test_an_episode_is_what_it_says(monkeypatch):
    """As many pictures of as many classes, none of them twice; the learner is the one that was asked for."""
    seen = []

    class spy(prototypes):
        def __init__(self, features, targets, **options):
            seen.append((features.ravel(), targets))
            super().__init__(features, targets, **options)

        def scores(self, features):
            seen[-1] += (features.ravel(),)
            return super().scores(features)

    monkeypatch.setattr("linne.engine.episodes.find", lambda kind, spec: spy)
    labels = np.repeat(np.arange(7), 9)
    number = np.arange(63, dtype=np.float32)[:, None]
    found = episodes(number, labels, ways=3, shots=2, queries=4, count=30)
    assert found.queries == 4
    drawn = set()
    for learn, targets, judged in seen:
        assert targets.tolist() == [0, 0, 1, 1, 2, 2]
        rows = np.concatenate([learn, judged]).astype(int)
        assert len(set(rows)) == 18
        assert (labels[judged.astype(int)].reshape(3, 4)[:, 0] == labels[learn.astype(int)].reshape(3, 2).T).all()
        drawn |= set(rows)
    assert len(drawn) == 63, "every picture has its turn"


def test_one_picture_of_a_group():
    """Copies of a picture would name each other: with groups an episode has one of them."""
    base = rng(2).normal(size=(40, 10)).astype(np.float32)
    features, labels = np.repeat(base, 4, axis=0), np.repeat(np.arange(4), 40)
    group = np.repeat(np.arange(40), 4).astype(str).astype(object)
    assert episodes(features, labels, ways=2, count=200).value > 0.54
    assert abs(episodes(features, labels, group, ways=2, count=200).value - 0.5) < 0.05


def test_a_small_class_gives_fewer_to_name():
    features, labels = clouds(4)
    assert episodes(features, labels, shots=3, count=30).queries == 1
    assert np.array_equal(*(episodes(features, labels, count=30, seed=5).accuracy for _ in range(2)))


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ({"ways": 9}, InputError, "9-way episodes need 9 classes, and there are 8. Give --ways 8"),
        ({"shots": 12}, InputError, "5 classes with 13 pictures or more.*; 0 have so many"),
        ({"ways": 1}, OptionError, "2 or more"), ({"shots": 0}, OptionError, "1 or more"),
        ({"count": 5}, OptionError, "30 or more"), ({"learner": "prototype"}, OptionError, "Did you mean 'prototypes'"),
    ],
)  # fmt: skip
def test_what_cannot_be_says_so(asked, error, said):
    features, labels = clouds()
    with pytest.raises(error, match=said):
        episodes(features, labels, **asked)
