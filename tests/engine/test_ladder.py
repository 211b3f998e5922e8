"""The ladder: which rung is kept, and a whole climb on real pictures that is stopped and goes on to the same bytes."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from conftest import write_folder

from linne.core.errors import OptionError
from linne.core.predictions import Predictions
from linne.core.recipe import Recipe
from linne.core.run import Run
from linne.engine import ladder
from linne.engine.budget import Clock
from linne.engine.climb import Climb
from linne.engine.ladder import Best, chosen
from linne.engine.log import Log
from linne.engine.plan import Plan
from linne.verbs.predict import predict
from linne.verbs.train import train

N = 1000


def right(share: float, seed: int, rows: "np.ndarray | None" = None) -> Predictions:
    """Predictions of two classes, of which so many are right."""
    rows = np.arange(N) if rows is None else rows
    draws = np.random.default_rng(seed)
    labels = np.arange(N)[rows] % 2
    hits = draws.permutation(len(rows)) < round(share * len(rows))
    logits = np.where((labels == 1) == hits, 1.0, -1.0)[:, None] * np.array([[-1.0, 1.0]])
    nobody = np.full(len(rows), "", dtype=object)
    return Predictions(logits, labels, rows, ("a", "b"), nobody, nobody)


def up(tmp_path: Path, said: "list[str] | None" = None, **settings: Any) -> Climb:
    log = SimpleNamespace(say=lambda text, **data: None if said is None else said.append(text))
    stood = SimpleNamespace(judge=np.zeros(0), learn=np.arange(N), test=np.arange(1))
    return Climb(stood, Recipe(**settings), tmp_path, log, Clock(1), Plan(), None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "rows", "kept", "word"),
    [
        (0.80, 0.88, N, "tail", "better by 8.0 points"),
        (0.80, 0.815, N, "probe", "not told apart: +1.5 points"),  # the interval reaches below -1 point
        (0.98, 0.985, N, "tail", "not told apart: +0.5 points"),  # a small gain of which little can be lost
        (0.80, 0.80, N, "probe", "not told apart"),
        (0.88, 0.80, N, "probe", "worse by 8.0 points"),
    ],
)
def test_what_is_kept(tmp_path: Path, before: float, after: float, rows: int, kept: str, word: str) -> None:
    said: list[str] = []
    one, two = Best("probe", right(before, 1)), Best("tail", right(after, 2, np.arange(rows)))
    best = chosen(up(tmp_path, said), one, two, False)
    assert best.name == kept
    assert word in said[0]
    assert ("better" in said[0]) == (best.decisions[0]["gain"]["low"] > 0)
    assert best.decisions[0]["kept"] == (kept == "tail")
    assert not best.decisions[0]["asked"]
    asked = chosen(up(tmp_path, said), one, two, True).decisions[-1]
    assert (asked["kept"], asked["asked"]) == (True, True), "whatever it came to"


def test_only_pictures_that_both_judged_count(tmp_path: Path) -> None:
    rows = np.arange(0, N, 4)
    best = chosen(up(tmp_path), Best("probe", right(0.7, 1)), Best("tail", right(0.9, 2, rows)), False)
    assert best.decisions[0]["n"] == len(rows)
    by_hand = right(0.9, 2, rows).right.mean() - right(0.7, 1).take(rows).right.mean()
    assert best.decisions[0]["gain"]["value"] == pytest.approx(by_hand)


def test_the_first_classifier_is_judged_where_it_learned_from_as_many(tmp_path: Path) -> None:
    """Out of its own folds 0.88, from a witness's pictures 0.80: a tail of 0.85 is better than that."""
    tail = Best("tail", right(0.85, 2), beside=right(0.80, 3))
    assert chosen(up(tmp_path), Best("probe", right(0.88, 1)), tail, False).name == "tail"
    tail = Best("tail", right(0.85, 2))
    assert chosen(up(tmp_path), Best("probe", right(0.88, 1)), tail, False).name == "probe"
    full = Best("full", right(0.85, 2), beside=right(0.80, 3))
    kept = Best("tail", right(0.88, 1), file=Path("a"))
    assert chosen(up(tmp_path), kept, full, False).name == "tail", "beside a tail its own word counts"


def test_a_method_that_was_asked_for_is_kept(tmp_path: Path) -> None:
    assert chosen(up(tmp_path), Best("probe", right(0.9, 1)), Best("full", right(0.8, 2)), True).name == "full"


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("photos")
    for part, each, start in (("train", 20, 0), ("validation", 6, 40), ("test", 8, 60)):
        write_folder(root / part, each, start=start)
    return root


