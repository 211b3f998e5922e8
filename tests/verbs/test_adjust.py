"""A finished run, evaluated and asked as if its classes were all as common."""

from pathlib import Path

import numpy as np
import pytest

import linne
from linne.core.errors import OptionError
from linne.core.predictions import softmax
from tests.conftest import write_folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """photos/ with 24 discs, 8 bars and 4 crosses to learn from; new/ with ten of each."""
    root = tmp_path_factory.mktemp("adjust")
    for shape, each in (("disc", 24), ("bars", 8), ("cross", 4)):
        write_folder(root / "photos" / "train", each, shapes=(shape,))
    write_folder(root / "photos" / "test", 6, start=100)
    write_folder(root / "new", 10, start=300)
    return root


@pytest.fixture(scope="module")
def run(place: Path) -> linne.Run:
    return linne.train(place / "photos", out=place / "run")


def test_probabilities_are_divided_by_the_learning_shares(run: linne.Run, place: Path) -> None:
    plain, evened = (linne.predict(run, place / "new", adjust=tau).probabilities for tau in (0.0, 1.0))
    kept = run.images().to_pylist()
    learned = [row["label"] for row in kept if row["split"] == "train" and row["kept"]]
    shares = np.array([learned.count(name) for name in run.classes], float)
    assert sorted(shares) == [4, 8, 24]
    wanted = plain / shares
    np.testing.assert_allclose(evened, wanted / wanted.sum(1, keepdims=True), rtol=1e-6)
    half = linne.predict(run, place / "new", adjust=0.5).probabilities
    np.testing.assert_allclose(half, softmax(np.log(plain) - 0.5 * np.log(shares)), rtol=1e-6)


def test_the_table_on_disk_says_the_same(run: linne.Run, place: Path) -> None:
    linne.predict(run, place / "new", adjust=1.0, out=place / "answers.csv")
    lines = [line.split(",") for line in (place / "answers.csv").read_text(encoding="utf-8").splitlines()[1:]]
    found = np.array([line[3:] for line in lines], float)
    np.testing.assert_allclose(found, linne.predict(run, place / "new", adjust=1.0).probabilities, atol=1e-6)


def test_evaluate_says_so_and_rare_classes_are_called_more_often(run: linne.Run, place: Path) -> None:
    plain = linne.evaluate(run, place / "new", metric="balanced_accuracy")
    evened = linne.evaluate(run, place / "new", metric="balanced_accuracy", adjust=1.0)
    assert not any("adjusted" in note for note in plain["notes"])
    assert any("adjusted by 1 times" in note for note in evened["notes"])
    calls = [np.bincount(linne.predict(run, place / "new", adjust=tau).guesses, minlength=3) for tau in (0.0, 3.0)]
    disc = run.classes.index("disc")
    assert calls[1][disc] < calls[0][disc]


def test_a_negative_adjustment_is_refused(run: linne.Run, place: Path) -> None:
    with pytest.raises(OptionError, match="number from 0"):
        linne.predict(run, place / "new", adjust=-1.0)
