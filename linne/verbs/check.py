"""linne check: what is wrong with this data."""

from dataclasses import replace
from typing import Any

from ..core.errors import OptionError, nearest
from ..core.finding import SEVERITIES, Findings
from ..core.load import load
from ..core.overlay import append
from ..core.recipe import Recipe
from ..engine.log import Log

SETTINGS = ("model", "weights", "size", "resize", "runtime", "group", "metric", "inner_folds", "seed", "overlay")


def check(
    images: Any, *, only: str = "all", fail_on: str = "none", log: Log | None = None, **settings: Any
) -> Findings:
    """Look at every picture and say what is wrong: unreadable, duplicates, leaks, wrong labels, shortcuts and more.

    Nothing is changed and nothing is written but the cache; with --overlay suspected wrong labels are added to that
    file, each a row that waits for a decision, and what was decided in it counts.

    Parameters
    ----------
    images
        A folder with a folder per class (or train/ and test/ parts), a table (CSV, Parquet, ...), or a named set.
    only
        Checks by name with options, e.g. 'duplicates,quality'; see: linne list check.
    fail_on
        Exit with 1 when a finding is of this severity or worse: high, medium, low, or none.
    """
    from ..engine.data import check as run_checks
    from ..engine.data import examine, wanted
    from ..engine.first import foreseen
    from ..engine.overlay import begun, suspects
    from ..engine.several import foreseen as foreseen_several

    if fail_on not in (*SEVERITIES, "none"):
        raise OptionError(f"fail_on={fail_on!r} is not allowed. {nearest(fail_on, (*SEVERITIES, 'none'))}")
    log = log or Log(quiet=True)
    recipe = Recipe.of({"check": only}, Recipe.of(settings, source="linne check", allowed=SETTINGS))
    wants = wanted(recipe)
    learns = "predictions" in wants
    kept, recipe = recipe.overlay, begun(recipe)
    data = examine(load(images), replace(recipe, max_unreadable=1.0), log, features=learns or "features" in wants,
                   several=True)  # fmt: skip
    of = foreseen if data.images.targets is None else foreseen_several
    found = run_checks(data, recipe, of(data, recipe, log) if learns else None)
    limit = SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on != "none" else ()
    over = [finding for finding in found if finding.severity in limit]
    gate = f"--fail-on {fail_on}: {len(over)} findings, the first: {over[0].why}" if over else ""
    new = append(kept, suspects(data, found)) if kept else 0
    note = f"{new:,} suspects wait for a decision in {kept}: fill in 'decision' or 'to', then train --overlay {kept}"
    return Findings(found, data.images.names, len(data.images), gate, note if new else "")