SETTINGS = {"method": "tail(cut=blocks.5.3)", "epochs": 2, "batch": 16, "check": "none", "runtime": "eager"}


@pytest.fixture(scope="module")
def run(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(photos, out=tmp_path_factory.mktemp("runs") / "a", **SETTINGS)


def test_the_winner_is_a_whole_run(run: Run) -> None:
    from safetensors.numpy import load_file

    from linne.engine.network import of, tensors

    pretrained, tuned = tensors(of(run.recipe)), load_file(run.path / "model.safetensors")
    changed = {name.rpartition(".")[0] for name in tuned if not np.array_equal(tuned[name], pretrained.get(name))}
    assert changed
    assert all(name.startswith(("blocks.6", "conv_head", "bn2", "classifier")) for name in changed)
    assert {"conv_head", "classifier"} <= changed
    assert run.figures["rung"] == "tail"
    assert run.reads == 1
    assert not (run.path / "ladder").exists()
    assert len(run.predictions("test")) == 24
    assert run.json("calibration.json")["temperature"] == pytest.approx(run.temperature)


def test_strangers_are_told_by_the_logits_that_witnesses_gave(run: Run, photos: Path) -> None:
    told = run.json("unknown.json")
    assert {one["score"] for one in told["compared"]} == {"energy", "gen", "max_logit", "msp"}
    assert told["pictures"] == len(run.predictions("train")) > 0
    found = predict(run, photos / "test", unknown=0.8, coverage=0.9)
    assert found.unknown.mean() < 0.6
    assert run.json("guarantees.json")["proof"] == "crossed"


def test_timm_loads_it(run: Run) -> None:
    import timm
    import torch

    net = timm.create_model(f"local-dir:{run.path}", pretrained=True).eval()
    assert net.num_classes == 3
    with torch.no_grad():
        assert net(torch.zeros(1, 3, 224, 224)).shape == (1, 3)


def test_predict_says_what_the_run_says_of_its_test_pictures_and_needs_no_torch(run: Run, photos: Path) -> None:
    kept = run.predictions("test")
    found = predict(run, photos / "test")
    order = np.argsort([name.split("/")[-1] for name in found.names])
    own = np.argsort([name.split("/")[-1] for name in kept.names])
    assert np.allclose(found.probabilities[order], kept.probabilities[own], atol=1e-6)
    code = (
        "import sys; from linne.verbs.predict import predict; "
        f"predict({str(run.path)!r}, {str(photos / 'test')!r}); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class Stopped(BaseException):
    pass


def test_stopped_and_gone_on_with_it_ends_with_the_same_bytes(
    run: Run, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped within the first fitting and again before the decision; what was measured is pinned."""
    out, plan, seen = tmp_path / "b", run.path / "plan.json", [0]

    def stop(clock: Clock, loop: Any, record: Any) -> None:
        seen[0] += 1
        if seen[0] == 3:
            raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(Clock, "on_step", stop)
        with pytest.raises(Stopped):
            train(photos, out=out, plan=plan, **SETTINGS)
    with monkeypatch.context() as patch:
        patch.setattr(ladder, "chosen", lambda *_: (_ for _ in ()).throw(Stopped))
        with pytest.raises(Stopped):
            train(photos, out=out, plan=plan, **SETTINGS)
    assert not (out / "DONE.json").exists()
    assert (out / "model.safetensors").exists()  # the first classifier's: something to use at any time
    train(photos, out=out, plan=plan, **SETTINGS)
    for name in ("model.safetensors", "calibration.json", "figures.json"):
        assert (out / name).read_bytes() == (run.path / name).read_bytes(), name


def test_a_budget_too_small_for_a_tail_ends_with_the_probe(photos: Path, tmp_path: Path) -> None:
    said: list[str] = []
    log = Log(quiet=True)
    log.say = lambda text, **data: said.append(text)  # type: ignore[method-assign]
    found = train(photos, out=tmp_path / "c", minutes=0.02, check="none", log=log)
    assert found.figures["rung"] == "probe"
    assert any(line.startswith("tail: not begun") for line in said)
    assert found.reads == 1


def test_an_unknown_cut_names_the_nearest(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"has no part 'blocks\.5\.33' to be cut after\. Did you mean 'blocks\.5\.3'"):
        train(photos, out=tmp_path / "d", **{**SETTINGS, "method": "tail(cut=blocks.5.33)"})


def test_too_few_pictures_for_a_test_set(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="too few for a test set of their own"):
        train(write_folder(tmp_path / "photos"), out=tmp_path / "e", minutes=1)
