"""memorised: end a run when it begins to fit labels that are contradicted (Arpit et al. 2017, arXiv:1706.05394)."""

import math
from typing import Any

import numpy as np

from ...core.errors import OptionError
from ...core.predictions import Predictions
from ._patience import risen

against = {"hook:stop": "each says when to end, by figures of its own. Drop one."}
foretold = True


class memorised:
    """Networks learn what pictures share before single labels, wrong ones among them; no confirmed label is needed.

    oof: what heads say of the learning pictures that never saw them. Two kinds of these are looked at: labels that are
    said, too, and labels beside which another class is said to be at least `odds` times as likely. `figure` is the
    share of both that the network calls as was said out of fold: it rises while it learns, and falls as it fits what is
    contradicted. The run ends where it has not risen by more than `least` for `patience` evaluations; the weights of
    the best one are kept. Where no label is contradicted there is no `figure`, and the run goes to its end. The record
    notes as "memorised" which share of the contradicted labels the network calls.

    patience: 1, 2, ...; least: 0 or more, a share. odds: 1 or more. Raises OptionError outside, and where nothing is
    said out of fold.
    """

    figure: Any = None

    def __init__(
        self, oof: "Predictions | None" = None, *, patience: int = 2, least: float = 0.0, odds: float = 10.0
    ) -> None:
        if patience < 1 or patience != int(patience) or not 0 <= least < math.inf or not odds >= 1:
            raise OptionError(
                f"memorised takes patience = 1, 2, ..., least >= 0 and odds >= 1, got {patience}, {least} and {odds}."
            )
        self.patience, self.least, self.stop, self.fitted, self.blind = int(patience), least, "", math.nan, oof is None
        if oof is None:
            return
        p = oof.probabilities
        far = p.max(1) >= odds * p[np.arange(len(p)), oof.labels]
        held = (oof.labels >= 0) & oof.read & (oof.right | far)
        self.rows, self.said, self.labels = oof.rows[held], oof.guesses[held], oof.labels[held]
        if (self.said != self.labels).any():
            self.figure = self._figure

    def on_start(self, loop: Any) -> None:
        """Raise OptionError where there is nothing to go by."""
        if self.blind:
            raise OptionError("memorised goes by out-of-fold predictions, and there are none here. Leave it out.")

    def _figure(self, logits: np.ndarray, rows: np.ndarray) -> float:
        """The share of the rows looked at that logits (m, K) of rows (m,) call as was said out of fold."""
        calls = dict(zip(np.asarray(rows).tolist(), logits.argmax(1).tolist(), strict=True))
        called = np.array([calls.get(row, -1) for row in self.rows.tolist()])
        off = (self.said != self.labels) & (called >= 0)
        self.fitted = float((called == self.labels)[off].mean()) if off.any() else math.nan
        return float((called == self.said)[called >= 0].mean())

    def on_epoch(self, loop: Any, record: dict[str, Any]) -> None:
        """Look at the figures so far."""
        if self.figure is None:
            return
        if not loop.history:
            raise OptionError("memorised goes by a figure of the learning pictures, and this run evaluates none.")
        record["memorised"] = self.fitted
        _, since = risen(loop.history, self.least)
        if since >= self.patience:
            self.stop = f"the network began to fit contradicted labels {since} evaluations ago"
