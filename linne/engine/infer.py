"""A run over pictures to predictions, through a runtime, a chunk at a time: memory does not grow with their number."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from ..core.decode import Geometry
from ..core.errors import LinneError, RunError
from ..core.images import Images
from ..core.lookup import find
from ..core.predictions import Predictions
from ..core.run import Run
from . import classic
from .assemble import headless
from .log import Log
from .look import Looker, Seen
from .network import Network, resolve


@dataclass(frozen=True, eq=False)
class Model:
    """What a run needs to answer: its network, preprocessing, head (K, width) and (K,), class names, temperature.

    learner: gives the scores, to which the bias is added, where the head is no weight but a classical learner.
    """

    network: Network
    geometry: Geometry
    weight: np.ndarray
    bias: np.ndarray
    classes: tuple[str, ...]
    temperature: float
    learner: "classic.Learner | None" = None

    def logits(self, features: np.ndarray) -> np.ndarray:
        """(m, K) float64 of features (m, width), uncalibrated; NaN where a row's are."""
        if self.learner is not None:
            return classic.scores(self.learner, features, len(self.classes)) + self.bias
        return features @ self.weight.T.astype(np.float64) + self.bias

    def stream(self, images: Images, log: Log, runtime: str = "auto") -> Iterator[tuple[list[Seen], np.ndarray]]:
        """Chunks of pictures in order, with their logits (m, K) float64; NaN where a picture could not be read."""
        looker = Looker(self.network, self.geometry, log, runtime=runtime, facts=False)
        with log.track("predicted", len(images)) as step:
            for part in looker.stream(images, step):
                features = np.full((len(part), self.network.width), np.nan)
                for place, seen in enumerate(part):
                    if seen.features is not None:
                        features[place] = seen.features
                yield part, self.logits(features)


class Answers(Protocol):
    """What answers for pictures: a run's Model, or a Panel of several views or runs."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of the logits."""
        ...

    @property
    def temperature(self) -> float:
        """Logits are divided by it before the softmax."""
        ...

    def stream(self, images: Images, log: Log, runtime: str = "auto") -> Iterator[tuple[list[Seen], np.ndarray]]:
        """Chunks of pictures in order, with their logits."""
        ...


def model_of(run: Run) -> Model:
    """A run's model, without torch where its network was converted on this machine before. Raises RunError."""
    from safetensors import safe_open

    own = run.config.get("linne")
    if not own:
        raise RunError(f"{run.path / 'config.json'} was not written by linne train.")
    if "members" in own:
        raise RunError(f"{run.path} is the mean of its folds, no network of its own. Name one: {run.path}/fold-0")
    learner = classic.load(run.path, own["learner"]) if "learner" in own else None
    weight = np.zeros((len(run.classes), own["width"]), np.float32)
    bias = np.array(own.get("bias", np.zeros(len(run.classes))), np.float32)
    try:
        with safe_open(run.path / "model.safetensors", "numpy") as file:
            if learner is None:
                weight, there = file.get_tensor(f"{own['head']}.weight"), f"{own['head']}.bias" in file.keys()  # noqa: SIM118
                bias = file.get_tensor(f"{own['head']}.bias") if there else bias
    except Exception as error:
        raise RunError(f"{run.path / 'model.safetensors'} is missing or damaged: {error}") from error
    network = _network(run, own)
    return Model(network, Geometry(**own["geometry"]), weight, bias, run.classes, run.temperature, learner)


def adjusted(model: Model, run: Run, tau: float) -> Model:
    """The model for classes that are all as common: a class's logit falls with tau and its share of what it learned."""
    if not tau:
        return model
    found = find("calibrate", "logit_adjustment")(run.predictions("train"), tau=tau)
    return replace(model, bias=model.bias + found.shift)  # type: ignore[attr-defined]


def predictions(
    model: Answers, images: Images, log: Log, runtime: str = "auto",
    each: "Callable[[list[Seen], np.ndarray], Any]" = lambda part, values: None,
) -> tuple[Predictions, np.ndarray, list[str]]:  # fmt: skip
    """All of them at once, the (n,) content hashes, and why each could not be read ("" where it could).

    each: called with every chunk of pictures and its logits (m, K), in order.
    """
    n = len(images)
    logits, hashes, reasons = np.full((n, len(model.classes)), np.nan), np.zeros(n, "V16"), [""] * n
    for part, values in model.stream(images, log, runtime):
        each(part, values)
        for seen, row in zip(part, values, strict=True):
            logits[seen.row], reasons[seen.row] = row, seen.reason
            hashes[seen.row] = np.frombuffer(seen.hash, "V16")[0]
    found = Predictions(
        logits, images.labels, np.arange(n), model.classes, images.names, images.group, model.temperature
    )
    return found, hashes, reasons


def features(run: Run, images: Images, log: Log) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a run's network makes of pictures: (n, width) float32, (n,) content hashes, (n,) bool: it could be read."""
    model, n = model_of(run), len(images)
    found, hashes = np.full((n, model.network.width), np.nan, np.float32), np.zeros(n, "V16")
    with log.track("looked at pictures", n) as step:
        for part in Looker(model.network, model.geometry, log, facts=False).stream(images, step):
            for seen in part:
                hashes[seen.row] = np.frombuffer(seen.hash, "V16")[0]
                if seen.features is not None:
                    found[seen.row] = seen.features
    return found, hashes, np.asarray(np.isfinite(found).all(1))


def _network(run: Run, own: dict[str, Any]) -> Network:
    """The network that the run was made with: from this machine, else from the run's own weights."""
    try:
        name = headless(run.config["architecture"])  # a first classifier's features are those of any head
        network = resolve(name, run.recipe.weights, size=run.recipe.size, seed=run.recipe.seed)
        if network.id == own["network"]:
            return network
    except LinneError:
        pass
    network = resolve(run.config["architecture"], str(run.path), size=run.recipe.size)
    if network.width != own["width"]:
        raise RunError(f"{run.path / 'model.safetensors'} does not hold the network that config.json describes.")
    return replace(network, file=str(run.path / "model.safetensors"))
