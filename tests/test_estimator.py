import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from linne import ImageClassifier
from linne.core.errors import InputError
from linne.core.facts import FACT, THUMB, Facts
from linne.core.images import Images
from linne.core.measure import content_hash
from linne.estimator import Refused
from tests.conftest import draw


@pytest.fixture(scope="module")
def pictures() -> tuple[np.ndarray, np.ndarray]:
    """24 pictures (24, 96, 96, 3) of two shapes and their names."""
    shapes = np.array(["disc", "cross"] * 12)
    return np.stack([draw(shape, seed) for seed, shape in enumerate(shapes)]), shapes


@pytest.fixture(scope="module")
def fitted(pictures: tuple[np.ndarray, np.ndarray]) -> ImageClassifier:
    return ImageClassifier().fit(*pictures)


class Rows(ImageClassifier):
    """ImageClassifier with rows of a matrix in place of pictures, for scikit-learn's checks: only `_see` differs."""

    def _see(self, X: Any, settings: dict[str, Any]) -> tuple[Images, np.ndarray, Facts]:
        rows = np.asarray(X, np.float32)
        if rows.ndim != 2:
            raise InputError(f"rows are (n, width), got shape {rows.shape}. Reshape your data.")
        table = np.zeros(len(rows), FACT)
        table["width"] = table["height"] = 96
        table["hash"] = [content_hash(row.tobytes()) for row in rows]
        noise = [np.random.default_rng(list(mark.tobytes())) for mark in table["hash"]]
        thumbs = np.array([each.integers(0, 256, (THUMB, THUMB), np.uint8) for each in noise]).reshape(-1, THUMB, THUMB)
        small = np.array([each.integers(0, 256, (8, 8, 3), np.uint8) for each in noise]).reshape(-1, 8, 8, 3)
        return Images.of(list(rows)), rows, Facts(table, thumbs, small)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.three_d_array = tags.input_tags.string = False
        return tags


NOT_FOR_PICTURES = {
    "check_n_features_in": "pictures have no columns to count",
    "check_n_features_in_after_fitting": "pictures have no columns to count",
    "check_estimators_empty_data_messages": "wants 'no columns' named; empty X and y are refused, see below",
    "check_estimators_nan_inf": "wants 'NaN' named; numbers become pixels in decode, and the head refuses what is left",
    "check_estimator_sparse_tag": "wants sparse matrices named; no picture is sparse; refused, see below",
    "check_estimator_sparse_array": "wants sparse matrices named; no picture is sparse",
    "check_estimator_sparse_matrix": "wants sparse matrices named; no picture is sparse",
}
"""Why these of scikit-learn's checks cannot pass; that each still fails is checked too (xfail is strict)."""


@parametrize_with_checks([Rows()], expected_failed_checks=lambda _: NOT_FOR_PICTURES)
def test_scikit_learn_s_own_checks(estimator: Any, check: Any) -> None:
    check(estimator)


def test_every_exception_names_a_check() -> None:
    names = {getattr(check, "func", check).__name__ for _, check in estimator_checks_generator(Rows())}
    assert set(NOT_FOR_PICTURES) < names
    assert len(names) > 40


def test_predicts_what_it_was_shown(fitted: ImageClassifier, pictures: tuple[np.ndarray, np.ndarray]) -> None:
    images, shapes = pictures
    assert fitted.classes_.tolist() == ["cross", "disc"]
    assert fitted.score(images, shapes) > 0.9
    shares = fitted.predict_proba(images)
    np.testing.assert_allclose(shares.sum(1), 1)
    np.testing.assert_array_equal(fitted.classes_[shares.argmax(1)], fitted.predict(images))
    assert fitted.decision_function(images).shape == (24,)


