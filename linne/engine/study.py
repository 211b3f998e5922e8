"""Trials in a SQLite file: what was tried, by whom, and what it came to; by several processes, also at once.

A process works in a seat, a folder that it holds by the system's lock: a trial whose seat nobody holds was left by a
process that died. What is asked of the study is asked in turns, so that no trial is without a seat.
"""

import sqlite3
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ..core.errors import MissingExtra, RunError
from ..core.rng import key
from .lock import lock
from .space import Axis

SEATS = 64
WAIT = 600.0
"""Seconds after which a turn that another process has is given up."""
FIRST = 6
"""Trials that are drawn at random before the sampler learns from them."""
JUDGED = 4
"""Finished trials before one is pruned."""


def library() -> Any:
    """Optuna. Raises MissingExtra with the command that installs it."""
    try:
        import optuna
    except ImportError as error:
        raise MissingExtra("linne search", "search") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Hold a folder alone, after whoever has it now. Raises RunError where that takes too long."""
    begun = time.monotonic()
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(lock(folder))
                break
            except RunError:
                if time.monotonic() - begun > WAIT:
                    raise
                time.sleep(0.05)
        yield


@contextmanager
def seat(place: Path) -> Iterator[tuple[int, Path]]:
    """(number, folder) of the first seat that no living process holds; what a dead one left there is gone on with."""
    with ExitStack() as held:
        for number in range(SEATS):
            folder = place / f"seat-{number}"
            try:
                held.enter_context(lock(folder))
            except RunError:
                continue
            yield number, folder
            return
        raise RunError(f"{SEATS} processes work on {place} already. Wait for one of them.")


class Study:
    """Optuna's study in `place`/study.db. number: of this process's seat. Raises RunError for a damaged file."""

    def __init__(self, place: Path, number: int, seed: int) -> None:
        optuna = library()
        self.place, self.number, self.seed = place, number, seed
        path = place / "study.db"
        with turn(place / "turns" / "study"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                with sqlite3.connect(path, timeout=WAIT) as base:
                    base.execute("PRAGMA journal_mode=WAL")
                base.close()
                store = optuna.storages.RDBStorage(
                    f"sqlite:///{path}", engine_kwargs={"connect_args": {"timeout": WAIT}}
                )
                pruner = optuna.pruners.MedianPruner(n_startup_trials=JUDGED, n_warmup_steps=0)
                self.study = optuna.create_study(
                    storage=store, study_name="search", direction="maximize", load_if_exists=True, pruner=pruner
                )
            except (sqlite3.DatabaseError, RuntimeError) as error:
                raise RunError(f"{path} is damaged ({error}). Delete {place} to begin anew.") from error
        self.states = optuna.trial.TrialState

    def ask(self, axes: Sequence[Axis], wanted: Sequence[str]) -> tuple[Any, dict[str, Any]]:
        """(a trial, its settings by name). wanted: what is tried first, as it is, a word each: the trial's `as_is`."""
        optuna = library()
        with turn(self.place / "turns" / "study"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Optuna 4 calls what is asked for here experimental
            known = self._living()
            todo = [word for word in wanted if word not in {one.user_attrs.get("as_is") for one in known}]
            draws = key(self.seed, "search", self.number, len(self.study.get_trials(deepcopy=False))) % 2**31
            self.study.sampler = optuna.samplers.TPESampler(
                seed=draws, multivariate=True, constant_liar=True, n_startup_trials=FIRST
            )
            if todo:
                self.study.enqueue_trial({}, user_attrs={"as_is": todo[0]})
            trial = self.study.ask()
            trial.set_user_attr("seat", self.number)
            return trial, {} if todo else {axis.name: axis.draw(trial) for axis in axes}

    def _living(self) -> list[Any]:
        """Trials that are finished or that a living process works on; the dead ones' are marked as failed."""
        out = []
        for one in self.study.get_trials(deepcopy=False):
            running = one.state in (self.states.RUNNING, self.states.WAITING)
            if running and not self._alive(one.user_attrs.get("seat", -1)):
                if one.state == self.states.WAITING:
                    self.study.ask()
                self.study.tell(one.number, state=self.states.FAIL)
            elif one.state != self.states.FAIL or "why" in one.user_attrs:
                out.append(one)
        return out

    def _alive(self, number: int) -> bool:
        if number in (self.number, -1):
            return False  # this process tells of every trial before it asks for another
        try:
            with lock(self.place / f"seat-{number}"):
                return False
        except RunError:
            return True

    def tell(self, trial: Any, value: "float | None" = None, why: str = "") -> None:
        """What a trial came to: its worth, or without one that it was given up, and `why` where it could not be.

        The sampler takes what could not be for the worst, and stays away from it.
        """
        if why:
            trial.set_user_attr("why", why)
        self.study.tell(trial, value, state=self.states.PRUNED if value is None else self.states.COMPLETE)

    def trials(self) -> list[dict[str, Any]]:
        """Every trial, JSON-ready: number, state, value, as_is, settings, why, seconds, folds (figure by fold)."""
        out = []
        for one in self.study.get_trials(deepcopy=False):
            took = one.duration.total_seconds() if one.duration else None
            own = {name: one.user_attrs.get(name, "") for name in ("as_is", "why")}
            state = "fail" if own["why"] else one.state.name.lower()
            value = one.value if state == "complete" else None
            out.append({"number": one.number, "state": state, "value": value, "seconds": took,
                        "settings": dict(one.params), "folds": dict(one.intermediate_values), **own})  # fmt: skip
        return out

    def importances(self, axes: Sequence[Axis]) -> dict[str, float]:
        """Share of the spread of finished trials that each field explains (PED-ANOVA or fANOVA); {} for too few."""
        optuna = library()
        done = [
            one for one in self.study.get_trials(deepcopy=False) if one.state == self.states.COMPLETE and one.params
        ]
        if len(done) < FIRST or len({one.value for one in done}) < 2:
            return {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found = optuna.importance.get_param_importances(self.study, params=[axis.name for axis in axes])
            except (ValueError, RuntimeError, ImportError):
                return {}
        return {name: float(value) for name, value in found.items()}
