"""New classes for a finished run: its own pictures by content, the new ones beside them, and the head solved for anew.

The network and the split of the run stay, and the new pictures are dealt to its parts in the same shares; twins of old
pictures go where those are. Classes keep their order, new ones follow. What the run's judging pictures come to before
and after is engine/retention.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.deal import codes, deal, per_class
from ..core.errors import InputError, OptionError
from ..core.facts import Compared, Facts
from ..core.finding import Finding
from ..core.groups import group_of, merge
from ..core.images import SPLITS, Images
from ..core.load import load
from ..core.names import printable
from ..core.recipe import FEW_LABELS, Recipe
from ..core.rng import rng
from ..core.run import Run
from . import extra, pool, tree
from .assemble import headless
from .data import Data, as_text, asked, together
from .either import first
from .first import Result, judged, predict, stand, usable
from .first import few as too_few
from .infer import Model, model_of
from .log import Log
from .look import Looker, look
from .network import Network, resolve
from .recall import Past, told
from .runs import tuned
from .sure import as_sure

MAY = ("check", "max_unreadable", "tree")
"""Settings that may differ from the run's own."""
STAY = ("size", "resize", "runtime", "group", "metric", "inner_folds", "max_unreadable", "check", "seed")
FROZEN = ("model", "weights", "weights_licence", "surgery")
SOLVED = ("augment", "copies", "classic", "method", "pool", "pool_labels", "pool_precision", "extra")
"""Of a run's settings those that hold here: always, where its network is as it came, where its head was solved for."""
SHOWN = 5


@dataclass(frozen=True, eq=False)
class Added:
    """What was added to a run. past: its pictures, rows 0 to n - 1 of the data; fresh: the classes that are new.

    tuned: its network had learned its learning pictures. pairs: (new row, old row) of the new pictures that show what
    an old one of another class shows, and are left out; already: how many new ones the run had.
    """

    run: Run
    model: Model
    past: Past
    fresh: tuple[str, ...]
    source: str
    tuned: bool
    pairs: tuple[tuple[int, int], ...]
    already: int


def settled(run: Run, settings: Mapping[str, Any]) -> Recipe:
    """The recipe by which classes are added to a run: the run's own, but for what made its network.

    Raises OptionError for other settings than MAY, and for a run that nothing can be added to.
    """
    own, where = run.recipe, run.path
    for name in settings:
        if name not in MAY:
            raise OptionError(
                f"{name}={settings[name]!r} has no effect with --add-to: the settings of {where} stay, so that only "
                f"the classes change. Drop it, or train anew on all pictures. Allowed beside it: {', '.join(MAY)}."
            )
    if run.several:
        raise OptionError(f"{where} gives several labels a picture. Train anew on all pictures.")
    if own.positive:
        raise OptionError(f"{where} learned from positives and a pool, of which no class can be told apart. "
                          "Train anew on all pictures.")  # fmt: skip
    if "members" in (run.config.get("linne") or {}):
        raise OptionError(f"{where} is the mean of its folds, no network of its own. Add to one of them: "
                          f"--add-to {where}/fold-0")  # fmt: skip
    if own.folds:
        raise OptionError(f"{where} learned from all of its pictures (--fit-all): none is left to tell whether old "
                          f"classes get worse. Add to one of its folds: --add-to {where}/fold-0")  # fmt: skip
    solved = run.figures.get("rung", "probe") == "probe"
    names = (*STAY, *(FROZEN if not tuned(run) else ()), *(SOLVED if solved else ()))
    given = {name: getattr(own, name) for name in names}
    if tuned(run):
        given |= {"model": headless(run.config["architecture"]), "weights": str(where)}
    if (where / tree.NAME).exists():
        given["tree"] = own.tree if own.tree == tree.NAMES else str(where / tree.NAME)
    if solved and own.method not in ("auto", "probe", FEW_LABELS):
        given["method"] = "auto"
    return Recipe.of({**given, "split": "auto" if few(run) else "given", **settings})


