"""A lower precision moves answers; a wrong graph is told from it, and nothing states the difference away."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import linne
from linne.core.errors import RunError
from linne.engine import export
from linne.engine.allowed import CLOSE, MOST
from linne.engine.answering import gather
from linne.engine.bundle import Bundle
from linne.engine.verified import read_golden, said
from linne.engine.widened import _why, followed


@pytest.fixture(scope="module")
def planted(shipped: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle's graph, whose score is 2 % larger than it should be."""
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(shipped[1] / "model.onnx"))
    node = next(node for node in model.graph.node if "unknown" in node.output)
    node.output[list(node.output).index("unknown")] = "answers/right"
    model.graph.initializer.append(numpy_helper.from_array(np.array(1.02, np.float32), "answers/more"))
    model.graph.node.append(helper.make_node("Mul", ["answers/right", "answers/more"], ["unknown"], "answers/wrong"))
    out = tmp_path_factory.mktemp("planted") / "model.onnx"
    onnx.save(model, str(out))
    return out


def small(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every lower precision be this file."""

    def precise(parts: Any, answering: Any, to: str, precision: str, limit: float, aside: Path, log: Any) -> Any:
        shutil.copyfile(file, aside / "model.onnx")
        return {"format": to}

    monkeypatch.setattr(export, "precise", precise)
    monkeypatch.setattr(export, "sentence", lambda told: "")


def test_a_wrong_score_is_refused_and_nothing_is_left(
    shipped: tuple[Path, Path], planted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(planted, monkeypatch)
    said = (
        r"The bundle was not kept\. .*strangeness differs by 0\.0\d+ of its spread from what its own features give on"
    )
    for precision in ("float16", "int8"):
        with pytest.raises(RunError, match=said):
            linne.export(shipped[0], precision=precision, out=tmp_path / "bundle")
    assert not list(tmp_path.iterdir())


def test_a_right_one_is_kept_and_its_tolerance_is_what_was_measured(
    shipped: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(shipped[1] / "model.onnx", monkeypatch)
    linne.export(shipped[0], precision="float16", out=tmp_path / "bundle")
    told = Bundle(tmp_path / "bundle").config
    assert CLOSE < told["tolerance"] < 2 * CLOSE, "this one is float32"
    assert "unfit" not in told


def test_answers_follow_from_the_features_beside_them_to_the_last_bits(shipped: tuple[Path, Path]) -> None:
    answering, bundle = gather(shipped[0]), Bundle(shipped[1], "onnxruntime")
    pictures, told = read_golden(bundle)
    found = said(bundle, "pictures", pictures)
    apart, strange = followed(answering, found, told)
    assert max(apart, strange) < 1e-5
    moved = found | {"features": found["features"] + np.float32(0.05)}
    assert followed(answering, moved, told)[1] > MOST["int8"].own


def test_what_moves_too_far_is_named_and_what_is_no_number_is_too_far() -> None:
    assert not _why("int8", (0.3, 0.1), (1e-6, 1e-6))
    assert "probabilities differ by up to 0.3 on the golden pictures, and 0.05 is" in _why("float16", (0.3, 0), (0, 0))
    assert "0.25 is the most that bfloat16 does" in _why("bfloat16", (0.1, 0.6), (0, 0))
    assert "from what their own features give" in _why("int8", (0.3, 0.1), (float("nan"), 0))
