"""wandb: the figures of every step and evaluation for Weights & Biases (Biewald 2020), without a network by default."""

import os
from typing import Any

from ...core.errors import MissingExtra, OptionError
from ._curves import Curves, Page

MODES = ("offline", "online")


class wandb(Curves):
    """Writes the loss and rate of every step and the figures of every evaluation (as epoch/...) into one W&B run.

    project: its name there. mode: "offline" keeps the run in the run's folder (send it later with: wandb sync FOLDER),
    "online" sends it to the server that WANDB_BASE_URL and WANDB_API_KEY name. Its error reports, which offline runs
    send too, are switched off unless WANDB_ERROR_REPORTING says otherwise. After a restart the same run goes on.
    Raises MissingExtra without the extra `wandb`, OptionError for another mode.
    """

    def __init__(self, *, project: str = "linne", mode: str = "offline") -> None:
        super().__init__()
        if mode not in MODES:
            raise OptionError(f"wandb's mode is one of {', '.join(MODES)}, got {mode!r}.")
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        try:
            import wandb as library
        except ImportError as error:
            raise MissingExtra("The hook 'wandb'", "wandb") from error
        self.project, self.mode, self._library = project, mode, library
        self.run = ""

    def state(self) -> dict[str, Any]:
        """Which run this is."""
        self._flush()
        return {"run": self.run}

    def load(self, state: dict[str, Any]) -> None:
        """Go on in the same run."""
        self.run = state["run"]

    def _begin(self, loop: Any) -> None:
        again = {"id": self.run, "resume": "allow"} if self.run else {}
        place = {"name": loop.place.name, "dir": str(loop.place)} if loop.place is not None else {}
        self._run: Any = self._library.init(project=self.project, mode=self.mode, reinit="create_new", **place, **again)
        self.run = str(self._run.id)

    def _write(self, pages: list[Page]) -> None:
        steps: dict[int, dict[str, float]] = {}
        for step, _, figures in pages:
            steps.setdefault(step, {}).update(figures)
        for step, figures in steps.items():
            self._run.log(figures, step=step)

    def _close(self) -> None:
        self._run.finish()
