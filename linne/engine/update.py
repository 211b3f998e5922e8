"""One update of one player: gradients of the whole effective batch, in parts, scaled, summed, clipped and checked."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from ..core.batch import CELL, Batch, Step
from ..core.errors import RunError
from ..core.lookup import offer
from ..core.rng import key
from . import device
from .log import Log
from .norms import estimating, norms
from .plan import Plan
from .settings import Diverged, Settings

LEAST = 16
"""Batch norm estimates nothing useful from fewer rows at a time."""


class Whole(nn.Module):
    """A method's step as a module whose parameters are one player's, so that gradients can be exchanged around it.

    seeing: a context in which a batch goes through the method.
    """

    def __init__(
        self, method: Any, name: str, module: nn.Module, seeing: "Callable[[Batch], Any]" = nullcontext
    ) -> None:
        super().__init__()
        self.module = module
        self.__dict__.update(method=method, player=name, last=None, seeing=seeing)

    def forward(self, batch: Batch, progress: float) -> dict[str, Tensor]:
        """Losses by stream name, a number a row."""
        method: Any = self.method
        with self.seeing(batch):  # pyright: ignore[reportCallIssue]
            step: Step = offer(method, batch=batch, progress=progress, player=self.player)
        self.__dict__["last"] = step
        main = next(iter(getattr(self.method, "streams", None) or {"train": 0}))
        return dict(step.loss) if isinstance(step.loss, Mapping) else {main: step.loss}


class Updates:
    """Steps players. sizes: rows of each stream in the effective batch; main: the stream that counts."""

    def __init__(
        self, settings: Settings, where: device.Device, sizes: Mapping[str, int], main: str, plan: Plan, log: Log
    ) -> None:
        self.settings, self.where, self.sizes, self.main, self.plan, self.log = settings, where, sizes, main, plan, log
        self.scaler = device.Scaler(settings.precision)
        self.micro = int(plan.get("micro", 0)) or settings.micro or settings.batch
        self.statistics, self.hears = True, False
        self.heard = torch.zeros(0)
        self._rows: list[Tensor] = []

    def update(
        self, name: str, modules: Mapping[str, nn.Module], whole: nn.Module, optimizer: Any,
        batches: Mapping[str, Batch], at: "tuple[int, float]",
    ) -> Tensor:  # fmt: skip
        """One optimizer step of player `name` at (step, progress); its loss before it, NaN where f16 overflowed.

        Where it hears, `heard` is then the main stream's loss of each row (B,) before it.
        """
        others = [p for other, module in modules.items() if other != name for p in module.parameters()]
        wanted = [p.requires_grad for p in others]
        first: list[Tensor] = []

        def closure() -> Tensor:
            loss = self._gradients(name, modules[name], whole, batches, at)
            if self.hears and not first:
                self.heard = torch.cat(self._rows)
            first.append(loss)
            return loss

        for parameter in others:
            parameter.requires_grad_(False)
        try:
            self._hold(modules[name])
            optimizer.step(closure)
            self.scaler.went_well()
        except FloatingPointError:
            if self.hears and not first:
                self.heard = torch.cat(self._rows)
            self.scaler.overflowed()
        finally:
            for parameter, learns in zip(others, wanted, strict=True):
                parameter.requires_grad_(learns)
        return first[0] if first else torch.full((), torch.nan)

    def _hold(self, module: nn.Module) -> None:
        """Training mode, but parts in which nothing learns neither drop nor estimate, nor batch norms where told so."""
        module.train()
        for part in still(module):
            part.eval()
        for norm in norms(module):
            if not self.statistics or (norm.affine and not norm.weight.requires_grad):
                norm.eval()

    def _gradients(self, name: str, module: nn.Module, whole: Any, batches: Any, at: "tuple[int, float]") -> Tensor:
        """Fill in the gradients of the whole effective batch; its loss. Halves micro-batches out of memory."""
        while True:
            try:
                return self._passes(name, module, whole, batches, at)
            except Exception as error:
                if not device.out_of_memory(error) or not self.where.alone:
                    raise
                self._halve(module, error, at[0])

    def _passes(self, name: str, module: nn.Module, whole: Any, batches: Any, at: "tuple[int, float]") -> Tensor:
        for parameter in module.parameters():
            parameter.grad = None
        micros = -(-len(batches[self.main]) // self.micro)
        method = bare(whole).method
        criterion = method.__dict__.get("loss")
        if hasattr(criterion, "fits"):
            cuts = [device.part(self.sizes[self.main], self.where.world, rank) for rank in range(self.where.world)]
            criterion.fits(micros, [cut.stop - cut.start for cut in cuts], getattr(method, "scope", "row"))
        value, self._rows = torch.zeros((), device=self.where.torch), []
        for micro in range(micros):
            device.seed(key(self.settings.seed, "torch", at[0], name, micro, self.where.rank), self.where)
            with device.unsynced(whole, micro == micros - 1):
                with device.autocast(self.where, self.settings.precision):
                    losses = whole(piece(batches, self.main, micros, micro), at[1])
                self._finite(losses, batches, (micros, micro), at[0])
                self._rows += [losses[self.main].detach()] if self.hears else []
                loss, share = self._reduced(losses)
                (loss * (self.where.world * self.scaler.scale)).backward()
            value += share
        self._tidy([p.grad for p in module.parameters() if p.grad is not None], batches, at[0])
        return device.total(value, self.where)

    def _reduced(self, losses: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """The part of the mean loss to go backward from, and this process's share of its value."""
        loss = torch.zeros((), device=self.where.torch)
        share = torch.zeros((), device=self.where.torch)
        for stream, rows in losses.items():
            mean = rows.sum() / self.sizes[stream]
            gathered = not self.where.alone and len(rows) == self.sizes[stream]
            loss = loss + mean
            share = share + mean.detach() / (self.where.world if gathered else 1)
        return loss, share

    def _tidy(self, gradients: list[Tensor], batches: Any, step: int) -> None:
        """Unscale, check and clip; raises FloatingPointError where f16 overflowed, Diverged where anything else did."""
        self.scaler.unscale(gradients)
        asked = self.scaler.on or self._asks(step)
        if not gradients or not (asked or self.settings.clip):
            return
        norm = device.gradient_norm(gradients)
        if asked and float(device.total((~torch.isfinite(norm)).float(), self.where)):
            if self.scaler.on:
                raise FloatingPointError("a gradient overflowed in f16")
            raise Diverged(batches[self.main].rows.tolist(), step)
        if self.settings.clip:
            factor = torch.clamp(self.settings.clip / (norm + 1e-6), max=1.0)
            device.times(gradients, float(factor) if self.where.shard else factor)

    def _asks(self, step: int) -> bool:
        """Whether to look at numbers in this step: looking at a GPU's makes it wait."""
        return self.where.torch.type == "cpu" or step % 16 == 0

    def _finite(self, losses: Mapping[str, Tensor], batches: Any, cut: "tuple[int, int]", step: int) -> None:
        """Stop before an infinite loss reaches a weight, and say whose it was."""
        if not self._asks(step):
            return
        bad = {name: ~rows.detach().isfinite() for name, rows in losses.items()}
        if not float(device.total(torch.stack([one.sum() for one in bad.values()]).sum().float(), self.where)):
            return
        named: list[int] = []
        for name, which in bad.items():
            rows = batches[name].rows[device.part(len(batches[name]), *cut)]
            named += rows[which].tolist() if len(which) == len(rows) else []
        raise Diverged(named, step)

    def _halve(self, module: nn.Module, error: BaseException, step: int) -> None:
        held = min(self.micro, self.settings.batch)
        half = CELL * -(-(held // 2) // CELL)
        if half >= held or (half < LEAST and estimating(module)):
            raise RunError(
                f"Memory is too small for {held} rows at a time ({str(error).splitlines()[0]}). "
                "Give a smaller --batch or --size."
            ) from error
        for parameter in module.parameters():
            parameter.grad = None
        self.plan.record("micro", half)
        self.micro = half
        kind = "batch norm sees each part alone" if estimating(module) else "the result is the same"
        self.log.say(
            f"memory ran out: {half} rows at a time from step {step} on, the batch stays {self.settings.batch}; {kind}"
        )
        if self.where.torch.type == "cuda":
            torch.cuda.empty_cache()


def bare(whole: Any) -> Any:
    """A Whole without what exchanges its gradients."""
    return whole.module if hasattr(whole, "no_sync") else whole


def still(module: nn.Module) -> list[nn.Module]:
    """The largest parts that have parameters of which none learns."""
    learns = {parameter.requires_grad for parameter in module.parameters()}
    if learns == {True, False}:
        return [part for child in module.children() for part in still(child)]
    return [module] if learns == {False} else []


def piece(batches: Mapping[str, Batch], main: str, micros: int, at: int) -> Batch:
    """Part `at` of the main stream's batch, with the same part of the others'."""
    parts = {name: _piece(batch, device.part(len(batch), micros, at)) for name, batch in batches.items()}
    parts[main].others.update({name: part for name, part in parts.items() if name != main})  # type: ignore[attr-defined]
    return parts[main]


def _piece(batch: Batch, cut: slice) -> Batch:
    images = None if batch.images is None else batch.images[cut]
    views = {name: view[cut] for name, view in batch.views.items()}
    start = batch.start + (cut.start or 0)
    return Batch(images, batch.targets[cut], batch.rows[cut], views, {}, batch.seed, batch.step, start)
