"""Several labels a picture through the verbs: train, report, predict, evaluate; and what is refused."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from linne.core.errors import InputError, OptionError
from linne.core.run import Run
from linne.core.several import Several
from linne.verbs.evaluate import evaluate
from linne.verbs.predict import predict
from linne.verbs.report import report
from linne.verbs.train import train
from tests.conftest import SHAPES, draw


def collages(root: Path, n: int, start: int = 0) -> Path:
    """n pictures of up to two shapes, and labels.csv that lists them; every ninth answer is not known."""
    root.mkdir(parents=True)
    rng, lines = np.random.default_rng(start), ["image,labels"]
    for number in range(start, start + n):
        shown = [k for k in rng.permutation(4)[:2] if k < 3]
        tiles = [draw(SHAPES[k], number * 4 + k, 48) for k in shown]
        tiles += [rng.normal(80, 12, (48, 48, 3)).clip(0, 255).astype(np.uint8)] * (2 - len(tiles))
        Image.fromarray(np.hstack(tiles)).save(root / f"{number:04d}.png")
        unknown = [k for k in range(3) if (number + k) % 9 == 0]
        words = [f"?{SHAPES[k]}" for k in unknown] + [SHAPES[k] for k in shown if k not in unknown]
        lines.append(f"{number:04d}.png,{';'.join(words)}")
    (root / "labels.csv").write_text("\n".join(lines) + "\n")
    return root / "labels.csv"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    root = tmp_path_factory.mktemp("several")
    run = train(f"several({collages(root / 'pictures', 270)})", out=root / "run", model="tf_efficientnet_lite0")
    return run, root


def test_a_run_with_honest_figures(trained: tuple[Run, Path]) -> None:
    run, _ = trained
    assert run.several
    figures = run.figures
    assert figures["metric"] == "average_precision"
    assert figures["headline"]["low"] <= figures["headline"]["value"] <= figures["headline"]["high"]
    assert figures["headline"]["value"] > 0.8 > 2 * figures["baseline"]["value"] - 0.4
    assert 0.05 < figures["not_known"] < 0.2
    assert [row["class"] for row in figures["per_label"]] == sorted(SHAPES)
    assert all(row[part]["value"] is not None for row in figures["per_label"] for part in ("f1", "average_precision"))
    test, learned = run.predictions("test"), run.predictions("train")
    assert isinstance(test, Several)
    assert len(test) == figures["n"]
    assert not set(test.rows) & set(learned.rows)
    assert run.reads == 1
    kept = run.images()
    assert len(kept["targets"].to_pylist()[0]) == 3
    assert set(np.unique(kept["targets"].to_pylist())) == {-1, 0, 1}
    page = (run.path / "report.html").read_text()
    assert "Labels together" in page
    assert "average precision" in run.text()
    assert "--minutes" not in (run.path / "log.jsonl").read_text()
    assert "pipeline_tag" in (run.path / "card.md").read_text()
    assert report(run, out=run.path.parent / "page.html", lang="zh").path.exists()


def test_the_report_tells_why_and_whether_probabilities_are_right(trained: tuple[Run, Path]) -> None:
    run, _ = trained
    page = json.loads((run.path / "report.json").read_text())
    told = page["reasons"]["rows"]
    assert page["reasons"]["how"] == "cam"
    assert [int(row) for row in told] == [one["row"] for one in page["mistakes"]][: len(told)]
    assert all(one["label"]["jpeg"] and "guess" not in one and len(one["near"]) == 3 for one in told.values())
    html = (run.path / "report.html").read_text(encoding="utf-8")
    assert all(one["label"]["jpeg"] in html for one in told.values())
    assert len(html.encode()) < 3_000_000
    said, bars = run.predictions("test"), page["figures"]["reliability"]
    known = said.targets >= 0
    assert sum(bar["n"] for bar in bars) == known.sum() == sum(map(sum, page["histogram"].values()))
    for bar in bars:
        own = known & (abs(said.probabilities - bar["confidence"]) < 0.1)  # a bar is a tenth wide
        assert bar["low"] <= bar["accuracy"] <= bar["high"]
        assert bar["n"] <= own.sum()
    there = sum(bar["n"] * bar["accuracy"] for bar in bars)
    assert there == pytest.approx((said.targets == 1).sum())


def test_predict_says_all_labels_above_their_thresholds(trained: tuple[Run, Path], tmp_path: Path) -> None:
    run, root = trained
    found = predict(run, root / "pictures")
    rows = list(csv.DictReader(found.text().splitlines()))
    assert list(rows[0]) == ["name", "labels", "problem", *sorted(SHAPES)]
    limits = dict(zip(run.classes, run.thresholds, strict=True))
    for row in rows:
        said = [name for name in run.classes if float(row[name]) >= limits[name]]
        assert sorted(filter(None, row["labels"].split(";"))) == said
    assert found.data()[0]["labels"] == list(filter(None, rows[0]["labels"].split(";")))
    every = predict(run, root / "pictures", threshold="recall(1)")
    assert every.guesses.sum() >= found.guesses.sum()
    predict(run, root / "pictures", out=tmp_path / "said.csv")
    with open(tmp_path / "said.csv") as file:
        assert len(list(csv.reader(file))) == 271


def test_evaluate_judges_other_pictures_alone(trained: tuple[Run, Path], tmp_path: Path) -> None:
    run, root = trained
    other = collages(tmp_path / "other", 80, start=1000)
    found = evaluate(run, f"several({other})")
    assert found["n"] == 80
    assert found["headline"]["value"] > 0.7
    assert "per label" not in found.text()
    assert "average precision" in found.text()
    own = evaluate(run, f"several({root / 'pictures' / 'labels.csv'})", metric="macro_f1")
    assert own["n"] == run.figures["n"]
    assert "were left out: the run learned from them" in own["notes"][0]
    with pytest.raises(InputError, match="has one label a picture, and the run says several"):
        evaluate(run, root / "pictures")
    table = tmp_path / "x.csv"
    table.write_text(f"image,labels\n{root}/pictures/0000.png,cat;dog\n")
    with pytest.raises(InputError, match="none of the run's labels"):
        evaluate(run, f"several({table})")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"adjust": 1.0}, "--adjust is for runs with one label"),
        ({"view": "flip", "merge": "votes"}, "--merge is for runs with one label.*mean of their logits"),
        ({"threshold": "f2"}, "write f1"),
        ({"submission": Path("x.csv")}, "--submission"),
        ({"out": Path("x.json")}, "written as .csv"),
    ],
)
def test_ways_to_ask_that_do_not_apply(trained: tuple[Run, Path], asked: dict, told: str) -> None:
    with pytest.raises(OptionError, match=told):
        predict(trained[0], trained[1] / "pictures", **asked)


def test_too_few_for_a_test_set_and_a_label_that_cannot_be_learned(tmp_path: Path) -> None:
    path = collages(tmp_path / "pictures", 60)
    text = path.read_text().replace("0007.png,", "0007.png,rare;")
    path.write_text(text)
    run = train(f"several({path})", out=tmp_path / "run", check="none")
    assert run.classes == tuple(sorted(SHAPES))
    left = next(
        one for one in json.loads((tmp_path / "run" / "findings.json").read_text()) if one["kind"] == "labels left out"
    )
    assert left["details"]["classes"] == ["rare"]
    assert run.figures["who"] == "pictures, cross-validated"
    assert run.figures["n"] == 60


def test_bad_tables_leave_nothing_behind(tmp_path: Path) -> None:
    path = collages(tmp_path / "pictures", 30)
    path.write_text("image,labels\n" + "\n".join(f"{k:04d}.png,cat" for k in range(30)) + "\n")
    with pytest.raises(InputError, match=r"None of the 1 labels .* can be learned"):
        train(f"several({path})", out=tmp_path / "run")
    with pytest.raises(OptionError, match="--method elr is for pictures with one label each"):
        train(f"several({path})", out=tmp_path / "run", method="elr")
    assert not (tmp_path / "run").exists()
