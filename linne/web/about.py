"""What the page says beside the figures: the pictures, who was left out, the network, the settings, the versions."""

import hashlib
import platform
from collections import Counter
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from ..core.images import SPLITS, Images
from ..core.recipe import Recipe
from ..engine.data import Data
from ..engine.first import Result
from .plainly import short

CLASSES, NAMES = 200, 12
"""Rows of a table of classes; reasons, and names of each, among those left out."""
LIBRARIES = ("linne", "numpy", "pillow", "simplejpeg", "openvino", "onnxruntime", "torch", "timm")
OTHERS = {
    "twin of ": "twin of a labelled picture", "shows what ": "shows what a picture of another class shows",
    "the run has it already": "the run has it already",
}  # fmt: skip
"""How reasons begin that name another picture, and what they come to."""


def dropped(data: Data) -> list[dict[str, Any]]:
    """Why pictures neither learned nor judged: a reason, how many, the first names; most frequent first."""
    why, out = np.array([_reason(one) for one in data.why.tolist()], object), []
    for reason, n in Counter(why[why != ""].tolist()).most_common(NAMES):
        names = data.images.names[why == reason][:NAMES]
        out.append({"reason": reason, "n": n, "names": [short(name) for name in names]})
    return out


def _reason(why: str) -> str:
    """The reason without the name of the other picture, so that pictures of one reason stand together."""
    return next((words for start, words in OTHERS.items() if why.startswith(start)), why)


def overview(data: Data) -> dict[str, Any]:
    """Counts by class and split, sizes and formats of the files."""
    images, facts, kept = data.images, data.facts, data.kept
    split = np.where(kept, np.where(images.split == "", "train", images.split), "not used")
    parts = [*SPLITS, "not used"]
    counts = np.array([_having(images, split == part) for part in parts])
    order = np.argsort(-counts.sum(0), kind="stable")[:CLASSES]
    read = facts.readable
    sizes = {
        name: np.quantile(facts[name][read], (0, 0.5, 1)).astype(int)
        for name in ("width", "height", "bytes")
        if read.any()
    }
    return {
        "pictures": len(images),
        "kept": int(kept.sum()),
        "classes": len(images.classes),
        "unlabelled": int((images.labels[kept] < 0).sum()) if images.targets is None else 0,
        "splits": {part: int((split == part).sum()) for part in parts},
        "counts": [{"class": images.classes[k]} | dict(zip(parts, counts[:, k].tolist(), strict=True)) for k in order],
        "sizes": sizes,
        "formats": dict(Counter(bytes(name).decode() for name in facts["format"][read]).most_common(8)),
        "twins": int((np.bincount(data.twins)[data.twins] > 1).sum()) if len(data.twins) else 0,
        "bytes": int(facts["bytes"].sum()),
        "groups": grouped(images.group),
        "mark": mark(facts["hash"]),
    }


def mark(hashes: np.ndarray) -> str:
    """16 letters that two sets of pictures share when they hold the same contents, in any order. hashes: (n,) V16."""
    return hashlib.sha256(b"".join(sorted(hashes.tolist()))).hexdigest()[:16]


def grouped(group: np.ndarray) -> int:
    """How many groups hold several pictures; "" is a group of one."""
    return sum(count > 1 for name, count in Counter(group.tolist()).items() if name)


def _having(images: Images, rows: np.ndarray) -> np.ndarray:
    """(K,) how many of these pictures have each class or label."""
    if images.targets is not None:
        return (images.targets[rows] == 1).sum(0)
    return np.bincount(images.labels[rows & (images.labels >= 0)], minlength=len(images.classes))


def model(result: Result) -> dict[str, Any]:
    """The network, what is done to a picture before it, the head and its calibration."""
    data, head = result.data, result.head
    network, geometry = data.network, data.geometry
    return {
        "network": network.name,
        "source": network.source,
        "licence": network.licence,
        "width": network.width,
        "mean": network.mean,
        "std": network.std,
        "geometry": asdict(geometry),
        "runtime": getattr(data, "ran", ""),
        "strength": head.strength,
        "classic": head.classic,
        "linear": head.learner is None,
        "temperature": head.temperature,
        "calibrated_on": head.calibrated_on,
        "notes": list(head.notes),
    }


def settings(recipe: Recipe) -> dict[str, Any]:
    """Every setting as plain text or number; a callable by its name."""
    values = {each.name: getattr(recipe, each.name) for each in fields(recipe)}
    values["augment"] = recipe.augment_text() or str(recipe.augment)
    return {name: getattr(value, "__name__", value) for name, value in values.items()}


def versions() -> dict[str, str]:
    """Of Python, Linne and the libraries that decide figures, as installed; nothing is imported for it."""
    from importlib.metadata import PackageNotFoundError, version

    out = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            continue
    return out
