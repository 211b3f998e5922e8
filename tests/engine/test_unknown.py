"""None of these: what is said of strangers holds for others, thresholds keep what they promise, little is left out."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from linne.core.errors import InputError, OptionError, RunError
from linne.core.intervals import Interval
from linne.core.lookup import names
from linne.core.recipe import Recipe
from linne.core.roc import Sides, area
from linne.core.run import Run
from linne.engine import rivals, unknown
from linne.engine.log import Log
from linne.engine.rivals import CHOOSE, JUDGE, Rows
from linne.engine.unknown import Unknown, chosen, keep, load
from tests.engine.strange import NETWORK, World, made, trained
from tests.runs import write_run

QUIET = Log(quiet=True)


def found(data, result, **settings) -> Unknown:
    one = chosen(data, result, Recipe(**settings), QUIET)
    assert one is not None
    return one


def test_what_is_said_of_strangers_holds_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The near figure is that of classes left out; classes that are really new are told about as well."""
    world = World(8)
    made(world, monkeypatch)
    data, result = trained(world, 1200, 300, 200)
    one = found(data, result)
    assert {row["score"] for row in one.told["compared"]} == set(names("unknown"))
    best = max(one.told["compared"], key=lambda row: row["chose by"])
    assert one.spec == best["score"]
    own, _ = world.own(1500)
    areas = [area(Sides.of(*(one.score(result.head.logits(rows), rows) for rows in (own, other)))).value
             for other in (world.near(1500), world.far(1500))]  # fmt: skip
    near, far = one.told["near"]["auroc"], one.told["far"]["auroc"]
    assert near["low"] - 0.08 <= areas[0] <= near["high"] + 0.08
    assert areas[1] > 0.95
    assert far["low"] < far["value"]
    assert one.told["near"]["ways"] == 4
    assert 0.85 < one.told["tested"]["value"] <= 1


