"""`augment=auto`: a chain of augment tricks by what was measured of the learning pictures, each choice in one line.

Nothing here looks at a picture that judges. The same pictures and recipe give the same chain, so a restart finds it
again without a note. AutoAugment (Cubuk et al. 2019) with its options is `auto(table=imagenet)`.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..core.recipe import Recipe
from ..core.spec import chain
from .data import Data, _ask
from .log import Log

SMALL = 64
"""Side in px up to which pictures are moved whole, in memory, and nothing of them is cut off."""
GREY = 0.02
"""Mean saturation (0 to 1) up to which a picture counts as grey: JPEG's own colours stay below."""
LIGHT = 0.1, 0.4
"""The least and the most that brightness, contrast and saturation are changed by."""
AREA = {0: 0.5, 20: 0.35, 1000: 0.2}
"""From so many pictures a class on, the least share of a picture that is shown (0.35: as views are without a chain)."""
SOFT = 0.05
"""Share of pictures less than a quarter as sharp as the median from which on some are blurred."""
LARGE = 10_000
"""Learning pictures from which on a network with random weights learns TrivialAugment's operations besides."""
TURNS = ("upside down", "half turn", "quarter turn", "quarter turn back")


@dataclass(frozen=True)
class Seen:
    """What a chain is chosen by. n: learning pictures; each: of the median class. side: in px that the network sees.

    short: the median picture's shorter side in px. verdicts: of the check `symmetry` by symmetry, {} where it could not
    say. grey: share of grey pictures. light: robust deviation of mean brightness over its median. soft: share of
    pictures less than a quarter as sharp as the median. scratch: the network's weights are random.
    """

    n: int
    each: int
    side: int
    short: int
    verdicts: dict[str, str]
    grey: float
    light: float
    soft: float
    scratch: bool


def settled(data: Data, rows: np.ndarray, recipe: Recipe, log: Log) -> Recipe:
    """The recipe with its chain in the place of "auto", every choice said; any other recipe as it is.

    rows: of the images, that learn.
    """
    parts = chain(recipe.augment)
    if len(parts) != 1 or str(parts[0]) != "auto":
        return recipe
    text, reasons = choose(seen(data, rows, recipe))
    for reason in reasons:
        log.say(f"augment: {reason}")
    log.say(f"augment: {text}", augment=text)
    return replace(recipe, augment=text)


def seen(data: Data, rows: np.ndarray, recipe: Recipe) -> Seen:
    """What is known of the pictures that learn."""
    facts, counts = data.facts.take(rows), np.bincount(data.images.labels[rows])
    table = next((one for one in _ask(data, "symmetry", recipe, None) if one.kind == "symmetry"), None)
    verdicts = {row["symmetry"]: row["verdict"] for row in table.details["table"]} if table else {}
    light, middle = _spread(facts["brightness"])
    sharp = facts["sharpness"]
    return Seen(
        n=len(rows),
        each=int(np.median(counts[counts > 0])),
        side=data.geometry.size,
        short=int(np.median(np.minimum(facts["width"], facts["height"]))),
        verdicts=verdicts,
        grey=float((facts["saturation"] <= GREY).mean()),
        light=light / max(middle, 0.05),
        soft=float((sharp < np.nanmedian(sharp) / 4).mean()),
        scratch=data.network.seed >= 0,
    )


def choose(known: Seen) -> tuple[str, list[str]]:
    """(a chain as text, why, a line a choice)."""
    steps = [_symmetries(known), _part(known)]
    if known.side > SMALL:
        steps += [_colours(known), _blur(known), _policy(known)]
    return ",".join(text for text, _ in steps if text), [reason for _, reason in steps if reason]


def _symmetries(known: Seen) -> tuple[str, str]:
    """What mirrors and turns."""
    found = known.verdicts
    if not found:
        photographs = known.side > SMALL
        why = "mirrored as photographs may be" if photographs else "not mirrored, since a letter or a digit must not be"
        return "flip" if photographs else "", f"too few pictures to measure symmetries: {why}"
    if known.side > SMALL and all(found[name] == "natural" for name in ("mirror", *TURNS)):
        return "symmetry", "pictures turned and mirrored in all eight ways occur here: symmetry"
    if found["mirror"] == "changes classes":
        return "", "not mirrored: mirror images look like another class (see the check symmetry)"
    if found["mirror"] == "foreign":
        return "", "not mirrored: mirror images do not occur here"
    upright = found["upside down"] == "natural" and known.side > SMALL
    both = ",flip(vertical=true)" if upright else ""
    words = "both ways occur" if upright else "occur"
    return f"flip{both}", f"pictures mirrored {words} here and keep their class: flip"


def _part(known: Seen) -> tuple[str, str]:
    """How much of a picture is shown."""
    if known.side <= SMALL:
        most = max(1, known.side // 14)
        return f"shift({most})", f"pictures of {known.side} px are moved by up to {most} px, and nothing is cut off"
    if known.short < known.side:
        return f"resized_crop(area=({AREA[0]:g}, 1.0))", (
            f"the median picture's {known.short} px are enlarged to {known.side}: parts of {AREA[0]:.0%} or more of it"
        )
    area = AREA[max(count for count in AREA if count <= known.each)]
    why = f"{known.each:,} pictures in the median class: parts of {area:.0%} or more of a picture"
    return f"resized_crop(area=({area:g}, 1.0))", why


def _colours(known: Seen) -> tuple[str, str]:
    """Light and colour, as far as the pictures themselves differ."""
    most = round(float(np.clip(known.light, *LIGHT)), 2)
    grey = known.grey > 0.5
    names = ["brightness", "contrast"] + ["saturation"] * (not grey)
    what = f"{known.grey:.0%} are grey, so colours stay" if grey else f"{1 - known.grey:.0%} are in colour"
    why = f"{what}; brightness varies by {known.light:.0%} about its median: {', '.join(names)} by up to {most:.0%}"
    return ",".join(f"{name}({most:g})" for name in names), why


def _blur(known: Seen) -> tuple[str, str]:
    """A blur, where some pictures are blurred beside others."""
    if known.soft < SOFT:
        return "", f"{known.soft:.0%} are much less sharp than the median: no blur"
    p = round(min(2 * known.soft, 0.5), 2)
    return f"blur(p={p:g})", f"{known.soft:.0%} are much less sharp than the median: {p:.0%} are blurred"


def _policy(known: Seen) -> tuple[str, str]:
    """TrivialAugment, where much is learned from many pictures and turning them does no harm."""
    harmed = [name for name in TURNS if known.verdicts.get(name) == "changes classes"]
    if not known.scratch:
        return "", "trained weights learn little from stronger changes: no policy"
    if known.n < LARGE:
        return "", f"{known.n:,} pictures are few for a policy's many operations: none"
    if harmed:
        return "", f"a policy turns pictures, and a {harmed[0]} changes classes: none"
    return "trivial", f"random weights and {known.n:,} pictures: TrivialAugment's operations besides"


def _spread(values: Any) -> tuple[float, float]:
    """(robust deviation, median) of what is known of them: 1.4826 times the median distance from the median."""
    known = values[np.isfinite(values)].astype(float)
    if not len(known):
        return 0.0, 0.0
    middle = float(np.median(known))
    return 1.4826 * float(np.median(np.abs(known - middle))), middle