def few(run: Run) -> bool:
    """Whether the run had too few pictures for a test set."""
    return run.figures.get("who", "") == "pictures, cross-validated"


def pictures(given: Any, run: Run) -> tuple[Images, tuple[str, ...]]:
    """The new pictures and their new classes; a folder of nothing but pictures is a class of its name.

    Raises InputError where every class is known already, or a new one differs from a known one in case alone.
    """
    images = load(given)
    if images.targets is not None:
        raise InputError(f"The pictures of {images.came_from} have several labels each, and {run.path} gives one.")
    if not images.classes and images.root is not None and len(images):
        name = printable(images.root.resolve().name)
        images = replace(images, labels=np.zeros(len(images), np.int64), classes=(name,))
    counts = images.counts()
    named = [name for name, count in zip(images.classes, counts, strict=True) if count]
    fresh = tuple(name for name in named if name not in run.classes)
    if not named:
        raise InputError(f"No picture of {images.came_from} has a label. Give a folder with the new class's name.")
    if not fresh:
        raise InputError(
            f"{run.path} knows {_listed(named)} already, and {images.came_from} brings no other class. To learn from "
            "more pictures of known classes, train anew on all of them; a new class needs a name of its own."
        )
    alike = {name.casefold().strip(): name for name in run.classes}
    for name in fresh:
        if name.casefold().strip() in alike:
            other = alike[name.casefold().strip()]
            raise InputError(
                f"The new class {name!r} and {other!r}, which {run.path} knows, differ in case or blanks alone. Call "
                f"its folder {other!r} for pictures of that class, or something else for another class."
            )
    return images, fresh


def gather(run: Run, given: Any, recipe: Recipe, log: Log) -> Data:
    """The run's pictures and the new ones as one set, looked at, split, and those left out that cannot be used.

    Raises InputError for old pictures that are missing, new classes of fewer than two, and what cannot be read.
    """
    images, fresh = pictures(given, run)
    model, past = model_of(run), Past.of(run)
    network = _network(run, model)
    looker = past.looker(network, model.geometry, log, recipe.runtime)
    facts, features, missing = past.look(looker)
    why = past.why.copy()
    for row in np.flatnonzero(missing):
        why[row] = facts.reason(int(row))
    if missing.sum() > recipe.max_unreadable * past.kept.sum() or (recipe.views and missing.any()):
        raise InputError(f"{told(past, missing, why.tolist())}. Put them back, or train anew on what is there.")
    more = Looker(network, model.geometry, log, runtime=looker.runtime)
    facts_new, features_new = look(images, more)
    unread = np.array([facts_new.reason(row) for row in range(len(images))], dtype=object)
    table, thumbs, small = (np.concatenate([np.asarray(getattr(one, name)) for one in (facts, facts_new)])
                            for name in ("table", "thumbs", "small"))  # fmt: skip
    joined = Facts(table, thumbs, small, compared(run, len(why)))
    data = Data(
        _joined(past.images, images, fresh), joined, np.concatenate([features, features_new]),
        np.concatenate([why, unread]), np.arange(len(why) + len(unread)), network, model.geometry, more.ran,
        more.runtime,
    )  # fmt: skip
    _grouped(data, images, recipe, log)
    pairs, already = _contrary(data, len(past.images), log)
    data.added = Added(run, model, past, fresh, images.came_from, tuned(run), tuple(pairs), already)
    _enough(data, fresh)
    data.images = _dealt(data, len(past.images), few(run), recipe)
    data.pool = pool.gather(data, recipe, log) if recipe.pool else None
    data.extra = extra.gather(data, recipe, log) if recipe.extra else None
    return data


