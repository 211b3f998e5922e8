"""Why a classifier says what it says of a picture: tricks of the kind explain, each handed what it asks for.

A trick that asks for maps gets the network's last ones, one that asks for gradients those of the class's logit, one
that asks for `score` a way to ask the network about changed pictures, and one that asks for `known` what taught.
"""

from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any

import numpy as np

from ..core.decode import decode, prepare
from ..core.errors import OptionError, Unreadable
from ..core.images import Images
from ..core.lookup import declared, find, offer
from ..core.measure import content_hash
from ..core.predictions import log_softmax
from ..core.run import Run
from ..core.spec import parse
from .choose import choose, known
from .infer import Model
from .log import Log
from .maps import source
from .recall import Past

INSTEAD = "grad_cam"
"""What stands in for cam where features are not the mean of the last maps."""
PART = 16
"""Pictures whose maps are held at once."""
MAPS = {"maps", "gradients", "weight"}


@dataclass(frozen=True, eq=False)
class Told:
    """What a trick gave for n pictures. gives: "heat" (n, h, w), "maps" ((n, c, h, w), (n, c) channels) or "rows"
    ((n, c) places among what is known, (n, c) likeness). signed: heat below 0 speaks against."""

    gives: str
    found: Any
    signed: bool = False


class Explainer:
    """Explains what a model says by the trick of a spec. note: what a person should know of it, or "".

    known: (n, d) features of the pictures that taught, for tricks that ask for them. torch: whether the network in
    torch may be taken where the converted one is not enough. Raises OptionError for a trick that is not there or that
    this model cannot be explained by.
    """

    def __init__(
        self, model: Model, spec: str, log: Log, *, known: "np.ndarray | None" = None, runtime: str = "auto",
        torch: bool = True,
    ) -> None:  # fmt: skip
        self.model, self.log, self.runtime, self.torch, self.known = model, log, runtime, torch, known
        self.spec, self.note = spec, ""
        self._source: Any = None
        self._runner: Any = None
        self._held: dict[bytes, np.ndarray] = {}
        self._set(spec)
        if self.asks & MAPS and model.learner is not None:
            raise OptionError(
                f"explain {self.name!r} needs a linear head, and this run's is another learner. Take occlusion or "
                "neighbours."
            )

    def _set(self, spec: str) -> None:
        self.trick = find("explain", spec)
        self.name = parse(spec)[0].name
        taken = signature(self.trick).parameters.values()
        self.asks = {one.name for one in taken if one.kind is Parameter.POSITIONAL_OR_KEYWORD}
        self.gives = str(declared("explain", self.name, "gives", "heat"))
        self.signed = bool(declared("explain", self.name, "signed", False))

    @property
    def sided(self) -> bool:
        """Whether another class of the same picture gives another heatmap, at little cost."""
        return self.gives == "heat" and bool(self.asks & {"weight", "gradients"})

    def __call__(self, pixels: np.ndarray, targets: np.ndarray, features: "np.ndarray | None" = None) -> Told:
        """Of pictures (n, S, S, 3) uint8 as the network sees them, n at least 1; targets (n,) classes; features (n, d),
        where the trick asks for them."""
        if self.asks & MAPS and self._source is None:
            self._open(pixels)
        parts = []
        for start in range(0, len(pixels), PART):
            part = slice(start, start + PART)
            parts.append(self._part(pixels[part], targets[part], None if features is None else features[part]))
        if self.gives == "heat":
            return Told("heat", np.concatenate(parts), self.signed)
        first, second = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
        return Told(self.gives, (first, second))

    def forget(self) -> None:
        """Let go of the maps of the pictures that were explained."""
        self._held.clear()

    def _open(self, pixels: np.ndarray) -> None:
        """Have what gives maps; another trick takes cam's place where cam would not be exact."""
        self._source = source(self.model, pixels, "gradients" in self.asks, torch=self.torch)
        if self.name == "cam" and not self._source.exact:
            plain = f"the features of {self.model.network.name} are not the mean of its last maps"
            self.note = f"{plain}: {INSTEAD} takes cam's place"
            self.log.say(self.note)
            self._set(INSTEAD)

    def _part(self, pixels: np.ndarray, targets: np.ndarray, features: "np.ndarray | None") -> Any:
        offered: dict[str, Any] = {"pixels": pixels, "targets": targets, "features": features, "known": self.known,
                                   "score": self._score}  # fmt: skip
        if self.asks & MAPS:
            offered |= self._maps(pixels, targets)
        return offer(self.trick, **offered)

    def _maps(self, pixels: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
        """Maps, and what else is asked for; a channel counts by the head's row where that is exact."""
        weighed = "weight" in self.asks
        if "gradients" in self.asks or (weighed and not self._source.exact):
            maps, gradients = self._source.gradients(pixels, targets)
            return {"maps": maps, "gradients": gradients, "weight": gradients.mean(axis=(2, 3))}
        mark = content_hash(pixels)
        if mark not in self._held:  # the same pictures are asked about for another class
            self._held[mark] = self._source.maps(pixels)
        return {"maps": self._held[mark], "weight": self.model.weight[targets]}

    def _score(self, pixels: np.ndarray) -> np.ndarray:
        """Log probabilities (m, K) of pictures as the network sees them."""
        if self._runner is None:
            self._runner = _runner(self.model, self.runtime, list(pixels[:PART]), self.log)
        features = np.stack(list(self._runner(iter(pixels))))
        return log_softmax(self.model.logits(features) / self.model.temperature)


def squares(images: Images, model: Model) -> tuple[np.ndarray, np.ndarray]:
    """(m, S, S, 3) uint8 as the network sees them, and which of the pictures, (m,), could be read."""
    out, rows = [], []
    for row in range(len(images)):
        try:
            out.append(prepare(decode(images.items[row], least=model.geometry.least).pixels, model.geometry))
            rows.append(row)
        except Unreadable:
            continue
    side = model.geometry.size
    return np.stack(out) if out else np.zeros((0, side, side, 3), np.uint8), np.array(rows, np.int64)


def taught(run: Run, model: Model, log: Log) -> tuple[Images, np.ndarray]:
    """The run's learning pictures and their features, those that the cache or their files still tell.

    Raises OptionError where there are none.
    """
    past = Past.of(run)
    part = past.take(np.flatnonzero(past.kept & (past.images.split == "train")))
    _, features, missing = part.look(part.looker(model.network, model.geometry, log, facts=False))
    if missing.all():
        raise OptionError(
            f"None of the pictures that {run.path} learned from is here or in the cache: there are no neighbours to "
            f"show. Put them back at {past.images.came_from or 'their place'}, or take cam or occlusion."
        )
    return part.images.take(~missing), features[~missing]


def _runner(model: Model, runtime: str, samples: list[np.ndarray], log: Log) -> Any:
    """What runs the network: what was found the best here before, else what is now."""
    size, count = model.geometry.size, 1000
    trial = known(model.network, size, runtime, count)
    if trial is None:
        return choose(model.network, size, runtime, count, samples, log)[0]
    return offer(find("runtime", trial.spec), network=model.network, size=size)
