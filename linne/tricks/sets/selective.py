"""selective: answers only above a confidence at which errors are surely rare enough (Geifman and El-Yaniv 2017,
arXiv:1705.08500, tested as in Angelopoulos et al. 2021, arXiv:2110.01052)."""

import numpy as np

from linne.core.conformal import chance, needed, one_each, upper
from linne.core.errors import InputError
from linne.core.predictions import Predictions
from linne.core.rng import rng

from ._choice import Choice
from ._rows import calibrating, count, share

STRICT, STEPS = 8, 60
"""The first threshold is so many times stricter than the error asked for; and how many there are."""


def selective(predictions: Predictions, error: float, *, confidence: float = 0.95) -> Choice:
    """Answers with an error of at most `error` on the share that is answered, this `confidence` of the time.

    error, confidence: above 0, below 1. predictions: of labelled pictures that taught nothing; one of each group
    counts, drawn. Thresholds on the probability of the likeliest class, fixed beforehand from strict to lax, are tested
    by exact binomial bounds in turn (the fallback procedure of Wiens 2003): half of the error rate of the tests is
    spent at a chance of error of `error` / 8, half at `error`, and what was spent is won back by a test that is passed.
    The laxest that passes is taken. Raises InputError for fewer groups than any bound needs, or where none passes.
    """
    share("selective", "error", error)
    share("selective", "confidence", confidence)
    known = calibrating("selective", predictions)
    groups, least = count(known.group), needed(error, (1 + confidence) / 2)
    if groups < least:
        raise InputError(
            f"selective: an error of at most {error:g} with a confidence of {confidence:g} takes at least {least} "
            f"groups of labelled pictures that taught nothing, all answered rightly, and there are {groups}. "
            f"{_instead(groups, confidence)}"
        )
    one = known.take(one_each(known.group, len(known), rng(0, "selective")))
    sure, right = one.probabilities.max(axis=1), one.right
    steps = 1 - ladder(error)
    kept = passed(sure, right, error, steps, 1 - confidence)
    if kept is None:
        held = sure >= 1 - error
        wrong = int((~right[held]).sum())
        raise InputError(
            f"selective: no confidence was found at which errors are surely at most {error:g}. {int(held.sum())} of "
            f"{groups} pictures are called with a probability of {1 - error:g} or more, and {wrong} of these wrongly, "
            f"which leaves an error of {upper(wrong, int(held.sum()), (1 + confidence) / 2):.3f} possible: half of the "
            "doubt is spent there. Ask for a larger error, or add pictures."
        )
    answered = sure >= kept
    told = {"pictures": groups, "answered": int(answered.sum()), "wrong": int((~right[answered]).sum()),
            "confidence": confidence}  # fmt: skip

    def decide(probabilities: np.ndarray) -> np.ndarray:
        return np.where(probabilities.max(1) >= kept, probabilities.argmax(1), -1)

    return Choice(decide, float(kept), groups, known.temperature, told)


def ladder(error: float) -> np.ndarray:
    """(STEPS,) chances of error from strict to lax, ending at 1: nothing in them depends on any picture."""
    return np.geomspace(error / STRICT, 1.0, STEPS)


def passed(sure: np.ndarray, right: np.ndarray, error: float, steps: np.ndarray, risk: float) -> "float | None":
    """The laxest of the thresholds `steps` that passes its test, None where none does. risk: of any false pass."""
    start = int(np.searchsorted(-steps, -(1 - error)))  # the first that lets in chances of error as large as `error`
    won, found = 0.0, None
    for place, step in enumerate(steps):
        spent = won + risk / 2 * (place in (0, start))
        held = sure >= step
        good = spent > 0 and chance(int((~right[held]).sum()), int(held.sum()), error) <= spent
        won, found = (spent, float(step)) if good else (0.0, found)
    return found


def _instead(groups: int, confidence: float) -> str:
    """The least error of the usual ones that so many groups could prove."""
    able = next((error for error in (0.01, 0.02, 0.05, 0.1, 0.2) if groups >= needed(error, (1 + confidence) / 2)), 0)
    return f"So many may prove {able:g}." if able else "Add pictures."
