"""linne compare: which of several runs is better, or what it would take to tell."""

import shlex
from pathlib import Path

from ..core.errors import InputError
from ..core.overlay import Overlay
from ..core.recipe import Recipe
from ..core.run import Run
from ..engine.log import Log
from ._made import differing, flags
from ._shown import Shown, asked, shown


def compare(
    *runs: str | Path | Run,
    effect: float = 1.0,
    metric: str = "",
    split: str = "test",
    overlay: str = "",
    html: Path | None = None,
    lang: str = "",
    log: Log | None = None,
) -> Shown:
    """Say which of several finished runs is better on the same pictures, with an interval, or that nobody can tell.

    The first run is compared with each other one, by predictions that they kept: no network is run. Each verdict is
    kept with the runs, whose reports show it from then on.

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
    overlay
        Decisions about labels to judge all runs by, a CSV that linne check --overlay begins.
    html
        Write a page with the curves of all runs to this file.
    lang
        The language that the page shows first, en (when not given) or zh; it holds both.
    """
    from ..engine import notes
    from ..engine.folder import note_read
    from ..engine.match import common
    from ..engine.runs import about, choosing
    from ..engine.settled import settled
    from ..engine.versus import against
    from ..web import compared

    asked(html, lang)
    trained = [Run(run) for run in runs]
    _several(trained)
    same = common(trained, split, Overlay.read(overlay) if overlay else None)
    for note in same.notes:
        (log or Log(quiet=True)).say(note)
    own = metric or trained[0].recipe.metric
    own = settled(Recipe.of({"metric": own})).metric if trained[0].several else own
    found = against(same.said, names(trained), metric=own, effect=effect / 100, split=split)
    found |= {"split": split, "notes": [*same.notes], "about": [about(run) for run in trained]}
    found["notes"].append(choosing(split, trained, note_read))
    more = differing(compare, {"effect": effect, "metric": metric, "split": split, "overlay": overlay})
    found["command"] = " ".join(["linne compare", *(shlex.quote(str(run.path)) for run in trained), *flags(more)])
    found["notes"].append(notes.compared(found, trained, found["command"]))
    return shown(found, compared, html, lang)


def _several(runs: list[Run]) -> None:
    """Raise InputError for fewer than two runs."""
    if len({run.path.resolve() for run in runs}) < 2:
        raise InputError(
            f"A comparison takes two runs or more, and {len(runs) or 'none'} came"
            + (", all one folder" if len(runs) > 1 else "")
            + ". Give the folders of two trainings: linne compare runs/a runs/b"
        )


def names(runs: list[Run]) -> list[str]:
    """Each run by its folder's name, or by the whole path where two have the same."""
    short = [run.path.resolve().name for run in runs]
    return short if len(set(short)) == len(short) else [str(run.path) for run in runs]