def test_paths_pil_and_arrays_are_the_same_pictures(
    fitted: ImageClassifier, pictures: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    images = pictures[0][:4]
    paths = [tmp_path / f"{place}.png" for place in range(4)]
    for path, image in zip(paths, images, strict=True):
        Image.fromarray(image).save(path)
    expected = fitted.predict_proba(images)
    for given in (paths, [str(path) for path in paths], [Image.fromarray(i) for i in images], list(images)):
        np.testing.assert_allclose(fitted.predict_proba(given), expected, atol=1e-5)


def test_works_in_scikit_learn_s_own_machinery(pictures: tuple[np.ndarray, np.ndarray]) -> None:
    images, shapes = pictures
    assert np.mean(cross_val_score(ImageClassifier(folds=2), images, shapes, cv=3)) > 0.8
    groups = np.arange(24) // 4
    search = GridSearchCV(ImageClassifier(folds=2), {"resize": ["crop", "squash"]}, cv=GroupKFold(2))
    search.fit(images, shapes, groups=groups)
    assert search.best_params_["resize"] in ("crop", "squash")
    twin = clone(ImageClassifier(seed=3, metric="macro_f1"))
    assert twin.get_params()["seed"] == 3
    assert twin.set_params(seed=4).seed == 4


def test_labels_may_be_numbers(pictures: tuple[np.ndarray, np.ndarray]) -> None:
    images, shapes = pictures
    numbers = np.where(shapes == "disc", 10, 2)
    found = ImageClassifier().fit(images, numbers)
    assert found.classes_.tolist() == [2, 10]
    assert found.predict(images[:2]).tolist() == numbers[:2].tolist()


def test_travels_and_keeps_what_it_was_fitted_with(
    fitted: ImageClassifier, pictures: tuple[np.ndarray, np.ndarray]
) -> None:
    images = pictures[0][:6]
    twin = pickle.loads(pickle.dumps(fitted))  # noqa: S301
    twin.set_params(size=64, resize="squash")
    np.testing.assert_array_equal(twin.predict_proba(images), fitted.predict_proba(images))


def test_of_two_classes_the_decision_is_one_number(
    fitted: ImageClassifier, pictures: tuple[np.ndarray, np.ndarray]
) -> None:
    decision, shares = fitted.decision_function(pictures[0]), fitted.predict_proba(pictures[0])
    np.testing.assert_allclose(1 / (1 + np.exp(-decision)), shares[:, 1], atol=1e-12)


def test_a_class_of_one_picture_is_learned_but_not_judged() -> None:
    rows = np.random.default_rng(0).normal(size=(11, 4)) + np.repeat([0, 9, -9], [5, 5, 1])[:, None]
    found = Rows().fit(rows, np.repeat(["a", "b", "rare"], [5, 5, 1]))
    assert found.predict_proba(rows)[:, 2].argmax() == 10
    assert "rare" in found.head_.notes[-1]
    with pytest.raises(ValueError, match="2 of its 3 classes once"):
        Rows().fit(rows[:7], ["a"] * 5 + ["b", "c"])


def test_duplicates_and_given_groups_stay_together() -> None:
    rows = np.random.default_rng(0).normal(size=(12, 4))
    rows[3] = rows[0]
    found = Rows().fit(rows, ["a", "b"] * 6, groups=[0, 1, 2, 3, 4, 4, *range(6, 12)])
    group = found.oof_.group
    assert group[0] == group[3] != ""
    assert group[4] == group[5] != ""
    assert (group[[1, 2, *range(6, 12)]] == "").all()


def test_an_empty_word_is_a_label() -> None:
    rows = np.random.default_rng(0).normal(size=(10, 4)) + np.repeat([0, 9], 5)[:, None]
    assert Rows().fit(rows, np.repeat(["", "b"], 5)).predict(rows).tolist() == [""] * 5 + ["b"] * 5


def test_mistakes_are_said(fitted: ImageClassifier, pictures: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    images, shapes = pictures
    with pytest.raises(NotFittedError):
        ImageClassifier().predict(images)
    with pytest.raises(NotFittedError):
        ImageClassifier().predict_proba(images)
    for empty in ([], np.zeros((0, 8, 8, 3), np.uint8)):
        with pytest.raises(ValueError, match=r"0 sample\(s\)"):
            ImageClassifier().fit(empty, [])
    with pytest.raises(ValueError, match="one class"):
        ImageClassifier().fit(images, ["disc"] * 24)
    with pytest.raises(Refused, match="csr_array"):
        fitted.predict(csr_array(np.eye(3)))
    with pytest.raises(ValueError, match="requires y"):
        ImageClassifier().fit(images, None)
    with pytest.raises(ValueError, match=r"inconsistent.*\[24, 23\]"):
        ImageClassifier().fit(images, shapes[1:])
    with pytest.raises(ValueError, match="Unknown label type"):
        ImageClassifier().fit(images, np.linspace(0, 1, 24))
    with pytest.raises(Refused, match=r"\(n, H, W\)"):
        fitted.predict(np.zeros((3, 7)))
    (tmp_path / "text.jpg").write_text("text")
    with pytest.raises(Refused, match=r"text\.jpg"):
        fitted.predict([tmp_path / "text.jpg"])
