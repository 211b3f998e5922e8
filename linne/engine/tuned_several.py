"""The rung that won, of several labels a picture: calibrated, its thresholds chosen, and judged as it will be run.

Pictures that it had not learned, of validation and as its witnesses saw them, make its scores probabilities (Platt's
sigmoid, folded into the head) and set each label's threshold. A label that none of them has keeps the first
classifier's. Test pictures are read once.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..core.files import write
from ..core.several import Several, sigmoid
from ..core.thresholds import thresholds
from . import folder
from .assemble import sign
from .climb import Climb
from .first import Result
from .look import Looker, look
from .network import Network, resolve
from .probe import Probe
from .several import RULE, calibrated, judged, predictions


def tuned(up: Climb, best: Any, reading: Callable[[], Any]) -> Result:
    """What the tuned network says of validation and test pictures, through the runtime that predict uses."""
    stood, data = up.stood, up.stood.data
    known = best.predictions
    slope, shift = calibrated(known.logits, known.targets)
    limits = thresholds(sigmoid(known.logits * slope + shift), known.targets, RULE)
    limits = np.where(np.isfinite(limits), limits, stood.head.oof.thresholds)  # type: ignore[attr-defined]
    held = _said(up, known.rows, known.logits * slope + shift, limits)
    network, head = _kept(up, best, held, slope, shift)
    looker = Looker(network, data.geometry, up.log, runtime=up.recipe.runtime, facts=False)

    def say(rows: np.ndarray) -> Several:
        seen = look(data.images.take(rows), looker)[1]
        return _said(up, rows, seen @ head.weight.T.astype(np.float64) + head.bias, limits)

    taught = np.flatnonzero(np.isin(held.rows, stood.learn))
    parts = {"train": held.take(taught)} if len(taught) else {}
    reading()
    parts["test"] = say(stood.test)
    if len(stood.judge):
        parts["validation"] = say(stood.judge)
    result = judged(stood, head, parts, up.recipe, up.log)
    result.network = network
    return result


def _said(up: Climb, rows: np.ndarray, logits: np.ndarray, limits: np.ndarray) -> Several:
    images = up.stood.data.images
    return predictions(images, rows, logits, images.answers[rows], limits)


def _kept(up: Climb, best: Any, held: Several, slope: np.ndarray, shift: np.ndarray) -> tuple[Network, Probe]:
    """(the network as the run's folder holds it from now on, its calibrated head). held: what calibrated it."""
    from safetensors.numpy import load_file, save_file

    data, count = up.stood.data, len(up.stood.data.images.classes)
    named = load_file(best.file)
    place = folder.head_place(named, replace(data.network, classes=count))
    weight = (named[f"{place}.weight"] * slope[:, None]).astype(np.float32)
    own = named.get(f"{place}.bias")
    bias = ((0 if own is None else own) * slope + shift).astype(np.float32)
    named |= {f"{place}.weight": weight} | ({} if own is None else {f"{place}.bias": bias})

    def signed(aside: Any) -> None:
        save_file(named, aside)
        sign(aside, data.network.trained, count)

    write(up.place / "model.safetensors", signed)
    network = resolve(data.network.trained, str(up.place / "model.safetensors"), size=up.recipe.size)
    head = replace(
        up.stood.head, weight=weight, bias=bias, oof=held, notes=(*up.stood.head.notes, *best.notes),
        calibrated_on=f"{len(held):,} pictures that it had not learned",
    )  # fmt: skip
    folder.write_config(up.place, network, data.geometry, head, place, loose=own is None)
    return network, head
