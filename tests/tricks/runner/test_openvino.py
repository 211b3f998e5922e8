"""A bundle by OpenVINO, from its own format and from ONNX."""

from pathlib import Path

import numpy as np
import pytest

from linne.core.decode import prepare
from linne.core.errors import RunError
from linne.core.lookup import find
from linne.engine.bundle import Bundle


def test_reads_both_formats(shipped: tuple[Path, Path]) -> None:
    held = {name: (shipped[1] / name).read_bytes() for name in ("model.xml", "model.bin", "model.onnx")}
    squares = np.random.default_rng(1).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    own = find("runner", "openvino")({name: held[name] for name in ("model.xml", "model.bin")}, "prepared")(squares)
    foreign = find("runner", "openvino")({"model.onnx": held["model.onnx"]}, "prepared")(squares)
    for name in ("probabilities", "logits", "features"):
        assert own[name] == pytest.approx(foreign[name], abs=1e-5)


def test_a_document_type_is_refused() -> None:
    with pytest.raises(RunError, match="document type"):
        find("runner", "openvino")({"model.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><net/>', "model.bin": b""}, "pictures")


def test_bfloat16_leaves_what_comes_before_the_network_alone(shipped: tuple[Path, Path]) -> None:
    """A resize in bfloat16 had most values wrong; in float32 a whole picture is what was prepared outside."""
    bundle = Bundle(shipped[1])
    held = {name: bundle.content(name) for name in ("model.xml", "model.bin")}
    pixels = np.random.default_rng(2).integers(0, 256, (60, 9, 3), dtype=np.uint8)
    whole, square = (find("runner", "openvino")(held, entry, precision="bf16") for entry in ("pictures", "prepared"))
    found, wanted = whole(pixels[None])["features"], square(prepare(pixels, bundle.geometry)[None])["features"]
    assert np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max()
