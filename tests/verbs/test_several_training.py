"""Several labels a picture learned by steps: supervised from random weights, then tail and full from what that made."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from linne.core.errors import InputError, OptionError
from linne.core.lookup import find
from linne.core.run import Run
from linne.core.several import Several
from linne.core.thresholds import thresholds
from linne.engine.log import Log
from linne.verbs.compare import compare
from linne.verbs.evaluate import evaluate
from linne.verbs.predict import predict
from linne.verbs.recognition import recognition
from linne.verbs.report import report
from linne.verbs.train import train
from tests.runs import write_run

CLASSES = ("across", "down", "spot")
TINY: dict[str, Any] = {"model": "air(widths=(8,16))", "size": 28, "check": "none", "batch": 32, "lr": 0.02}


def bars(root: Path, n: int, start: int = 0, parts: tuple[str, ...] = ("test", "train", "train", "train")) -> Path:
    """n pictures of 28 px with bars and spots, each by itself, and their table; one answer in ten is not known."""
    root.mkdir(parents=True)
    rng, lines = np.random.default_rng(start), ["image,split,labels"]
    for number in range(start, start + n):
        pixels = rng.normal(90, 25, (28, 28, 3))
        has = rng.random(3) < (0.4, 0.3, 0.25)
        y, x = rng.integers(0, 20, 2)
        pixels[y : y + 3] += 70 * has[0]
        pixels[:, x : x + 3] += 70 * has[1]
        y, x = rng.integers(0, 20, 2)
        pixels[y : y + 8, x : x + 8, 0] += 90 * has[2]
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(root / f"{number:04d}.png")
        known = rng.random(3) < 0.9
        words = [
            name if yes else f"?{name}" for name, own, yes in zip(CLASSES, has, known, strict=True) if own or not yes
        ]
        lines.append(f"{number:04d}.png,{parts[number % len(parts)]},{';'.join(words)}")
    (root / "labels.csv").write_text("\n".join(lines) + "\n")
    return root / "labels.csv"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"several({bars(tmp_path_factory.mktemp('several') / 'pictures', 280)})"


@pytest.fixture(scope="module")
def base(table: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("runs") / "base"
    return train(table, out=out, weights="none", method="supervised", epochs=8, **TINY)


@pytest.fixture(scope="module")
def tail(table: str, base: Run) -> Run:
    return train(table, out=base.path.parent / "tail", weights=str(base.path), method="tail", epochs=3, **TINY)


def test_steps_from_random_weights_come_to_a_run_like_any_other(base: Run, table: str) -> None:
    assert base.several
    assert base.figures["rung"] == "supervised"
    figures = base.figures
    assert figures["headline"]["value"] > 0.7 > 2 * figures["baseline"]["value"]
    assert base.reads == 1
    kept, found = base.predictions("test"), predict(base, Path(table[8:-1]).parent)
    own = dict(zip(found.names, found.probabilities, strict=True))
    np.testing.assert_allclose([own[name] for name in kept.names], kept.probabilities, atol=1e-5)
    assert "tuned; a logistic head a label" in (base.path / "card.md").read_text()
    assert "supervised beside probe" in base.text()


def test_a_tail_is_calibrated_by_pictures_that_it_had_not_learned(tail: Run) -> None:
    """Of stored scores a regression on Platt's targets finds nothing left to correct, and the thresholds are theirs."""
    from sklearn.linear_model import LogisticRegression

    assert tail.figures["rung"] == "tail"
    held, test = tail.predictions("train"), tail.predictions("test")
    assert isinstance(held, Several)
    assert isinstance(test, Several)
    learned = sum(split == "train" for split in tail.images()["split"].to_pylist())
    assert 0.2 * learned < len(held) < 0.5 * learned  # a witness's fold
    np.testing.assert_allclose(tail.thresholds, thresholds(held.probabilities, held.targets))
    for label in range(3):
        told, has = held.logits[held.known[:, label], label], held.targets[held.known[:, label], label] == 1
        wanted = np.where(has, (has.sum() + 1) / (has.sum() + 2), 1 / ((~has).sum() + 2))  # Platt 1999
        both, weights = np.repeat([1, 0], len(told)), np.concatenate([wanted, 1 - wanted])
        theirs = LogisticRegression(C=1e8, tol=1e-8, max_iter=1000).fit(np.tile(told, 2)[:, None], both, weights)
        assert theirs.coef_[0, 0] == pytest.approx(1, abs=0.02)
        assert abs(theirs.intercept_[0]) < 0.02
    assert find("metric", "average_precision")(test) == pytest.approx(tail.figures["headline"]["value"])
    assert (tail.path / "plan.json").exists()


