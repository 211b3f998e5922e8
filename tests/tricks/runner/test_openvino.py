"""A bundle by OpenVINO, from its own format and from ONNX."""

from pathlib import Path

import numpy as np
import pytest

from linne.core.errors import RunError
from linne.core.lookup import find


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
