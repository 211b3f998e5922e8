"""Blending inside the network: manifold mixup, and noise on features (Verma et al. 2019, arXiv:1806.05236).

The mix draws for cells of 16 rows as at the input; where it acts in a step is drawn for the whole batch, so that
micro-batches, processes and restarts change nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ..core.batch import CELL, Batch
from ..core.errors import OptionError, nearest
from ..core.lookup import declared, offer
from ..core.rng import rng
from ..core.spec import parse
from .settings import Settings

INPUT, FEATURES, STAGES = "input", "features", "hidden"


class Hidden:
    """Puts a mix at places of a network: hooks that act while `seeing` a batch, and let everything else through.

    where: part names joined by "+", with "input" (the picture) and "features" (what the head is given) among them, or
    "hidden": the paper's choice, the picture and the ends of the first two sizes of maps. Raises OptionError for
    another name, a mix that needs pictures, or a network that cannot be cut.
    """

    def __init__(self, net: Any, where: str, spec: Any, mix: Callable[..., Any], seed: int) -> None:
        name = parse(spec)[0].name if isinstance(spec, str) else getattr(spec, "__name__", "mix")
        if isinstance(spec, str) and not declared("mix", name, "anywhere", False):
            raise OptionError(
                f"{name} goes by places in a picture, which mean nothing inside a network (mix_at={where!r}). Take "
                "mixup, or mix_at='input'."
            )
        self.mix, self.seed, self.where = mix, seed, where
        self.batch: Batch | None = None
        self.offered: Mapping[str, Any] = {}
        self.places = places(net, where)
        for at, module in self.places.items():
            if at == FEATURES:
                module.register_forward_pre_hook(partial(self._before, at))
            elif at != INPUT:
                module.register_forward_hook(partial(self._after, at))

    def at(self, step: int) -> str:
        """Where the mix acts in this step."""
        return str(rng(self.seed, "mix at", step).choice(sorted(self.places)))

    @contextmanager
    def seeing(self, batch: Batch) -> Iterator[None]:
        """While this batch goes through the network."""
        self.batch = batch
        try:
            yield
        finally:
            self.batch = None

    def targets(self, targets: Tensor, step: int, start: int) -> Tensor:
        """(B, K) as they are blended wherever the mix acts: by the same draws, whose pictures are of no account."""
        return self._cells(targets.new_zeros(len(targets), 1, 1, 1), targets, step, start)[1]

    def _before(self, at: str, module: nn.Module, given: tuple[Any, ...]) -> "tuple[Any, ...] | None":
        value = self._blended(at, given[0])
        return None if value is None else (value, *given[1:])

    def _after(self, at: str, module: nn.Module, given: Any, value: Tensor) -> "Tensor | None":
        return self._blended(at, value)

    def _blended(self, at: str, value: Tensor) -> "Tensor | None":
        batch = self.batch
        if batch is None or len(value) != len(batch) or self.at(batch.step) != at:
            return None
        return self._cells(value, batch.targets, batch.step, batch.start)[0]

    def _cells(self, value: Tensor, targets: Tensor, step: int, start: int) -> tuple[Tensor, Tensor]:
        made = []
        for at in range(0, len(value), CELL):
            draw = rng(self.seed, "mix", step, (start + at) // CELL)
            cut = slice(at, at + CELL)
            made.append(offer(self.mix, images=value[cut], targets=targets[cut], rng=draw, **self.offered))
        value, targets = (torch.cat(parts) for parts in zip(*made, strict=True))
        return value, targets


def mixable(settings: Settings, streams: Mapping[str, Any], players: Mapping[str, Any]) -> None:
    """Raise OptionError for a mix, a place or an end of it, that has nothing to do or cannot be."""
    mix, until, inside = settings.mix, settings.mix_until, settings.mix_at != INPUT
    if mix and settings.batch == 1:
        raise OptionError(f"{mix} mixes pictures of a batch, and a batch of 1 has none. Give --batch 16 or more.")
    if mix and "images" not in next(iter(streams.values())).views:
        raise OptionError(f"{mix} has no effect: this method blends its own views. Drop mix.")
    if not 0 < until <= 1 or (until < 1 and not mix):
        raise OptionError(f"mix_until={until}: the share of the steps with a mix, above 0 up to 1. Give a mix too.")
    views = [view for stream in streams.values() for view in stream.views]
    if inside and (not mix or settings.compile or len(views) > 1 or len(players) > 1):
        raise OptionError(
            f"mix_at={settings.mix_at!r} needs a mix, a method with one view of one stream and one network, and steps "
            "that are not compiled. Drop it."
        )


def places(net: Any, where: str) -> dict[str, nn.Module]:
    """Where a mix may act: module by name; the whole network for "input", its head for "features"."""
    own = {path: part for path, part in getattr(net, "body", net).named_modules() if path}
    names = where.split("+") if where != STAGES else [INPUT, *_stages(net, own)]
    found: dict[str, nn.Module] = {INPUT: net, FEATURES: getattr(net, "head", net)}
    parts = [name for name, _ in net.parts()] if set(names) - set(found) else []
    allowed = [name for name in parts if name in own]
    for name in names:
        if name not in found and name not in allowed:
            raise OptionError(
                f"mix_at={where!r}: {getattr(net, 'name', 'the network')} has no part {name!r} that stands by itself. "
                f"{nearest(name, [*found, STAGES, *allowed])}"
            )
    return {name: found.get(name) or own[name] for name in names}


def _stages(net: Any, own: Mapping[str, nn.Module]) -> list[str]:
    """The last parts of the first two sizes of maps, as the paper mixes after two of a residual net's stages."""
    sides: dict[int, str] = {}
    if not hasattr(net, "preprocess"):
        raise OptionError("mix_at='hidden' is for whole networks. Take 'features'.")
    size = int(net.preprocess["size"])
    x = torch.zeros(1, net.channels, size, size, device=next(net.parameters()).device)
    mode = net.training
    with torch.no_grad():
        net.eval()
        for name, part in net.parts():
            x = part(x)
            if x.dim() == 4 and name in own:
                sides[x.shape[-1]] = name
        net.train(mode)
    if not sides:
        raise OptionError(f"mix_at='hidden': no part of {net.name} stands by itself. Name one, or take 'features'.")
    return list(sides.values())[:2]
