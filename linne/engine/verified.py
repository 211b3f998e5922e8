"""Whether a bundle answers as the run did: its golden pictures through every runtime that is here.

Three layers: the arrays through the whole graph, the arrays prepared outside and entered further on, and the files
through this decoder. In float32 probabilities are within 1e-3, and the likeliest class is the same wherever the two
likeliest are further apart than twice that.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..core import bundled
from ..core.decode import decode, prepare
from ..core.errors import LinneError, MissingExtra, RunError, Unreadable
from ..core.tensors import mapped
from . import golden
from .bundle import Bundle, installed


@dataclass
class Layer:
    """One way through one runtime. n: pictures. apart: the largest difference of a probability. other: names of
    pictures whose answer differs and is no tie; ties: that differ and are. strange: largest difference of the score as
    a share of its spread. why: what is wrong, "" where nothing is."""

    runtime: str
    version: str
    entry: str
    n: int
    apart: float
    other: list[str] = field(default_factory=list)
    ties: int = 0
    strange: float = 0.0
    why: str = ""

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return dict(vars(self))

    def line(self) -> str:
        """For a terminal."""
        how = {"pictures": "whole graph", "prepared": "prepared outside"}[self.entry]
        told = f"{self.runtime} {self.version}, {how}: {self.n} pictures, probabilities within {self.apart:.1e}"
        told += f", {self.ties} ties fell the other way" if self.ties else ""
        return f"{told}: {self.why or 'the same answers'}"


@dataclass
class Verified:
    """What `verify` found. layers: runtime by runtime. decoded: how many files this decoder reads as they were read.
    absent: runtimes that could run the bundle and are not installed. gate: why it fails, "" where it holds."""

    path: Path
    layers: list[Layer]
    decoded: int
    n: int
    absent: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    gate: str = ""

    def text(self) -> str:
        """For a terminal."""
        lines = [f"{self.path}: {'fails' if self.gate else 'verified'}"]
        lines += [layer.line() for layer in self.layers]
        lines.append(f"{self.decoded} of {self.n} files are decoded here as they were")
        lines += [f"{name} is not installed here: not tried" for name in self.absent]
        return "\n".join([*lines, *self.notes])

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return vars(self) | {"path": str(self.path), "layers": [layer.data() for layer in self.layers]}


def verify(path: "str | Path", runtime: str = "auto") -> Verified:
    """Compare hashes, then send the golden pictures through one runtime, or through all that are here.

    Raises RunError for what is no sound bundle, MissingExtra where the runtime that was asked for is not installed, or
    none is.
    """
    first = Bundle(path, runtime)
    first.hashed()
    mapped(first.path / "model.safetensors")
    pictures, told = read_golden(first)
    able = first.runtimes if runtime == "auto" else [first.runtime]
    here = [name for name in able if installed(name)]
    if not here:
        raise MissingExtra(f"The runtime {able[0]!r}", {"program": "torch"}.get(able[0], "onnx"))
    layers = []
    for name in here:
        layers += layered(first if name == first.runtime else Bundle(path, name), pictures, told)
    decoded = sum(_same(first, one, pixels) for one, pixels in zip(told, pictures, strict=True))
    wrong = [f"{layer.runtime}: {layer.why}" for layer in layers if layer.why]
    notes = [] if decoded == len(told) else [
        "a decoder of another version gives other pixels; what is the same is the answer to the same array"
    ]  # fmt: skip
    gate = f"{first.path} does not answer as the run did. {'; '.join(wrong)}" if wrong else ""
    absent = [name for name in able if name not in here]
    return Verified(first.path, layers, decoded, len(told), absent, notes, gate)


def layered(bundle: Bundle, pictures: list[np.ndarray], told: list[dict[str, Any]]) -> list[Layer]:
    """The golden arrays through a bundle's runtime, by both entries where there are two."""
    return [compared(bundle, entry, said(bundle, entry, pictures), told) for entry in entries(bundle)]


def entries(bundle: Bundle) -> tuple[str, ...]:
    """Where its runtime may enter it."""
    return ("pictures", "prepared") if bundle.squares else ("pictures",)


