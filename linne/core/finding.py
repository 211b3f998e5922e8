"""Finding: what every data check returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Severity = Literal["high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")


@dataclass(frozen=True)
class Finding:
    """One thing that a check found.

    rows: row numbers in the `Images` that was checked, most important first; empty when the finding is about the whole
        set or about files that are no rows.
    kind: the check's word for it, e.g. "near duplicates", "wrong label"; stable, so that scripts can filter on it.
    severity: "high" changes figures or loses pictures, "medium" should be looked at, "low" is good to know.
    why: one sentence with the numbers. fix: one sentence that says what to do.
    files: names of files that are no rows (stray files, hidden folders).
    details: more, JSON-ready: "groups" (lists of rows), "suggested" (class per row), "scores" (per row), "table", ...
    """

    rows: tuple[int, ...]
    kind: str
    severity: Severity
    why: str
    fix: str
    files: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", tuple(int(row) for row in self.rows))

    def as_dict(self, names: "np.ndarray | None" = None) -> dict[str, Any]:
        """JSON-ready; with the pictures' names beside their rows when `names` is given."""
        out: dict[str, Any] = {
            "kind": self.kind,
            "severity": self.severity,
            "why": self.why,
            "fix": self.fix,
            "rows": list(self.rows),
        }
        if names is not None:
            out["names"] = [str(names[row]) for row in self.rows]
        if self.files:
            out["files"] = list(self.files)
        if self.details:
            out["details"] = dict(self.details)
        return out


class Findings(list[Finding]):
    """What checks found, most severe first. `gate` is a sentence when a limit that was asked for is passed, else "";
    `note`: what became of them, "" for nothing."""

    def __init__(self, found: "list[Finding]", names: np.ndarray, n: int, gate: str = "", note: str = "") -> None:
        super().__init__(found)
        self.names, self.n, self.gate, self.note = names, n, gate, note

    def text(self) -> str:
        """For a terminal: what, how many, why, what to do, and the first few names."""
        lines = [f"{len(self)} findings on {self.n:,} pictures" if self else f"nothing found on {self.n:,} pictures"]
        for found in self:
            count = len(found.rows) or len(found.files)
            lines += ["", f"{found.severity:6}  {found.kind}" + (f" ({count:,})" if count else "")]
            lines += [f"        {found.why}", f"        -> {found.fix}"]
            shown = [str(self.names[row]) for row in found.rows[:4]] + list(found.files[:4])
            if shown:
                lines.append(f"        {', '.join(shown[:4])}{', ...' if count > len(shown[:4]) else ''}")
        return "\n".join([*lines, *(["", self.note] if self.note else [])])

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "pictures": self.n,
            "findings": [found.as_dict(self.names) for found in self],
            "gate": self.gate,
            "note": self.note,
        }