def test_a_tail_is_asked_as_a_first_classifier_is(tail: Run, table: str, tmp_path: Path) -> None:
    other = bars(tmp_path / "other", 60, 1000)
    found = evaluate(tail, f"several({other})", metric="macro_f1")
    assert found["n"] == 60
    assert found["headline"]["value"] > 0.6
    again = evaluate(tail, table)
    assert again["headline"]["value"] == pytest.approx(tail.figures["headline"]["value"], abs=1e-6)
    held = tail.predictions("train")
    every = predict(tail, other.parent, threshold="recall(1)")
    np.testing.assert_allclose(every.thresholds, thresholds(held.probabilities, held.targets, "recall(1)"))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "settings",
    [
        {"method": "full"},
        {"method": "tail", "loss": "asymmetric", "mix": "mixup", "mix_at": "features"},
        {"method": "tail", "loss": "single_positive(count=1)", "hook": "stop(patience=1)", "metric": "macro_f1"},
        {"method": "full", "loss": "focal", "mix": "alternate(mixup, cutmix)", "augment": "flip", "lr": "auto"},
    ],
)
def test_other_losses_mixes_and_the_whole_network(base: Run, table: str, tmp_path: Path, settings: dict) -> None:
    said: list[str] = []
    log = Log(quiet=True)
    log.say = lambda text, **data: said.append(text)  # type: ignore[method-assign]
    given = {**TINY, "epochs": 2, **settings}
    run = train(table, out=tmp_path / "run", weights=str(base.path), log=log, **given)
    assert run.figures["rung"] == settings["method"]
    assert run.figures["figures"]["average_precision"]["value"] > 0.7
    watched = any("pictures are watched after every epoch" in line for line in said)
    assert watched == ("hook" in settings)


def test_a_label_that_no_calibrating_picture_has_keeps_the_first_classifier_s_threshold(
    base: Run, table: str, tmp_path: Path
) -> None:
    text = Path(table[8:-1]).read_text().splitlines()
    learns = [k for k, line in enumerate(text) if ",train," in line]
    for line in learns[:2]:
        text[line] += ";rare" if not text[line].endswith(",") else "rare"
    (Path(table[8:-1]).parent / "rare.csv").write_text("\n".join(text))
    source = f"several({Path(table[8:-1]).parent / 'rare.csv'})"
    run = train(source, out=tmp_path / "run", weights=str(base.path), method="tail", **{**TINY, "epochs": 1})
    held, rare = run.predictions("train"), run.classes.index("rare")
    assert isinstance(held, Several)
    assert np.isfinite(run.thresholds).all()
    own = thresholds(held.probabilities, held.targets)
    others = [k for k in range(4) if k != rare]
    np.testing.assert_allclose(run.thresholds[others], own[others])
    assert (run.thresholds[rare] == own[rare]) == bool((held.targets[:, rare] == 1).any())


