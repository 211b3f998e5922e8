"""imbalance: counts by hand."""

from dataclasses import replace

import numpy as np
import pytest

from linne.core.finding import Finding
from linne.core.images import Images
from linne.tricks.check.imbalance import imbalance


def of(*labels: str | None, **rest) -> Images:
    return Images.of([b""] * len(labels), list(labels), **rest)


def kinds(images: Images, **options) -> dict[str, Finding]:
    return {one.kind: one for one in imbalance(images, **options)}


def test_even_classes_are_fine() -> None:
    assert imbalance(of(*["a"] * 20, *["b"] * 12)) == []


@pytest.mark.parametrize(("many", "severity"), [(30, None), (40, "low"), (400, "medium")])
def test_ratio_decides(many: int, severity: str | None) -> None:
    found = kinds(of(*["a"] * many, *["b"] * 12))
    assert found["imbalance"].severity == severity if severity else not found
    if severity:
        assert found["imbalance"].details["ratio"] == pytest.approx(many / 12)
        assert found["imbalance"].details["table"][0] == {"class": "a", "n": many}


def test_one_picture_and_few_pictures_a_class() -> None:
    found = kinds(of(*["a"] * 20, "b", *["c"] * 4), uneven=100)
    assert {kind: one.rows for kind, one in found.items()} == {
        "single pictures": (20,),
        "few pictures": (21, 22, 23, 24),
    }
    assert found["single pictures"].severity == "high"


def test_copies_are_no_independent_pictures() -> None:
    group = np.array([""] * 20 + ["same"] * 15, dtype=object)
    assert kinds(of(*["a"] * 20, *["b"] * 15, group=group))["single pictures"].details["classes"] == ["b"]


def test_empty_classes_and_missing_labels_once() -> None:
    images = of(*["a"] * 12, *["b"] * 12, None, classes=["a", "b", "z"])
    found = kinds(images)
    assert found["empty classes"].details["classes"] == ["z"]
    assert found["no label"].rows == (24,)
    said = tuple(Finding((), kind, "low", "", "") for kind in ("empty classes", "no class folder"))
    assert imbalance(replace(images, findings=said)) == []
