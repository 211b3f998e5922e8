"""A run's page, its text and its card, written once everything else is kept: no mistake in here costs a run."""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..core.errors import RunError
from ..core.files import write, write_json
from ..core.recipe import Recipe
from ..core.run import Run, count_reads
from ..engine.log import Log

WRONG = "report.error.txt"
"""What went wrong, for whoever mends it."""


def paged(path: Path, result: Any, recipe: Recipe, command: str, log: Log) -> None:
    """report.json, report.html, report.txt and card.md of a run whose other files are there.

    What cannot be made is said, with the command that makes it later; the run is kept all the same. Raises RunError
    where nothing can be written, as every file does.
    """
    from ..web.report import FORMAT

    several = result.data.images.targets is not None
    bare = {"format": FORMAT, "several": several, "source": result.data.images.came_from, "command": command}
    (path / WRONG).unlink(missing_ok=True)
    shown = tried(path, "what the report shows", lambda: _gathered(result, recipe, command, path), log)
    write_json(path / "report.json", shown or bare)
    write(path / "report.txt", _plain(result, path))
    made = {name: tried(path, name, make, log) for name, make in parts(shown, path).items()} if shown else {}
    for name, content in made.items():
        if content is not None:
            write(path / name, content)
    if (path / WRONG).exists():
        log.say(f"warning: {lacking(path, bool(shown))}")


def parts(shown: dict[str, Any], path: Path, lang: str = "en") -> dict[str, Callable[[], str]]:
    """What makes each file of a run's report, of what report.json holds."""
    from ..web import card, report, several
    from ..web.beside import beside

    pages = several if shown.get("several") else report
    cards = several.card if shown.get("several") else card.card
    return {
        "report.html": lambda: pages.render(shown | beside(path), lang),
        "report.txt": lambda: pages.text(shown, str(path / "report.html")),
        "card.md": lambda: cards(shown),
    }


def mended(run: Run, shown: dict[str, Any]) -> None:
    """Write what failed beside the page, where anything did."""
    if (run.path / WRONG).exists():
        made = parts(shown, run.path)
        for name in ("report.txt", "card.md"):
            write(run.path / name, made[name]())
        (run.path / WRONG).unlink(missing_ok=True)


def tried(path: Path, what: str, make: Callable[[], Any], log: Log) -> Any:
    """What `make` gives; where it fails, None, and how it failed stands in the folder's report.error.txt."""
    from ..web.spared import said

    try:
        return make()
    except Exception as error:
        log.say(f"warning: {what} could not be made: {said(error)}")
        before = (path / WRONG).read_text(encoding="utf-8") if (path / WRONG).exists() else ""
        write(path / WRONG, f"{before}{what}\n{traceback.format_exc()}\n")
        return None


def lacking(path: Path, gathered: bool) -> str:
    """What there is to do about a run whose page failed; gathered: whether what it shows is kept."""
    kept = f"{path} was trained and is kept; why its report failed: {path / WRONG}."
    if gathered:
        return f"{kept} When that is put right, linne report {path} makes it."
    return (
        f"{kept} No page can be made of it, but it predicts, its figures are in {path / 'figures.json'}, and "
        f"linne evaluate {path} PICTURES judges it on other pictures."
    )


def again(run: Run) -> dict[str, Any]:
    """What report.json holds, for a page that is made anew. Raises RunError where it is of another format, or empty."""
    from ..web.report import FORMAT

    shown = run.json("report.json")
    if shown.get("format") != FORMAT:
        raise RunError(
            f"{run.path / 'report.json'} is of format {shown.get('format')!r}, this Linne reads {FORMAT}. "
            "Read it with the Linne that made it (see config.json), or train again into another --out."
        )
    if "figures" not in shown:
        raise RunError(lacking(run.path, gathered=False))
    return shown


def _gathered(result: Any, recipe: Recipe, command: str, path: Path) -> dict[str, Any]:
    from ..web import gather, several

    pages = gather if result.data.images.targets is None else several
    return pages.gather(result, recipe, command, reads=count_reads(path))


def _plain(result: Any, path: Path) -> str:
    """The one line that says what came out, where a report's text could not be made."""
    from ..engine.figures import headline

    return f"{headline(result.figures)}\n\nall figures: {path / 'figures.json'}"