def said(bundle: Bundle, entry: str, pictures: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Every output by name for the golden arrays, each (n, ...), entered there."""
    if entry == "pictures":
        parts = [bundle.whole(pixels[None]) for pixels in pictures]
    else:
        squares = np.stack([prepare(pixels, bundle.geometry) for pixels in pictures])
        parts = [bundle.answer(squares[k : k + 16]) for k in range(0, len(squares), 16)]
    return {name: np.concatenate([part[name] for part in parts]) for name in bundle.outputs}


def compared(bundle: Bundle, entry: str, found: dict[str, np.ndarray], told: list[dict[str, Any]]) -> Layer:
    """What came out beside what the run said."""
    close = bundle.tolerance
    wanted = np.array([one["probabilities"] for one in told], np.float64)
    gap = np.abs(found["probabilities"] - wanted)
    runner = bundle.runner(entry)
    layer = Layer(runner.name, runner.version, entry, len(told), float(gap.max()) if gap.size else 0.0)
    differ, tie = _other(bundle, found, wanted, close)
    layer.other, layer.ties = [told[k]["file"] for k in np.flatnonzero(differ & ~tie)], int((differ & tie).sum())
    if "unknown" in found:
        score = np.array([one["unknown"] for one in told], np.float64)
        spread = max(float(np.ptp(score)), 1e-12)
        layer.strange = float(np.abs(found["unknown"] - score).max()) / spread
    layer.why = _why(layer, close, bundle.strange)
    return layer


def _why(layer: Layer, close: float, strange: float) -> str:
    """What is wrong, "" for nothing; a number that is none is never close."""
    if not layer.apart <= close:
        return f"probabilities differ by up to {layer.apart:.2g}, and {close:g} is allowed"
    if layer.other:
        return f"{len(layer.other)} pictures are answered otherwise, first {layer.other[0]}"
    if not layer.strange <= strange:
        return f"the score of strangeness differs by {layer.strange:.2g} of its spread, and {strange:g} is allowed"
    return ""


def _other(
    bundle: Bundle, found: dict[str, np.ndarray], wanted: np.ndarray, close: float
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """((n,) the answer is another, (n,) what was said was as good as equal)."""
    if bundle.several and bundle.thresholds is not None:
        differ = (wanted >= bundle.thresholds) != found["set"]
        near = np.abs(wanted - bundle.thresholds) < 2 * close
        return differ.any(1), (near | ~differ).all(1)
    order = np.sort(wanted, axis=1)
    margin = order[:, -1] - (order[:, -2] if wanted.shape[1] > 1 else 0)
    return wanted.argmax(1) != found["probabilities"].argmax(1), margin < 2 * close


def read_golden(bundle: Bundle) -> tuple[list[np.ndarray], list[dict[str, Any]]]:
    """(arrays, what is expected of each), every name looked up in the manifest."""
    told = bundled.parsed(bundle.content(bundled.GOLDEN), str(bundle.path / bundled.GOLDEN))
    try:
        rows = list(told["pictures"])
        pictures = [golden.from_ppm(bundle.content(f"golden/{one['array']}")) for one in rows]
        for one in rows:
            bundle.content(f"golden/{one['file']}")
            told = np.array([one["probabilities"], one["logits"]], np.float64)
            if told.shape != (2, len(bundle.classes)):
                raise RunError(f"{bundled.GOLDEN} has another number of classes than labels.json.")
            if not np.isfinite([*told.ravel(), float(one["unknown"]) if "unknown" in bundle.outputs else 0.0]).all():
                raise RunError(f"{bundled.GOLDEN} states what is no number.")
        if not rows:
            raise RunError(f"{bundled.GOLDEN} lists no pictures.")
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise RunError(f"{bundle.path / bundled.GOLDEN} is damaged: {type(error).__name__} {error}.") from error
    except LinneError as error:
        raise RunError(f"{bundle.path} is damaged: {error}") from error
    return pictures, rows


def _same(bundle: Bundle, one: dict[str, Any], pixels: np.ndarray) -> bool:
    """Whether a golden file is decoded here to the array that it was."""
    try:
        found = decode(bundle.content(f"golden/{one['file']}"), least=bundle.geometry.least).pixels
    except Unreadable:
        return False
    return found.shape == pixels.shape and bool(np.array_equal(found, pixels))
