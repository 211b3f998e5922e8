"""linne list: every trick, with its first line and options."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..core.lookup import describe, kinds, names


@dataclass(frozen=True)
class Tricks:
    """kind, name, first line and options of each trick."""

    rows: tuple[tuple[str, str, str, str], ...]

    def text(self) -> str:
        """For a terminal: a block a kind."""
        lines = []
        width = max((len(row[1]) for row in self.rows), default=0)
        for kind in sorted({row[0] for row in self.rows}):
            lines += ["", kind]
            for _, name, line, options in (row for row in self.rows if row[0] == kind):
                lines.append(f"  {name:{width}}  {line.removeprefix(f'{name}: ')}")
                if options:
                    lines.append(f"  {'':{width}}  options: {options}")
        return "\n".join(lines).strip("\n")

    def data(self) -> Sequence[dict[str, str]]:
        """JSON-ready."""
        return [dict(zip(("kind", "name", "line", "options"), row, strict=True)) for row in self.rows]


def list(kind: str | None = None) -> Tricks:
    """List every trick, or those of one kind, with its first line and options. Nothing is imported.

    Parameters
    ----------
    kind
        A kind of trick, e.g. check, metric or augment; all kinds when not given.
    """
    found: Any = [(each, name, *describe(each, name)) for each in ([kind] if kind else kinds()) for name in names(each)]
    return Tricks(tuple((k, n, line, ", ".join(f"{o}={d}" if d else o for o, d in opts)) for k, n, line, opts in found))