def test_an_unfinished_tail_goes_on_to_the_same_bytes(tail: Run, table: str, base: Run, tmp_path: Path) -> None:
    class Stop(Exception):
        """In the middle."""

    log = Log(quiet=True)

    def say(text: str, **data: Any) -> None:
        if text.startswith("epoch 2"):
            raise Stop

    log.say = say  # type: ignore[method-assign]
    asked = {"weights": str(base.path), "method": "tail", "epochs": 3, **TINY, "plan": tail.path / "plan.json"}
    with pytest.raises(Stop):
        train(table, out=tmp_path / "run", log=log, **asked)
    run = train(table, out=tmp_path / "run", **asked)
    assert (run.path / "model.safetensors").read_bytes() == (tail.path / "model.safetensors").read_bytes()
    assert run.thresholds.tolist() == tail.thresholds.tolist()


def test_time_climbs_the_ladder_and_keeps_what_is_better(base: Run, table: str, tmp_path: Path) -> None:
    run = train(table, out=tmp_path / "run", weights=str(base.path), minutes=0.6, epochs=1, **TINY)
    told = [json.loads(line).get("rung") for line in (run.path / "log.jsonl").read_text().splitlines()]
    rungs = [one["rung"] for one in told if one]
    assert rungs[0] == "probe"
    assert all(one["gain"]["metric"] == "average_precision" for one in run.figures["rungs"])
    assert run.figures["rung"] in rungs
    assert run.figures["headline"]["value"] > 0.7


