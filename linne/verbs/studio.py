"""linne studio: look at pictures, put labels right, label, train and try, in a browser."""

import getpass
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.load import load
from ..core.run import Run
from ..engine.log import Log


@dataclass(frozen=True)
class Closed:
    """What a studio leaves behind. overlay: the file; figures: what was decided; command: what obeys it; left: commands
    that go on."""

    overlay: Path
    figures: dict[str, Any]
    command: str
    left: tuple[str, ...] = ()

    def text(self) -> str:
        """For a terminal."""
        goes_on = "".join(f"\nGoes on without the studio, which finds it when it is opened again: {one}"
                          for one in self.left)  # fmt: skip
        if not self.figures["decided"]:
            return f"Closed. Nothing was decided, nothing was written.{goes_on}"
        return (f"Closed. {self.figures['decided']:,} pictures are decided in {self.overlay}. Learn from them with:\n"
                f"{self.command}{goes_on}")  # fmt: skip

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"overlay": str(self.overlay), "figures": self.figures, "command": self.command,
                "left": list(self.left)}  # fmt: skip


def studio(
    images: str | Path,
    *,
    run: str | Path = "",
    overlay: str = "",
    port: int = 0,
    browser: bool = True,
    who: str = "",
    log: Log | None = None,
) -> Closed:
    """Open the studio: one page on this machine to browse pictures, put labels right, label, train and try.

    Pictures and their folder stay as they are: decisions go to the overlay, a CSV that every command obeys. The page is
    for this machine alone and needs the token in the address that is printed. Ctrl-C ends it.

    Parameters
    ----------
    images
        A folder (with a folder per class, or just pictures), a table, a named set; or the folder of a run.
    run
        A finished run whose answers are shown beside the labels.
    overlay
        The CSV that decisions go to, made where it is not there; NAME.labels.csv in this folder when not given.
    port
        The port of the page; a free one when not given.
    browser
        Open the page in the browser; without it the address is only printed.
    who
        Whose decisions these are; the name of the account when not given.
    """
    from ..web.guard import Policy, secret
    from ..web.studio.here import Studio
    from ..web.studio.jobs import Jobs
    from ..web.studio.project import Project, checked
    from ..web.studio.serve import alone, bound, overlay_of, pictures_of, serve
    from ..web.studio.static_files import OPEN
    from ..web.studio.thumbs import LARGE, Thumbs

    trained = Run(run) if run else Run(images) if (Path(images) / "recipe.toml").exists() else None
    source = pictures_of(trained) if trained and not run else str(images)
    pictures = checked(load(source))
    path = overlay_of(source, pictures.root, overlay)
    with alone(path) as home, bound(port) as listening:
        project = Project(pictures, path, who or _account())
        small, large = Thumbs(pictures.items), Thumbs(pictures.items, LARGE)
        here = Studio(project, Jobs(home=home), small, large, source, home, trained)
        policy = Policy(token=secret(), open=OPEN, cookie=f"linne-{listening.getsockname()[1]}")
        serve(here, policy, listening, browser, (log or Log(quiet=True)).say)
        return Closed(path, project.figures(), here.command(*here.overlaid("train", source)),
                      tuple(f"{job.command} (process {job.pid})" for job in here.jobs.left()))  # fmt: skip


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
