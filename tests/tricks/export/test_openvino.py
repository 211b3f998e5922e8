"""OpenVINO's own format, read by OpenVINO itself."""

from pathlib import Path

import numpy as np
import openvino
import pytest

from linne.core.errors import OptionError
from linne.core.lookup import find


def test_one_input_named_outputs_any_size(shipped: tuple[Path, Path]) -> None:
    model = openvino.Core().read_model(shipped[1] / "model.xml")
    assert [port.get_any_name() for port in model.inputs] == ["pictures"]
    assert {"probabilities", "logits", "set", "unknown", "features"} == {
        name for port in model.outputs for name in port.get_names() if "/" not in name and ":" not in name
    }
    compiled = openvino.Core().compile_model(model, "CPU")
    for high, wide in ((40, 55), (200, 31)):
        found = compiled({0: np.zeros((1, high, wide, 3), np.uint8)})
        assert np.asarray(found["probabilities"]).sum() == pytest.approx(1, abs=1e-5)


def test_a_precision_that_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"has no float8: it has float32, float16"):
        find("export", "openvino(precision=float8)")(None, tmp_path)
