"""linne search: a race of networks, then trials of settings; the best only where it is better than the start."""

import shlex
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ..core.files import write, write_json
from ..core.load import load
from ..core.recipe import Recipe
from ..core.run import Run
from ..core.spec import split
from ..engine.log import Log
from ._made import IN_MEMORY, flags
from ._paged import tried

SETTINGS = tuple(each.name for each in fields(Recipe) if each.name not in ("minutes", "devices", "shard"))
DEFAULT = "lr,decay,batch,schedule"


@dataclass(frozen=True)
class Searched:
    """What a search came to: `path` holds recipe.toml and the report. run: what --train made of it."""

    path: Path
    found: dict[str, Any]
    run: "Run | None" = None
    gate: str = ""

    def text(self) -> str:
        """For a terminal."""
        from ..web.searched import text

        return text(self.found, self.path) + (f"\n\n{self.run.text()}" if self.run else "")

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return self.found | ({"run": str(self.run.path)} if self.run else {})


def search(
    images: Any,
    *,
    space: str = DEFAULT,
    minutes: float = 20.0,
    trials: int = 0,
    out: str | Path | None = None,
    recipe: str | Path | None = None,
    train: bool = False,
    log: Log | None = None,
    **settings: Any,
) -> Searched:
    """Search for a better recipe by pictures that learn; test pictures are never looked at.

    Several networks in --model, or names as a shell writes them ('efficientnet*,resnet*'), are raced first: those
    whose weights are here, at three sides and with three fits, on frozen features.

    The same command with the same --out goes on where a stopped one was; a second process with it helps.

    Parameters
    ----------
    images
        A folder with a folder per class (or train/ and test/ parts), a table (CSV, Parquet, ...), or a named set.
    space
        Settings to search, each in its own range, 'lr,batch', or in yours, 'lr=1e-4..1e-2,loss=cross_entropy|focal';
        none for the race alone.
    minutes
        Time for everything.
    trials
        The most trials of this process; 0 is as many as the time allows.
    out
        The search's folder; runs/NAME-search when not given.
    recipe
        A TOML file of settings to begin with; flags go over it.
    train
        Train by what was found, into the folder's run/, and read the test pictures once.
    """
    from ..engine import folder
    from ..engine.search import Wanted, began, search

    log = log or Log(quiet=True)
    raced = patterns(str(settings.get("model", "")))
    own = {name: value for name, value in settings.items() if name != "model" or not raced}
    start = began(own, Recipe.load(recipe) if recipe else Recipe(), space)
    pictures = load(images)
    name = pictures.root.resolve().name if pictures.root else ""
    path = folder.place(out or Path("runs") / f"{name or 'pictures'}-search", pictures)
    told = {"space": space if space != DEFAULT else "", "minutes": f"{minutes:g}", **settings, "recipe": recipe}
    command = _command(images, path, told)
    wanted = Wanted(start, raced, space, minutes, trials, command)
    found = search(pictures, wanted, path, log)
    _reported(path, found, log)
    log.close()
    if not train:
        return Searched(path, found)
    from .train import train as trained

    return Searched(path, found, trained(images, out=path / "run", recipe=path / "recipe.toml", log=Log(log.quiet)))


def _reported(path: Path, found: dict[str, Any], log: Log) -> None:
    from ..web.searched import render, text

    write_json(path / "report.json", found)
    if page := tried(path, "report.html", lambda: render(found), log):  # else what was found is kept without its page
        write(path / "report.html", page)
    write(path / "report.txt", text(found, path))


def patterns(model: str) -> str:
    """What is raced: names with a star, or several; "" for one network."""
    several = len(split(model, model)) > 1 if model else False
    return model if several or any(sign in model.partition("(")[0] for sign in "*?[") else ""


def _command(images: Any, path: Path, told: dict[str, Any]) -> str:
    """The command that goes on with this search, or makes it again."""
    given = images if isinstance(images, (str, Path)) else IN_MEMORY
    words = flags({name: value for name, value in told.items() if value not in ("", None)})
    return " ".join(["linne search", shlex.quote(str(given)), *words, "--out", shlex.quote(str(path))])
