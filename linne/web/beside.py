"""What stands in a run's folder beside its own results, for its report: where its settings come from, and verdicts."""

import json
from pathlib import Path
from typing import Any

from ..core.errors import RunError
from ..engine import notes, origin
from ..engine.runs import times
from . import ablation, searched

PARTS = {"ablation": ablation.parts, "search": searched.parts}


def beside(path: Path) -> dict[str, Any]:
    """{"origin", "verdicts", "times"} of a run's folder: the ablation or search that wrote its recipe, or None, what
    later comparisons and ensembles noted, and when its rungs ended. Raises RunError for a damaged file."""
    return {"origin": _origin(path / origin.NAME), "verdicts": notes.notes(path), "times": times(path)}


def _origin(file: Path) -> "dict[str, Any] | None":
    if not file.exists():
        return None
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return found | {"found": PARTS[found["kind"]](found["found"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{file} is damaged ({error}). Delete it: the report is then made without it.") from error
