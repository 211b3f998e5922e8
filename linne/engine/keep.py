"""What a fitting saves and how it is put back; Ctrl-C at a step's end; parameters drawn anew."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import nn

from ..core.errors import OptionError, RunError
from . import checkpoint, device


def save(loop: Any) -> None:
    """A checkpoint of everything that the step does not determine; a full disk is said aloud and the last one stays."""
    where = loop.where
    states = {name: device.state_of(module, where) for name, module in loop.modules.items()}
    optimizers = {
        name: device.optimizer_state(optimizer, loop.modules[name], where)
        for name, optimizer in loop.optimizers.items()
    }
    if loop.place is None or not where.main:
        return
    state = {
        "settings": loop.settings.same(), "modules": states, "optimizers": optimizers, "stage": loop.number,
        "scaler": loop.updates.scaler.state(), "history": loop.history, "records": loop.records,
        "seconds": loop.seconds, "ended": loop.ended, "best": list(loop.best) if loop.best else None,
        "hooks": [hook.state() if hasattr(hook, "state") else None for hook in loop.hooks],
        "losses": loop.losses.state() if loop.losses else None,
        "method": loop.method.state() if hasattr(loop.method, "state") else None,
    }  # fmt: skip
    try:
        checkpoint.save(loop.place / "checkpoints", loop.step, state)
    except RunError as error:
        loop.log.say(f"warning: no checkpoint at step {loop.step}; the one before it stays: {error}")


def resume(loop: Any) -> "dict[str, Any] | None":
    """The newest good checkpoint put in place, all but the optimizers, which come with their stage.

    Raises RunError where it was made with other settings, and names them.
    """
    found = checkpoint.load(loop.place / "checkpoints", loop.log.say) if loop.place is not None else None
    if found is None:
        return None
    step, state = found
    now, then = loop.settings.same(), state["settings"]
    other = [f"{name}={then.get(name)} (now {now[name]})" for name in now if then.get(name) != now[name]]
    if other:
        raise RunError(
            f"{loop.place} holds a checkpoint of other settings: {'; '.join(other)}. Give those, or another --out."
        )
    for name, module in loop.modules.items():
        device.load_state(module, state["modules"][name], loop.where)
    loop.step, loop.records = step, state["records"]
    loop.updates.scaler.load(state["scaler"])
    loop.history[:] = state["history"]
    loop.before, loop.ended = state["seconds"], state["ended"]
    loop.best = tuple(state["best"]) if state["best"] else None
    for hook, kept in zip(loop.hooks, state["hooks"], strict=True):
        if kept is not None:
            hook.load(kept)
    if state["method"] is not None:
        loop.method.load(state["method"])
    loop.log.say(f"going on from step {step:,} of {loop.steps:,}")
    return state


def named(module: nn.Module, words: Sequence[str]) -> list[nn.Module]:
    """Submodules whose name begins with one of these words; "head" is `module.head` wherever it lies."""
    found = [part for name, part in module.named_modules() if name and name.startswith(tuple(words))]
    head = getattr(module, "head", None)
    return found + ([head] if "head" in words and isinstance(head, nn.Module) else [])


def learners(module: nn.Module, words: Sequence[str]) -> set[nn.Parameter]:
    """The parameters that begin with one of these words, or lie in a part that does. Raises OptionError for none."""
    found = {p for part in named(module, words) for p in part.parameters()}
    found |= {p for name, p in module.named_parameters() if words and name.startswith(tuple(words))}
    if words and not found:
        raise OptionError(f"No layer's name begins with {' or '.join(words)}: nothing would learn.")
    return found


def redraw(module: nn.Module, fresh: Sequence[str]) -> None:
    """Draw the parameters anew of every submodule whose name begins with one of these; OptionError where none does."""
    layers = {layer: None for part in named(module, fresh) for layer in part.modules()}
    drawn = [layer for layer in layers if hasattr(layer, "reset_parameters")]
    if not drawn:
        raise OptionError(f"No layer whose name begins with {' or '.join(fresh)} can be drawn anew.")
    for layer in drawn:
        layer.reset_parameters()  # type: ignore[operator]


@contextmanager
def interrupts(on: bool) -> "Iterator[list[bool]]":
    """A list whose one entry tells that Ctrl-C or SIGTERM came; a second one stops at once."""
    told = [False]
    if not on or threading.current_thread() is not threading.main_thread():
        yield told
        return
    before: dict[int, Any] = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def note(number: int, frame: Any) -> None:
        told[0] = True
        signal.signal(number, before[number])

    for number in before:
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, note)
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
