"""OpenVINO's own format, read by OpenVINO itself."""

from pathlib import Path
from typing import Any

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


@pytest.mark.parametrize("few", [True, False])
def test_distances_hold_where_float32_is_all_that_there_is(few: bool) -> None:
    """Of fewer pictures than features the inverse covariance is held as what it lacks of a ball's: it cancelled."""
    import torch

    from linne.core.predictions import Predictions

    rng = np.random.default_rng(0)
    n, width = (60, 200) if few else (400, 40)
    labels = np.arange(n) % 3
    features = (rng.normal(size=(n, 12)) @ rng.normal(size=(12, width)) + 30 + labels[:, None]).astype(np.float32)
    said = Predictions(rng.normal(size=(n, 3)), labels, np.arange(n), ("a", "b", "c"), np.arange(n).astype(str), labels)
    new = (features[:20] + rng.normal(size=(20, width))).astype(np.float32)
    for name in ("mahalanobis", "rmds"):
        score = find("unknown", name)(said, features.astype(np.float64))

        class Traced(torch.nn.Module):
            def forward(self, x: torch.Tensor, score: object = score) -> torch.Tensor:
                return score.traced(x.double()[:, :3], x.double()).float()  # type: ignore[attr-defined]

        given = torch.from_numpy(new)
        program = torch.export.export(Traced(), (given,), dynamic_shapes=({0: torch.export.Dim("n", min=1, max=99)},))
        hints = {"INFERENCE_PRECISION_HINT": "f32"}
        found = openvino.Core().compile_model(openvino.convert_model(program), "CPU", hints)({0: new})[0]
        wanted = score(np.zeros((20, 3)), new)
        assert np.abs(found - wanted).max() < 1e-3 * np.ptp(wanted)


def test_half_the_weights_and_a_score_of_strangeness_that_holds(
    exported_parts: Any, shipped: tuple[Path, Path], tmp_path: Path
) -> None:
    find("export", "openvino(precision=float16)")(exported_parts, tmp_path)
    said = []
    for folder in (tmp_path, shipped[1]):
        compiled = openvino.Core().compile_model(folder / "model.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        pictures = np.random.default_rng(0).integers(0, 256, (8, 50, 60, 3), dtype=np.uint8)
        said.append(np.array(compiled({0: pictures})["unknown"]))
    assert (tmp_path / "model.bin").stat().st_size < 0.6 * (shipped[1] / "model.bin").stat().st_size
    assert np.abs(said[0] - said[1]).max() < 0.02 * np.ptp(said[1])
