"""Which runs a word names: one, several joined by "+" or ",", a pattern, or the folder that holds them."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..core.errors import InputError, RunError
from ..core.run import Run

GLOB = re.compile(r"[*?\[]")


def members(given: "str | Path | Run | Sequence[Any]") -> list[Run]:
    """The finished runs of a run, a path, "runs/a+runs/b", "runs/fold-*", a folder of runs, or a list of these.

    A folder that is there goes before any other reading of its name. Raises RunError for what is no finished run, a
    folder without one, or a run that is named twice; InputError where their classes differ.
    """
    runs = list(_each(given))
    if not runs:
        raise RunError("No run was named. Give a run's folder, several joined by '+', or the folder that holds them.")
    seen: dict[Path, Run] = {}
    for run in runs:
        place = run.path.resolve()
        if place in seen:
            raise RunError(f"{run.path} is named twice: it would count double. Name each run once.")
        seen[place] = run
    for run in runs[1:]:
        if set(run.classes) != set(runs[0].classes):
            raise InputError(_different(runs[0], run))
    return runs


def _each(given: Any) -> Iterable[Run]:
    if isinstance(given, Run):
        return _own(given)
    if not isinstance(given, (str, Path)):
        return [run for one in given for run in _each(one)]
    text, path = str(given), Path(given)
    if path.is_dir():
        return _own(Run(path)) if (path / "recipe.toml").exists() else _inside(path)
    parts = [part.strip() for part in re.split(r"[+,]", text)]
    if len(parts) > 1:
        return [run for part in parts if part for run in _each(part)]
    if GLOB.search(text):
        found = [one for one in Path(path.anchor).glob(text.removeprefix(path.anchor)) if one.is_dir()]
        if not found:
            raise RunError(f"No folder is called like {text!r}.")
        return [Run(one) for one in sorted(found, key=_natural)]
    return [Run(path)]


def _own(run: Run) -> list[Run]:
    """The run itself, or the folds whose mean it is."""
    folds = (run.config.get("linne") or {}).get("members", ())
    return [Run(run.path / name) for name in folds] or [run]


def _inside(path: Path) -> list[Run]:
    """The runs in a folder, fold-2 before fold-10."""
    found = sorted((one.parent for one in path.glob("*/recipe.toml")), key=_natural)
    if not found:
        raise RunError(
            f"{path} is no run and holds none: neither it nor a folder in it has a recipe.toml. Make one with: "
            "linne train PICTURES --out ..."
        )
    return [Run(one) for one in found]


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """Numbers in a name by their size."""
    parts = re.findall(r"\d+|\D+", str(path))
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def _different(first: Run, other: Run) -> str:
    lacks, more = (sorted(set(a) - set(b)) for a, b in ((first.classes, other.classes), (other.classes, first.classes)))
    said = " and ".join(
        f"{word} {', '.join(map(repr, names[:5]))}{', ...' if len(names) > 5 else ''}"
        for word, names in (("lacks", lacks), ("knows besides", more))
        if names
    )
    return (
        f"{other.path} has other classes than {first.path}: it {said}. Runs answer together only of the same classes."
    )
