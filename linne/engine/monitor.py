"""New pictures of a run in use, none of them labelled: do they still look as those did that the run was judged by, how
often does each class come, how right is the run likely to be, and which pictures are strange."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..core.errors import InputError, OptionError
from ..core.groups import group_of, merge
from ..core.images import Images
from ..core.intervals import clusters
from ..core.predictions import Predictions, log_softmax
from ..core.rng import rng
from ..core.run import Run
from ..core.twins import groups_of
from . import own
from .data import Data, as_text, twins
from .drift import LEAST, drift
from .infer import Model, model_of
from .log import Log
from .look import Looker, look
from .mix import mix
from .recall import Past
from .reference import Reference, reference, rounded
from .strange import SHARE, strange
from .unlabelled import estimates

MOST = 20_000
"""New pictures that are looked at; of more, so many at random."""
SHOWN = 24
"""Strangest pictures that are named."""
MATCHED = 50
"""Reference pictures that must be left with the new mix of classes to compare with."""
COMMON = 0.01
"""Classes rarer than this among the new pictures need no reference picture of their own."""


@dataclass(frozen=True, eq=False)
class New:
    """The new pictures that count: images, features (m, d), logits (m, K) at temperature 1, group (m,); rows (m,) among
    those that were given. left: why the others do not count, {words: how many}."""

    images: Images
    features: np.ndarray
    logits: np.ndarray
    group: np.ndarray
    left: dict[str, int]
    ran: str


def monitor(
    run: Run, images: Images, log: Log, *, group: str = "", runtime: str = "auto", seed: int = 0
) -> tuple[dict[str, Any], New]:
    """What the new pictures tell, JSON-ready, and themselves.

    group: which pictures belong together, as --group has it; near-duplicates do in any case. Raises InputError where
    none is new, none can be read, or fewer than LEAST groups are there; RunError for a run without a network.
    """
    if run.several:
        raise OptionError(
            f"{run.path} gives several labels a picture, and what is said here is of one. Take another run."
        )
    model = model_of(run)
    past, known = reference(run, model, log), Past.of(run)
    new = gathered(run, model, images, known, past, (group, runtime), log)
    old_group = known.images.group[past.rows]
    told = drift(rounded(past.features), rounded(new.features), (old_group, new.group), seed=seed)
    found: dict[str, Any] = {
        "run": str(run.path), "source": images.came_from, "pictures": len(images), "n": len(new.images),
        "groups": _count(new.group), "left": new.left, "drift": told.as_dict(),
        "reference": _about(past, known), "notes": _notes(past, new),
    }  # fmt: skip
    found["exchangeable"] = {"holds": not told.drifted(), "p": told.p, "calibrated_on": _calibrated(run)}
    labelled = witnesses(run)
    found["mix"] = mix(labelled, new.logits, new.group, seed=seed) if labelled is not None else None
    found["beyond"] = _beyond(found["mix"], past, known, new, seed) if found["mix"] else None
    shares = np.array([row["share"] for row in found["mix"]["classes"]]) if found["mix"] else None
    found["accuracy"] = (
        None
        if labelled is None
        else estimates(labelled, new.logits, new.group, shares, seed=seed, drifted=changed(found))
    )
    return found | {"strange": _strange(past, old_group, new, model)}, new


def changed(found: dict[str, Any]) -> bool:
    """Whether what `monitor` found says that the pictures changed, and not only how often each class comes."""
    return found["drift"]["drifted"] and (found["beyond"] is None or found["beyond"]["drifted"])


def gathered(
    run: Run, model: Model, images: Images, known: Past, past: Reference, how: tuple[str, str], log: Log
) -> New:
    """Look at the new pictures and leave out what the run had and what cannot be read. how: --group and --runtime."""
    if not len(images):
        raise InputError(f"There are no pictures in {images.came_from or 'the data'}. Give those that came since.")
    left: dict[str, int] = {}
    if len(images) > MOST:
        rows = np.sort(rng("monitor", len(images)).choice(len(images), MOST, replace=False))
        left["not drawn"] = len(images) - MOST
        log.say(f"{MOST:,} of {len(images):,} pictures are looked at, drawn at random")
        images = images.take(rows)
    runtime = how[1] if how[1] != "auto" else past.runtime
    looker = Looker(model.network, model.geometry, log, runtime=runtime)
    facts, features = look(images, looker)
    read = np.isfinite(features).all(axis=1)
    had = np.isin(facts["hash"], known.hashes[known.kept])
    left |= {"cannot be read": int((~read).sum()), "the run's own pictures": int((read & had).sum())}
    fit = np.flatnonzero(read & ~had)
    if not len(fit):
        why = "none can be read" if not read.any() else f"{int(had.sum()):,} are {run.path}'s own"
        raise InputError(
            f"No picture of {images.came_from or 'memory'} ({len(images):,} in all) is new: {why}. Give pictures that "
            "came since the training."
        )
    given = [group_of(images, how[0], facts)] if how[0] else []
    blank = replace(images, labels=np.full(len(images), -1), classes=known.images.classes)
    data = Data(blank.take(fit), facts.take(fit), features[fit], np.full(len(fit), "", dtype=object),
                np.arange(len(fit)), model.network, model.geometry)  # fmt: skip
    same = as_text(groups_of(twins(data, replace(run.recipe, check="none")), len(fit)))
    code = merge(images.group[fit], same, *(one[fit] for one in given))
    groups = int(code.max()) + 1
    if groups < LEAST:
        alike = f", {groups} of which do not belong together," if groups < len(fit) else ""
        raise InputError(
            f"{len(fit)} new pictures{alike} are too few to tell anything: at least {LEAST} are needed, and some "
            "hundreds tell more. Wait for more, or look at them one by one: linne predict"
        )
    logits = log_softmax(model.logits(features[fit]) / model.temperature)
    return New(images.take(fit), features[fit], logits, as_text(code), left, looker.ran)


def witnesses(run: Run) -> "Predictions | None":
    """Labelled pictures that taught the run nothing, as it said of them, at temperature 1; None where too few are."""
    parts = [one.take(np.flatnonzero(one.read & (one.labels >= 0))) for one in own.stored(run, run.classes).values()]
    if sum(map(len, parts)) < own.LEAST:
        return None
    joined = {name: np.concatenate([getattr(one, name) for one in parts])
              for name in ("logits", "labels", "rows", "names", "group")}  # fmt: skip
    return replace(parts[0], **joined)


def matched(labels: np.ndarray, shares: np.ndarray, seed: int) -> np.ndarray:
    """Rows whose labels (n,) come in these shares (K,), as many as there can be; drawn at random."""
    counts = np.bincount(labels[labels >= 0], minlength=len(shares))
    common = shares > COMMON
    size = float(np.min(counts[common] / shares[common])) if common.any() else 0.0
    draw, rows = rng(seed, "matched"), []
    for k in range(len(shares)):
        own_rows = np.flatnonzero(labels == k)
        rows.append(draw.permutation(own_rows)[: min(len(own_rows), round(size * shares[k]))])
    return np.sort(np.concatenate([np.zeros(0, np.int64), *rows]))


def _beyond(found: dict[str, Any], past: Reference, known: Past, new: New, seed: int) -> "dict[str, Any] | None":
    """The same test beside a reference in which classes come as often as now; None where too little of it is left."""
    shares = np.array([row["share"] for row in found["classes"]])
    rows = matched(known.images.labels[past.rows], shares, seed)
    if len(rows) < MATCHED:
        return None
    sides = (known.images.group[past.rows[rows]], new.group)
    return drift(rounded(past.features[rows]), rounded(new.features), sides, seed=seed).as_dict()


def _strange(past: Reference, group: np.ndarray, new: New, model: Model) -> dict[str, Any]:
    told = strange(rounded(past.features), rounded(new.features), group)
    order = np.argsort(-told.distance, kind="stable")[:SHOWN]
    chance = np.exp(new.logits)
    least = int(np.ceil(len(new.images) / SHARE / (1 + len(past.features))))
    return {"n": told.count, "least": least, "pictures": [
        {"row": int(row), "name": str(new.images.names[row]), "distance": float(told.distance[row]),
         "p": float(told.p[row]), "guess": model.classes[int(chance[row].argmax())],
         "confidence": float(chance[row].max()), "strange": place < told.count}
        for place, row in enumerate(order)
    ]}  # fmt: skip


def _about(past: Reference, known: Past) -> dict[str, Any]:
    """How many reference pictures there are, in how many groups, from which parts of the run."""
    split = known.images.split[past.rows]
    parts = {str(name): int((split == name).sum()) for name in dict.fromkeys(split.tolist())}
    return {"n": len(past.rows), "groups": _count(known.images.group[past.rows]), "parts": parts}


def _notes(past: Reference, new: New) -> list[str]:
    if past.ran and new.ran != past.ran:
        return [f"features were computed by {new.ran} here and by {past.ran} then: a small difference may be theirs"]
    return []


def _calibrated(run: Run) -> str:
    return str(run.json("calibration.json").get("fitted_on", ""))


def _count(group: np.ndarray) -> int:
    return len(np.unique(clusters(group, len(group))))
