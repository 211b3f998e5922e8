"""What a lower precision costs: measured on pictures that did not calibrate, refused beyond the limit."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linne.core.errors import OptionError
from linne.core.run import Run
from linne.engine import precise
from linne.engine.answering import gather
from linne.engine.log import Log


class Fake:
    """What exporters are given, and how many layers the last one kept."""

    kept: list[str]


def test_who_chooses_and_who_judges_are_no_learning_pictures(shipped: tuple[Path, Path]) -> None:
    answering = gather(shipped[0])
    choosing, judging = precise.judges(answering)
    table = Run(shipped[0]).images()
    count = {split: table["split"].to_pylist().count(split) for split in ("validation", "test")}
    assert (len(choosing), len(judging)) == (count["validation"], count["test"])
    assert (choosing.words, judging.words) == ("validation pictures", "test pictures")


def test_pictures_of_one_group_choose_and_judge_by_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(answering: Any, split: str) -> precise.Judges:
        n = 60 if split == "test" else 0
        return precise.Judges(np.zeros((n, 8, 8, 3), np.uint8), np.arange(n), np.zeros(n, int), f"{split} pictures")

    monkeypatch.setattr(precise, "_rows", rows)
    choosing, judging = precise.judges(Any)
    assert (len(choosing), len(judging)) == (30, 30)
    assert not set(choosing.labels) & set(judging.labels)


def test_layers_are_kept_until_the_loss_is_within_the_limit(
    shipped: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exporter whose answers are wrong for a share of the pictures, less with every layer kept."""
    answering, parts, asked = gather(shipped[0]), Fake(), list[float]()
    parts.kept = []

    def find(kind: str, to: str) -> Any:
        def written(parts: Fake, folder: Path, precision: str = "float32", keep: float = 0.0) -> None:
            (folder / "model.onnx").write_text(f"{precision} {keep}")
            parts.kept = ["a", "b"] if keep else []
            asked.append(keep)

        return written

    choosing, judging = precise.judges(answering)
    right = {len(choosing): choosing.labels, len(judging): judging.labels}

    def say(parts: Fake, folder: Path, to: str, precision: str) -> Any:
        kind, keep = (folder / "model.onnx").read_text().split()
        wrong = 0.0 if kind == "float32" else max(0.0, 0.2 - float(keep))

        def answers(squares: np.ndarray) -> dict[str, np.ndarray]:
            labels = right.get(len(squares), judging.labels[: len(squares)])
            said = labels.copy()
            said[: round(wrong * len(said))] = (said[: round(wrong * len(said))] + 1) % 3
            return {"probabilities": np.eye(3)[said], "logits": np.eye(3)[said]}

        return answers

    monkeypatch.setattr(precise, "find", find)
    monkeypatch.setattr(precise, "_say", say)
    monkeypatch.setattr(precise, "BATCH", 10_000)
    monkeypatch.setattr(precise, "speed", lambda both, squares: {"times": 1, "low": 1, "high": 1})
    told = precise.precise(parts, answering, "onnx", "int8", 11.0, tmp_path, Log(quiet=True))
    assert asked == [0.0, 0.05, 0.1]
    assert told["kept"] == ["a", "b"]
    assert told["change"]["value"] == pytest.approx(-0.1, abs=0.01)
    assert told["change"]["low"] < -0.1 < told["change"]["high"]
    assert not (tmp_path / ".plain").exists()
    monkeypatch.setattr(precise, "KEEPS", (0.05,))
    with pytest.raises(OptionError, match=r"int8 loses 15\.\d\d points, even with 2 layers in float32 \(a, b\)"):
        precise.precise(parts, answering, "onnx", "int8", 1.0, tmp_path, Log(quiet=True))
