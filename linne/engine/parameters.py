"""Which parameter learns how fast: groups with rates and decay, the rate's warm-up and its scaling with the batch."""

import math
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from torch import nn

from ..core.errors import OptionError, nearest
from ..core.lookup import declared, describe, names, offer
from ..core.spec import Spec, parse

BASE_BATCH = 256
DEPTHS = 12
TOKENS = re.compile(r"pos_?emb|position|(cls|reg|dist|mask)_token|relative_position_bias|logit_scale")
"""Parameters of more than one axis that are no weights of a layer: decay would only pull them to nothing."""

Schedule = Callable[..., float]


def warm(step: int, warmup_steps: int) -> float:
    """Multiple of the rate in `step` (from 0): (step + 1) / warmup_steps, at most 1 (Goyal et al. 2017, 2.2)."""
    return min(1.0, (step + 1) / warmup_steps) if warmup_steps > 0 else 1.0


def multiple(
    schedule: Schedule, step: int, steps: int, warmup_steps: int, epochs: float, history: Sequence[float] = ()
) -> float:
    """Multiple of the peak rate in `step` of `steps`: the warm-up's line, then the schedule over what is left.

    epochs: of these `steps`. A schedule sees its own steps alone, from 0, so that it begins at its peak where the
    warm-up ends (He et al. 2019, arXiv:1812.01187, section 3.1). Raises OptionError for a warm-up as long as the run.
    """
    if not 0 <= warmup_steps < steps:
        raise OptionError(f"A warm-up of {warmup_steps:,} steps leaves none of {steps:,} for the schedule: shorten it.")
    left, at = steps - warmup_steps, max(0, step - warmup_steps)
    own = epochs * left / steps
    offered = {"progress": at / left, "step": at, "steps": left, "epochs": own, "history": list(history)}
    return warm(step, warmup_steps) * float(offer(schedule, **offered))


def scaled_rate(base: float, batch: int, optimizer_name: str) -> float:
    """The peak rate for `batch` rows (over all processes and parts) from one for 256.

    In proportion (Goyal et al. 2017, arXiv:1706.02677); to the root of it for optimizers that divide by a running
    scale of the gradient (Krizhevsky 2014, arXiv:1404.5997, section 5). A wrapper such as `lookahead(base=adamw)` goes
    by its base. Raises OptionError for a batch below 1.
    """
    if batch < 1:
        raise OptionError(f"A batch holds at least 1 row, got {batch}.")
    share = batch / BASE_BATCH
    return base * (math.sqrt(share) if adaptive(optimizer_name) else share)


def adaptive(optimizer: str) -> bool:
    """Whether an optimizer, as written, steps by a running scale of the gradient. Imports nothing.

    Another package's is taken by timm's rule: a name with "ada" or "lamb" in it.
    """
    spec = parse(optimizer)[0]
    own = dict(describe("optimizer", spec.name)[1])
    if "base" in own:
        given = dict(spec.options) | dict(zip(own, spec.args, strict=False))
        return adaptive(str(given.get("base", own["base"].strip("'\""))))
    foreign = any(word in spec.name for word in ("ada", "lamb"))
    return bool(declared("optimizer", spec.name, "adaptive", foreign and not own))


def agree(optimizer: "str | Spec", schedule: "str | Spec", warmup: float) -> None:
    """Raise OptionError, before a run, where optimizer, schedule and warm-up contradict each other."""
    stepping, falling = (str(one).partition("(")[0].strip() for one in (optimizer, schedule))
    only = declared("optimizer", stepping, "schedules", ())
    if only and falling not in only:
        raise OptionError(f"{stepping} takes the schedule's place: {falling!r} has no part in it. Allowed: {only[0]}.")
    if warmup and falling in names("schedule") and falling in declared("schedule", falling, "warms", ()):
        raise OptionError(f"{falling} warms up itself: set the warm-up to 0, or take another schedule.")


def ending(schedule: Schedule, epochs: float) -> str:
    """A warning where a schedule that counts epochs is cut off at a high rate after this many of them, else "".

    It names the whole numbers of epochs nearby after which a cycle ends, up to three times as many.
    """
    last, *ends = (multiple(schedule, 99_999, 100_000, 0, n) for n in (epochs, *range(1, math.ceil(3 * epochs) + 30)))
    low = [n for n, end in enumerate(ends[1:-1], 2) if end <= min(ends[n - 2], ends[n]) and end < last - 0.1]
    if not low:
        return ""
    near = [n for n in low if n < epochs][-1:] + [n for n in low if n > epochs][:1]
    return (
        f"The schedule ends at {last:.0%} of its peak rate: after {epochs:g} epochs one of its cycles is cut short. "
        f"A cycle ends after {' or '.join(map(str, near))} epochs."
    )


