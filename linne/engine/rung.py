"""One rung of the ladder: a method fitted several times, each time without one fold, judged there, then averaged.

Members begin with the same weights and with a head that was solved for without their fold, so what they say of it is
out of fold; their weights' average (Wortsman et al. 2022, arXiv:2203.05482) has seen every picture and is what is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..core.deal import deal
from ..core.files import write
from ..core.lookup import find, offer
from ..core.predictions import Predictions
from ..core.rng import rng
from ..core.spec import Spec, parse
from .budget import Clock
from .first import Stand
from .log import Log
from .network import Network
from .plan import Plan
from .probe import probe
from .recipes import Steps
from .settings import Settings


@dataclass(frozen=True, eq=False)
class Member:
    """One fitting of a rung. rows: of the images, (m,), that it never saw; logits (m, K); file: its tensors."""

    rows: np.ndarray
    logits: np.ndarray
    file: Path


@dataclass(eq=False)
class Rung:
    """A method with everything that its members share.

    feed: places among `stood.learn` to the feed that shows those pictures. folds: 1 holds nobody out.
    """

    name: str
    steps: Steps
    folds: int
    stood: Stand
    place: Path
    plan: Plan
    log: Log
    clock: Clock
    feed: Callable[[np.ndarray], Any]
    seed: int
    metric: Any
    where: Any
    start: Sequence[Member] = ()

    @property
    def fold(self) -> np.ndarray:
        """(n,) the fold of each learning picture; whole groups."""
        images = self.stood.data.images.take(self.stood.learn)
        return deal(images.labels, images.group, [1] * self.folds, rng(self.seed, "ladder"))

    def member(self, number: int, budget: float) -> Member:
        """Fit member `number`, in at most `budget` seconds; or what it came to, where that was done before."""
        folder = self.place / f"{self.name}-{number}"
        kept = folder / "member.safetensors"
        held = np.flatnonzero(self.fold == number) if self.folds > 1 else np.zeros(0, np.int64)
        rows = self.stood.learn[held]
        if kept.exists() and (folder / "held.npy").exists():
            return Member(rows, np.load(folder / "held.npy"), kept)
        learns = np.setdiff1d(np.arange(len(self.stood.learn)), held)
        net, method = self._begin(number, learns)
        seconds = self.plan.decide(f"{self.name}-{number} seconds", lambda: budget if budget < float("inf") else 0.0)
        fitted = self._fit(method, learns, folder, float(seconds))
        logits = self._logits(fitted.module, held)
        if hasattr(method, "settle"):
            method.settle()
        from . import device

        save(net, kept)
        write(folder / "held.npy", lambda aside: _save(aside, logits))
        device.together(self.where)
        self.clock.note()
        return Member(rows, logits, kept)

    def _begin(self, number: int, learns: np.ndarray) -> tuple[Any, Any]:
        """(the network as the member begins, the method over it)."""
        from .criterion import Criterion

        data = self.stood.data
        labels, classes = data.images.labels[self.stood.learn[learns]], len(data.images.classes)
        net = built(data.network, classes, self.start[number].file if self.start else None)
        if not self.start and data.network.seed < 0:
            self._solve(net, learns)
        loss = Criterion(self.steps.loss, labels, classes, self.where)
        offered = {"model": net, "loss": loss, "images": data.images, "classes": classes, "device": self.where.torch}
        return net, offer(find("method", self.steps.method), **offered)

    def _solve(self, net: Any, learns: np.ndarray) -> None:
        """Begin with the head that is best on these pictures' frozen features."""
        import torch

        data, rows = self.stood.data, self.stood.learn[learns]
        strengths = (self.stood.head.strength,)
        first = probe(data.features[rows], data.images.take(rows), metric=self.metric, folds=2, strengths=strengths,
                      seed=self.seed)  # fmt: skip
        layers = [part for part in net.head.modules() if getattr(part, "weight", None) is not None]
        if len(layers) != 1 or layers[0].weight.numel() != first.weight.size:
            self.log.say(f"the head of {data.network.name} is no single layer: it begins anew")
            return
        with torch.no_grad():
            layers[0].weight.copy_(torch.from_numpy(first.weight).view_as(layers[0].weight))
            layers[0].bias.copy_(torch.from_numpy(first.bias))

    def _fit(self, method: Any, learns: np.ndarray, folder: Path, budget: float) -> Any:
        from .loop import fit

        steps = self.steps
        own = {name: value for name, value in asdict(steps).items() if name not in ("method", "epochs", "ema")}
        count = max(1, round(steps.epochs * len(learns) / steps.batch))
        settings = Settings(steps=count, seed=self.seed, budget=budget, **own)
        hooks = find("hook", Spec("ema", (), (("decay", steps.ema),)))(), self.clock
        feeds = {"train": self.feed(learns)}
        return fit(method, feeds, settings, where=self.where, place=folder, log=self.log, hooks=hooks)

    def _logits(self, module: Any, places: np.ndarray) -> np.ndarray:
        """(m, K) float64 of pictures as predict sees them."""
        import torch

        feed, out = self.feed(places), [np.zeros((0, len(self.stood.data.images.classes)))]
        for at in range(0, len(places), self.steps.batch):
            some = np.arange(at, min(at + self.steps.batch, len(places)))
            pixels = feed.batch(some, 0 * some, 0 * some, "plain", None, self.seed)
            with torch.no_grad():
                out.append(module(_moved(pixels, feed, self.where)).double().cpu().numpy())
        return np.concatenate(out)


