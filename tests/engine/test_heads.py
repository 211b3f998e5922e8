"""What a method learns from: features, activations up to a cut, or pictures; and a pool's pictures without labels."""

import csv
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from linne.core.batch import Stream
from linne.core.errors import InputError, OptionError
from linne.core.recipe import Recipe
from linne.core.run import Run
from linne.engine import budget, ladder, rungs
from linne.engine.known import COPIES, Known
from linne.engine.rung import Rung
from linne.tricks.method._tune import After
from linne.verbs.predict import predict
from linne.verbs.train import train
from tests.engine.test_course import TINY, told
from tests.verbs.test_training_input import bars

KEPT: dict[str, Any] = {"lr": 0.01, "epochs": 3, "optimizer": "sgd"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """small/: parts with labels. more/: without, one of them a test picture's twin in twin/."""
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("ground")
    for part, each, start in (("train", 40, 0), ("validation", 20, 100), ("test", 20, 200)):
        bars(root / "small" / part, each, start)
    bars(root / "more", 20, 300)
    shutil.copytree(root / "more", root / "twin")
    one = next(iter(sorted((root / "small" / "test").rglob("*.png"))))
    shutil.copy(one, root / "twin" / "same.png")
    train(root / "small", out=root / "base", **{**TINY, "epochs": 2})
    return root


def on(place: Path, name: str, **settings: Any) -> tuple[Run, list[str]]:
    given = {"weights": str(place / "base" / "model.safetensors"), **KEPT, **settings}
    return told(place / "small", place / name, **given)


def tensors(run: Run) -> dict[str, np.ndarray]:
    return load_file(run.path / "model.safetensors")


def test_a_method_on_a_trunk_is_the_tail_where_it_asks_for_nothing_else(place: Path) -> None:
    first, said = on(place, "tail", method="tail", epochs=3)
    part = next(line for line in said if line.startswith("tail: what comes after")).split("after ")[1].split(",")[0]
    measured = first.path / "plan.json"  # how arrays lie in memory is the faster of two, by a clock
    other, _ = on(place, "trunk", method="supervised", ground=f"trunk({part})", plan=measured)
    assert other.figures["rung"] == "supervised"
    one, two = tensors(first), tensors(other)
    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_on_features_the_network_stays_and_its_head_learns(place: Path) -> None:
    run, said = on(place, "features", method="supervised", ground="features")
    before, after = tensors(Run(place / "base")), tensors(run)
    changed = {name for name in before if name in after and not np.array_equal(before[name], after[name])}
    assert all("head" in name or "classifier" in name or "fc" in name for name in changed)
    assert any("a head on frozen features" in line for line in said)
    gain = run.figures["rungs"][0]
    assert gain["n"] >= 120, "every learning picture judges, out of fold"
    kept, found = run.predictions("test"), predict(run, place / "small" / "test")
    order, own = (np.argsort([name.rpartition("test/")[2] for name in one.names]) for one in (found, kept))
    assert np.allclose(found.probabilities[order], kept.probabilities[own], atol=1e-5)


def test_what_comes_after_the_last_part_is_the_head() -> None:
    body, head = torch.nn.Linear(4, 3), torch.nn.Linear(3, 2)
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    assert torch.equal(After([("body", body)], head, "body")(x), head(x))


def known(count: int = 6) -> Known:
    draws = np.random.default_rng(0)
    views = draws.standard_normal((3, count, 4)).astype(np.float32)
    hashes = np.array([bytes([n]) * 16 for n in range(count)], "V16")
    made = lambda spec, n: np.full((n, count, 4), len(spec), np.float32) + np.arange(n)[:, None, None]  # noqa: E731
    return Known(np.zeros(count, np.int64), np.arange(count) * 2, hashes, views, made)


def test_epochs_show_the_views_of_a_picture_in_turn() -> None:
    feed, places, none = known(), np.arange(6), np.zeros(6, np.int64)
    assert np.array_equal(feed.batch(places, none, none, "plain", None, 0), feed.views[0])
    shown = [feed.batch(places, none + epoch, none, "images", None, 7) for epoch in range(3)]
    assert np.array_equal(np.sort(np.stack(shown), 0), np.sort(feed.views, 0)), "each once in three epochs"
    second = [feed.batch(places, none + epoch, none, "second", None, 7) for epoch in range(3)]
    assert not np.array_equal(second[0], shown[0])


def test_a_chain_of_a_stream_has_copies_of_its_own_and_parts_share_them() -> None:
    feed = known()
    part = feed.of(np.array([2, 8]))
    assert part is not None
    assert feed.of(np.array([1])) is None
    part.prepare("blur")
    zero = np.zeros(2, np.int64)
    got = part.batch(np.arange(2), zero, zero, "strong", "blur", 0)
    assert got.shape == (2, 4)
    assert (got >= 4).all()
    assert (got < 4 + COPIES).all()


@pytest.mark.parametrize("ground", ["features", "trunk", "pictures"])
def test_a_pool_teaches_a_method_that_has_a_stream_for_it(place: Path, ground: str) -> None:
    name = f"fixmatch-{ground}"
    method = "fixmatch(threshold=.6, mu=1, strong='shift(2)')"
    run, said = on(place, name, method=method, ground=ground, pool=str(place / "more"), batch=16)
    assert run.figures["pool"]["used"] > 0
    assert run.figures["rung"] == "fixmatch"
    with open(run.path / "pool.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(row["learned"]) for row in rows) == run.figures["pool"]["used"]
    assert {row["label"] for row in rows} == {""}
    assert any(line.startswith("The pool:") for line in said)


def test_a_pool_with_test_pictures_is_refused_for_methods_too(place: Path) -> None:
    with pytest.raises(InputError, match="leak"):
        on(place, "leaks", method="fixmatch", ground="features", pool=str(place / "twin"))


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"ground": "features"}, "no effect on the first classifier"),
        ({"ground": "trunk", "method": "tail"}, "says itself what it learns from"),
        ({"ground": "trunk", "minutes": 5}, "says itself"),
        ({"ground": "trnk", "method": "bbn"}, "trunk"),
        ({"ground": "features(blocks)", "method": "bbn"}, "only a trunk"),
        ({"ground": "trunk", "method": "bbn", "weights": "none"}, "weights='none'"),
        ({"ground": "features", "method": "bbn"}, "its head alone learns"),
        ({"method": "fixmatch"}, "Give pool"),
        ({"method": "fixmatch", "pool": "x", "pool_precision": 0.9}, "pool_precision has no effect"),
        ({"method": "bbn", "pool": "x"}, "cannot be combined"),
    ],
)
def test_what_cannot_be(settings: dict[str, Any], what: str) -> None:
    with pytest.raises(OptionError, match=what):
        Recipe(**settings)


