"""What rungs of every kind share: how one is made, rated, explained and fitted, and what it came to."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.predictions import Predictions
from ..core.spec import parse
from . import finder
from .advice import advice
from .budget import EVIDENCE
from .climb import Climb
from .parameters import adaptive
from .recipes import Steps, reasons
from .rung import WHOLE, Member, Rung, joined

FOLDS = 3
TESTING = 0.2
"""Share of the time left that a range test may take."""


@dataclass(eq=False)
class Best:
    """The best rung so far. predictions: of pictures that it was judged on; file: its tensors, None for the probe;
    curve: of its fitting; decisions: of every rung, JSON-ready. beside: what the probe says of the same pictures where
    it learned from as many: out of five folds it would learn from more than a witness of three does. ground: as
    in Steps."""

    name: str
    predictions: Predictions
    members: Sequence[Member] = ()
    file: "Path | None" = None
    curve: "list[dict[str, float]]" = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    beside: "Predictions | None" = None
    ground: str = ""

    @property
    def notes(self) -> list[str]:
        """What a report says of the climb, a sentence a rung."""
        return [
            f"{one['rung']} beside {one['beside']} on {one['n']:,} learning pictures that neither had learned: "
            f"{one['gain']['sentence']}; {one['rung'] if one['kept'] else one['beside']} is kept."
            for one in self.decisions
        ]


def rung_of(
    up: Climb, name: str, steps: Steps, feed: Any, start: Sequence[Member] = (), shell: str = "", pool: Any = None
) -> Rung:  # fmt: skip
    """The rung of this method; see Rung for what it is given."""
    recipe = up.recipe
    return Rung(parse(name)[0].name, steps, FOLDS, up.stood, up.place / "ladder", up.plan, up.log, up.clock, feed,
                recipe.seed, recipe.metric, up.where, start, recipe.init, shell, pool)  # fmt: skip


def rated(up: Climb, name: str, rung: Rung, seconds: float) -> Steps:
    """The rung's steps with the rate that a range test finds, where the recipe asks for one and the time allows it.

    seconds: a picture's, in a step.
    """
    steps = rung.steps
    if up.recipe.lr != "find":
        return steps
    each, (least, most) = steps.batch * seconds, finder.STEPS
    count = int(min(most, TESTING * up.left / each))
    found = up.plan.decide(f"{name} rate", lambda: rung.found_rate(count) if count >= least else {"rate": steps.rate})
    where = f"by a range test of {len(found['rates'])} steps" if "rates" in found else "its own: no time for a test"
    up.log.say(f"{name}: rate {found['rate']:.3g}, {where}", **found)
    return replace(steps, rate=found["rate"])


def advise(up: Climb, name: str, steps: Steps) -> None:
    """Say why what the recipe leaves open is done so, and where it goes against experience."""
    from .norms import estimating

    network, images = up.stood.data.network, up.stood.data.images
    counts = images.take(up.stood.learn).counts() if images.targets is None else np.zeros(0)
    for line in reasons(up.recipe, steps, len(up.stood.learn), counts, up.where.torch.type):
        up.log.say(f"{name}: {line}")
    words = isinstance(steps.optimizer, str) and adaptive(steps.optimizer)
    batched = parse(name)[0].name != "tail" and estimating(network.module().train())
    for line in advice(up.recipe, steps, network.seed < 0, words, batched):
        up.log.say(f"{name}: {line}")


def trained(up: Climb, rung: Rung, witnesses: int, held: bool, whole: float) -> Best:
    """What is kept and its witnesses, as many as the clock allows; the one that judges itself where `held`."""
    each = whole / (1 + witnesses)
    asked: list[int | str] = [0] if held else [WHOLE, *range(witnesses)]
    if not held and witnesses and up.judged < EVIDENCE and not up.sure:
        asked = [0, WHOLE, *range(1, witnesses)]  # without a witness nothing could be kept
    members: list[Member] = []
    for fold in asked:
        if members and not up.plan.decide(f"{rung.name}-{fold} begins", lambda: bool(up.left > 0.8 * each)):
            up.log.say(f"{rung.name}: the time does not reach for more than {len(members)} of {len(asked)} fittings")
            break
        members.append(rung.member(fold, up.left))
    kept = next((member for member in members if member.fold == WHOLE), members[0])
    said = [(member.rows, member.logits) for member in members]
    beside = [(member.rows, rung.below(member.fold)) for member in members]
    if (others := up.stood.data.siblings) is not None:
        seen = np.concatenate([rows for rows, _ in said])
        first = up.stood.head.oof
        rows = np.setdiff1d(np.intersect1d(others.rows, first.rows), seen)
        for parts, known in ((said, others), (beside, first)):
            order = np.argsort(known.rows)
            parts.append((rows, known.logits[order][np.searchsorted(known.rows[order], rows)]))
    said, beside = (joined(parts, up.stood) for parts in (said, beside))
    return Best(rung.name, said, members, kept.file, kept.curve, beside=beside, ground=rung.steps.ground)


def fitting(wanted: float, left: float, epoch: float) -> float:
    """Epochs that fit, at most those wanted: whole ones."""
    return wanted if left >= wanted * epoch else left // epoch
