"""Test-time views, and calibrators, of the first classifier on clothing: what they gain and what they cost.

    python bench/views.py [PICTURES]        clothing, from LINNE_DATA or ../shared/data, when not given

Views: accuracy and log loss on validation pictures, which neither taught nor chose, beside the plain look at the same
ones, with the interval of the paired gain. Each begins without any kept features; its time is the processor's, over
that of the plain look. Of these same pictures the temperature was fitted, for the plain look: that favours its log
loss. Test pictures are not looked at. Calibrators: log loss and expected calibration error (debiased) of the learning
pictures, each judged by heads that had not seen it, with calibrators fitted on four fifths of the groups and judged on
the fifth; the paired gain in log loss is over a temperature that was fitted the same way.
"""

import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from _measure import DATA, keep

VIEWS = ("flip", "symmetries", "five_crop", "ten_crop", "scales", "scales,flip", "random(views=8)")
MERGES = ("logits", "votes")
CALIBRATORS = ("temperature", "vector", "matrix", "platt", "isotonic")


def main() -> None:
    """Train, look, calibrate, write."""
    os.environ["LINNE_CACHE"] = tempfile.mkdtemp(prefix="linne-views-")
    import linne

    pictures = linne.load(sys.argv[1] if len(sys.argv) > 1 else DATA / "clothing")
    place = Path(tempfile.mkdtemp(prefix="linne-views-run-"))
    try:
        run = linne.train(pictures, out=place / "run", check="none", runtime="openvino")
        keep("views", {"pictures": len(pictures), "views": views(run, pictures), "calibrators": calibrators(run)})
    finally:
        shutil.rmtree(place)
        shutil.rmtree(os.environ["LINNE_CACHE"])


def views(run: Any, pictures: Any) -> dict[str, Any]:
    """Of each way to look, its figures on validation pictures, the gain over the plain look, and its time over that."""
    from linne.engine.compare import compare

    mine = pictures.take(np.flatnonzero(pictures.split == "validation"))
    looked(run, mine.take(np.arange(32)), "", "")  # converts the network, which is no part of a look's time
    plain, seconds = looked(run, mine, "", "")
    out: dict[str, Any] = {"n": len(mine), "plain": {"accuracy": round(float(plain.right.mean()), 4),
                                                     "processor seconds": round(seconds, 1)}}  # fmt: skip
    for view, merge in [*((view, "") for view in VIEWS), *(("ten_crop", merge) for merge in MERGES)]:
        found, spent = looked(run, mine, view, merge)
        gains = {name: {k: one[k] for k in ("value", "low", "high", "sentence")}
                 for name in ("accuracy", "log_loss") for one in [compare(found, plain, metric=name)]}  # fmt: skip
        name = f"{view}, {merge}" if merge else view
        out[name] = {"accuracy": round(float(found.right.mean()), 4), "gain": gains, "time": round(spent / seconds, 2)}
    return out


def looked(run: Any, pictures: Any, view: str, merge: str) -> tuple[Any, float]:
    """What a run says of pictures that it sees for the first time, and the processor's seconds for it."""
    from linne.core.ask import Ask
    from linne.engine.infer import predictions
    from linne.engine.log import Log
    from linne.engine.panel import panel

    shutil.rmtree(Path(os.environ["LINNE_CACHE"]) / "rows", ignore_errors=True)
    model, images = panel([run], Ask(view=view, merge=merge), Log(quiet=True)), replace(pictures, classes=run.classes)
    begun = time.process_time()
    found = predictions(model, images, Log(quiet=True), "openvino")[0]
    return found, time.process_time() - begun


def calibrators(run: Any) -> dict[str, Any]:
    """Log loss and ECE of each calibrator on groups that it was not fitted on, and its gain over a temperature's."""
    from linne.core.deal import deal
    from linne.core.lookup import find
    from linne.core.rng import rng
    from linne.engine.compare import compare
    from linne.engine.figures import figure

    rows = replace(run.predictions("train"), temperature=1.0)
    fold = deal(rows.labels, rows.group, [1] * 5, rng(0, "bench views"))
    out: dict[str, Any] = {"n": len(rows)}
    told: Any = None
    for name in ("none", *CALIBRATORS):
        logits = rows.logits.copy()
        for number in range(5) if name != "none" else ():
            fitted = find("calibrate", name)(rows.take(np.flatnonzero(fold != number)))
            logits[fold == number] = np.log(np.maximum(fitted(rows.logits[fold == number]), 1e-300))
        found = replace(rows, logits=logits)
        told = found if name == "temperature" else told
        figures = {spec: figure(found, metric=spec) for spec in ("accuracy", "log_loss", "ece(bins=15, debiased=true)")}
        out[name] = {spec.split("(")[0]: {k: one[k] for k in ("value", "low", "high")} for spec, one in figures.items()}
        if name not in ("none", "temperature"):
            out[name]["gain over temperature"] = compare(found, told, metric="log_loss")["sentence"]
    return out


if __name__ == "__main__":
    main()
