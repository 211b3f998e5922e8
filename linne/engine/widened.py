"""How far a lower precision moves the golden answers: measured where it was exported, and no further than such a
precision moves them.

The network alone is computed in it. So an answer must follow from the features that came out beside it as closely as
the runtime computes what comes after the network, however far the features themselves were moved: a wrong score is
told from a rough one. And what was measured is allowed only up to a bound, which a bundle cannot state away.
"""

from pathlib import Path
from typing import Any

import numpy as np

from .allowed import CLOSE, MOST, STRANGENESS, WIDER
from .answering import Answering
from .bundle import Bundle, installed
from .verified import compared, entries, read_golden, said


def widened(folder: Path, answering: Answering, precision: str) -> tuple[dict[str, float], dict[str, str]]:
    """({"tolerance", "strange"} for a bundle's config.json, {runtime: what is wrong}).

    The first is what the golden pictures came to on each runtime that is here and moves them no further than this
    precision does, widened; the second names the others.
    """
    apart, strange, wrong = 0.0, 0.0, dict[str, str]()
    first = Bundle(folder)
    pictures, told = read_golden(first)
    for name in filter(installed, first.runtimes):
        bundle = Bundle(folder, name)
        for entry in entries(bundle):
            found = said(bundle, entry, pictures)
            layer = compared(bundle, entry, found, told)
            if why := _why(precision, (layer.apart, layer.strange), followed(answering, found, told)):
                wrong.setdefault(name, why)
                continue
            apart, strange = max(apart, layer.apart), max(strange, layer.strange)
    return {"tolerance": CLOSE + WIDER * apart, "strange": STRANGENESS + WIDER * strange}, wrong


def followed(answering: Answering, found: dict[str, np.ndarray], told: list[dict[str, Any]]) -> tuple[float, float]:
    """How far answers are from what the run says of the features beside them: (the largest difference of a probability,
    of the score as a share of its spread over the golden pictures)."""
    own = answering.answers(found["features"])
    apart = float(np.abs(found["probabilities"] - own["probabilities"]).max())
    if "unknown" not in found:
        return apart, 0.0
    spread = max(float(np.ptp([one["unknown"] for one in told])), 1e-12)
    return apart, float(np.abs(found["unknown"] - own["unknown"]).max()) / spread


def _why(precision: str, moved: tuple[float, float], own: tuple[float, float]) -> str:
    """What is further than this precision moves it, "" for nothing; a number that is none is."""
    most, score = MOST[precision], "the score of strangeness differs by {:.2g} of its spread"
    rows = (
        ("probabilities differ by up to {:.2g} from what their own features give", own[0], most.own),
        (f"{score} from what its own features give", own[1], most.own),
        ("probabilities differ by up to {:.2g}", moved[0], most.apart),
        (score, moved[1], most.strange),
    )
    for words, measured, allowed in rows:
        if not measured <= allowed:
            return f"{words.format(measured)} on the golden pictures, and {allowed:g} is the most that {precision} does"
    return ""
