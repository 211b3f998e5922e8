"""A bundle by ONNX Runtime: both entries give the same answers."""

from pathlib import Path

import numpy as np
import pytest

from linne.core.decode import prepare
from linne.core.errors import RunError
from linne.core.lookup import find
from linne.engine.bundle import Bundle


def test_entered_at_either_place(shipped: tuple[Path, Path]) -> None:
    held = {"model.onnx": (shipped[1] / "model.onnx").read_bytes()}
    pixels = np.random.default_rng(1).integers(0, 256, (70, 90, 3), dtype=np.uint8)
    square = prepare(pixels, Bundle(shipped[1]).geometry)
    whole, inside = (find("runner", "onnxruntime")(held, entry) for entry in ("pictures", "prepared"))
    first, second = whole(pixels[None]), inside(square[None])
    assert set(first) == set(second)
    for name in first:
        assert np.array_equal(first[name], second[name])


def test_what_is_no_model() -> None:
    with pytest.raises(RunError, match="no ONNX file"):
        find("runner", "onnxruntime")({"model.onnx": b"not a model at all"}, "pictures")
