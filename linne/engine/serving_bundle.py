"""A bundle that answers again and again: what `linne export` wrote, without PyTorch and without the run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..core.ask import Ask
from ..core.decode import prepare
from ..core.errors import OptionError, Unreadable
from .bundle import Bundle
from .serving import Picture, Want, cloud, ranked

APPLY = ("runtime",)
"""Ways to answer that a bundle leaves open; its sets and thresholds were settled when it was exported."""


@dataclass(frozen=True, eq=False)
class Answered:
    """A picture and every output of the bundle for it, {} where it cannot be read."""

    picture: Picture
    found: dict[str, np.ndarray]


class Packed:
    """A bundle opened for serving. Raises what opening it raises, OptionError for what it cannot be asked."""

    kind = "classifier"

    def __init__(self, path: "str | Path", ask: Ask) -> None:
        usual = Ask()
        for name in vars(ask):
            if name not in APPLY and getattr(ask, name) != getattr(usual, name):
                flag = name.replace("_", "-")
                raise OptionError(f"--{flag} is settled when a bundle is exported, and {path} is one. Serve the run.")
        self.bundle = Bundle(path, ask.runtime)
        self.classes, self.several, self.ran = self.bundle.classes, self.bundle.several, self.bundle.runtime
        self.geometry = self.bundle.geometry if self.bundle.squares else None

    def warm(self) -> None:
        """Make it ready, and ask it once."""
        self.look([Picture("warm", b"", square=prepare(cloud(0), self.bundle.geometry))])

    def look(self, pictures: Sequence[Picture]) -> list[Answered]:
        """What the bundle says of pictures, in their order; those that are no squares yet are decoded here."""
        if self.geometry is None:
            return [self._whole(one) for one in pictures]
        some = [place for place, one in enumerate(pictures) if one.square is not None]
        squares = [np.asarray(pictures[place].square) for place in some]
        found = self.bundle.answer(np.stack(squares)) if some else {}
        rows = {place: {name: part[row] for name, part in found.items()} for row, place in enumerate(some)}
        return [Answered(one, rows.get(place, {})) for place, one in enumerate(pictures)]

    def _whole(self, picture: Picture) -> Answered:
        """By the whole graph, which resizes by itself: a program takes nothing else."""
        from ..core.decode import decode

        if picture.square is not None:
            return Answered(picture, {name: part[0] for name, part in self.bundle.whole(picture.square[None]).items()})
        try:
            pixels = decode(picture.data, least=self.bundle.geometry.least).pixels
        except Unreadable as error:
            return Answered(Picture(picture.name, b"", reason=error.reason), {})
        return Answered(picture, {name: part[0] for name, part in self.bundle.whole(pixels[None]).items()})

    def tell(self, looked: Sequence[Answered], want: Want) -> list[dict[str, Any]]:
        """Answers as JSON has them. Raises OptionError for a coverage or a share kept that it was not exported with."""
        if want.explain or want.of:
            raise OptionError("explain and of need the run, and a bundle is served here. Serve the run.")
        edge = self._settled(want)
        return [self._told(one, want, edge) for one in looked]

    def _settled(self, want: Want) -> "float | None":
        """The strangeness up to which a picture is own, None where nobody asks."""
        asked, able, has = dict(want.asked), self.bundle.kept, self.bundle.coverage
        unknown, edge = asked.pop("unknown", None), None
        if unknown is not None:
            if unknown not in able:
                shares = ", ".join(f"{share:g}" for share in able) or "none"
                raise OptionError(f"unknown={unknown:g}: the bundle was exported with {shares}. Serve the run.")
            edge = float(able[unknown])
        if asked.pop("coverage", has) != has:
            raise OptionError(
                f"The bundle was exported with {f'coverage={has:g}' if has else 'no sets'}. Serve the run."
            )
        if asked:
            raise OptionError(f"{next(iter(asked))} needs the run, and a bundle is served here. Serve the run.")
        return edge

    def _told(self, one: Answered, want: Want, edge: "float | None") -> dict[str, Any]:
        label = "labels" if self.several else "label"
        if not one.found:
            return {"name": one.picture.name, label: None, "problem": one.picture.reason or "cannot be read"}
        chances = np.asarray(one.found["probabilities"], np.float64)
        names = [name for name, held in zip(self.classes, one.found.get("set", ()), strict=False) if held]
        strange = edge is not None and float(one.found["unknown"]) > edge
        said: Any = names if self.several else "unknown" if strange else self.classes[int(chances.argmax())]
        out = {"name": one.picture.name, label: said, "problem": None,
               "probabilities": ranked(self.classes, chances, want.top)}  # fmt: skip
        if "set" in one.found and not self.several and dict(want.asked).get("coverage"):
            out["set"] = names
        return out | ({"unknown": strange} if edge is not None else {})

    def about(self) -> dict[str, Any]:
        """JSON-ready: what it is, and what it can be asked for, as it was exported."""
        kept = self.bundle.kept
        share = 0.95 if 0.95 in kept else max(kept, default=None)
        asks = {"explain": False, "coverage": self.bundle.coverage, "unknown": share}
        return {"kind": self.kind, "classes": list(self.classes), "several": self.several, "runtime": self.ran,
                "bundle": str(self.bundle.path), "asks": asks, "notes": []}  # fmt: skip
