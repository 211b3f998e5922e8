"""linne cache: what was computed once and kept, and how much disk it takes."""

from dataclasses import dataclass
from typing import Any

from ..engine.cache import Part, home, limit, parts, prune


@dataclass(frozen=True)
class Kept:
    """What the cache holds and what was removed from it."""

    parts: tuple[Part, ...]
    gone: tuple[Part, ...]

    def text(self) -> str:
        """For a terminal."""
        total = sum(part.size for part in self.parts)
        lines = [f"{home()}: {total / 2**20:,.0f} MB of at most {limit(home()) / 2**20:,.0f} MB"]
        lines += [f"  removed {part.name}: {part.size / 2**20:,.1f} MB" for part in self.gone]
        lines += [f"  {part.size / 2**20:8,.1f} MB  {part.what or part.name}" for part in reversed(self.parts)]
        return "\n".join(lines)

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        shown = [{"name": part.name, "what": part.what, "bytes": part.size} for part in self.parts]
        return {
            "home": str(home()),
            "limit": limit(home()),
            "parts": shown,
            "removed": [part.name for part in self.gone],
        }


def cache(*, keep_mb: float | None = None) -> Kept:
    """Show what is cached: features, measurements and converted networks; the least recently used goes first.

    Parameters
    ----------
    keep_mb
        Remove until this many megabytes are left; 0 empties the cache.
    """
    gone = prune(int(keep_mb * 2**20)) if keep_mb is not None else []
    return Kept(tuple(parts()), tuple(gone))
