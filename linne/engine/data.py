"""What is known of the pictures before anything learns: facts, features, who is kept, who belongs together."""

import inspect
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..core.applied import Applied, apply, widened
from ..core.decode import Geometry
from ..core.errors import InputError, OptionError
from ..core.facts import Facts
from ..core.finding import SEVERITIES, Finding
from ..core.groups import group_of, merge
from ..core.images import Images
from ..core.lookup import declared, find, names, offer
from ..core.overlay import Overlay
from ..core.predictions import Predictions
from ..core.recipe import Recipe
from ..core.rng import rng
from ..core.several import Several
from ..core.spec import Spec, chain
from ..core.twins import groups_of
from .log import Log
from .look import Looker, look
from .memo import digest, findings
from .network import Network, of
from .pseudo import Pseudo


@dataclass(eq=False)
class Pool:
    """m pictures whose labels are not read. features (m, d). why: (m,) str, "" where a picture may teach.

    said: what the classifier said of those that may. figures: JSON-ready, of whether they helped.
    """

    images: Images
    features: np.ndarray
    hashes: np.ndarray
    why: np.ndarray
    said: "Pseudo | None" = None
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Extra:
    """m generated pictures: features (m, d) and labels (m,) in the run's classes. saw: hashes (bytes) of the pictures
    that the generator learned from. figures: JSON-ready, of whether they helped."""

    features: np.ndarray
    labels: np.ndarray
    saw: frozenset[bytes]
    place: str
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Data:
    """images, facts and features share their rows. why: (n,) str, "" where the picture is kept.

    twins: (n,) int64, verified near-duplicates share a number. ran: the runtime and its precision; runtime: its spec.
    findings: so far. pool: pictures without labels to learn from, extra: generated ones; None without. siblings: what
    classifiers made the same way, each without a fold of these learning pictures, said of their folds, in scores.
    overlay: what was decided about labels, None without. added: what they are added to, an `added.Added`, None without.
    """

    images: Images
    facts: Facts
    features: np.ndarray
    why: np.ndarray
    twins: np.ndarray
    network: Network
    geometry: Geometry
    ran: str = ""
    runtime: str = "auto"
    findings: list[Finding] = field(default_factory=list)
    pool: "Pool | None" = None
    siblings: "Predictions | None" = None
    overlay: "Applied | None" = None
    extra: "Extra | None" = None
    added: Any = None

    @property
    def kept(self) -> np.ndarray:
        """(n,) bool: read, labelled, and so used."""
        return self.why == ""


def geometry_of(network: Network, recipe: Recipe) -> Geometry:
    """The one preprocessing of a run: the recipe's side and fit, else what the network was trained with."""
    size = recipe.size or network.size
    crop = network.crop if recipe.resize == "crop" else Geometry().crop
    kind: Any = network.interpolation
    return Geometry(size=size, fit=recipe.resize, crop=crop, interpolation=kind)  # type: ignore[arg-type]


def wanted(recipe: Recipe) -> set[str]:
    """What the checks that the recipe asks for want to be given, by name: features, predictions, ..."""
    tricks = [find("check", spec) for spec in asked(recipe).values()]
    return {name for trick in tricks for name in inspect.signature(trick).parameters}


def examine(
    images: Images,
    recipe: Recipe,
    log: Log,
    *,
    features: bool = True,
    elsewhere: Collection[str] = (),
    several: bool = False,
) -> Data:
    """Look at every picture once, leave out by name what cannot be used, and find who belongs together.

    features: False where no network is to be run, so duplicates are not searched for. elsewhere: names of pictures that
    are not here on purpose, whose decisions in the recipe's overlay are left alone. several: whether pictures may have
    several labels.

    Raises InputError when nothing is there, the overlay cannot be applied, or more than `recipe.max_unreadable` of the
    pictures cannot be read, OptionError for pictures of several labels where one is needed.
    """
    if images.targets is not None and not several:
        raise OptionError(
            f"The pictures of {images.came_from or 'memory'} have several labels each, and this needs one a picture. "
            "linne train, check, suggest, predict, evaluate and report take several."
        )
    if not len(images):
        raise InputError(
            f"There are no pictures in {images.came_from or 'the data'}. Give a folder with a folder per class, "
            "a table, or a named set; see: linne list source"
        )
    overlay = Overlay.read(recipe.overlay) if recipe.overlay else None
    images = widened(images, overlay) if overlay else images
    network = of(recipe)
    for remark in network.remarks:
        log.say(remark)
    geometry = geometry_of(network, recipe)
    looker = Looker(network, geometry, log, runtime=recipe.runtime, features=features)
    facts, found = look(images, looker)
    why = np.array([facts.reason(row) for row in range(len(images))], dtype=object)
    bad = np.flatnonzero(why != "")
    if len(bad) == len(images):
        raise InputError(
            f"None of the {len(images)} pictures of {images.came_from} can be read. "
            f"The first: {images.names[bad[0]]}: {why[bad[0]]}."
        )
    if len(bad) > recipe.max_unreadable * len(images):
        shown = "; ".join(f"{images.names[row]}: {why[row]}" for row in bad[:5])
        raise InputError(
            f"{len(bad)} of {len(images)} pictures cannot be read, more than --max-unreadable "
            f"{recipe.max_unreadable:g} allows: {shown}{' ...' if len(bad) > 5 else ''}"
        )
    data = Data(images, facts, found, why, np.arange(len(images)), network, geometry, looker.ran, looker.runtime)
    data.findings += images.findings
    if overlay:
        _overlaid(data, overlay, log, elsewhere)
    if features:
        together(data, recipe, log)
    return data