@pytest.mark.parametrize("held", [0, 400])
@pytest.mark.parametrize("spec", ["msp", "knn", "vim", "rmds"])
def test_thresholds_keep_what_they_promise(held: int, spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 4,000 new own pictures, from validation pictures and from folds of learning pictures."""
    world = World(5, seed=1)
    made(world, monkeypatch)
    data, result = trained(world, 700, held)
    one = found(data, result, unknown=spec)
    assert one.spec == spec
    rows, _ = world.own(4000)
    strange = one.score(result.head.logits(rows), rows)
    low, high = unknown.spread(0.9, one.groups)
    slack = 0.012 if held else 0.03
    assert low - slack <= (strange <= one.threshold(0.9)).mean() <= high + slack
    assert one.told["own"].startswith("validation" if held else "learning")
    assert len(one.own) == (held or 700)


def test_halves_and_fit_share_no_group() -> None:
    world = World(6)
    data, result = trained(world, 600)
    group = np.array([f"g{k // 3}" if k % 5 else "" for k in range(600)], dtype=object)
    data.images = replace(data.images, group=group)
    oof = replace(result.head.oof, group=group[result.head.oof.rows])
    rows = Rows(oof, data.features[oof.rows])
    trials = rivals.near(rows, rows, result.head, 0)
    assert len(trials) == 4
    left = np.concatenate([np.unique(one.other.said.labels) for one in trials])
    assert set(left) == {-1}  # of no class that is known there
    for one in trials:
        assert not set(one.fit.said.names) & (set(one.own.said.names) | set(one.other.said.names))
        halves = [set(one.own_group[one.own_half == half]) for half in (CHOOSE, JUDGE)]
        assert not halves[0] & halves[1]
        known = set(one.own.said.classes)
        assert one.own.said.labels.min() >= 0
        assert len(known) in (4, 5)
        assert one.weight is not None
        assert one.own.said.logits.shape[1] == len(known)
    out = [set(oof.classes) - set(one.own.said.classes) for one in trials]
    assert sorted(name for one in out for name in one) == sorted(oof.classes)


def test_a_head_without_the_classes_is_that_of_the_others_alone() -> None:
    """The batch of heads beside the probe of the remaining pictures at the same strength: the same but for the scaling
    of features, which sees all classes."""
    from linne.core.predictions import softmax
    from linne.engine.probe import probe

    world = World(6)
    data, result = trained(world, 600)
    oof = result.head.oof
    rows = Rows(oof, data.features[oof.rows])
    trial = rivals.near(rows, rows, result.head, 0)[0]
    fit = trial.fit
    images = data.images.take(fit.said.rows)
    names_ = [images.classes[k] for k in images.labels]
    alone = probe(fit.features, type(images).of([b""] * len(fit), names_), strengths=(result.head.strength,), folds=2)
    ours, theirs = softmax(trial.own.said.logits), softmax(alone.logits(trial.own.features))
    assert np.abs(ours - theirs).mean() < 0.01


def test_two_classes_are_too_few_to_leave_one_out(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(2)
    made(world, monkeypatch)
    one = found(*trained(world, 200))
    assert one.told["near"]["ways"] == 0
    assert one.told["near"]["auroc"]["value"] is None
    assert "2 classes are too few to leave some out" in one.told["notes"][0]


class Known(rivals.Compared):
    """A score that is known to be worth so much: `far`."""

    def areas(self, half: int):
        return (Interval(float(self.far), 0, 1, 9, ""),) * 2  # type: ignore[arg-type]


@pytest.mark.parametrize(("vim", "energy", "taken"), [(0.6, 0.9, "vim"), (0.4, 0.6, "energy"), (0.4, 0.3, "gen")])
def test_of_few_pictures_the_usual_score_is_taken_only_where_it_beats_chance(vim, energy, taken) -> None:
    every = [Known(name, [], worth) for name, worth in (("energy", energy), ("gen", 0.95), ("vim", vim))]  # type: ignore[arg-type]
    few, many = (SimpleNamespace(own_half=np.full(n, CHOOSE)) for n in (16, 100))
    assert unknown._best(every, few).spec == taken  # type: ignore[arg-type]
    assert unknown._best(every, many).spec == "gen"  # type: ignore[arg-type]


def test_few_pictures_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    made(World(3), monkeypatch)
    one = found(*trained(World(3), 12))
    assert "12 own pictures are too few" in one.why
    some = found(*trained(World(3), 60))
    assert some.spec == "vim"
    assert "20 own pictures are too few to choose a score by" in some.told["notes"][0]
    assert one.told is None
    few = Unknown("msp", None, np.arange(30.0), np.arange(30))
    assert few.threshold(0.95) == 29
    with pytest.raises(InputError, match=r"needs 99 groups .* the run has 30. Ask for --unknown 0.95"):
        few.threshold(0.99)
    with pytest.raises(OptionError, match="is not allowed"):
        few.threshold(1.0)


def test_a_network_that_learned_has_logits_alone_without_validation_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(6)
    made(world, monkeypatch)
    data, result = trained(world, 600, 0)
    result.network = NETWORK
    one = found(data, result)
    assert {row["score"] for row in one.told["compared"]} == {"energy", "gen", "max_logit", "msp"}
    assert "logits alone could be compared" in one.told["notes"][0]
    asked = found(data, result, unknown="knn")
    assert "goes by features" in asked.why


def test_a_network_that_learned_is_seen_through_its_own_features(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores are fitted to what that network makes of learning pictures, and kept shares are of validation ones."""
    world = World(6)
    made(world, monkeypatch)
    data, result = trained(world, 600, 200, 100)
    result.network = NETWORK

    def look(images, looker):
        assert looker.network is NETWORK
        return None, 2 * data.features[[int(name) for name in images.names]]

    monkeypatch.setattr(unknown, "look", look)
    result.head = replace(result.head, weight=result.head.weight / 2)
    one = found(data, result, unknown="knn")
    assert len(one.own) == 200
    kept = one.score.arrays()["rows"]
    assert len(kept) == 600
    rows = data.features[:600] / np.linalg.norm(data.features[:600], axis=1, keepdims=True)
    np.testing.assert_allclose(np.sort(kept.sum(1)), np.sort(rows.sum(1)), atol=1e-5)
    assert "had learned the classes that were left out" in one.told["notes"][0]


def test_what_a_folder_keeps_is_what_was_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(5)
    made(world, monkeypatch)
    one = found(*trained(world, 300), unknown="mahalanobis")
    run = Run(write_run(tmp_path / "run", np.ones(9, bool)))
    keep(run.path, one)
    again, rows = load(run), world.far(50)
    np.testing.assert_allclose(again.score(np.zeros((50, 5)), rows), one.score(np.zeros((50, 5)), rows))
    assert again.threshold(0.9) == one.threshold(0.9)
    assert again.told["score"] == "mahalanobis"
    (run.path / "unknown.safetensors").write_bytes(b"broken")
    with pytest.raises(RunError, match="missing or damaged"):
        load(run)


def test_runs_without_a_score_say_why(tmp_path: Path) -> None:
    run = Run(write_run(tmp_path / "run", np.ones(9, bool)))
    with pytest.raises(RunError, match="earlier Linne"):
        load(run)
    keep(run.path, Unknown(why="12 own pictures are too few"))
    with pytest.raises(RunError, match="12 own pictures are too few"):
        load(run)
    other = write_run(tmp_path / "none", np.ones(9, bool))
    (other / "recipe.toml").write_text(Recipe(unknown="none").toml())
    with pytest.raises(RunError, match="unknown='none'"):
        load(Run(other))


def test_a_trained_network_looks_at_no_more_than_it_says() -> None:
    assert unknown.looks(Recipe(), 5000, 100) == 112 + 1000
    assert unknown.looks(Recipe(), 300, 100) == 112 + 300
    assert unknown.looks(Recipe(), 5000, 20) == 112
    assert unknown.looks(Recipe(unknown="none"), 5000, 100) == 0


def test_recipes_know_the_setting() -> None:
    assert chosen(None, None, Recipe(unknown="none"), QUIET) is None  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="Did you mean 'knn'"):
        Recipe(unknown="knnn")
    with pytest.raises(OptionError, match="unknown='none' cannot be combined with method='pu'"):
        Recipe(unknown="none", method="pu", pool="x")