def test_refusals_leave_nothing_behind(table: str, base: Run, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--loss cross_entropy is of one label a picture"):
        train(table, out=tmp_path / "run", method="tail", loss="cross_entropy", weights=str(base.path), **TINY)
    folder = tmp_path / "plain"
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        for k in range(3):
            Image.new("RGB", (28, 28), (k, 0, 200 if name == "a" else 0)).save(folder / name / f"{k}.png")
    with pytest.raises(OptionError, match="is for pictures with several labels"):
        train(folder, out=tmp_path / "run", method="tail", loss="single_positive(count=1)")
    few = bars(tmp_path / "few", 60, parts=("",))
    with pytest.raises(OptionError, match="too few for a test set"):
        train(f"several({few})", out=tmp_path / "run", method="tail", weights=str(base.path), **TINY)
    assert not (tmp_path / "run").exists()


def test_views_are_the_mean_of_their_logits(tail: Run, tmp_path: Path) -> None:
    """Against the plain answers for the picture and for its mirror image, as a picture of its own."""
    one, other = tmp_path / "one", tmp_path / "other"
    bars(one, 12, 500)
    other.mkdir()
    for path in one.glob("*.png"):
        Image.fromarray(np.asarray(Image.open(path))[:, ::-1]).save(other / path.name)
    both = [predict(tail, place).logits for place in (one, other)]
    found = predict(tail, one, view="flip")
    np.testing.assert_allclose(found.logits, np.mean(both, axis=0), atol=1e-4)
    assert np.abs(both[0] - both[1]).max() > 0.01
    np.testing.assert_array_equal(found.thresholds, tail.thresholds)
    told = evaluate(tail, f"several({one / 'labels.csv'})", view="flip")
    assert any("mean logits of the views flip" in note for note in told["notes"])


@pytest.mark.parametrize("method", ["probe", "tail"])
def test_folds_judge_what_they_had_not_learned_and_answer_by_their_mean(
    base: Run, table: str, tmp_path: Path, method: str
) -> None:
    other = bars(tmp_path / "pictures", 120, 3000, parts=("",))
    asked = {**TINY, "epochs": 1} if method == "tail" else {k: v for k, v in TINY.items() if k not in ("batch", "lr")}
    run = train(f"several({other})", out=tmp_path / "run", weights=str(base.path), method=method, folds=3, **asked)
    parts = [Run(run.path / f"fold-{k}") for k in range(3)]
    assert run.several
    assert [row["rung"] for row in run.figures["folds"]] == [method] * 3
    assert run.figures["who"] == "pictures, out of fold"
    held = run.predictions("train")
    assert isinstance(held, Several)
    known = {name: row for part in parts for name, row in zip(
        part.predictions("test").names, part.predictions("test").logits, strict=True)}  # fmt: skip
    np.testing.assert_allclose(held.logits, [known[name] for name in held.names])
    np.testing.assert_allclose(run.thresholds, thresholds(held.probabilities, held.targets))
    judged = np.concatenate([part.predictions("test").right for part in parts])
    assert run.figures["figures"]["exact_match"]["value"] == pytest.approx(judged.mean())
    fresh = bars(tmp_path / "fresh", 20, 4000).parent
    mean = np.mean([predict(part, fresh).logits for part in parts], axis=0)
    np.testing.assert_allclose(predict(run, fresh).logits, mean, atol=1e-4)
    assert evaluate(run, f"several({fresh / 'labels.csv'})")["n"] == 20
    assert ("tuned" in (run.path / "card.md").read_text()) == (method == "tail")
    assert "Fold by fold" in (run.path / "report.html").read_text()
    with pytest.raises(OptionError, match="answer one by one"):
        predict([*parts, base], fresh)


def test_folds_and_pictures_that_came_to_judge(table: str, base: Run, tmp_path: Path) -> None:
    asked = {k: v for k, v in TINY.items() if k not in ("batch", "lr")}
    run = train(table, out=tmp_path / "run", weights=str(base.path), folds=2, **asked)
    test = run.predictions("test")
    assert len(test) == run.figures["n"] == 70
    mean = np.mean([predict(Run(run.path / f"fold-{k}"), Path(table[8:-1]).parent).logits for k in range(2)], axis=0)
    names = predict(Run(run.path / "fold-0"), Path(table[8:-1]).parent).names.tolist()
    np.testing.assert_allclose(test.logits, mean[[names.index(name) for name in test.names]], atol=1e-4)
    assert run.reads == 1
    np.testing.assert_allclose(test.thresholds, run.thresholds)  # type: ignore[attr-defined]


def test_runs_of_several_labels_are_compared(tail: Run, base: Run, tmp_path: Path) -> None:
    found = compare(base, tail, html=tmp_path / "page.html").data()
    one, two = base.predictions("test"), tail.predictions("test")
    trick = find("metric", "average_precision")
    pair = found["pairs"][0]
    assert found["metric"] == "average_precision"
    assert pair["value"] == pytest.approx(trick(two) - trick(one))
    assert pair["low"] <= pair["value"] <= pair["high"]
    assert pair["table"]["both"] == (one.right & two.right).sum()
    each = trick_none(two) - trick_none(one)
    assert [row["value"] for row in pair["classes"]] == pytest.approx(list(each))
    told = compare(base, tail, metric="exact_match")
    assert told.data()["pairs"][0]["value"] == pytest.approx(two.right.mean() - one.right.mean())
    assert "tail gains, points of average precision" in told.text()
    assert "Class by class" in (tmp_path / "page.html").read_text()
    assert "tail" in report(base).text().split("judged by")[1]
    with pytest.raises(OptionError, match="--metric brier is of one label"):
        compare(base, tail, metric="brier")


def trick_none(said: Any) -> np.ndarray:
    """(K,) average precisions."""
    return find("metric", "average_precision(none)")(said)


def test_runs_of_one_label_and_of_several_are_not_compared(tail: Run, tmp_path: Path) -> None:
    other = Run(write_run(tmp_path / "other", np.ones(30, bool)))
    for pair in ((tail, other), (other, tail)):
        with pytest.raises(InputError, match="Some of the runs say one label a picture and others several"):
            compare(*pair)


def test_features_of_a_tail_tell_identities_apart_and_folds_have_none(tail: Run, tmp_path: Path) -> None:
    for name, shade in (("a", 30), ("b", 120), ("c", 200)):
        (tmp_path / name).mkdir()
        for k in range(4):
            pixels = np.random.default_rng(k).normal(shade, 9, (28, 28, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{k}.png")
    assert recognition(tail, tmp_path)["identities"] == 3
