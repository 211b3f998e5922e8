"""Where a recipe came from: the ablation or the search that wrote it, kept with the run that was trained by it."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..core.errors import LinneError
from ..core.recipe import Recipe

NAME = "origin.json"
OWN = ("minutes", "devices", "shard", "check")
"""Settings of a run's time and place, which no ablation or search chooses."""


def origin(file: Any, recipe: Recipe) -> "dict[str, Any] | None":
    """What wrote a recipe's file, {"kind", "file", "command", "otherwise", "found"}; None where nothing beside it did.

    kind: "ablation" or "search". recipe: what is trained by. otherwise: its settings that are not the file's as it was
    written, {name: [written, now]}. found: the result, as its own page shows it.
    """
    path = Path(file) if isinstance(file, (str, Path)) else None
    if path is None or not path.is_file():
        return None
    found = _result(path)
    if found is None:
        return None
    kind, result = found
    try:
        written = Recipe.of(result["recipe"])
    except (LinneError, KeyError, TypeError):
        return None
    pairs = ((each.name, getattr(written, each.name), getattr(recipe, each.name)) for each in fields(Recipe))
    otherwise = {name: [old, new] for name, old, new in pairs if old != new and name not in OWN}
    return {"kind": kind, "file": str(path), "command": result["command"], "otherwise": otherwise, "found": result}


def _result(path: Path) -> "tuple[str, dict[str, Any]] | None":
    """Which JSON beside a recipe names the command in its first line."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    for name, kind, holds in (("ablation.json", "ablation", "added"), ("report.json", "search", "trials")):
        try:
            found = json.loads((path.parent / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        found = found.get("result") if kind == "ablation" and isinstance(found, dict) else found
        if isinstance(found, dict) and holds in found and first == f"# {found.get('command')}":
            return kind, found
    return None
