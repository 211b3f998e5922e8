"""One rung of the ladder: a method fitted to all learning pictures, and again without one fold, to be judged there.

Witnesses begin with the same weights and with a head that was solved for without their fold, so what they say of it is
out of fold. They learn as the one that is kept does, from fewer pictures: what they show is no promise too much.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..core.applied import vouched
from ..core.batch import Stage, Stream
from ..core.errors import OptionError
from ..core.files import write, write_json
from ..core.lookup import declared, find, offer
from ..core.predictions import Predictions
from ..core.rng import rng
from ..core.several import Several
from ..core.spec import Spec, chain, parse
from . import either
from .assemble import built, sign
from .begin import begin
from .budget import Clock
from .first import Stand
from .log import Log
from .plan import Plan
from .recipes import Steps
from .settings import Settings
from .several import fair

WHOLE = "whole"
NOT_SET = "method", "epochs", "ema", "hook", "ground"
"""What steps say that a loop's settings do not hold."""
SPAN = 300.0
"""The range test goes from this share of a method's own rate to this multiple of it."""


@dataclass(frozen=True, eq=False)
class Member:
    """One fitting of a rung. fold: that it never saw, WHOLE where it saw all. rows: of the images, (m,), that it never
    saw and judges; logits (m, K); file: its tensors; curve: epoch, loss and perhaps figure, once an epoch."""

    fold: "int | str"
    rows: np.ndarray
    logits: np.ndarray
    file: Path
    curve: "list[dict[str, float]]"


