import numpy as np
import pytest

from linne.core.rng import rng
from linne.tricks.augment import augmix as module
from linne.tricks.augment.augmix import augmix

IMAGE = np.random.default_rng(0).integers(0, 256, (20, 24, 3), np.uint8)


def test_weights_are_a_convex_mixture(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every operation black, what is left is 1 - b of the picture, b from Beta(1, 1); and depths are 1 to 3."""
    calls: list[int] = []
    monkeypatch.setattr(module, "apply", lambda image, *_, **__: calls.append(1) or image * 0)
    white = np.full((4, 4, 3), 255, np.uint8)
    left, depths = [], []
    for seed in range(600):
        calls.clear()
        left.append(augmix(white, rng(seed)).mean() / 255)
        depths.append(len(calls))
    assert abs(np.mean(left) - 0.5) < 4 / np.sqrt(12 * 600)
    assert np.var(left) == pytest.approx(1 / 12, rel=0.15)
    assert set(depths) == set(range(3, 10)), "three chains of 1 to 3"
    assert np.mean(depths) == pytest.approx(6, abs=0.25)


def test_chains_that_change_nothing_give_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """The weights sum to one: b of the mixture and 1 - b of the picture are the picture."""
    monkeypatch.setattr(module, "apply", lambda image, *_, **__: image)
    for seed in range(20):
        np.testing.assert_array_equal(augmix(IMAGE, rng(seed), width=5, alpha=0.5), IMAGE)


def test_what_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine operations, thirteen with `every`; magnitudes below the severity; all as likely."""
    seen: list[tuple[str, float]] = []
    monkeypatch.setattr(module, "apply", lambda image, name, value, *_, **__: seen.append((name, value)) or image)
    for every, count in ((False, 9), (True, 13)):
        seen.clear()
        for seed in range(300):
            augmix(IMAGE, rng(seed), depth=2, severity=4, every=every)
        names, counts = np.unique([name for name, _ in seen], return_counts=True)
        assert len(seen) == 300 * 3 * 2
        assert len(names) == count
        assert np.abs(counts - 1800 / count).max() < 4.5 * np.sqrt(1800 / count)
        turns = np.array([value for name, value in seen if name == "Rotate"])
        assert set(np.round(np.abs(turns)).astype(int)) == {0, 3, 7, 10}, "of 0, 3.3, ... 30 the first four"
        assert abs((turns[turns != 0] > 0).mean() - 0.5) < 0.2
