"""What an exported graph computes, in torch: three parts, one after another, between tensors that have names.

    pictures (B, H, W, 3) uint8 --prepare--> prepared (B, size, size, 3) uint8 --network--> features (B, width) float32
    --answers--> probabilities, logits and whatever else the run knows

`prepare` is `core.decode.prepare` again: Pillow's antialiased resize as two matrix products. Where a tap of the filter
lies is worked out in whole numbers, its weight in pairs of float32 (`taps`), since some runtimes compute float64 in
float32. Weights are whole multiples of 2 ** -22, and a product is taken in two halves that float32 holds exactly.
"""

from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..core.decode import GREY, LONGEST, Geometry
from .answering import Answering
from .network import Network
from .taps import Filters, spread, weighed
from .twofold import Pair, quick, ratio, summed

UNIT, HALF = 2**22, 2**11
"""Pillow's weights are whole multiples of 1 / UNIT; they are multiplied as a multiple of HALF and what is left."""
FINEST = 1000
"""Largest denominator of the share of the short side that a crop takes."""


class Prepare(nn.Module):
    """uint8 pictures (B, H, W, 3) of any size, all of one, to the network's square (B, size, size, 3) uint8."""

    def __init__(self, geometry: Geometry) -> None:
        super().__init__()
        self.geometry = geometry
        share = Fraction(str(geometry.crop)).limit_denominator(FINEST)
        self._reach = {"bicubic": 2, "bilinear": 1}[geometry.interpolation]
        self.times, self.parts = (share.numerator, share.denominator) if geometry.fit == "crop" else (1, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        fit, size = self.geometry.fit, self.geometry.size
        _, h, w, _ = pictures.shape
        high, wide = (torch.scalar_tensor(side, dtype=torch.int64) for side in (h, w))
        if fit == "crop":
            across = down = torch.minimum(high, wide) * self.times
        else:
            across, down = torch.minimum(wide, LONGEST * high), torch.minimum(high, LONGEST * wide)
        to = torch.full_like(wide, size), torch.full_like(high, size)
        if fit == "letterbox":
            longer = torch.maximum(across, down)
            to = tuple(_rounded(size * side, longer).clamp(min=1) for side in (across, down))
        by_x, shown_x = self._filters(wide, across, to[0])
        by_y, shown_y = self._filters(high, down, to[1])
        far = self._far(h, w)
        units = weighed(by_x.joined(by_y), far, UNIT, self.geometry.interpolation == "bicubic")
        columns = spread(units[:size], by_x.base, torch.arange(w), far)
        rows = spread(units[size:], by_y.base, torch.arange(h), far)
        upright = pictures.permute(0, 3, 1, 2).to(torch.float32)
        half = _bytes(*(torch.matmul(upright, part.t()) for part in _halves(columns)))
        small = _bytes(*(torch.matmul(part, half) for part in _halves(rows)))
        if fit == "letterbox":
            small = torch.where(shown_y[:, None] & shown_x[None, :], small, torch.full_like(small, float(GREY)))
        return small.permute(0, 2, 3, 1).to(torch.uint8)

    def _far(self, h: int, w: int) -> int:
        """Pixels that a filter reaches, or more: half the harmonic mean is at least half the shorter side, and runtimes
        have sums and quotients of sides, no comparisons. The shorter side of a letterbox may shrink by half as much
        again."""
        half, size = h * w // (h + w) + 1, self.geometry.size
        if self.geometry.fit == "crop":
            return self._reach + 1 + 2 * self._reach * half // size
        return self._reach + 1 + 3 * self._reach * (h + w - half + 1) // (2 * size)

    def _filters(self, whole: Tensor, length: Tensor, target: Tensor) -> tuple[Filters, Tensor]:
        """(where the filters of the square's rows lie, (size,) which of these are shown).

        length: of the box, in `parts` of a pixel, about the middle of `whole` pixels. target: pixels that it becomes,
        in the middle of the square. Whole numbers, so that nothing is rounded but what Pillow rounds.
        """
        start = _rounded(whole * self.parts - length, torch.full_like(whole, 2 * self.parts))
        row = torch.arange(self.geometry.size) - _floor(self.geometry.size - target, 2)
        unit = self.parts * target
        step = _floor(length, unit)
        turn = (2 * row + 1) * (length - step * unit)
        more = _floor(turn, 2 * unit)
        half = (step - 2 * _floor(step, 2)).to(torch.float32) / 2
        longer = self._longer(start, length, unit) / target.to(torch.float32)
        gained = longer * (row.to(torch.float32) + 0.5)
        beyond = ratio(turn - more * 2 * unit, 2 * unit + torch.zeros_like(turn)).plus(
            Pair(half + torch.zeros_like(gained), gained)
        )
        least = torch.maximum(length, unit)
        stretch = ratio(least, unit).beside(torch.where(length > unit, longer, torch.zeros_like(longer)))
        base = start + row * step + more + _floor(step, 2)
        none = torch.zeros_like(base)
        stretch = Pair(stretch.high + none.to(torch.float32), stretch.low + none.to(torch.float32))
        return Filters(base, beyond, stretch, whole + none), (row >= 0) & (row < target)

    def _longer(self, start: Tensor, length: Tensor, unit: Tensor) -> Tensor:
        """How much longer Pillow makes the box: it takes its end, from where `prepare` cuts, in float32."""
        reach = self._reach * torch.maximum(length, unit)
        first = (start - 1 + _floor(-reach, unit)).clamp(min=0)
        count = _floor(length, self.parts)
        share = ratio(length - count * self.parts, torch.full_like(count, self.parts))
        end, left = summed((start - first + count).to(torch.float32), share.high)
        return -quick(end, left + share.low).low


class _Mean(nn.Module):
    """The mean over places. PyTorch's pooling becomes indices that are gathered, of which OpenVINO read others."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3), keepdim=True)


class Features(nn.Module):
    """prepared (B, size, size, 3) uint8 to features (B, width) float32, normalisation inside, in which it computes."""

    def __init__(self, network: Network, precision: str = "float32") -> None:
        super().__init__()
        self.kind: torch.dtype = getattr(torch, precision)
        self.inner = network.graph()  # a module called `graph` hides that of torch.fx
        for module in self.inner.modules():
            for name, child in module.named_children():
                if isinstance(child, nn.AdaptiveAvgPool2d) and child.output_size in (1, (1, 1)):
                    setattr(module, name, _Mean())
        if self.kind != torch.float32:
            self.inner.net.to(self.kind)

    def forward(self, prepared: Tensor) -> Tensor:
        if self.kind == torch.float32:
            return self.inner(prepared)[0]
        inner = self.inner
        upright = (prepared.permute(0, 3, 1, 2).to(torch.float32) - inner.mean) / inner.std
        features = inner.net.features(upright.to(self.kind))
        neck = getattr(inner.net.head, "neck", None)
        return (features if neck is None else neck(features)).to(torch.float32)


class Answers(nn.Module):
    """features (B, width) float32 to what `Answering.outputs` names, in its order but for the last, features."""

    def __init__(self, answering: Answering) -> None:
        super().__init__()
        self.answering = answering
        model = answering.model
        limits = np.ones(1) if answering.thresholds is None else answering.thresholds
        self.weight, self.bias, self.limits = (
            nn.Buffer(torch.from_numpy(np.array(values, np.float32)))
            for values in (model.weight, model.bias, np.minimum(limits, 2.0))  # never said: above any probability
        )

    def forward(self, features: Tensor) -> tuple[Tensor, ...]:
        told = self.answering
        logits = features @ self.weight.t() + self.bias
        scaled = logits / told.model.temperature
        out = {"logits": logits}
        out["probabilities"] = scaled.sigmoid() if told.several else scaled.softmax(1)
        if told.several:
            out["set"] = out["probabilities"] >= self.limits
        elif told.sure is not None:
            out["set"] = (logits / told.sure.temperature).softmax(1) >= told.sure.threshold
        if told.unknown is not None:
            out["unknown"] = told.unknown.score.traced(logits.double(), features.double()).to(torch.float32)
        return tuple(out[name] for name in told.outputs[:-1])


class Whole(nn.Module):
    """The three parts in one: uint8 pictures (B, H, W, 3) to the answers."""

    def __init__(self, prepare: nn.Module, network: nn.Module, answers: nn.Module) -> None:
        super().__init__()
        self.prepare, self.network, self.answers = prepare, network, answers

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        features = self.network(self.prepare(pictures))
        return (*self.answers(features), features)


class Parts:
    """What an exporter is given. prepare, network, answers: the modules, for evaluation; outputs: names of what the
    whole gives, features last. size: side of the square. width: of the features. samples: (n, size, size, 3) uint8,
    own pictures to calibrate by. kept: layers that an exporter kept in a higher precision than it was asked for.
    memo: what exporters keep from one call to the next.
    """

    def __init__(self, answering: Answering, samples: np.ndarray) -> None:
        self.prepare = Prepare(answering.model.geometry).eval()
        self.network = Features(answering.model.network).eval()
        self.answers = Answers(answering).eval()
        self.outputs, self.size = answering.outputs, answering.model.geometry.size
        self.width, self.samples = answering.model.network.width, samples
        self.kept: list[str] = []
        self.memo: dict[str, Any] = {}
        self._network = answering.model.network

    def whole(self, precision: str = "float32") -> nn.Module:
        """All three in one module, the network in this precision."""
        network = self.network if precision == "float32" else Features(self._network, precision).eval()
        return Whole(self.prepare, network, self.answers).eval()

    def program(self, part: str, precision: str = "float32") -> Any:
        """A part ("prepare", "network", "answers" or "whole") as torch.export has it, for any number of pictures."""
        key = f"{part} {precision}"
        if key not in self.memo:
            self.memo[key] = self._traced(part, precision)
        return self.memo[key]

    def _traced(self, part: str, precision: str) -> Any:
        batch, side = torch.export.Dim("batch", min=1, max=4096), {"min": 1, "max": 65535}
        sides = {1: torch.export.Dim("height", **side), 2: torch.export.Dim("width", **side)}
        pictures = torch.zeros(2, self.size + 37, self.size + 91, 3, dtype=torch.uint8)
        prepared = torch.zeros(2, self.size, self.size, 3, dtype=torch.uint8)
        examples = {"prepare": pictures, "whole": pictures, "network": prepared, "answers": torch.zeros(2, self.width)}
        module = self.whole(precision) if part == "whole" else getattr(self, part)
        free = {0: batch, **(sides if part in ("prepare", "whole") else {})}
        with torch.no_grad():
            return torch.export.export(module, (examples[part],), dynamic_shapes=(free,))


def reference(parts: Parts, prepared: np.ndarray) -> np.ndarray:
    """(n, width) float32 features of prepared pictures (n, size, size, 3) uint8 as PyTorch computes them."""
    with torch.inference_mode():
        some = [parts.network(torch.from_numpy(prepared[k : k + 8])) for k in range(0, len(prepared), 8)]
    return torch.cat(some).numpy()


def _floor(value: Any, by: Any) -> Tensor:
    """Whole numbers divided, rounded down. Not by div, which the ONNX exporter computes in float32: what is divided is
    a whole multiple, and its quotient is rounded."""
    by = torch.as_tensor(by, dtype=torch.int64)
    exact = (value - torch.remainder(value, by)).to(torch.float64) / by.to(torch.float64)
    return (exact + 0.5).floor().to(torch.int64)


def _rounded(value: Tensor, by: Tensor) -> Tensor:
    """round(value / by) of whole numbers, halves to the even one, as Python does."""
    low = _floor(value, by)
    twice = 2 * (value - low * by)
    return low + ((twice > by) | ((twice == by) & (low % 2 == 1))).to(low.dtype)


def _halves(weights: Tensor) -> tuple[Tensor, Tensor]:
    """Whole numbers as (multiples of HALF, what is left of 0 or more), float32."""
    large = (weights / HALF).floor()
    return large.to(torch.float32), (weights - large * HALF).to(torch.float32)


def _bytes(large: Tensor, left: Tensor) -> Tensor:
    """The sum of two halves of products, divided by UNIT and rounded half up, 0 to 255; float32 holds each step."""
    ones = (large / HALF).floor()
    rest = (large - ones * HALF) * HALF + left
    return (ones + ((rest + UNIT // 2) / UNIT).floor()).clamp(0, 255)
