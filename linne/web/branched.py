"""What the report says of a taxonomy: the tree with what each branch is worth, accuracy by depth, and backing off."""

from collections.abc import Sequence
from typing import Any

from ..engine.figures import text as shown
from . import charts
from .home import safe

MOST = 120
"""Branches and classes that the page shows."""
STEP, HIGH = 18, 36
"""Pixels of a step to the right, and of a row."""
ORDER = ("hierarchical_f1", "hierarchical_precision", "hierarchical_recall", "steps_missed", "steps_a_mistake",
         "information")  # fmt: skip


def capped(found: dict[str, Any]) -> dict[str, Any]:
    """The figures with as many nodes as the page has room for: without classes, then those branches alone where most
    mistakes part, with what is above them. "nodes_more": how many are left out."""
    nodes = found["nodes"]
    if len(nodes) <= MOST:
        return found | {"nodes_more": 0}
    kept = [row for row in nodes if not row["leaf"]]
    if len(kept) > MOST:
        worst, names = sorted(kept, key=lambda row: -row["parting"]), set[tuple[str, ...]]()
        for row in worst:
            ways = {tuple(row["path"][:k]) for k in range(len(row["path"]) + 1)}
            if len(names | ways) > MOST:
                break
            names |= ways
        kept = [row for row in kept if tuple(row["path"]) in names]
    return found | {"nodes": kept, "nodes_more": len(nodes) - len(kept)}


def parts(found: "dict[str, Any] | None") -> "dict[str, Any] | None":
    """What the template needs; None where a run has no taxonomy."""
    if not found:
        return None
    nodes, levels = found["nodes"], found["back_off"]
    shares = [row[part] for row in nodes for part in ("recall", "precision")]
    series = [[(row["least"], row[name]["value"]) for row in levels if row[name]["value"] is not None]
              for name in ("right", "classes", "information")]  # fmt: skip
    band = [
        (row["least"], row["right"]["low"], row["right"]["high"]) for row in levels if row["right"]["low"] is not None
    ]
    return {
        "found": found,
        "figures": [(name.replace("_", " ").replace("f1", "F1"), found["figures"][name]) for name in ORDER],
        "rows": [row | {"bough": bough, "called": row["path"][-1] if row["path"] else ""}
                 for row, bough in zip(nodes, boughs([row["depth"] for row in nodes]), strict=True)],
        "reach": charts.axis(shares),
        "depths": charts.axis([row["accuracy"] for row in found["depths"]]),
        "curve": safe(charts.lines, series, ("share", "likely from"), band=band),
        "levels": [_level(row) for row in levels],
    }  # fmt: skip


def _level(row: dict[str, Any]) -> dict[str, Any]:
    """Shares as the value and its interval, each a text; the interval stands below the value."""
    told = {name: shown(row[name]).partition(" [") for name in ("answered", "right", "classes")}
    shares = {name: (value, bracket.strip() + ends) for name, (value, bracket, ends) in told.items()}
    return {"least": f"{row['least']:g}", **shares, "information": f"{row['information']['value']:.3f}"}


def boughs(depths: Sequence[int]) -> list[Any]:
    """The lines before each row of a tree that is read from the top, as SVG. depths: steps from the root, in order."""
    out = []
    for row, depth in enumerate(depths):
        lines = []
        for level in range(1, depth + 1):
            x = STEP * level - STEP / 2
            further = _further(depths[row + 1 :], level)
            end = HIGH if further else HIGH / 2
            if further or level == depth:
                lines.append(_line(x, 0, x, end))
            if level == depth:
                lines.append(_line(x, HIGH / 2, STEP * level, HIGH / 2))
        wide = STEP * depth
        out.append(safe(_drawn, wide, lines) if wide else "")
    return out


def _further(after: Sequence[int], level: int) -> bool:
    """Whether a branch of this level follows before its parent's ends."""
    for depth in after:
        if depth <= level:
            return depth == level
    return False


def _drawn(wide: int, lines: Sequence[str]) -> str:
    return f'<svg class="bough" width="{wide}" height="{HIGH}" aria-hidden="true">{"".join(lines)}</svg>'


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"/>'