def course(data: Data, recipe: Recipe, log: Log, dealt: Callable[[Data], Any], reading: Callable[[], Any]) -> Result:
    """`first.first` of such data; a head on a tuned network is calibrated as the run's was, where nothing else can."""
    added: Added = data.added
    usable(data)
    if too_few(data, recipe):
        return first(data, recipe, log, dealt)
    stood = stand(data, recipe, log, dealt)
    data.findings = [found for found in data.findings if found.kind != "rows without a split"]
    if added.tuned and "validation" not in stood.head.calibrated_on:
        stood = as_sure(stood, added, log)
    reading()
    parts = {"train": stood.head.oof, "test": predict(data, stood.head, stood.test)}
    if len(stood.judge):
        parts["validation"] = predict(data, stood.head, stood.judge)
    result = judged(stood, stood.head, parts, stood.recipe, log)
    if added.tuned:
        result.figures["rung"] = added.run.figures["rung"]
    return result


def _network(run: Run, model: Model) -> Network:
    """The run's network without its head: what lies before a head's last layer counts as head."""
    plain = headless(model.network.name)
    return model.network if plain == model.network.name else resolve(plain, str(run.path), size=run.recipe.size)


def _joined(old: Images, new: Images, fresh: tuple[str, ...]) -> Images:
    """Old pictures first, in their rows; new names that are taken get their folder's before them."""
    classes = (*old.classes, *fresh)
    place = np.array([*(classes.index(name) if name in classes else -1 for name in new.classes), -1])
    taken, base = set(old.names.tolist()), Path(new.came_from).name or "new"
    names = []
    for name in new.names.tolist():
        while name in taken:
            name = f"{base}/{name}"
        taken.add(name)
        names.append(name)
    weights = [np.ones(len(one)) if one.weight is None else one.weight for one in (old, new)]
    groups = [group and f"new {group}" for group in new.group.tolist()]
    return Images(
        [*old.items, *new.items], np.array([*old.names, *names], dtype=object),
        np.concatenate([old.labels, place[new.labels]]), classes, np.concatenate([old.split, new.split]),
        np.array([*old.group, *groups], dtype=object),
        None if old.weight is None and new.weight is None else np.concatenate(weights),
        came_from=f"{old.came_from} and {new.came_from}", findings=new_findings(new, len(old)),
    )  # fmt: skip


def new_findings(new: Images, start: int) -> tuple[Finding, ...]:
    """What listing the new pictures showed, by their rows among all."""
    return tuple(replace(found, rows=tuple(row + start for row in found.rows)) for found in new.findings)


def _grouped(data: Data, new: Images, recipe: Recipe, log: Log) -> None:
    """Who belongs together: as the run had it, by its --group where that can be asked of all, and verified twins."""
    data.findings += data.images.findings
    if recipe.group:
        if recipe.group in new.columns:
            own = group_of(new, recipe.group)
            told = [f"new {word}" if word else "" for word in own.tolist()]
            given = np.array([""] * (len(data.images) - len(new)) + told, dtype=object)
        else:
            given = group_of(data.images, recipe.group, data.facts)
        data.images = replace(data.images, group=as_text(merge(data.images.group, given)))
    together(data, replace(recipe, group=""), log)


def _contrary(data: Data, old: int, log: Log) -> tuple[list[tuple[int, int]], int]:
    """Leave out new pictures that the run has already, and by name those that show what one of another class shows."""
    images, why = data.images, data.why
    owners = np.flatnonzero(data.kept[:old])
    first_of = {int(data.twins[row]): int(row) for row in owners[::-1]}
    bytes_of = {data.facts["hash"][row].tobytes(): int(row) for row in owners[::-1]}
    pairs, already = [], 0
    for row in np.flatnonzero(data.kept & (np.arange(len(images)) >= old)):
        mates = owners[data.twins[owners] == data.twins[row]] if int(data.twins[row]) in first_of else owners[:0]
        other = mates[images.labels[mates] != images.labels[row]]
        same = bytes_of.get(data.facts["hash"][row].tobytes())
        if len(other):
            pairs.append((int(row), int(other[0])))
            why[row] = f"shows what {images.names[other[0]]} shows, which is {images.classes[images.labels[other[0]]]}"
        elif same is not None:
            already += 1
            why[row] = f"the run has it already: {images.names[same]}"
    if already:
        log.say(f"{already:,} of the new pictures are in the run already and are not counted twice")
    if pairs:
        data.findings.append(_named(data, pairs))
        log.say(data.findings[-1].why)
    return pairs, already


