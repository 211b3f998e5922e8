"""Greedy soup: one network of several runs' mean weights, put together on pictures that taught none of them."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.decode import encoded
from ..core.errors import InputError, OptionError, Unreadable
from ..core.images import Images
from ..core.lookup import declared, find, offer
from ..core.measure import content_hash
from ..core.predictions import Predictions
from ..core.run import Run
from ..core.spec import parse
from . import own
from .assemble import sign, written_as
from .infer import Model, model_of, predictions
from .log import Log
from .network import resolve
from .task import heat

Tensors = Mapping[str, np.ndarray]


def souped(runs: Sequence[Run], spec: str, images: "Images | None", log: Log, runtime: str) -> tuple[Model, str]:
    """The soup's model in the first run's order of classes, and a sentence on who is in it.

    images: labelled pictures among which the runs' shared validation pictures judge; None where there are none, and
    then a greedy soup cannot be made. Raises OptionError for that and for runs on different architectures, InputError
    for fewer than LEAST judges.
    """
    models = [model_of(run) for run in runs]
    _alike(runs, models)
    judges, judged = None, "; nothing was chosen"
    if dict(parse(spec)[0].options).get("greedy", True):
        judges = _judges(runs, images, spec)
        judged = f", judged by {len(judges)} validation pictures that taught none of them"
    whole = len({model.network.id for model in models}) > 1

    def model(tensors: Tensors) -> Model:
        return _model(runs[0], models[0], tensors, whole)

    def score(tensors: Tensors) -> float:
        metric = runs[0].recipe.metric
        sign = 1 if declared("metric", parse(metric)[0].name, "greater", True) else -1
        return sign * float(find("metric", metric)(_asked(model(tensors), judges, log, runtime)))

    weights = [_tensors(run, one, models[0].classes, whole) for run, one in zip(runs, models, strict=True)]
    mean, inside = offer(find("fuse", spec), weights=weights, score=score)
    found = model(mean)
    said = _asked(found, judges, log, runtime) if judges is not None else None
    warm = float(np.mean([one.temperature for one in models])) if said is None else heat(said)
    who = ", ".join(str(runs[place].path) for place in inside)
    return replace(found, temperature=warm), f"{len(inside)} of {len(runs)} networks were averaged ({who}){judged}"


def _asked(model: Model, judges: "Images | None", log: Log, runtime: str) -> Predictions:
    if judges is None:
        raise OptionError("A soup without judges has no score. Give --fuse 'soup(greedy=false)'.")
    return predictions(model, judges, log, runtime)[0]


def _alike(runs: Sequence[Run], models: Sequence[Model]) -> None:
    for run, model in zip(runs, models, strict=True):
        if model.learner is not None:
            raise OptionError(
                f"{run.path} ends in {run.json('calibration.json')['classic']}, which has no weights to average. "
                "Fuse answers."
            )
        for what, mine, first in (
            ("network", run.config["architecture"], runs[0].config["architecture"]),
            ("preprocessing", model.geometry.key(), models[0].geometry.key()),
        ):
            if mine != first:
                raise OptionError(
                    f"{run.path} has the {what} {mine} and {runs[0].path} has {first}: only weights of one can be "
                    "averaged. Fuse their answers instead: --fuse mean."
                )


def _judges(runs: Sequence[Run], images: "Images | None", spec: str) -> Images:
    """Those of these pictures that every run holds as validation."""
    if images is None:
        raise OptionError(
            f"--fuse {spec} takes networks in by labelled pictures: linne evaluate does it where the runs' validation "
            "pictures are among those it is given. Here all can be taken: --fuse 'soup(greedy=false)'."
        )
    held = set.intersection(*(own.hashes_of(run, "validation") for run in runs))
    rows = [row for row, item in enumerate(images.items) if images.labels[row] >= 0 and _hash(item) in held]
    if len(rows) < own.LEAST:
        raise InputError(
            f"--fuse {spec} is judged by the runs' shared validation pictures among these: {len(rows)} are, and "
            f"{own.LEAST} are needed. Give the pictures that they were trained from, or --fuse 'soup(greedy=false)'."
        )
    return images.take(np.array(rows))


def _hash(item: Any) -> str:
    try:
        return content_hash(encoded(item)).hex()
    except Unreadable:
        return ""


def _tensors(run: Run, model: Model, classes: tuple[str, ...], whole: bool) -> Tensors:
    """The run's weights, its head's rows in this order of classes; the head alone where the rest is the same."""
    from safetensors.numpy import load_file

    order, head = [model.classes.index(name) for name in classes], run.config["linne"]["head"]
    rest = load_file(run.path / "model.safetensors") if whole else {}
    return {**rest, f"{head}.weight": model.weight[order], f"{head}.bias": model.bias[order]}


def _model(run: Run, first: Model, tensors: Tensors, whole: bool) -> Model:
    """A model with these weights; its network is kept in the cache by them."""
    from safetensors.numpy import save_file

    head = run.config["linne"]["head"]
    made = replace(first, weight=tensors[f"{head}.weight"], bias=tensors[f"{head}.bias"])
    if not whole:
        return made
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "soup.safetensors"
        save_file({name: np.asarray(value, order="C") for name, value in tensors.items()}, file)
        name, count = written_as(str(run.path / "model.safetensors"))
        sign(file, name, count)
        network = resolve(run.config["architecture"], str(file), size=run.recipe.size)
    return replace(made, network=replace(network, file=str(network.folder / "weights.safetensors")))
