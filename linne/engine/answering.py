"""All that a finished run answers by, gathered for a bundle: network, head, temperature, sets, score of strangeness.

What a run lacks is left out with the reason; what a bundle cannot hold is refused by name, with what to do instead.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..core.conformal import least
from ..core.errors import InputError, LinneError, OptionError
from ..core.predictions import softmax
from ..core.run import Run
from ..core.several import sigmoid
from . import promise, store, unknown
from .infer import Model, model_of

COVERAGES = (0.95, 0.9)
"""What sets are made for where nobody says, the first that calibration pictures carry."""
ALWAYS = ("probabilities", "logits")


@dataclass(frozen=True)
class Sure:
    """Sets of classes: those whose probability at this temperature is at least the threshold. told: JSON-ready."""

    threshold: float
    temperature: float
    told: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Answering:
    """model: the run's. several: labels a picture; thresholds: (K,) probabilities from which on one is said then.

    sure: how sets are made, None for none. unknown: the score, None for none. why: what is lacking, by output, and the
    reason. run: where it came from.
    """

    run: Run
    model: Model
    several: bool = False
    thresholds: "np.ndarray | None" = None
    sure: "Sure | None" = None
    unknown: "unknown.Unknown | None" = None
    why: dict[str, str] = field(default_factory=dict)

    @property
    def outputs(self) -> tuple[str, ...]:
        """What the graph gives, in order."""
        own = (("set",) if self.several or self.sure else (), ("unknown",) if self.unknown else ())
        return (*ALWAYS, *(name for part in own for name in part), "features")

    def answers(self, features: np.ndarray) -> dict[str, np.ndarray]:
        """What the run says by its own code, in float64, of features (m, width): every output by name."""
        model, logits = self.model, self.model.logits(features)
        out: dict[str, Any] = {"logits": logits, "features": features}
        out["probabilities"] = (sigmoid if self.several else softmax)(logits / model.temperature)
        if self.thresholds is not None:
            out["set"] = out["probabilities"] >= self.thresholds
        elif self.sure is not None:
            out["set"] = softmax(logits / self.sure.temperature) >= self.sure.threshold
        if self.unknown is not None:
            out["unknown"] = self.unknown.score(logits, features)
        return {name: out[name] for name in self.outputs}

    def calibration(self) -> dict[str, Any]:
        """calibration.json: how logits become probabilities, sets and strangers, JSON-ready."""
        out: dict[str, Any] = {
            "activation": "sigmoid" if self.several else "softmax", "temperature": self.model.temperature,
        }  # fmt: skip
        if self.thresholds is not None:
            out["thresholds"] = [float(one) if np.isfinite(one) else None for one in self.thresholds]
        elif self.sure is not None:
            out["set"] = {"threshold": self.sure.threshold, "temperature": self.sure.temperature, **self.sure.told}
        if self.unknown is not None:
            found = self.unknown
            shares = [share for share in unknown.SHARES if found.groups >= least(share)]
            out["unknown"] = {
                "score": found.spec, "own": (found.told or {}).get("own", ""), "groups": found.groups,
                "thresholds": [{"kept": share, "threshold": found.threshold(share)} for share in shares],
            }  # fmt: skip
        return out | {"without": dict(self.why)}


def gather(run: "Run | str | Any", coverage: float = 0.0) -> Answering:
    """Everything of a finished run. coverage: of its sets; 0 for 0.95 where it can be had, else 0.9, else none.

    Raises RunError for what is no run, OptionError for one that a bundle cannot hold or a coverage that has no meaning,
    InputError for a coverage that calibration pictures cannot carry.
    """
    run = single(run)
    refused(run)
    model = model_of(run)
    if run.several:
        if coverage:
            raise OptionError(
                f"--coverage {coverage:g} is of sets of classes, and {run.path} gives each label by itself: its set is "
                "what reaches the labels' thresholds. Drop it."
            )
        why = {"unknown": "a run with several labels has no score of strangeness"}
        return Answering(run, model, True, run.thresholds, why=why)
    why: dict[str, str] = {}
    sure, found = _sure(run, coverage, why), None
    try:
        found = unknown.load(run)
        found.score.traced  # noqa: B018 - a score of another package may have none
    except (LinneError, AttributeError) as error:
        found, why["unknown"] = None, str(error)
    return Answering(run, model, sure=sure, unknown=found, why=why)


def single(given: "Run | str | Any") -> Run:
    """The run that a bundle is to be made of. Raises OptionError for a gallery and for several runs, RunError for what
    is no run."""
    if isinstance(given, Run):
        return given
    if store.exists(Path(given)):
        raise OptionError(
            f"{given} is a gallery, whose identities come and go, and a bundle's answers are fixed. Export the run "
            "whose network it uses (its output `features` is what galleries compare), or: linne serve " + str(given)
        )
    if not Path(given).exists() and re.search(r"[+,*?]", str(given)):
        raise OptionError(
            f"{given} names several runs, and a bundle holds one network. Export one of them; linne serve and linne "
            "batch take them together."
        )
    return Run(given)


def refused(run: Run) -> None:
    """Raise OptionError for runs whose answer is no single graph."""
    own = run.config.get("linne") or {}
    if "members" in own:
        raise OptionError(
            f"{run.path} is the mean of {len(own['members'])} folds, and a bundle holds one network. Export one fold "
            f"({run.path / own['members'][0]}), or train with --fit-all, which makes one network by what the folds "
            "chose."
        )
    if "learner" in own:
        instead = "Train without --classic, or with --classic lda, whose learner is a linear head"
        if not run.recipe.classic:  # --method few chose it
            instead = "Train with --classic ridge in the place of --method few: its learner is a linear head"
        raise OptionError(
            f"{run.path} answers by the classical learner {own['learner']!r}, which no exported graph holds. "
            f"{instead}; linne serve and linne batch take the run as it is."
        )


def _sure(run: Run, coverage: float, why: dict[str, str]) -> "Sure | None":
    """How sets are made; None with the reason where they cannot be and nobody asked for a certain coverage."""
    try:
        found = promise.of_run(run)
    except InputError as error:
        if coverage:
            raise
        why["set"] = str(error)
        return None
    reason = "its calibration pictures are too few"
    for share in (coverage,) if coverage else COVERAGES:
        try:
            trick = found.trick("lac", coverage=share)
        except InputError as error:
            if coverage:
                raise
            reason = str(error)
            continue
        told = {
            "coverage": share, "sets": "lac", "rows": found.words, "groups": found.groups,
            "promise": promise.PROOFS[found.proof], "assumes": promise.EXCHANGEABLE,
        }  # fmt: skip
        return Sure(float(1 - trick.threshold[0]), float(trick.temperature), told)
    why["set"] = reason
    return None
