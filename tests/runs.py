"""Finished runs as folders, made without any network: what they judged and how right they were is given."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet

from linne.core.recipe import Recipe

CLASSES = ("cat", "dog", "eel")


def write_run(
    path: Path,
    right: np.ndarray,
    *,
    contents: "Sequence[int] | np.ndarray | None" = None,
    split: "np.ndarray | None" = None,
    classes: tuple[str, ...] = CLASSES,
    names: "Sequence[str] | None" = None,
    group: "np.ndarray | None" = None,
    **figures: Any,
) -> Path:
    """A finished run over one picture a row, of class contents % 3; right: (n,) bool, of every picture.

    contents: numbers that stand for the pictures' bytes. split: its part of each, all "test" when not given; pictures
    of every part have predictions.
    """
    n = len(right)
    marks = np.arange(n) if contents is None else np.asarray(contents)
    split = np.full(n, "test", dtype=object) if split is None else split
    group = np.full(n, "", dtype=object) if group is None else group
    labels = marks % len(CLASSES)
    names = [f"{CLASSES[k]}/{m}.jpg" for k, m in zip(labels, marks, strict=True)] if names is None else list(names)
    logits = np.random.default_rng(0).normal(0, 1, (n, len(classes)))
    place = np.array([classes.index(CLASSES[k]) for k in labels])
    logits[np.arange(n), np.where(right, place, (place + 1) % len(classes))] += 6
    path.mkdir(parents=True)
    (path / "recipe.toml").write_text(Recipe().toml())
    table = {
        "name": names, "hash": [f"{mark:032x}" for mark in marks], "label": [CLASSES[k] for k in labels],
        "split": split.tolist(), "group": group.tolist(), "kept": [True] * n, "why": [""] * n, "bytes": [1] * n,
        "format": ["JPEG"] * n, "width": [64] * n, "height": [48] * n,
    }  # fmt: skip
    parquet.write_table(arrow.table(table), path / "images.parquet")
    said = {
        "name": names, "split": split.tolist(), "row": np.arange(n).tolist(), "label": place.tolist(),
        "group": group.tolist(), "guess": [classes[k] for k in logits.argmax(1)], "logits": logits.tolist(),
    }  # fmt: skip
    parquet.write_table(arrow.table(said), path / "predictions.parquet")
    kept = {"config": {"label_names": list(classes)}, "calibration": {"temperature": 1.0}, "figures": figures,
            "DONE": {"seconds": 12.3}}  # fmt: skip
    for name, value in kept.items():
        (path / f"{name}.json").write_text(json.dumps(value))
    (path / "model.safetensors").write_bytes(b"0" * 1000)
    return path