class Marked:
    def __init__(self, columns: dict[str, Any]) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return 4


def test_labels_that_are_surely_right_are_asked_for() -> None:
    marks = {"overlay": np.array(["", "confirmed", "relabelled", "dropped"], object)}
    images = Marked({})
    rung = Rung.__new__(Rung)
    rung.__dict__.update(pool=None, feed=lambda rows: rows, steps=SimpleNamespace(method="meta"))
    rung.__dict__["stood"] = SimpleNamespace(data=SimpleNamespace(images=images))
    method = SimpleNamespace(streams={"train": Stream(), "sure": Stream("clean")})
    with pytest.raises(OptionError, match="--overlay"):
        rung.feeds(method, np.arange(4))
    images.columns = marks
    assert rung.feeds(method, np.arange(3))["clean"].tolist() == [1, 2]


def test_folds_are_witnesses_of_one_another(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trained one after the other, only the first fold needs a witness: later ones are judged by those before."""
    for module in (budget, ladder, rungs):
        monkeypatch.setattr(module, "EVIDENCE", 20)
    run, _ = on(place, "folds", method="tail", folds=3)
    first, second, third = (Run(run.path / f"fold-{k}") for k in range(3))
    own = {int(row): logits for row, logits in zip(*known_of(first, "test"), strict=True)}
    for row, logits in zip(*known_of(second, "train"), strict=True):
        assert np.array_equal(own[int(row)], logits)
    rows = {k: set(known_of(one, "test")[0].tolist()) for k, one in enumerate((first, second, third))}
    assert set(known_of(third, "train")[0].tolist()) == rows[0] | rows[1]
    assert second.figures["rungs"][0]["n"] == len(rows[0])
    assert sum("other folds' classifiers" in line for line in logged(second) + logged(third)) == 2


def known_of(run: Run, split: str) -> tuple[np.ndarray, np.ndarray]:
    found = run.predictions(split)
    return found.rows, found.logits


def logged(run: Run) -> list[str]:
    return (run.path / "log.jsonl").read_text(encoding="utf-8").splitlines()
