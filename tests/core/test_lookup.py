import importlib.metadata
import sys

import numpy as np
import pytest

from linne.core import lookup
from linne.core.errors import OptionError
from linne.core.rng import rng


def test_a_trick_is_its_file() -> None:
    from linne.tricks.augment.noise import noise

    assert lookup.find("augment", "noise") is noise
    assert {"flip", "rotate", "noise"} <= set(lookup.names("augment"))
    assert not any(name.startswith("_") for kind in lookup.kinds() for name in lookup.names(kind))


def test_options_are_bound_by_name_and_by_place() -> None:
    image = np.full((8, 8, 3), 100, np.uint8)
    for spec in ("noise(std=0.0)", "noise(0.0)"):
        np.testing.assert_array_equal(
            lookup.offer(lookup.find("augment", spec), image=image, rng=rng(0), size=8), image
        )


@pytest.mark.parametrize(
    ("kind", "spec", "said"),
    [
        ("augment", "rotat(15)", "Did you mean 'rotate'?"),
        ("augment", "rotate(degree=15)", "Did you mean 'degrees'?"),
        ("augment", "rotate(1, 2)", "at most 1"),
        ("augment", "rotate(1, degrees=2)", "twice"),
        ("augmet", "rotate", "Did you mean 'augment'?"),
        ("augment", "flip,rotate", "takes one trick"),
    ],
)
def test_what_is_misspelt_names_the_nearest(kind: str, spec: str, said: str) -> None:
    with pytest.raises(OptionError) as caught:
        lookup.find(kind, spec)
    assert said in str(caught.value)


def test_callables_are_themselves() -> None:
    assert lookup.find("augment", np.flip) is np.flip


def test_listing_imports_nothing() -> None:
    sys.modules.pop("linne.tricks.augment.flip", None)
    line, options = lookup.describe("augment", "flip")
    assert line.startswith("flip: ")
    assert options == [("p", "0.5"), ("vertical", "False"), ("alternate", "False")]
    assert "linne.tricks.augment.flip" not in sys.modules


def test_other_packages_add_tricks_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    point = importlib.metadata.EntryPoint("upside", "numpy:flipud", "linne.tricks.augment")
    monkeypatch.setattr(lookup, "_points", lambda kind: (point,) if kind == "augment" else ())
    lookup.names.cache_clear()
    try:
        assert "upside" in lookup.names("augment")
        assert lookup.find("augment", "upside") is np.flipud
    finally:
        lookup.names.cache_clear()
