"""Methods against wrong labels through a training: on features and on a trunk; what they need and cannot be beside."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from noisy import made
from toys import Net, clusters, even, learn

from linne.core.errors import OptionError
from linne.core.images import Images
from linne.core.load import load
from linne.core.lookup import declared, names
from linne.core.recipe import Recipe
from linne.core.rng import rng
from linne.core.run import Run
from linne.engine import device
from linne.tricks.plant.noise import noise
from linne.verbs.check import check
from linne.verbs.train import train
from tests.engine.test_course import TINY
from tests.verbs.test_training_input import bars

KEPT: dict[str, Any] = {"epochs": 4, "lr": 0.01}
METHODS = {
    "elr": "elr",
    "nlnl": "nlnl(cut=.3)",
    "ssr": "ssr(neighbours=5, strong='shift(2)')",
    "dividemix": "dividemix(second='shift(2)')",
    "sop": "sop",
    "mlnt": "mlnt(tries=2)",
    "co_teaching": "co_teaching",
    "distil": "distil(teacher=self)",
    "meta_weight_net": "meta_weight_net",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """small/: bars, whose learning labels are a quarter wrong in `noisy`; base: a network that was trained on them."""
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("noisy")
    for part, each, start in (("train", 40, 0), ("validation", 20, 100), ("test", 20, 200)):
        bars(root / "small" / part, each, start)
    train(root / "small", out=root / "base", **TINY)
    return root


def bad(place: Path) -> Images:
    """Wrong labels among those that learn alone; a few of the others are confirmed."""
    images = load(place / "small")
    learns = images.split == "train"
    labels, marks = images.labels.copy(), np.full(len(images), "", object)
    planted = noise(images.take(learns), rng(0), share=0.25)
    labels[learns] = planted.labels
    marks[np.flatnonzero(learns)[planted.columns["planted"] == ""][::5]] = "confirmed"
    return replace(images, labels=labels, columns={"overlay": marks})


def run(place: Path, name: str, images: "Images | None" = None, **settings: Any) -> Run:
    given = {**TINY, "weights": str(place / "base" / "model.safetensors"), **KEPT, **settings}
    return train(images or bad(place), out=place / name, **given)


ON = [(name, "features") for name in METHODS] + [
    (name, "trunk") for name in ("ssr", "sop", "distil", "meta_weight_net")
]


@pytest.mark.parametrize(("name", "ground"), ON)
def test_learns_on_what_is_computed_once(place: Path, name: str, ground: str) -> None:
    fresh = {"epochs": 40} if name == "co_teaching" else {}  # its heads begin anew
    found = run(place, f"{name}-{ground}", method=METHODS[name], ground=ground, **fresh)
    assert found.figures["rung"] == name
    assert found.predictions("test").right.mean() > 0.75  # of two classes


def test_a_run_ends_where_it_begins_to_fit_what_is_contradicted(place: Path) -> None:
    found = run(place, "ends", method="supervised", ground="features", hook="memorised(patience=1,odds=1)", epochs=12)
    figures = [one["figure"] for one in found.figures["curve"]]
    assert len(figures) < 12
    assert figures[-1] <= max(figures)
    assert found.predictions("test").right.mean() > 0.75


def test_each_says_what_it_stands_on_and_against() -> None:
    grounds = {name: declared("method", name, "ground") for name in METHODS if name != "distil"}
    assert grounds == dict.fromkeys(grounds, "trunk") | {"mlnt": "features"}
    for name in set(METHODS) - {"distil", "co_teaching"}:
        with pytest.raises(OptionError, match="no blend of two"):
            Recipe(method=name, mix="mixup")
    for name in ("ssr", "sop"):
        with pytest.raises(OptionError, match="Drop loss"):
            Recipe(method=name, loss="gce")
    with pytest.raises(OptionError, match="each says when to end"):
        Recipe(method="full", hook="memorised,stop")
    assert set(METHODS) <= set(names("method"))


@pytest.mark.parametrize("name", ["elr", "dividemix", "sop", "mlnt", "meta_weight_net"])
def test_what_is_kept_of_each_picture_stays_in_one_process(name: str) -> None:
    known = clusters(even(64), 0)
    feeds = {"train": known, "clean": known}
    with pytest.raises(OptionError, match="in one process"):
        learn(made(name, Net(10), known.labels), feeds, where=device.Device(torch.device("cpu"), world=2))


def test_confirmed_labels_are_asked_for(place: Path) -> None:
    images = replace(bad(place), columns={})
    with pytest.raises(OptionError, match="--overlay"):
        run(place, "none", images, method="meta_weight_net", ground="features")


def test_labels_that_carry_no_information_are_said_to(place: Path) -> None:
    images = load(place / "small")
    shuffled = replace(images, labels=np.random.default_rng(0).permutation(images.labels))
    found = check(shuffled, only="mislabelled", size=TINY["size"])
    assert [(one.kind, one.severity) for one in found] == [("labels without information", "high")]
    assert "carry no information" in found.text()