@dataclass(eq=False)
class Rung:
    """A method with everything that its fittings share.

    feed: rows of the images to the feed that shows them. start: the rung below's fittings, to begin from. init: of
    random weights. shell: the tail, by which a method is given the network from a cut on; "" is the whole network.
    pool: what shows pictures without labels. prior: (K,) shares of it, where positives and a pool teach.
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
    init: str = "auto"
    shell: str = ""
    pool: "Callable[[], Any] | None" = None
    prior: Any = None

    @property
    def fold(self) -> np.ndarray:
        """(n,) the fold of each learning picture; whole groups."""
        images = self.stood.data.images.take(self.stood.learn)
        return either.dealt(images, [1] * self.folds, rng(self.seed, "ladder"))

    def member(self, fold: "int | str", budget: float) -> Member:
        """Fit without this fold (WHOLE: with all) in at most `budget` seconds; or what that came to before."""
        from . import device

        folder, learn = self.place / f"{self.name}-{fold}", self.stood.learn
        kept = folder / "member.safetensors"
        rows = self.stood.judge if fold == WHOLE else learn[self.fold == fold]
        if kept.exists() and (folder / "held.npy").exists():
            curve = json.loads((folder / "curve.json").read_text(encoding="utf-8"))
            return Member(fold, rows, np.load(folder / "held.npy"), kept, curve)
        learns = learn if fold == WHOLE else learn[self.fold != fold]
        net, method = self._begin(fold, learns)
        seconds = self.plan.decide(f"{self.name}-{fold} seconds", lambda: budget if budget < float("inf") else 0.0)
        fitted = self._fit(method, fold, learns, folder, float(seconds))
        logits = self._logits(fitted.module, rows)
        for part in (method, net.head):
            if hasattr(part, "settle"):
                part.settle()
        curve = [{name: one[name] for name in ("epoch", "loss", "figure") if name in one} for one in fitted.records]
        save(net, kept, self.stood.data.network.trained, len(self.stood.data.images.classes))
        write_json(folder / "curve.json", curve)
        write(folder / "held.npy", lambda aside: _save(aside, logits))
        device.together(self.where)
        self.clock.note()
        return Member(fold, rows, logits, kept, curve)

    def _begin(self, fold: "int | str", learns: np.ndarray) -> tuple[Any, Any]:
        """(the network as the fitting begins, the method over it)."""
        from .criterion import Criterion

        data = self.stood.data
        known, classes = data.images.answers[learns], len(data.images.classes)
        below = next((member.file for member in self.start if member.fold == fold), None)
        net = built(data.network, classes, below, self.seed)
        if below is None and data.network.seed < 0:
            self._solve(net, fold, learns)
        elif below is None:
            begin(net, self.init, lambda count: self._shown(learns[:: -(-len(learns) // count)]), self.seed)
        loss = Criterion(self.steps.loss, known, classes, self.where)
        loss.watch(net.head)
        model = self._shelled(net)
        offered = {"model": model, "loss": loss, "images": data.images, "classes": classes, "device": self.where.torch,
                   "teach": partial(self._teacher, fold, learns), "prior": self.prior}  # fmt: skip
        method = offer(find("method", self.steps.method), **offered)
        method.classes = classes  # those that learn may show fewer: a fold, or the first pictures that a try takes
        if self.shell:
            stages = getattr(method, "stages", None) or [Stage()]
            method.stages = [replace(stage, statistics=False) for stage in stages]
        held(net, method, self.steps.method)
        return net, method

    def _shelled(self, net: Any) -> Any:
        """What a method is handed: the network, or what comes after its cut, holding the network's own modules."""
        if not self.shell:
            return net
        return offer(find("method", self.shell), model=net, loss=None, device=self.where.torch).model

    def _teacher(self, fold: "int | str", learns: np.ndarray, names: str, features: bool = False) -> Any:
        """Finished runs that answer for these pictures, networks' features, or what heads said out of fold of them."""
        from .teach import Recalled, teacher

        data = self.stood.data
        if names == "self":
            if features:
                raise OptionError("teacher=self has labels, no features. Take distil or dkd.")
            known = self._foretold(fold, learns)
            return Recalled(known.rows, known.logits / known.temperature).to(self.where.torch)
        if self.shell:
            raise OptionError(
                f"teacher={names!r} answers for pictures, and the method learns from what comes before a cut. Give "
                "--ground pictures, or teacher=self."
            )
        scale = data.network.mean, data.network.std
        return teacher(names, data.images.classes, scale, features).to(self.where.torch)

    def _foretold(self, fold: "int | str", learns: np.ndarray) -> Predictions:
        """What heads say of these learning pictures that never saw them."""
        if fold == WHOLE:
            return self.stood.head.oof
        known = self._solved(learns).oof
        return replace(known, rows=learns[known.rows])

    def _head(self, fold: "int | str", learns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The head that is best on these pictures' frozen features: the probe's own, or one that never saw the fold.

        A method that learns from what it says of a pool is given it calibrated: a strong penalty leaves every class
        as likely as another, and such guesses taught each other until one class was left (bench/LOG.md).
        """
        head = self.stood.head if fold == WHOLE else self._solved(learns)
        pooled = declared("method", parse(self.steps.method)[0].name, "pool", False)
        heat = np.float32(head.temperature if pooled else 1)
        return head.weight / heat, head.bias / heat

    def below(self, fold: "int | str") -> np.ndarray:
        """(m, K) what the first classifier says of a member's pictures where it learned from the same ones as that."""
        data, judge = self.stood.data, self.stood.judge
        rows = judge if fold == WHOLE else self.stood.learn[self.fold == fold]
        head = self.stood.head if fold == WHOLE else self._solved(self.stood.learn[self.fold != fold])
        return data.features[rows].astype(np.float64) @ head.weight.T.astype(np.float64) + head.bias

    def _solved(self, learns: np.ndarray) -> Any:
        """The probe of these pictures alone, at the strength that all of them chose."""
        data = self.stood.data
        strength = self.stood.head.strength
        return either.solved(data.features[learns], data.images.take(learns), strength, self.metric, self.seed)

    def _solve(self, net: Any, fold: "int | str", learns: np.ndarray) -> None:
        """Begin with that head, where the network's is a single layer."""
        import torch

        weight, bias = self._head(fold, learns)
        layers = [part for part in net.head.modules() if getattr(part, "bias", None) is not None]
        if len(layers) != 1 or layers[0].weight.numel() != weight.size:
            self.log.say(f"the head of {self.stood.data.network.name} is no single layer: it begins anew")
            return
        with torch.no_grad():
            layers[0].weight.copy_(torch.from_numpy(weight).view_as(layers[0].weight))
            layers[0].bias.copy_(torch.from_numpy(bias))

    def _fit(self, method: Any, fold: "int | str", learns: np.ndarray, folder: Path, budget: float) -> Any:
        from .loop import fit

        watched = looking(self.steps)
        rows, aside = self._aside(learns) if watched else (learns, learns[:0])
        hooks = self.hooks(self._foretold(fold, learns) if foreseeing(self.steps) else None)
        own = next((hook.figure for hook in hooks if getattr(hook, "figure", None)), None)
        figured = (lambda module: self._figure(module, aside)) if watched else None
        if own is not None and not watched:
            figured = lambda module: own(self._logits(module, rows), rows)  # noqa: E731
        settings = replace(self._settings(len(rows)), budget=budget, keep="best" if figured else "last")
        return fit(method, self.feeds(method, rows), settings, where=self.where, place=folder, log=self.log,
                   evaluate=figured, hooks=[*hooks, self.clock])  # fmt: skip

    def feeds(self, method: Any, rows: np.ndarray) -> dict[str, Any]:
        """What the method's streams ask for, these rows being the ones with labels that learn."""
        streams = (getattr(method, "streams", None) or {"train": Stream()}).values()
        made: dict[str, Callable[[], Any]] = {"train": lambda: self.feed(rows), "clean": lambda: self._clean(rows)}
        made |= {"unlabelled": self.pool} if self.pool else {}
        feeds = {
            name: made[name]() for name in dict.fromkeys(["train", *(one.rows for one in streams)]) if name in made
        }
        for stream in streams:
            for spec in filter(None, stream.views.values()):
                if hasattr(feed := feeds.get(stream.rows), "prepare"):
                    feed.prepare(spec)  # type: ignore[union-attr]
        return feeds

    def _clean(self, rows: np.ndarray) -> Any:
        """The feed of those whose label somebody confirmed or put right. Raises OptionError where none was."""
        sure = rows[vouched(self.stood.data.images)[rows]]
        if not len(sure):
            raise OptionError(
                f"{self.steps.method} learns from some labels that are surely right, and none was confirmed. Confirm "
                "some with --overlay fixes.csv, or take a method that needs none, e.g. mlnt."
            )
        return self.feed(sure)

    def pace(self) -> float:
        """Seconds of one picture in a step, by the first few. The network is thrown away."""
        from .loop import fit

        learn, pace = self.stood.learn, Pace()
        method = self._begin(WHOLE, learn)[1]
        fit(method, self.feeds(method, learn), self._settings(len(learn)), where=self.where, hooks=[pace])
        return pace.seconds / self.steps.batch

    def hooks(self, oof: "Predictions | None" = None) -> list[Any]:
        """What watches its fittings. oof: what was said out of fold of what learns, for hooks that ask for it."""
        return hooks_of(self.steps, self.where.shard, oof)

    def _settings(self, rows: int) -> Settings:
        steps = self.steps
        own = {name: value for name, value in asdict(steps).items() if name not in NOT_SET}
        return Settings(steps=max(1, round(steps.epochs * rows / steps.batch)), seed=self.seed, **own)

    def _aside(self, learns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(rows that learn, a tenth that is looked at every epoch): what is watched judges nothing else."""
        images = self.stood.data.images.take(learns)
        part = either.dealt(images, [9, 1], rng(self.seed, "watched"))
        self.log.say(f"{(part == 1).sum():,} of {len(learns):,} learning pictures are watched after every epoch")
        return learns[part == 0], learns[part == 1]

    def _figure(self, module: Any, rows: np.ndarray) -> float:
        """The recipe's metric of these rows, higher is better."""
        said = either.said(self.stood.data.images, rows, self._logits(module, rows))
        said = fair(said) if isinstance(said, Several) else said
        greater = declared("metric", parse(self.metric)[0].name, "greater", True)
        return (1 if greater else -1) * float(find("metric", self.metric)(said))

    def found_rate(self, count: int) -> dict[str, Any]:
        """The range test of this rung in so many steps, JSON-ready. The network is thrown away."""
        from .finder import find_rate

        learn = self.stood.learn
        method = self._begin(WHOLE, learn)[1]
        settings = self._settings(len(learn))
        ends = settings.rate / SPAN, settings.rate * SPAN
        found = find_rate(method, self.feeds(method, learn), settings, *ends, count, where=self.where)
        return asdict(found)

    def _logits(self, module: Any, rows: np.ndarray) -> np.ndarray:
        """(m, K) float64 of pictures as predict sees them."""
        import torch

        out = [np.zeros((0, len(self.stood.data.images.classes)))]
        for at in range(0, len(rows), self.steps.batch):
            with torch.no_grad():
                shown = self._shown(rows[at : at + self.steps.batch])
                out.append(module(shown).double().cpu().numpy())
        return np.concatenate(out)

    def _shown(self, rows: np.ndarray) -> Any:
        """(m, ...) float tensor of what the feed gives for these rows without any draw."""
        feed, places = self.feed(rows), np.arange(len(rows))
        return _moved(feed.batch(places, 0 * places, 0 * places, "plain", "", self.seed), feed, self.where)


class Pace:
    """A hook that times some steps, then asks to stop; the first two, which warm up, count where there are few."""

    stop, most = "", 8

    def __init__(self) -> None:
        self.at: list[float] = [time.monotonic()]

    def on_step(self, loop: Any, record: dict[str, Any]) -> None:
        """Note the time."""
        self.at.append(time.monotonic())
        self.stop = "timed" if len(self.at) > self.most else ""

    @property
    def seconds(self) -> float:
        """Of one step: the median, of all where there are but a few."""
        took = np.diff(self.at)
        return float(np.median(took[2:] if len(took) > 3 else took))


def held(net: Any, method: Any, name: str) -> None:
    """Raise OptionError for a method whose result is not the network's own: a run's folder could not hold it."""
    players = list(getattr(method, "players", None) or ["model"])
    module = getattr(method, "network", None) or getattr(method, players[0])
    own = {id(parameter) for parameter in net.parameters()}
    foreign = sum(parameter.numel() for parameter in module.parameters() if id(parameter) not in own)
    if foreign and not hasattr(method, "settle"):
        raise OptionError(
            f"{name} trains {foreign:,} parameters that {net.name} does not have, and a run's folder holds a network by"
            " its name. A method says by `surgery` in its file what the network needs; or take another method."
        )


def looking(steps: Steps) -> bool:
    """Whether something goes by figures while it learns: they are then of pictures that are put aside for it."""
    hooks = [getattr(part, "name", "") for part in chain(steps.hook)]
    return "stop" in hooks or (isinstance(steps.schedule, str) and parse(steps.schedule)[0].name == "plateau")


def foreseeing(steps: Steps) -> bool:
    """Whether a hook asks for what was said out of fold of the learning pictures."""
    return any(declared("hook", getattr(part, "name", ""), "foretold", False) for part in chain(steps.hook))


def hooks_of(steps: Steps, shard: bool = False, oof: "Predictions | None" = None) -> list[Any]:
    """The hooks that the recipe names, and the average of the weights that is the method's own unless one is named, or
    no process has whole weights (`shard`)."""
    given = chain(steps.hook)
    named = {getattr(part, "name", "") for part in given}
    own = [] if shard or named & {"ema", "swa"} else [Spec("ema", (), (("decay", steps.ema),))]
    return [offer(find("hook", part), oof=oof) for part in (*own, *given)]


def _moved(pixels: np.ndarray, feed: Any, where: Any) -> Any:
    """Pictures (B, H, W, C) uint8 as normalised (B, C, H, W) float32; activations as they are."""
    import torch

    value = torch.as_tensor(pixels).to(where.torch)
    if value.dtype != torch.uint8:
        return value
    mean, std = (torch.tensor(part, device=value.device).view(1, -1, 1, 1) * 255 for part in feed.scale)
    return (value.permute(0, 3, 1, 2).float() - mean) / std


def save(net: Any, path: Path, name: str, classes: int) -> None:
    """A network's tensors as its weights files name them, under the name that it is built by."""
    from safetensors.torch import save_file

    whole = {each: getattr(value, "full_tensor", lambda v=value: v)() for each, value in net.tensors().items()}
    tensors = {each: value.detach().cpu().contiguous().clone() for each, value in whole.items()}

    def signed(aside: Path) -> None:
        save_file(tensors, aside)
        sign(aside, name, classes)

    write(path, signed)


def joined(parts: "Sequence[tuple[np.ndarray, np.ndarray]]", stood: Stand) -> Predictions:
    """Predictions of (rows, logits) of several fittings, in the images' order."""
    rows = np.concatenate([rows for rows, _ in parts])
    order = np.argsort(rows)
    return either.said(stood.data.images, rows[order], np.concatenate([logits for _, logits in parts])[order])


def _save(path: Path, array: np.ndarray) -> None:
    with open(path, "wb") as file:
        np.save(file, array)
