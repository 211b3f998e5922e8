from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from linne.core.finding import Finding
from linne.engine import cache, memo


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LINNE_CACHE", str(tmp_path))
    return tmp_path


def counted(value: object) -> tuple[Callable[[], object], list[int]]:
    calls: list[int] = []

    def compute() -> object:
        calls.append(1)
        return value

    return compute, calls


def test_findings_are_the_same_fresh_and_kept() -> None:
    found = [Finding((2, 1), "k", "low", "why", "fix", ("a",), {"scores": np.array([1.5, np.nan]), 3: (1, 2)})]
    compute, calls = counted(found)
    fresh, kept = (memo.findings("some", "key", compute) for _ in range(2))  # type: ignore[arg-type]
    assert fresh == kept
    assert fresh[0].details == {"scores": [1.5, None], "3": [1, 2]}
    assert fresh[0].rows == (2, 1)
    assert fresh[0].files == ("a",)
    assert len(calls) == 1


def test_a_damaged_result_is_computed_again(home: Path) -> None:
    compute, calls = counted({"a": np.arange(5.0), "b": np.array("words")})
    for damage in (b"", b"PK\x03\x04 not a zip", None):
        found = memo.arrays("some", "key", compute)  # type: ignore[arg-type]
        np.testing.assert_array_equal(found["a"], np.arange(5.0))
        assert str(found["b"]) == "words"
        if damage is not None:
            (home / "results" / "some" / "key.npz").write_bytes(damage)
    assert len(calls) == 3
    whole = (home / "results" / "some" / "key.npz").read_bytes()
    place = whole.index(np.arange(5.0).tobytes())
    (home / "results" / "some" / "key.npz").write_bytes(whole[:place] + b"\7" + whole[place + 1 :])
    np.testing.assert_array_equal(memo.arrays("some", "key", compute)["a"], np.arange(5.0))  # type: ignore[arg-type]
    assert len(calls) == 4
    assert [part.name for part in cache.parts()] == ["results/some"]


def test_a_key_is_everything_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.arange(4)
    keys = [
        memo.digest(array), memo.digest(array.reshape(2, 2)), memo.digest(array.astype("i4")), memo.digest(array, None),
        memo.digest(None, array), memo.digest("a", "b"), memo.digest("ab"), memo.digest(1), memo.digest("1"),
        memo.digest(np.array(["a", "b"], object)), memo.digest(np.array(["ab"], object)), memo.digest(np.zeros(0)),
    ]  # fmt: skip
    assert len(set(keys)) == len(keys)
    assert memo.digest(array, "x") == memo.digest(array.copy(), "x")
    monkeypatch.setattr(memo, "_code", lambda: "other code")
    assert memo.digest(array) not in keys
