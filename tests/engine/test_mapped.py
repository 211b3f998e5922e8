"""The map: components as scikit-learn has them, neighbours as brute force has them, clusters apart, files checked."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA

import linne
from linne.core.errors import OptionError, RunError
from linne.engine.log import Log
from linne.engine.mapped import LANDMARKS, Mapped, components, laid_out, mark_of
from linne.verbs.map import map as mapping

DRAW = np.random.default_rng(0)
CENTRES = DRAW.normal(0, 6, (4, 100))
LABELS = np.repeat(np.arange(4), 60)
FEATURES = (CENTRES[LABELS] + DRAW.normal(0, 1, (240, 100))).astype(np.float32)


def test_components_are_those_of_another_library() -> None:
    unit = FEATURES / np.linalg.norm(FEATURES, axis=1, keepdims=True)
    truth = PCA(64, svd_solver="full").fit_transform(unit.astype(np.float64))
    truth /= np.linalg.norm(truth, axis=1, keepdims=True)
    found = components(FEATURES, np.arange(240), 0)
    assert found.shape == (240, 64)
    np.testing.assert_allclose(found @ found.T, truth @ truth.T, atol=1e-3)


def test_the_most_alike_are_the_nearest_by_brute_force() -> None:
    near = components(FEATURES, np.arange(240), 0).astype(np.float16)
    near[7] = np.nan
    made = Mapped(near, np.zeros((240, 2), np.float32), "")
    rows, scores = made.like(3, 20)
    wide = near.astype(np.float64)
    truth = [k for k in np.argsort(-np.nan_to_num(wide @ wide[3], nan=-9), kind="stable") if k not in (3, 7)][:20]
    assert set(rows.tolist()) == set(truth)
    assert (np.diff(scores) <= 0).all()
    assert (LABELS[rows] == LABELS[3]).all()
    assert len(made.like(7, 5)[0]) == 0


@pytest.mark.parametrize("landmarks", [LANDMARKS, 100])
def test_what_is_alike_lies_together(landmarks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linne.engine.mapped.LANDMARKS", landmarks)
    points = components(FEATURES, np.arange(240), 0)
    place = laid_out(points, 0, Log(quiet=True))
    assert abs(place).max() <= 1
    apart = np.linalg.norm(place[:, None] - place[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (LABELS[np.argsort(apart, axis=1)[:, :5]] == LABELS[:, None]).mean() > 0.97
    np.testing.assert_array_equal(place, laid_out(points, 0, Log(quiet=True)))


def test_a_command_writes_it_and_nothing_else_is_taken_for_one(photos: Path, tmp_path: Path) -> None:
    told = mapping(photos, out=tmp_path / "m.npz")
    made = Mapped.load(tmp_path / "m.npz")
    assert (told.pictures, told.read, len(made)) == (36, 36, 36)
    assert made.mark == mark_of(linne.load(photos).names)
    (tmp_path / "n.npz").write_bytes(b"no map")
    with pytest.raises(RunError, match="is no map"):
        Mapped.load(tmp_path / "n.npz")
    with pytest.raises(OptionError, match="npz"):
        mapping(photos, out=tmp_path / "m.csv")
