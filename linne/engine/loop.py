"""fit(): the training loop, the only one. Rates, draws and order are functions of the step, so nothing else is saved.

A step: each stream's batch is fetched, moved, blended in cells of 16 rows; each player that is due steps through a
closure that runs the whole effective batch again with the same draws, in micro-batches where memory asks for it.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..core.batch import CELL, Batch, Player, Stage, Stream
from ..core.errors import OptionError
from ..core.lookup import find, offer
from ..core.rng import key
from . import device, keep
from .feeding import Feeding, classes_of, mix_of, streams_of
from .hidden import INPUT, Hidden, mixable
from .loader import Feed, Loader, Order
from .lock import lock
from .log import Log
from .losses import Losses
from .norms import estimating, frozen_statistics, reestimate, synchronise
from .parameters import agree, ending, multiple, parameter_groups
from .plan import Plan
from .settings import Fitted, Settings
from .update import Updates, Whole, bare


def fit(
    method: Any,
    feeds: Mapping[str, Feed],
    settings: Settings,
    *,
    where: "device.Device | None" = None,
    place: "Path | None" = None,
    log: "Log | None" = None,
    evaluate: "Callable[[nn.Module], float] | None" = None,
    hooks: Sequence[Any] = (),
) -> Fitted:
    """Fit a method to its feeds ("train", and "unlabelled" where a stream asks for it); resumes what `place` holds.

    evaluate: the figure of a module in evaluation mode, higher is better; asked every `settings.every` epochs. Raises
    OptionError for settings that contradict each other, RunError for a checkpoint of other settings, Diverged where
    the loss is not finite: rows are named, and the last good checkpoint stays.
    """
    loop = Loop(method, feeds, settings, where or device.device("cpu"), place, log or Log(quiet=True), hooks)
    loop.evaluate = evaluate
    with lock(place) if place is not None and loop.where.main else nullcontext():
        return loop.run()


SHUFFLE = Stream.sampler
ESTIMATE = 16
"""Batches over which batch norms are estimated anew for weights that none of them has seen."""


class Loop:
    """One fitting, and what hooks are shown: step, steps, epoch, module, modules, history, place, log, settings."""

    evaluate: "Callable[[nn.Module], float] | None" = None

    def __init__(
        self, method: Any, feeds: Mapping[str, Feed], settings: Settings, where: device.Device, place: "Path | None",
        log: Log, hooks: Sequence[Any],
    ) -> None:  # fmt: skip
        self.method, self.feeds, self.settings, self.where = method, feeds, settings, where
        self.place, self.log, self.hooks = place, log, list(hooks)
        self.streams = streams_of(method, feeds)
        self.players: dict[str, Player] = getattr(method, "players", None) or {"model": Player()}
        self.stages: list[Stage] = list(getattr(method, "stages", None) or [Stage()])
        self.main = next(iter(self.streams))
        self.modules: dict[str, Any] = {name: getattr(method, name).to(where.torch) for name in self.players}
        self.module: Any = getattr(method, "network", None) or next(iter(self.modules.values()))
        self.step, self.steps, self.number = 0, settings.steps, 0
        self.history: list[float] = []
        self.records: list[dict[str, Any]] = []
        self.before, self.ended, self._kept = 0.0, "", -1
        self.optimizers: dict[str, Any] = {}
        self.best: tuple[float, dict[str, Tensor]] | None = None
        self.sizes = {name: max(1, round(settings.batch * stream.share)) for name, stream in self.streams.items()}
        self._check()
        self.plan = Plan(place / "plan.json" if place else None)
        classes, mix = classes_of(method, feeds["train"]), mix_of(settings.mix, feeds["train"])
        self.schedule = find("schedule", settings.schedule)
        inside = settings.mix_at != INPUT
        self.hidden = Hidden(self.module, settings.mix_at, settings.mix, mix, settings.seed) if inside and mix else None
        self.feeding = Feeding(feeds, self.streams, classes, settings, where, mix, self.hidden)
        self.updates = Updates(settings, where, self.sizes, self.main, self.plan, log)
        self.orders: dict[str, Order] = {}
        self.losses: Losses | None = None
        self.loaders: dict[str, Loader] = {}
        self._place()

    @property
    def epoch(self) -> float:
        """Epochs so far."""
        return self.step / self.round

    @property
    def round(self) -> float:
        """Steps of an epoch: until the stream that takes longest has given all its rows; shorter ones go on anew."""
        return max(order.length / self.sizes[name] for name, order in self.orders.items())

    @property
    def seconds(self) -> float:
        """Time used, over restarts."""
        return self.before + time.monotonic() - self._begun

    def _check(self) -> None:
        """Raise OptionError where streams, batch and pictures do not fit."""
        batch = self.settings.batch
        for name, stream in self.streams.items():
            if stream.rows not in self.feeds:
                raise OptionError(f"The method learns from {stream.rows!r} pictures, and there are none.")
            if -(-self.sizes[name] // CELL) < self.where.world:
                raise OptionError(
                    f"A batch of {self.sizes[name]} cannot be cut for {self.where.world} processes, {CELL} rows or "
                    f"more each. Give --batch {CELL * self.where.world} or more."
                )
        if isinstance(self.settings.optimizer, str) and isinstance(self.settings.schedule, str):
            agree(self.settings.optimizer, self.settings.schedule, self.settings.warmup)
        for stage, (first, last) in zip(self.stages, pairwise(self._borders()), strict=True):
            if first == last:
                raise OptionError(
                    f"{self.steps} steps leave none for the stage {stage.name!r}. Give more epochs or a smaller batch."
                )
        rows = len(self.feeds[self.streams[self.main].rows].labels)
        if all(len(self.feeds[stream.rows].labels) < self.sizes[name] for name, stream in self.streams.items()):
            raise OptionError(
                f"A batch of {batch} is larger than the {rows} pictures to learn from. Give --batch {rows} or less."
            )
        if all(player.every > 1 for player in self.players.values()):
            raise OptionError("In some steps none of the method's players would step. One of them needs every=1.")
        own = {self.streams[self.main].sampler, *(stage.sampler for stage in self.stages)} - {"", SHUFFLE}
        if self.settings.sampler and own:
            raise OptionError(f"The method orders its pictures itself ({own.pop()}). Drop sampler.")
        mixable(self.settings, self.streams, self.players)
        if getattr(self.method, "alone", False) and not self.where.alone:
            raise OptionError("The method keeps what it knows of each picture in one process. Train with one process.")
        if batch == 1 and any(estimating(module.train()) for module in self.modules.values()):
            raise OptionError("A batch of one has no spread for batch norm to measure. Give --batch 16 or more.")

    def seeing(self, batch: Batch) -> Any:
        """The context in which a batch goes through the method: a mix inside the network acts, or nothing does."""
        acts = self.hidden is not None and self.feeding.mixes(batch.step)
        return self.hidden.seeing(batch) if acts and self.hidden else nullcontext()

    def _place(self) -> None:
        """Bring the modules into the form that they run in."""
        for module in self.modules.values():
            if self.settings.synchronise:
                synchronise(module, self.where)
            if self.settings.channels_last and not self.where.shard:  # FSDP spreads contiguous parameters alone
                module.to(memory_format=torch.channels_last)
            if self.settings.compile:
                module.compile()
            if self.where.shard:
                device.shard(module, self.where)

    def run(self) -> Fitted:
        """Every stage from where the checkpoint stands to the end, the clock's or a hook's word."""
        self._call("on_start")
        state = keep.resume(self)
        self._kept = self.step if state else -1
        self._begun = self._saved = time.monotonic()
        borders = self._borders()
        try:
            with keep.interrupts(self.place is not None) as self._stopped:
                for number, (first, last) in enumerate(pairwise(borders)):
                    going = state is not None and state["stage"] == number
                    if going or (self.step < last and not self.ended):
                        self._enter(number, self.step == first and not going, state)
                        state = None
                        self._stage(first, last)
                if self.step != self._kept:
                    keep.save(self)
        finally:
            for loader in self.loaders.values():
                loader.close()
            self.wholes = {}
        return self._end()

    def _borders(self) -> list[int]:
        """The step at which each stage begins, and the end."""
        shares = np.cumsum([0.0] + [stage.share for stage in self.stages])
        return [round(float(share) * self.steps) for share in shares / shares[-1]]

    def _enter(self, number: int, fresh: bool, state: "dict[str, Any] | None") -> None:
        """Begin a stage, or go on inside it: who learns, in which order, with what optimizers."""
        stage, settings = self.stages[number], self.settings
        self.number, self.updates.statistics = number, stage.statistics
        borders = self._borders()
        self._line_up(stage, borders[number], state)
        length = (borders[number + 1] - borders[number]) * settings.batch
        note = "" if state else ending(self.schedule, length / self.orders[self.main].length)
        if note:
            self.log.say(f"warning: {note}")
        for name, module in self.modules.items():
            if fresh and stage.fresh:
                device.seed(key(settings.seed, "fresh", number, name), self.where)
                keep.redraw(module, stage.fresh)
            learns = keep.learners(module, stage.learns)
            for parameter in module.parameters():
                parameter.requires_grad_(not stage.learns or parameter in learns)
        if fresh and stage.fresh:
            self._call("on_fresh")
        self.optimizers = {name: self._optimizer(name, player, stage) for name, player in self.players.items()}
        many = len(self.players) > 1 or len(self.streams) > 1
        wholes = {name: Whole(self.method, name, module, self.seeing) for name, module in self.modules.items()}
        self.wholes = {name: device.spread(whole, self.where, many) for name, whole in wholes.items()}
        if state:
            for name, optimizer in self.optimizers.items():
                device.load_optimizer(optimizer, self.modules[name], state["optimizers"][name], self.where)

    def _line_up(self, stage: Stage, first: int, state: "dict[str, Any] | None") -> None:
        for loader in self.loaders.values():
            loader.close()
        for name, stream in self.streams.items():
            sampler = stage.sampler if name == self.main and stage.sampler else stream.sampler
            if name == self.main and self.settings.sampler:
                sampler = self.settings.sampler
            feed = self.feeds[stream.rows]
            total = self.steps * self.sizes[name]
            order = self.orders[name] = Order(feed, sampler, self.settings.seed, name, total)
            cut = device.part(self.sizes[name], self.where.world, self.where.rank)
            workers = self.settings.workers, self.settings.worker_kind
            self.loaders[name] = Loader(feed, stream, self.sizes[name], order, cut, *workers)
        self.losses = Losses.along(self, first, state.get("losses") if state else None)
        self.updates.hears = self.losses is not None

    def _optimizer(self, name: str, player: Player, stage: Stage) -> Any:
        settings = self.settings
        rate = (player.own or settings.rate * player.rate) * stage.rate
        groups = parameter_groups(
            self.modules[name], rate, settings.decay, layer_decay=settings.layer_decay,
            head_multiplier=settings.head_rate,
        )  # fmt: skip
        optimizer = offer(find("optimizer", player.optimizer or settings.optimizer), groups=groups)
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
        if hasattr(optimizer, "frozen_statistics"):
            optimizer.frozen_statistics = lambda: frozen_statistics(self.modules[name])
        return optimizer

    def _stage(self, first: int, last: int) -> None:
        streams = {name: loader.steps(self.step, last) for name, loader in self.loaders.items()}
        with self.log.track("trained on pictures", (last - self.step) * self.settings.batch) as tick:
            while self.step < last and not self.ended:
                made = {name: next(stream) for name, stream in streams.items()}
                self._one(self.feeding.batches(made, self.step), self.step - first, last - first)
                tick(self.settings.batch)
                self._after(last)

    def _one(self, batches: Mapping[str, Any], inside: int, length: int) -> None:
        """One step of every player that is due."""
        settings = self.settings
        epochs = length * settings.batch / self.orders[self.main].length
        factor = multiple(self.schedule, inside, length, round(settings.warmup * length), epochs, self.history)
        progress = self.step / self.steps
        if hasattr(getattr(self.method, "loss", None), "progress"):
            self.method.loss.progress = progress
        losses, figures = {}, {}
        for name, player in self.players.items():
            if self.step % player.every:
                continue
            for group in self.optimizers[name].param_groups:
                group["lr"] = group["peak"] * factor
            at = (self.step, progress)
            losses[name] = self.updates.update(
                name, self.modules, self.wholes[name], self.optimizers[name], batches, at
            )
            figures.update(bare(self.wholes[name]).last.log)
            if self.losses is not None and name == next(iter(self.players)):
                self.losses.take(self.updates.heard, self.step)
        self.step += 1
        rate = settings.rate * factor
        self._told = {"loss": next(iter(losses.values())), "rate": rate, "losses": losses, "log": figures}
        self._call("on_step", self._told)

    def _after(self, last: int) -> None:
        """Between two steps: evaluate at the end of an epoch, save, and see whether to stop."""
        every = self.settings.every * self.round
        if self.step == last or int(self.step / every) > int((self.step - 1) / every):
            self._evaluate()
        stopped = next((hook.stop for hook in self.hooks if getattr(hook, "stop", "")), "")
        if stopped:
            self.ended = stopped
        if self._late():
            self.ended = "the time was used up"
        if self._stopped[0] or self.ended or time.monotonic() - self._saved > self.settings.save:
            keep.save(self)
            self._saved, self._kept = time.monotonic(), self.step
        if self._stopped[0]:
            raise KeyboardInterrupt

    def _late(self) -> bool:
        """Whether the clock ends this here; written down before it has an effect, so that a restart ends here too."""
        if "end" in self.plan.known:
            return self.step >= int(self.plan.known["end"])
        if not self.settings.budget or (self.step % 8 and not self.where.alone):
            return False
        late = device.told(float(self.seconds > self.settings.budget), self.where) > 0
        if late and self.where.main:
            self.plan.record("end", self.step)
        return late

    def _evaluate(self) -> None:
        record: dict[str, Any] = {
            "step": self.step, "epoch": round(self.epoch, 3), "loss": float(self._told["loss"]),
            "rate": self._told["rate"], "seconds": round(self.seconds, 2),
            **{name: float(value) for name, value in self._told["log"].items()},
        }  # fmt: skip
        if self.evaluate is not None:
            with self.weights(), torch.no_grad():
                self.module.eval()
                record["figure"] = device.told(float(self.evaluate(self.module)), self.where)
                self.history.append(record["figure"])
                if self.settings.keep == "best" and (self.best is None or record["figure"] > self.best[0]):
                    state = device.state_of(self.module, self.where)
                    self.best = record["figure"], {name: value.detach().clone() for name, value in state.items()}
        on_epoch = getattr(self.method, "on_epoch", None)
        if on_epoch is not None:
            on_epoch(self.infer)
        self.records.append(record)
        self._call("on_epoch", record)
        rate = self.step * self.settings.batch / max(self.seconds, 1e-9)
        left = (self.steps - self.step) * self.settings.batch / rate
        figure = f", figure {record['figure']:.4f}" if "figure" in record else ""
        self.log.say(
            f"epoch {record['epoch']:g}: step {self.step:,} of {self.steps:,}, loss {record['loss']:.4f}{figure}, "
            f"rate {record['rate']:.3g}, {rate:,.0f} pictures/s, {left:.0f} s left",
            **record | {"of": self.steps, "left": round(left, 1), "speed": round(rate, 1)},
        )

    @contextmanager
    def weights(self) -> Iterator[None]:
        """The weights that are evaluated and kept: a hook's where one offers some (EMA, SWA), else the module's own."""
        offered = next((w for w in (h.weights() for h in self.hooks if hasattr(h, "weights")) if w is not None), None)
        averaged = [o for o in self.optimizers.values() if hasattr(o, "evaluating")]
        stale = any(getattr(o, "stale_statistics", False) for o in averaged) and estimating(self.module.train())
        own = {name: value.clone() for name, value in self.module.state_dict().items() if offered or stale}
        for optimizer in averaged:
            optimizer.evaluating(True)
        if offered is not None:
            self.module.load_state_dict(offered, strict=False)
        elif stale:
            reestimate(self.module, self._plain(ESTIMATE))
        try:
            yield
        finally:
            self.module.load_state_dict(own, strict=False)
            for optimizer in averaged:
                optimizer.evaluating(False)

    def _plain(self, batches: int) -> Iterator[Tensor]:
        """The first rows of the main stream's order, without draws, a batch at a time."""
        feed = self.feeds[self.streams[self.main].rows]
        for step in range(batches):
            places, epochs, turns = self.orders[self.main].at(step * self.settings.batch, self.settings.batch)
            yield self.feeding.moved(feed.batch(places, epochs, turns, "plain", "", self.settings.seed), feed)

    def infer(self, rows: str = "train", view: str = "", *, features: bool = False) -> Iterator[tuple[Any, ...]]:
        """(rows of the images, logits) of a feed, in its order, without draws; with `features` between them."""
        feed = self.feeds[rows]
        was = self.module.training
        self.module.eval()
        for start in range(0, len(feed.labels), self.settings.batch):
            places = np.arange(start, min(start + self.settings.batch, len(feed.labels)))
            nothing = np.zeros_like(places)
            pixels = feed.batch(places, nothing, nothing, "plain", view, self.settings.seed)
            x, at = self.feeding.moved(pixels, feed), np.asarray(feed.rows)[places]
            with torch.no_grad(), device.autocast(self.where, self.settings.precision):
                seen = self.module.features(x) if features else x
                said = self.module.head(seen) if features else self.module(x)
            yield (at, seen.float(), said.float()) if features else (at, said.float())
        self.module.train(was)

    def _end(self) -> Fitted:
        """The weights that are to be used, in evaluation mode."""
        self._call("on_end")
        with self.weights():
            state = {name: value.detach().clone() for name, value in self.module.state_dict().items()}
        self.module.load_state_dict(self.best[1] if self.best else state)
        if hasattr(self.method, "settle"):
            self.method.settle()
        self.module.eval()
        return Fitted(self.module, self.step, list(self.history), self.seconds, self.ended, self.records)

    def _call(self, name: str, *args: Any) -> None:
        for hook in self.hooks:
            if hasattr(hook, name):
                getattr(hook, name)(self, *args)
