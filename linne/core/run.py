"""Run: a training as its folder. Everything that a run knows is a file in it; `DONE.json` last means success."""

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from .errors import InputError, RunError, nearest
from .predictions import Predictions
from .recipe import Recipe
from .several import Several


def count_reads(path: Path) -> int:
    """How many times a run's test pictures were read: the lines of its reads.jsonl."""
    book = path / "reads.jsonl"
    return book.read_text(encoding="utf-8").count("\n") if book.exists() else 0


def vars_of(said: Predictions) -> dict[str, Any]:
    """Its fields by name."""
    return {name: getattr(said, name) for name in Predictions.__dataclass_fields__}


class Run:
    """A finished run. Raises RunError for a folder that is none or was not finished."""

    gate = ""
    """Why a limit that was asked for is passed, else ""."""

    def __init__(self, path: "str | Path | Run") -> None:
        self.path = path.path if isinstance(path, Run) else Path(path)
        if not self.path.is_dir():
            near = [folder.name for folder in self.path.parent.glob("*") if folder.is_dir()]
            raise RunError(f"There is no run {self.path}. {nearest(self.path.name, near)}")
        if not (self.path / "recipe.toml").exists():
            raise RunError(
                f"{self.path} is no run: it holds no recipe.toml. Make one with: linne train PICTURES --out ..."
            )
        if not (self.path / "DONE.json").exists():
            raise RunError(f"The run {self.path} was not finished. Give the command that began it again; it goes on.")

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    def json(self, name: str) -> Any:
        """What one of the run's JSON files holds. Raises RunError where it is missing or damaged."""
        try:
            return json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(
                f"{self.path / name} is missing or damaged ({error}). Train again into another --out."
            ) from error

    @cached_property
    def recipe(self) -> Recipe:
        """The settings that the run was made with."""
        return Recipe.load(self.path / "recipe.toml")

    @cached_property
    def config(self) -> dict[str, Any]:
        """config.json: architecture, class names, preprocessing; timm's layout with Linne's own part beside it."""
        return self.json("config.json")

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in their stored order."""
        return tuple(self.config["label_names"])

    @cached_property
    def figures(self) -> dict[str, Any]:
        """Every figure of the run, each with its interval."""
        return self.json("figures.json")

    @cached_property
    def findings(self) -> list[dict[str, Any]]:
        """What the checks found, most severe first."""
        return self.json("findings.json")

    @property
    def temperature(self) -> float:
        """Logits are divided by it before the softmax."""
        return float(self.json("calibration.json")["temperature"])

    @property
    def several(self) -> bool:
        """Whether its pictures may have several labels."""
        return bool((self.config.get("linne") or {}).get("several"))

    @property
    def thresholds(self) -> np.ndarray:
        """(K,) probabilities from which on a label is said, of a run with several labels; infinite for never."""
        stored = self.json("calibration.json")["thresholds"]
        return np.array([np.inf if one is None else one for one in stored], dtype=np.float64)

    @property
    def reads(self) -> int:
        """How many times the test pictures were read."""
        return count_reads(self.path)

    def images(self) -> Any:
        """images.parquet as a pyarrow Table: name, hash, label, group, split, kept, why, width, height, ..."""
        import pyarrow.parquet as parquet

        return parquet.read_table(self.path / "images.parquet")

    def parts(self) -> set[str]:
        """The splits of which predictions are stored."""
        import pyarrow.parquet as parquet

        return set(parquet.read_table(self.path / "predictions.parquet", columns=["split"])["split"].to_pylist())

    def predictions(self, split: str = "test") -> Predictions:
        """Stored predictions: "test", "validation" or "train" (out-of-fold). Raises InputError where there are none."""
        import pyarrow.parquet as parquet

        table = parquet.read_table(self.path / "predictions.parquet")
        part = np.array(table["split"].to_pylist(), dtype=object) == split
        if not part.any():
            have = sorted(set(table["split"].to_pylist()))
            raise InputError(f"{self.path} holds no predictions of {split!r}. {nearest(split, have)}")
        logits = np.array(table["logits"].to_pylist(), dtype=np.float64).reshape(-1, len(self.classes))
        columns = {name: np.array(table[name].to_pylist(), dtype=object) for name in ("name", "group")}
        said = Predictions(
            logits[part],
            np.array(table["label"])[part],
            np.array(table["row"])[part],
            self.classes,
            columns["name"][part],
            columns["group"][part],
            self.temperature,
        )
        if not self.several:
            return said
        targets = np.array(table["targets"].to_pylist(), dtype=np.int8).reshape(-1, len(self.classes))
        return Several(**vars_of(said), targets=targets[part], thresholds=self.thresholds)

    def report(self) -> str:
        """The run's figures as text for a terminal."""
        return (self.path / "report.txt").read_text(encoding="utf-8")

    text = report

    def data(self) -> dict[str, Any]:
        """JSON-ready: where the run is, its figures and findings."""
        return {"run": str(self.path), "figures": self.figures, "findings": self.findings, "test_reads": self.reads}
