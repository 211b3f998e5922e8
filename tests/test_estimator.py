import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.utils.estimator_checks import estimator_checks_generator

from linne import ImageClassifier
from linne.core.errors import InputError
from tests.conftest import draw


@pytest.fixture(scope="module")
def pictures() -> tuple[np.ndarray, np.ndarray]:
    """24 pictures (24, 96, 96, 3) of two shapes and their names."""
    shapes = np.array(["disc", "cross"] * 12)
    return np.stack([draw(shape, seed) for seed, shape in enumerate(shapes)]), shapes


@pytest.fixture(scope="module")
def fitted(pictures: tuple[np.ndarray, np.ndarray]) -> ImageClassifier:
    return ImageClassifier().fit(*pictures)


def own_checks() -> list[Any]:
    """Those that apply to an estimator that takes no matrix; scikit-learn itself leaves the others out, with a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        return list(estimator_checks_generator(ImageClassifier()))


@pytest.mark.parametrize(("estimator", "check"), own_checks())
def test_scikit_learn_s_own_checks(estimator: Any, check: Any) -> None:
    check(estimator)


def test_scikit_learn_has_checks_for_it() -> None:
    assert len(own_checks()) >= 10


def test_predicts_what_it_was_shown(fitted: ImageClassifier, pictures: tuple[np.ndarray, np.ndarray]) -> None:
    images, shapes = pictures
    assert fitted.classes_.tolist() == ["cross", "disc"]
    assert fitted.score(images, shapes) > 0.9
    shares = fitted.predict_proba(images)
    np.testing.assert_allclose(shares.sum(1), 1)
    np.testing.assert_array_equal(fitted.classes_[shares.argmax(1)], fitted.predict(images))
    assert fitted.decision_function(images).shape == (24, 2)


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


def test_mistakes_are_said(fitted: ImageClassifier, pictures: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    images, shapes = pictures
    with pytest.raises(NotFittedError):
        ImageClassifier().predict(images)
    with pytest.raises(ValueError, match="requires y"):
        ImageClassifier().fit(images, None)
    with pytest.raises(ValueError, match="24 pictures and y 23"):
        ImageClassifier().fit(images, shapes[1:])
    with pytest.raises(ValueError, match="Unknown label type"):
        ImageClassifier().fit(images, np.linspace(0, 1, 24))
    with pytest.raises(InputError, match=r"\(n, H, W\)"):
        fitted.predict(np.zeros((3, 7)))
    (tmp_path / "text.jpg").write_text("text")
    with pytest.raises(InputError, match=r"text\.jpg"):
        fitted.predict([tmp_path / "text.jpg"])
