"""What the benches of small pictures share: a set in memory, a network whitened by it, logits of its test split."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from linne.core.errors import LinneError
from linne.core.load import load
from linne.core.lookup import find
from linne.engine import device
from linne.engine.criterion import Criterion
from linne.engine.loader import Scale
from linne.engine.loop import fit
from linne.engine.settings import Fitted, Settings
from linne.engine.small import Pixels, stacked

WHITEN = 5000
"""Pictures that the first layer is whitened by, as in airbench."""


@dataclass(eq=False)
class Ground:
    """A set: what learns, and the test split's pictures (m, S, S, C) uint8 and labels (m,)."""

    feed: Pixels
    pixels: np.ndarray
    labels: np.ndarray
    classes: int


def ground(source: "str | Path", chain: str) -> "Ground | None":
    """A named set or a folder with its official test split, or None where it is not on this machine."""
    try:
        images = load(source)
    except LinneError:
        return None
    whole, test = stacked(images.items), images.split == "test"
    return Ground(held(whole[~test], images.labels[~test], chain), whole[test], images.labels[test],
                  len(images.classes))  # fmt: skip


def scale_of(pixels: np.ndarray) -> Scale:
    """Mean and standard deviation of each channel of (n, S, S, C) uint8, in 0..1; deviations are at least 1/255."""
    share = pixels[:: max(1, len(pixels) // 10_000)].reshape(-1, pixels.shape[3]) / 255
    return tuple(share.mean(0).tolist()), tuple(np.maximum(share.std(0), 1 / 255).tolist())


def held(pixels: np.ndarray, labels: np.ndarray, chain: str) -> Pixels:
    """A feed of these pictures, known by their content."""
    hashes = np.array([hashlib.blake2b(one.tobytes(), digest_size=16).digest() for one in pixels], "V16")
    return Pixels(pixels, np.asarray(labels, np.int64), np.arange(len(pixels)), hashes, scale_of(pixels), chain)


def normalised(pixels: Any, scale: Any, where: device.Device) -> Tensor:
    """(B, S, S, C) uint8 to (B, C, S, S) float32, channels_last."""
    mean, std = (torch.tensor(part, device=where.torch).view(1, -1, 1, 1) * 255 for part in scale)
    value = torch.as_tensor(np.array(pixels) if isinstance(pixels, np.ndarray) else pixels).to(where.torch)
    return ((value.permute(0, 3, 1, 2).float() - mean) / std).contiguous(memory_format=torch.channels_last)


def network(spec: str, feed: Pixels, classes: int, where: device.Device) -> Any:
    """A network of ours for these pictures, its first layer whitened by them where it can be."""
    side, channels = feed.pixels.shape[1], feed.pixels.shape[3]
    net = find("model", spec)(classes, channels, side).to(where.torch)  # type: ignore[attr-defined]
    if hasattr(net, "whiten"):
        net.whiten(normalised(feed.pixels[:WHITEN], feed.scale, where))
    return net


def trained(
    net: nn.Module, feed: Pixels, classes: int, loss: str, settings: Settings, where: device.Device,
    hooks: Sequence[Any] = (),
) -> Fitted:  # fmt: skip
    """The network fitted to the feed by the project's loop."""
    method = find("method", "supervised")(model=net, loss=Criterion(loss, feed.labels, classes, where))
    return fit(method, {"train": feed}, settings, where=where, hooks=hooks)


class Clock:
    """A hook that notes when each step ends, in seconds of a clock that only goes forward."""

    def __init__(self, wait: bool = False) -> None:
        self.ends: list[float] = []
        self.wait = wait

    def on_step(self, loop: Any, record: dict[str, Any]) -> None:
        if self.wait:
            torch.cuda.synchronize()
        self.ends.append(time.perf_counter())


@torch.no_grad()
def logits(
    net: nn.Module, pixels: Any, scale: Any, where: device.Device, precision: str, views: str = "mirror",
    batch: int = 500,
) -> Tensor:  # fmt: skip
    """(n, K) float32, the mean over views.

    views: "plain", "mirror" (the picture and its mirror image), or "moved" (those, and both moved by a pixel up left
    and down right, each a quarter: airbench's level 2).
    """
    net.eval()
    found = []
    for start in range(0, len(pixels), batch):
        x = normalised(pixels[start : start + batch], scale, where)
        with device.autocast(where, precision):
            out = _mirror(net, x) if views != "plain" else net(x).float()
            if views == "moved":
                wide, side = nn.functional.pad(x, (1, 1, 1, 1), "reflect"), x.shape[2]
                moved = [_mirror(net, wide[:, :, at : at + side, at : at + side]) for at in (0, 2)]
                out = 0.5 * out + 0.25 * (moved[0] + moved[1])
        found.append(out)
    return torch.cat(found)


def _mirror(net: nn.Module, x: Tensor) -> Tensor:
    return (net(x).float() + net(x.flip(3)).float()) / 2