def parameter_groups(
    module: nn.Module,
    rate: float,
    decay: float,
    *,
    layer_decay: float = 1.0,
    head_multiplier: float = 1.0,
    frozen: Collection[str] = (),
) -> list[dict[str, Any]]:
    """Groups for an optimizer: {"params", "lr", "weight_decay", "name", "param_names"}, each parameter in one.

    No decay on norms, biases, anything of one axis, and positions and tokens: their groups' names end with "plain".
    Rates fall by `layer_decay`, in (0, 1], from each depth to the one before it (Clark et al. 2020, ELECTRA), from 1 at
    the head, which has `head_multiplier` besides. frozen: beginnings of names that are left out, as is what needs no
    gradient. Raises OptionError where nothing is left, or nothing begins with one of `frozen`.
    """
    if not (0 < layer_decay <= 1 and head_multiplier > 0):
        raise OptionError(f"layer_decay={layer_decay} lies in (0, 1], head_multiplier={head_multiplier} is positive.")
    learning = _learning(module, tuple(frozen))
    head = {id(p) for p in _head(module).parameters()}
    depth = _depths(module, head) if layer_decay != 1 else {}
    told = [depth[name] for name, p in module.named_parameters() if id(p) in head and name in depth]
    top, plain = max(told) if told else max(depth.values(), default=0) + 1, _plain(module)
    groups: dict[str, dict[str, Any]] = {}
    for name, p in learning.items():
        at = top if id(p) in head else depth.get(name, top)
        title = "head" if id(p) in head else f"layer {at}" if depth else "body"
        title += " plain" if name in plain else ""
        scale = layer_decay ** (top - at) * (head_multiplier if id(p) in head else 1.0)
        fixed = {"lr": rate * scale, "weight_decay": 0.0 if name in plain else decay, "name": title}
        group = groups.setdefault(title, {"params": [], **fixed, "param_names": []})
        group["params"].append(p)
        group["param_names"].append(name)
    return list(groups.values())


def _learning(module: nn.Module, frozen: tuple[str, ...]) -> dict[str, nn.Parameter]:
    every = dict(module.named_parameters())
    for start in frozen:
        if not any(name.startswith(start) for name in every):
            beginnings = {".".join(name.split(".")[:cut]) for name in every for cut in (1, 2, 3)}
            raise OptionError(f"No parameter begins with {start!r}. {nearest(start, beginnings)}")
    left = {name: p for name, p in every.items() if p.requires_grad and not (frozen and name.startswith(frozen))}
    if not left:
        raise OptionError("No parameter is left to learn: freeze less.")
    return left


def _plain(module: nn.Module) -> set[str]:
    """Names of the parameters that take no decay."""
    network: Any = module if hasattr(module, "no_weight_decay") else getattr(module, "body", None)
    listed = tuple(network.no_weight_decay()) if hasattr(network, "no_weight_decay") else ()
    norms = {
        id(p) for part in module.modules() if "norm" in type(part).__name__.lower() for p in part.parameters(False)
    }
    found = set()
    for name, p in module.named_parameters():
        told = any(name == word or name.endswith(f".{word}") for word in listed)
        if p.ndim <= 1 or name.endswith("bias") or id(p) in norms or told or TOKENS.search(name):
            found.add(name)
    return found


def _head(module: nn.Module) -> nn.Module:
    """The part that gives the logits: `head`, a timm network's classifier, or the last layer with weights."""
    if isinstance(getattr(module, "head", None), nn.Module):
        return module.head  # pyright: ignore[reportReturnType]
    found = module.get_classifier() if hasattr(module, "get_classifier") else None  # pyright: ignore[reportCallIssue]
    return found if isinstance(found, nn.Module) else list(_layers(module))[-1][1]


def _depths(module: nn.Module, head: set[int]) -> dict[str, int]:
    """How far from the picture each parameter of the body stands, from 0: by parts, timm's map, or their order."""
    found = _by_parts(module) or _by_timm(module) or _by_order(module, head)
    ranks = {depth: rank for rank, depth in enumerate(sorted({found[name] for name in found}))}
    return {name: ranks[depth] for name, depth in found.items()}


def _by_parts(module: nn.Module) -> dict[str, int]:
    network: Any = module
    try:
        row = network.parts() if hasattr(network, "parts") else []
    except OptionError:  # a network that cannot be cut
        row = []
    place = {id(p): at for at, (_, part) in enumerate(row) for p in part.parameters()}
    return {name: place[id(p)] for name, p in module.named_parameters() if id(p) in place}


def _by_timm(module: nn.Module) -> dict[str, int]:
    prefix, network = ("", module) if hasattr(module, "group_matcher") else ("body.", getattr(module, "body", None))
    if not hasattr(network, "group_matcher"):
        return {}
    from timm.models import group_parameters

    try:
        found = group_parameters(network, network.group_matcher(coarse=False), reverse=True)  # type: ignore[union-attr]
    except (AttributeError, NotImplementedError):  # declared, but not filled in
        return {}
    return {prefix + name: int(depth) for name, depth in found.items()}  # type: ignore[arg-type]


def _by_order(module: nn.Module, head: set[int]) -> dict[str, int]:
    """Layers with weights in the order of their making, in at most 12 depths, or the first would hardly learn."""
    layers = [(name, part) for name, part in _layers(module) if not {id(p) for p in part.parameters(False)} <= head]
    where = {name: at * min(DEPTHS, len(layers)) // len(layers) for at, (name, _) in enumerate(layers)}
    return {
        f"{name}.{word}".lstrip("."): where[name]
        for name, part in layers
        for word, _ in part.named_parameters("", False)
    }


def _layers(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    return ((name, part) for name, part in module.named_modules() if any(True for _ in part.parameters(False)))