def _moved(pixels: np.ndarray, feed: Any, where: Any) -> Any:
    """Pictures (B, H, W, C) uint8 as normalised (B, C, H, W) float32; activations as they are."""
    import torch

    value = torch.as_tensor(pixels).to(where.torch)
    if value.dtype != torch.uint8:
        return value
    mean, std = (torch.tensor(part, device=value.device).view(1, -1, 1, 1) * 255 for part in feed.scale)
    return (value.permute(0, 3, 1, 2).float() - mean) / std


def built(network: Network, classes: int, file: "Path | None" = None) -> Any:
    """The network in torch with a head for `classes`; its weights, or another file's. Imports torch."""
    spec = parse(network.name)[0]
    weights = str(file or network.file)
    trick = find("model", Spec(spec.name, spec.args, (*spec.options, ("weights", weights))))
    return offer(trick, classes=classes, channels=len(network.mean), size=network.size)


def save(net: Any, path: Path) -> None:
    """A network's tensors as its weights files name them."""
    from safetensors.torch import save_file

    whole = {name: getattr(value, "full_tensor", lambda v=value: v)() for name, value in net.tensors().items()}
    tensors = {name: value.detach().cpu().contiguous().clone() for name, value in whole.items()}
    write(path, lambda aside: save_file(tensors, aside, {"format": "pt"}))


def average(members: Sequence[Member], path: Path) -> None:
    """The mean of the members' tensors, exact where they are the same; whole numbers are the first one's."""
    from safetensors.numpy import load_file, save_file

    parts = [load_file(member.file) for member in members]
    mean = {
        name: value if value.dtype.kind != "f" else
        np.mean([part[name] for part in parts], 0, dtype=np.float64).astype(value.dtype).reshape(value.shape)
        for name, value in parts[0].items()
    }  # fmt: skip
    write(path, lambda aside: save_file(mean, aside, {"format": "pt"}))


def said(members: Sequence[Member], stood: Stand) -> Predictions:
    """What members say of the pictures that they never saw, in the images' order."""
    images = stood.data.images
    rows = np.concatenate([member.rows for member in members])
    order = np.argsort(rows)
    rows, logits = rows[order], np.concatenate([member.logits for member in members])[order]
    return Predictions(logits, images.labels[rows], rows, images.classes, images.names[rows], images.group[rows])


def _save(path: Path, array: np.ndarray) -> None:
    with open(path, "wb") as file:
        np.save(file, array)
