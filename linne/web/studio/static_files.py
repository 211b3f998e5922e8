"""The page's own files."""

from pathlib import Path

STATIC = Path(__file__).parent / "static"
OPEN = ("/", "/favicon.ico", "/static/")
"""What needs no token: the page's own files, which hold nothing of anybody's."""


def panels() -> list[str]:
    """The parts of the page: the files of static/panels."""
    return sorted(path.stem for path in (STATIC / "panels").glob("*.js"))
