"""Small pictures of one size, kept in memory: a whole batch is mirrored and moved at once, here or on a GPU.

A row's draws depend on (seed, view, content, epoch, occurrence) alone, as everywhere, but are made for all rows of a
batch together by a generator that counts (SplitMix64), where a generator of numpy each would cost 15 us a row.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from ..core.decode import Geometry, decode, prepare
from ..core.errors import InputError, OptionError, nearest
from ..core.images import Item
from ..core.rng import key
from ..core.spec import chain
from .loader import Scale

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
OPTIONS: dict[str, dict[str, Any]] = {
    "flip": {"p": 0.5, "vertical": False, "alternate": False},
    "shift": {"most": 2, "fill": "reflect"},
}
"""What can be done to a whole batch, with defaults: the augment tricks of these names."""


@dataclass(eq=False)
class Pixels:
    """A Feed of pictures (n, S, S, C) uint8, an array or a torch tensor, and then its batches are tensors where it is.

    chain: any of flip and shift, with the options of the augment tricks of these names. at: where in `pixels` each row
    is, where they hold others too. targets: as a Feed's. Raises OptionError for other chains and
    InputError for pictures that are not square.
    """

    pixels: Any
    labels: np.ndarray
    rows: np.ndarray
    hashes: np.ndarray
    scale: Scale = ((0.5,) * 3, (0.5,) * 3)
    chain: str = ""
    at: "np.ndarray | None" = None
    targets: "np.ndarray | None" = None
    whole: ClassVar[bool] = True
    content: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        shape = tuple(self.pixels.shape)
        if len(shape) != 4 or shape[1] != shape[2] or shape[3] != len(self.scale[0]):
            raise InputError(f"expected pictures (n, S, S, {len(self.scale[0])}), got an array of {shape}.")
        parse(self.chain, shape[1])
        whole = np.ascontiguousarray(self.hashes)
        self.content = np.frombuffer(whole.tobytes(), np.uint64).reshape(len(whole), -1)[:, 0]

    def batch(
        self, places: np.ndarray, epochs: np.ndarray, turns: np.ndarray, view: str, spec: "str | None", seed: int
    ) -> Any:
        """(B, S, S, C) uint8."""
        side = self.pixels.shape[1]
        steps = parse(self.chain if spec is None else spec, side)
        held = places if self.at is None else self.at[places]
        if not steps:
            return self.pixels[held]
        draws = uniforms(key(seed, "augment", view), self.content[places], epochs, turns, 3)
        ys, xs = (np.broadcast_to(np.arange(side), (len(places), side)) for _ in "yx")
        if "shift" in steps:
            most = steps["shift"]["most"]
            ys, xs = (at + np.floor(draw * (2 * most + 1)).astype(np.int64)[:, None] - most
                      for at, draw in ((ys, draws[:, 0]), (xs, draws[:, 1])))  # fmt: skip
        if "flip" in steps:
            turned = self._mirrored(steps["flip"], places, epochs, draws[:, 2])[:, None]
            if steps["flip"]["vertical"]:
                ys = np.where(turned, side - 1 - ys, ys)
            else:
                xs = np.where(turned, side - 1 - xs, xs)
        return gather(self.pixels, held, ys, xs, steps.get("shift", {}).get("fill", "reflect"))

    def _mirrored(self, options: Any, places: Any, epochs: Any, draw: np.ndarray) -> np.ndarray:
        if not options["alternate"]:
            return draw < options["p"]
        return (self.content[places] & np.uint64(1)).astype(bool) ^ (epochs % 2 == 1)


def able(spec: str, side: int) -> bool:
    """Whether a chain of augment tricks can be done to a whole batch of pictures of this side."""
    try:
        parse(spec, side)
    except OptionError:
        return False
    return True


def parse(spec: str, side: int) -> dict[str, dict[str, Any]]:
    """{"flip": options, "shift": options} of a chain. Raises OptionError for anything else."""
    found: dict[str, dict[str, Any]] = {}
    for part in chain(spec):
        name = getattr(part, "name", str(part))
        if name not in OPTIONS:
            raise OptionError(f"{name!r} cannot be done to a whole batch in memory. {nearest(name, list(OPTIONS))}")
        if name in found:
            raise OptionError(f"{name} stands twice in {spec!r}; once is all that a whole batch can take.")
        given = dict(zip(OPTIONS[name], part.args, strict=False)) | dict(part.options)
        for option in given:
            if option not in OPTIONS[name]:
                raise OptionError(f"{name} has no option {option!r}. {nearest(option, list(OPTIONS[name]))}")
        found[name] = OPTIONS[name] | given
    flip, shift = found.get("flip", OPTIONS["flip"]), found.get("shift", OPTIONS["shift"])
    if not 0 <= flip["p"] <= 1 or (flip["alternate"] and flip["p"] != 0.5):
        raise OptionError(f"flip(p={flip['p']}): a probability; with alternate it has no effect: leave it out.")
    if not (isinstance(shift["most"], int) and 0 < shift["most"] < side):
        raise OptionError(f"shift(most={shift['most']}): whole pixels from 1 to {side - 1}.")
    if shift["fill"] not in ("reflect", "zero"):
        raise OptionError(f"shift(fill={shift['fill']!r}): reflect or zero.")
    return found


def gather(pixels: Any, places: np.ndarray, ys: np.ndarray, xs: np.ndarray, fill: str) -> Any:
    """pixels[places] at rows ys (B, S) and columns xs (B, S); beyond the border mirrored, or 0."""
    side = pixels.shape[1]
    outside = [(at < 0) | (at >= side) for at in (ys, xs)] if fill == "zero" else []
    ys, xs = (np.where(at < 0, -at, np.where(at >= side, 2 * side - 2 - at, at)) for at in (ys, xs))
    index: tuple[Any, ...] = (places[:, None, None], ys[:, :, None], xs[:, None, :])
    hidden: Any = outside[0][:, :, None] | outside[1][:, None, :] if outside else None
    if not isinstance(pixels, np.ndarray):
        import torch

        index = tuple(torch.as_tensor(part, device=pixels.device) for part in index)
        hidden = None if hidden is None else torch.as_tensor(hidden, device=pixels.device)
    out = pixels[index]
    if hidden is not None:
        out[hidden] = 0
    return out


def uniforms(start: int, content: np.ndarray, epochs: np.ndarray, turns: np.ndarray, count: int) -> np.ndarray:
    """(B, count) float64 in [0, 1): functions of (start, content, epoch, turn, column) each.

    SplitMix64 (Steele, Lea & Flood 2014, OOPSLA, figure 17), its state mixed with one part after the other.
    """
    state = mixed(mixed(content.astype(np.uint64)) ^ np.uint64(start % 2**64))
    for part in (epochs, turns):
        state = mixed(state + (part.astype(np.uint64) + np.uint64(1)) * GOLDEN)
    columns = np.arange(1, count + 1, dtype=np.uint64) * GOLDEN
    return (mixed(state[:, None] + columns) >> np.uint64(11)) * 2.0**-53


def mixed(value: np.ndarray) -> np.ndarray:
    """Each uint64 scattered over all of them, one to one (Stafford's variant 13, as in SplitMix64)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def stacked(items: Iterable[Item], side: int = 0) -> np.ndarray:
    """(n, side, side, C) uint8 of decoded pictures; C is 1 where all are grey, else 3.

    side: 0 is the first picture's; a picture of another size is fitted as Geometry does, whole (squash). Raises
    Unreadable for what cannot be decoded.
    """
    made = []
    for item in items:
        pixels = decode(item).pixels
        side = side or pixels.shape[0]
        if pixels.shape[:2] != (side, side):
            pixels = prepare(pixels, Geometry(side, "squash"))
        made.append(pixels)
    whole = np.stack(made)
    grey = all((part[..., :1] == part).all() for part in np.array_split(whole, max(1, len(whole) // 4096)))
    return np.ascontiguousarray(whole[..., :1]) if grey else whole


def held(items: Iterable[Item], geometry: Geometry) -> np.ndarray:
    """(n, size, size, 3) uint8 of pictures as `predict` sees them."""
    return np.stack([prepare(decode(item, least=geometry.least).pixels, geometry) for item in items])
