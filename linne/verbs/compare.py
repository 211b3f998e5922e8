"""linne compare: which of several runs is better, or what it would take to tell."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import InputError
from ..core.files import write
from ..core.run import Run
from ..engine.log import Log


@dataclass(frozen=True)
class Compared:
    """What a comparison found; `page`: the HTML file that was written, or None."""

    found: dict[str, Any]
    page: "Path | None" = None

    def text(self) -> str:
        """The verdict first, for a terminal."""
        from ..web.compared import text

        return text(self.found) + (f"\n\nthe page, with curves: {self.page}" if self.page else "")

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return self.found | {"page": str(self.page) if self.page else None}


def compare(
    *runs: str | Path | Run,
    effect: float = 1.0,
    metric: str = "",
    split: str = "test",
    html: Path | None = None,
    lang: str = "en",
    log: Log | None = None,
) -> Compared:
    """Say which of several finished runs is better on the same pictures, with an interval, or that nobody can tell.

    The first run is compared with each other one, by predictions that they kept: no network is run.

    Parameters
    ----------
    runs
        Two or more finished runs' folders.
    effect
        The difference in points (hundredths) worth knowing: how many pictures would show it is said.
    metric
        What is compared; the first run's own metric when not given. See: linne list metric.
    split
        The pictures to compare on: test, validation, or train (each as judged by a model that had not learned it).
    html
        Write a page with the curves of all runs to this file.
    lang
        The language that the page shows first, en or zh; it holds both.
    """
    from ..engine.folder import note_read
    from ..engine.match import common
    from ..engine.runs import about, choosing
    from ..engine.versus import against

    trained = [Run(run) for run in runs]
    if len({run.path.resolve() for run in trained}) < 2:
        raise InputError(
            f"A comparison takes two runs or more, and {len(trained) or 'none'} came"
            + (", all one folder" if len(trained) > 1 else "")
            + ". Give the folders of two trainings: linne compare runs/a runs/b"
        )
    same = common(trained, split)
    for note in same.notes:
        (log or Log(quiet=True)).say(note)
    found = against(same.said, names(trained), metric=metric or trained[0].recipe.metric, effect=effect / 100)
    found |= {"split": split, "notes": [*same.notes], "about": [about(run) for run in trained]}
    found["notes"].append(choosing(split, trained, note_read))
    if html is None:
        return Compared(found)
    from ..web.compared import page

    return Compared(found, write(Path(html), page(found, lang)))


def names(runs: list[Run]) -> list[str]:
    """Each run by its folder's name, or by the whole path where two have the same."""
    short = [run.path.resolve().name for run in runs]
    return short if len(set(short)) == len(short) else [str(run.path) for run in runs]