def _named(data: Data, pairs: list[tuple[int, int]]) -> Finding:
    images = data.images
    said = [f"{images.names[new]} ({images.classes[images.labels[new]]}) and {images.names[old]} "
            f"({images.classes[images.labels[old]]})" for new, old in pairs[:SHOWN]]  # fmt: skip
    why = (
        f"{len(pairs):,} new pictures show what old ones of other classes show, and are left out: {'; '.join(said)}"
        f"{'; ...' if len(pairs) > SHOWN else ''}."
    )
    fix = "Look at each pair: one of its two labels is wrong, or the picture shows both. Keep it in one class alone."
    rows = tuple(dict.fromkeys(row for pair in pairs for row in pair))
    details = {"groups": [list(pair) for pair in pairs]}
    return Finding(rows, "new pictures like old ones of other classes", "high", why, fix, details=details)


def _enough(data: Data, fresh: tuple[str, ...]) -> None:
    """Raise InputError for a new class that cannot both teach and be judged."""
    images = data.images
    labels = np.where(data.kept, images.labels, -1)
    counts = np.bincount(labels[labels >= 0], minlength=len(images.classes))
    groups = per_class(labels, images.group, len(images.classes))
    for name in fresh:
        place = images.classes.index(name)
        if groups[place] < 2:
            what = f"{counts[place]} usable picture{'s' if counts[place] != 1 else ''}"
            alike = ", all of the same thing" if counts[place] > 1 else ""
            raise InputError(
                f"The new class {name!r} has {what}{alike}: one must teach and another judge. Give at least two "
                "different ones, better thirty."
            )


def _dealt(data: Data, old: int, whole: bool, recipe: Recipe) -> Images:
    """The pictures with their split: the old ones' as it was, new ones in the same shares, groups where old ones are.

    whole: nobody has a split, for there were too few pictures.
    """
    images = data.images
    split = images.split.copy()
    if whole:
        return replace(images, split=np.full(len(images), "", dtype=object))
    mine = data.kept & (np.arange(len(images)) < old) & (split != "")
    counts = {part: int((split[mine] == part).sum()) for part in SPLITS}
    parts = [part for part in SPLITS if counts[part]]
    code = codes(images.group)
    side: dict[int, int] = {}
    for row in np.flatnonzero(mine):
        place = SPLITS.index(split[row])
        side[int(code[row])] = min(place, side.get(int(code[row]), place))
    rows = np.flatnonzero(data.kept & (split == "") & (np.arange(len(images)) >= old))
    for row in rows:
        split[row] = SPLITS[side[int(code[row])]] if int(code[row]) in side else ""
    rows = rows[split[rows] == ""]
    groups = per_class(np.where(np.isin(np.arange(len(images)), rows), images.labels, -1), images.group,
                       len(images.classes))  # fmt: skip
    scarce = groups[images.labels[rows]] < len(parts)
    for number, some in enumerate((rows[~scarce], rows[scarce])):
        names = parts if not number else [parts[0], parts[-1]]
        shares = [counts[part] for part in names] if not number else [1, 1]
        dealt = deal(images.labels[some], images.group[some], shares, rng(recipe.seed, "added", number))
        split[some] = np.array(names, dtype=object)[dealt]
    return replace(images, split=split)


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names[:SHOWN])) + (", ..." if len(names) > SHOWN else "")


def compared(run: Run, rows: int) -> "Compared | None":
    """What the run's own search for duplicates found, so that its pictures are not compared with one another again;
    None where it did not search as usual."""
    if str(asked(run.recipe).get("duplicates", "")) != "duplicates":
        return None
    near = [found["details"] for found in run.findings if found["kind"] == "near duplicates"]
    pairs = [pair for one in near for pair in one["pairs"]]
    score = [value for one in near for value in one["scores"]]
    mirrored = [value for one in near for value in one["mirrored"]]
    return Compared(rows, np.array(pairs, np.int64).reshape(-1, 2), np.array(score, float), np.array(mirrored, bool))
