"""A finding as the page shows it: its first pictures, by group where it has groups, its files, a small table."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.finding import Finding
from .plainly import short

PICTURES, NAMES = 12, 12
"""Pictures and files that are shown of one finding."""


def finding(found: Finding) -> dict[str, Any]:
    """A finding with at most PICTURES rows: their groups, the class suggested for each, files, a small table."""
    out = {name: getattr(found, name) for name in ("kind", "severity", "why", "fix")}
    groups = groups_shown(found.details.get("groups"), found.rows)
    rows = [row for group in groups for row in group] or list(found.rows[:PICTURES])
    suggested = found.details.get("suggested")
    by_row = dict(zip(found.rows, suggested, strict=False)) if isinstance(suggested, (list, tuple)) else {}
    return out | {
        "n": len(found.rows),
        "rows": rows,
        "groups": groups,
        "groups_more": max(0, len(found.details.get("groups") or ()) - len(groups)) if groups else 0,
        "suggested": {str(row): str(by_row[row]) for row in rows if row in by_row},
        "files": [short(name) for name in found.files[:NAMES]],
        "files_more": max(0, int(found.details.get("total", len(found.files))) - NAMES),
        "table": table(found.details.get("table")),
    }


def groups_shown(groups: Any, rows: Sequence[int]) -> list[list[int]]:
    """Groups of rows, the finding's first rows' first, up to four of each group and PICTURES in all; else none."""
    known = set(rows)
    if not isinstance(groups, (list, tuple)) or not all(isinstance(group, (list, tuple)) for group in groups):
        return []
    out: list[list[int]] = []
    room = PICTURES
    for group in groups:
        part = [int(row) for row in group if int(row) in known][: min(4, room)]
        if len(part) > 1:
            out.append(part)
            room -= len(part)
        if room < 2:
            break
    return out


def table(rows: Any, most: int = 15) -> dict[str, Any] | None:
    """A small table of a finding's details: a list of dicts with the same plain columns; None for anything else."""
    if not isinstance(rows, (list, tuple)) or not rows or not all(isinstance(row, dict) for row in rows):
        return None
    plain = (name for name in rows[0] if not isinstance(rows[0][name], (dict, list, tuple)))
    columns = [name for name in plain if any(row.get(name) not in ("", None) for row in rows)][:10]
    cells = [[cell(row.get(name)) for name in columns] for row in rows[:most]]
    return {"columns": columns, "rows": cells, "more": max(0, len(rows) - most)}


def cell(value: Any) -> str:
    """A value as a table shows it."""
    if isinstance(value, float):
        return "-" if not np.isfinite(value) else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else short(str(value))