def _overlaid(data: Data, overlay: Overlay, log: Log, elsewhere: Collection[str]) -> None:
    """Labels as people decided on them, and pictures left out that they want out."""
    found = apply(overlay, data.images, data.facts["hash"], elsewhere)
    data.images, data.overlay = found.images, found
    data.why = np.where(data.why == "", found.why, data.why)
    data.findings += found.findings
    log.say(found.figures(data.images.split)["sentence"])
    for one in found.findings:
        log.say(one.why)


def together(data: Data, recipe: Recipe, log: Log) -> None:
    """Verified duplicates always share a group, and whatever --group says."""
    images = data.images
    found = twins(data, recipe)
    data.twins = groups_of(found, len(images))
    data.findings += found if "duplicates" in asked(recipe) else []
    given = [group_of(images, recipe.group, data.facts)] if recipe.group else []
    groups = merge(images.group, *given, as_text(data.twins))
    data.images = replace(images, group=as_text(groups))
    pictures = sum(np.bincount(data.twins)[np.bincount(data.twins) > 1])
    if pictures:
        log.say(f"{pictures} pictures have a verified duplicate; each group stays on one side of every split")


def twins(data: Data, recipe: Recipe) -> list[Finding]:
    """Pictures that are there more than once, verified, whether or not the recipe asks for that check."""
    return _ask(data, asked(recipe).get("duplicates", "duplicates"), recipe, None)


def as_text(numbers: np.ndarray) -> np.ndarray:
    """Group numbers as Images wants them: "" for a group of one, else the number."""
    sizes = np.bincount(numbers)
    out = np.full(len(numbers), "", dtype=object)
    shared = sizes[numbers] > 1
    out[shared] = [str(number) for number in numbers[shared]]
    return out


def check(data: Data, recipe: Recipe, predictions: Predictions | None) -> list[Finding]:
    """Every check that the recipe asks for, over what is known; duplicates are known already. Most severe first."""
    found = list(data.findings)
    for name, spec in asked(recipe).items():
        if name != "duplicates":
            found += _ask(data, spec, recipe, predictions)
    return sorted(found, key=lambda finding: (SEVERITIES.index(finding.severity), finding.kind))


def asked(recipe: Recipe) -> dict[str, Any]:
    """The checks that the recipe asks for: name to spec or callable."""
    if recipe.check == "none":
        return {}
    asked = list(names("check")) if recipe.check == "all" else chain(recipe.check)
    return {str(getattr(one, "name", getattr(one, "__name__", one))): one for one in asked}


def _ask(data: Data, spec: Any, recipe: Recipe, predictions: Predictions | None) -> list[Finding]:
    """One check's findings; a check of ours is asked only once about the same pictures."""
    images, name = data.images, str(spec)
    offered = {
        "images": images, "facts": data.facts, "features": data.features, "predictions": predictions,
        "rng": rng(recipe.seed, "check", name), "seed": recipe.seed,
    }  # fmt: skip
    trick = find("check", spec)
    if isinstance(predictions, Several) and not declared("check", name.partition("(")[0], "several", False):
        predictions = offered["predictions"] = None
    if callable(spec) and not isinstance(spec, Spec):
        return offer(trick, **offered)
    known = (
        [predictions.logits, predictions.labels, predictions.rows, predictions.temperature] if predictions else [None]
    )
    known += [images.targets] if images.targets is not None else []
    key = digest(
        name, recipe.seed, images.names, images.labels, images.split, images.group, *images.classes,
        *(part for column in sorted(images.columns) for part in (column, np.asarray(images.columns[column], object))),
        str([found.kind for found in images.findings]), data.facts.table, data.features, *known,
    )  # fmt: skip
    return findings(name.partition("(")[0], key, lambda: offer(trick, **offered))
