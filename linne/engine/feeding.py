"""What the workers made, as batches on the device: normalised, one-hot, the main stream blended in cells of 16 rows."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..core.batch import CELL, Batch, Stream
from ..core.lookup import find, offer
from ..core.rng import rng
from .device import Device
from .hidden import INPUT, Hidden
from .loader import Feed, Made, answers
from .settings import Settings


class Feeding:
    """Makes the batches of a step. mix: a bound trick of kind mix, or None; it may ask for counts (K,) of classes.

    hidden: where in the network it acts.
    """

    def __init__(
        self, feeds: Mapping[str, Feed], streams: Mapping[str, Stream], classes: int, settings: Settings, where: Device,
        mix: "Callable[..., Any] | None", hidden: "Hidden | None" = None,
    ) -> None:  # fmt: skip
        self.feeds, self.streams, self.classes = feeds, streams, classes
        self.settings, self.where, self.mix, self.hidden = settings, where, mix, hidden
        self.main = next(iter(streams))
        counts = counted(answers(feeds[streams[self.main].rows]), classes)
        self.counts = torch.as_tensor(counts, dtype=torch.float32, device=where.torch)
        if hidden is not None:
            hidden.offered = {"counts": self.counts}

    def batches(self, made: Mapping[str, Made], step: int) -> dict[str, Batch]:
        """This process's part of every stream's batch of one step."""
        out: dict[str, Batch] = {}
        for name, one in made.items():
            feed = self.feeds[self.streams[name].rows]
            views = {view: self.moved(pixels, feed) for view, pixels in one.views.items()}
            targets = onehot(torch.as_tensor(one.labels, device=self.where.torch), self.classes)
            images = views.pop("images", None)
            if self.mixes(step) and name == self.main and images is not None:
                if self.hidden is None or self.hidden.at(step) == INPUT:
                    images, targets = self._mixed(images, targets, step, one.start)
                else:
                    targets = self.hidden.targets(targets, step, one.start)
            rows = torch.as_tensor(one.rows, device=self.where.torch)
            out[name] = Batch(images, targets, rows, views, {}, self.settings.seed, step, one.start)
        return out

    def moved(self, pixels: np.ndarray, feed: Any) -> Tensor:
        """Pictures (B, H, W, C) uint8 as normalised (B, C, H, W) float32; anything else as it is."""
        value = torch.as_tensor(pixels).to(self.where.torch, non_blocking=True)
        if value.dtype != torch.uint8:
            return value
        mean, std = (torch.tensor(part, device=value.device).view(1, -1, 1, 1) * 255 for part in feed.scale)
        form = torch.channels_last if self.settings.channels_last else torch.contiguous_format
        return ((value.permute(0, 3, 1, 2).float() - mean) / std).contiguous(memory_format=form)

    def mixes(self, step: int) -> bool:
        """Whether the mix acts in this step."""
        return self.mix is not None and step < round(self.settings.mix_until * self.settings.steps)

    def _mixed(self, images: Tensor, targets: Tensor, step: int, start: int) -> tuple[Tensor, Tensor]:
        cells = []
        for at in range(0, len(images), CELL):
            draw = rng(self.settings.seed, "mix", step, (start + at) // CELL)
            cut = slice(at, at + CELL)
            offered = {"images": images[cut], "targets": targets[cut], "rng": draw, "counts": self.counts}
            cells.append(offer(self.mix, **offered))  # type: ignore[arg-type]
        images, targets = (torch.cat(parts) for parts in zip(*cells, strict=True))
        return images, targets


def streams_of(method: Any, feeds: Mapping[str, Feed]) -> dict[str, Stream]:
    """The method's streams by name, without those that it can do without and that nothing feeds."""
    asked: dict[str, Stream] = getattr(method, "streams", None) or {"train": Stream()}
    return {name: one for name, one in asked.items() if one.needed or one.rows in feeds}


def counted(known: np.ndarray, classes: int) -> np.ndarray:
    """(classes,) how many rows have each, by labels (n,) or targets (n, classes)."""
    return (known == 1).sum(0) if known.ndim == 2 else np.bincount(known[known >= 0], minlength=classes)


def classes_of(method: Any, feed: Feed) -> int:
    """How many classes the targets of a fitting have: as the method says, else as many as the feed's rows."""
    known = answers(feed)
    return int(getattr(method, "classes", 0) or (known.shape[1] if known.ndim == 2 else known.max() + 1))


def mix_of(spec: Any, feed: Feed) -> "Callable[..., Any] | None":
    """The mix that is named, None without one."""
    mix = find("mix", spec) if spec else None
    return masked(mix) if mix is not None and answers(feed).ndim == 2 else mix


def masked(mix: Callable[..., Any]) -> Callable[..., Any]:
    """A mix for targets (B, K) of 1, 0 and -1: what is not known of a picture is not known of its blends, either."""

    def blended(images: Tensor, targets: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        unknown = (targets < 0).to(targets.dtype)
        both = torch.cat([targets.clamp(min=0), unknown], 1)  # targets are blended row by row, whatever they hold
        images, both = offer(mix, images=images, targets=both, rng=rng)
        told, hidden = both.chunk(2, 1)
        return images, torch.where(hidden > 0, -1.0, told)

    return blended


def onehot(labels: Tensor, classes: int) -> Tensor:
    """(n, classes) float32; a row of zeros where the label is -1. Targets (n, classes) stay as they are."""
    if labels.dim() == 2:
        return labels.float()
    out = torch.zeros(len(labels), classes, device=labels.device)
    known = labels >= 0
    out[known] = torch.nn.functional.one_hot(labels[known].long(), classes).float()
    return out
