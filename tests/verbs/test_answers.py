"""Sets, abstention, decisions and "none of these", asked of finished runs on the command line and in Python."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import linne
from linne import cli
from linne.core.errors import InputError, LinneError, OptionError, RunError
from linne.core.images import Images
from linne.core.predictions import softmax
from linne.core.run import Run
from tests.conftest import SHAPES, draw, write_folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """photos/ with 40, 25 and 12 of each shape to learn from, to calibrate on and to test; new/ with twelve, a broken
    one among them; odd/ with noise; costs.csv."""
    root = tmp_path_factory.mktemp("answers")
    for part, each, start in (("train", 40, 0), ("validation", 25, 100), ("test", 12, 200)):
        write_folder(root / "photos" / part, each, start=start)
    write_folder(root / "new", 4, start=300)
    (root / "new" / "disc" / "broken.jpg").write_bytes(b"no picture")
    write_folder(root / "plain", 10, start=400)
    (root / "odd").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (12, 96, 96, 3), dtype=np.uint8)
    from PIL import Image

    for number, one in enumerate(noise):
        Image.fromarray(one).save(root / "odd" / f"{number}.png")
    (root / "costs.csv").write_text("is,bars,cross,disc\nbars,0,1,1\ncross,1,0,1\ndisc,50,50,0\n", encoding="utf-8")
    (root / "small.csv").write_text("is,bars,cross\nbars,0,1\ncross,1,0\n", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def run(place: Path) -> Run:
    return linne.train(place / "photos", out=place / "run", check="none")


@pytest.fixture(scope="module")
def few(place: Path) -> Run:
    """Too few for a test set: judged and calibrated out of fold."""
    return linne.train(place / "photos" / "train", out=place / "few", check="none")


def test_the_run_keeps_what_it_promises(run: Run) -> None:
    told = run.json("guarantees.json")
    assert (told["proof"], told["groups"]) == ("split", 75)
    assert [one["coverage"] for one in told["sets"]] == [0.9, 0.95]
    assert "the same source, the same mix of classes" in told["assumes"]
    unknown = run.json("unknown.json")
    assert unknown["own"] == "validation pictures"
    assert unknown["near"]["ways"] == 3
    assert run.figures["unknown"]["score"] == unknown["score"]
    assert "none of these: " in run.report()
    assert 'id="promises"' in (run.path / "report.html").read_text(encoding="utf-8")
    assert "AUROC" in (run.path / "card.md").read_text(encoding="utf-8")


def test_what_is_printed_says_why_a_picture_cannot_be_read(run: Run, place: Path) -> None:
    rows = list(csv.DictReader(linne.predict(run, place / "new").text().splitlines()))
    told = {row["name"]: row["problem"] for row in rows}
    assert told.pop("disc/broken.jpg").startswith("not a picture: starts with 'no picture'")
    assert set(told.values()) == {""}


def test_stored_thresholds_are_those_that_predict_uses(run: Run, place: Path) -> None:
    kept = {one["coverage"]: one["threshold"] for one in run.json("guarantees.json")["sets"]}
    found = linne.predict(run, place / "new", coverage=0.9)
    shares = softmax(found.logits / run.json("guarantees.json")["temperature"])
    for names, row, ok in zip(found.sets, shares, found.read, strict=True):
        assert names == (tuple(np.array(run.classes)[row >= kept[0.9] - 1e-9]) if ok else ())


def test_sets_in_python_and_on_disk(run: Run, place: Path) -> None:
    found = linne.predict(run, place / "new", coverage=0.9, sets="lac(empty=false)")
    assert all(guess in names for guess, names in zip(found.answers, found.sets, strict=True) if guess)
    assert found.sets[list(found.names).index("disc/broken.jpg")] == ()
    linne.predict(run, place / "new", coverage=0.9, sets="lac(empty=false)", out=place / "sets.csv")
    rows = list(csv.DictReader((place / "sets.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["set"] for row in rows] == [";".join(names) for names in found.sets]
    assert list(rows[0])[:4] == ["name", "label", "problem", "set"]
    data = linne.predict(run, place / "new", coverage=0.9, sets="lac(empty=false)").data()
    assert [tuple(row["set"]) for row in data] == found.sets
    with pytest.raises(OptionError, match="max_error was not asked for"):
        _ = found.answered


@pytest.mark.parametrize("sets", ["aps", "raps(penalty=0.05)", "class_conditional"])
def test_every_way_answers_the_same_twice(run: Run, place: Path, sets: str) -> None:
    first, again = (linne.predict(run, place / "plain", coverage=0.9, sets=sets).sets for _ in range(2))
    assert first == again
    reached = np.mean([name.split("/")[0] in names for name, names in
                       zip(linne.predict(run, place / "plain").names, first, strict=True)])  # fmt: skip
    assert reached > 0.7


def test_columns_are_there_only_when_asked(run: Run, place: Path) -> None:
    assert linne.predict(run, place / "new").text().splitlines()[0] == "name,label,problem,bars,cross,disc"
    both = linne.predict(run, place / "new", coverage=0.9, unknown=0.9)
    assert both.text().splitlines()[0] == "name,label,problem,set,unknown,bars,cross,disc"


def test_strangers_are_called_unknown_and_most_own_pictures_are_not(run: Run, place: Path) -> None:
    odd = linne.predict(run, place / "odd", unknown=0.9)
    assert odd.unknown.mean() >= 0.75
    assert set(odd.answers) <= {"unknown", *run.classes}
    assert [answer == "unknown" for answer in odd.answers] == odd.unknown.tolist()
    own = linne.predict(run, place / "plain", unknown=0.9)
    assert own.unknown.mean() <= 0.35
    plain = linne.predict(run, place / "plain").answers
    for answer, guess, out in zip(own.answers, plain, own.unknown, strict=True):
        assert answer == ("unknown" if out else guess)


def test_abstention(run: Run, place: Path) -> None:
    found = linne.predict(run, place / "new", max_error=0.2)
    assert found.answered.any()
    assert not found.answered[list(found.names).index("disc/broken.jpg")]
    assert [bool(answer) for answer in found.answers] == found.answered.tolist()
    sure, some = np.nan_to_num(found.probabilities.max(1), nan=-1.0), found.answered
    assert sure[some].min() >= sure[~some].max() - 1e-6
    text = found.text().splitlines()
    assert text[0].startswith("name,label,problem,answered,")
    assert {line.split(",")[3] for line in text[1:]} <= {"yes", "no", ""}


def test_recall_and_costs_change_labels(run: Run, place: Path) -> None:
    plain = linne.predict(run, place / "plain").answers
    found = linne.predict(run, place / "plain", recall="disc=0.7").answers
    assert set(found) <= set(run.classes)
    dear = linne.predict(run, place / "plain", costs=place / "costs.csv")
    assert dear.answers.count("disc") >= plain.count("disc")
    table = np.array([[0, 1, 1], [1, 0, 1], [50, 50, 0]], float)
    heat = run.json("guarantees.json")["temperature"]
    expected = softmax(dear.logits / heat) @ table
    assert dear.answers == [run.classes[k] for k in expected.argmin(1)]
    assert dear.text().splitlines()[1].split(",")[3] == f"{round(float(expected[0].min()), 6)}"


def test_evaluate_says_what_came_of_it(run: Run, place: Path) -> None:
    found = linne.evaluate(run, place / "plain", coverage=0.9)
    assert found["decided"]["sets"]["coverage"]["n"] == 30
    assert any(note.startswith("sets hold the right class of") for note in found["notes"])
    costs = str(place / "costs.csv")
    for name, value, key in (("max_error", 0.2, "answered"), ("unknown", 0.9, "kept"), ("recall", "disc=0.7", "recall"),
                             ("costs", costs, "cost")):  # fmt: skip
        told = linne.evaluate(run, place / "plain", **{name: value})
        assert key in told["decided"]
        assert any("the same mix of classes" in note or "Nothing is promised" in note for note in told["notes"])
        json.dumps(told["decided"], default=float)


def test_out_of_fold_pictures_calibrate_and_nothing_is_proven(few: Run, place: Path, capsys) -> None:
    assert few.json("guarantees.json")["proof"] == "crossed"
    assert cli.main(["predict", str(few.path), str(place / "plain"), "--coverage", "0.9", "--unknown", "0.9"]) == 0
    said = capsys.readouterr()
    assert "not proven" in said.err
    assert "learning pictures, each judged by a classifier that had not learned it" in said.err
    assert said.out.startswith("name,label,problem,set,unknown,")
    with pytest.raises(InputError, match="needs at least 199 groups"):
        linne.predict(few, place / "plain", coverage=0.995)


def test_folds_answer_together(place: Path) -> None:
    whole = linne.train(place / "photos" / "train", out=place / "folds", check="none", folds=3)
    assert not (whole.path / "unknown.json").exists()
    found = linne.predict(whole, place / "plain", coverage=0.9)
    assert len(found.sets) == 30
    with pytest.raises(OptionError, match=r"3 runs answer here\. Name one of them"):
        linne.predict(whole, place / "plain", unknown=0.9)
    with pytest.raises(RunError, match="unknown='none'"):
        linne.predict(whole.path / "fold-0", place / "plain", unknown=0.9)


def test_two_runs_share_their_validation_pictures(run: Run, place: Path) -> None:
    other = linne.train(place / "photos", out=place / "other", check="none", classic="lda", unknown="none")
    found = linne.predict([run, other], place / "plain", coverage=0.9, fuse="geometric")
    assert np.mean([len(names) for names in found.sets]) < 3
    with pytest.raises(OptionError, match="--fuse greedy is fitted on the pictures that --coverage is calibrated on"):
        linne.predict([run, other], place / "plain", coverage=0.9, fuse="greedy")
    with pytest.raises(RunError, match="Train again without that"):
        linne.predict(other, place / "plain", unknown=0.9)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"coverage": 1.0}, "coverage=1.0 is not allowed: it lies between 0 and 1"),
        ({"coverage": 0.0}, "coverage=0.0 is not allowed"),
        ({"max_error": 0.0}, "cannot be proven by any number of pictures"),
        ({"unknown": 1.0}, "call nothing unknown"),
        ({"coverage": 0.99}, "needs at least 99 groups of labelled pictures that taught nothing, and there are 75"),
        ({"max_error": 0.02}, "takes at least 183 groups .* there are 75. So many may prove 0.05"),
        ({"unknown": 0.99}, "needs 99 groups of own pictures .* the run has 75. Ask for --unknown 0.95 or less"),
        ({"recall": "disc=0.99"}, "takes at least 299 groups of pictures of 'disc' .* there are 25"),
        ({"recall": "disk=0.9"}, "Did you mean 'disc'"),
        ({"recall": "disc"}, "such as defect=0.99"),
        ({"costs": "SMALL"}, "has 2 rows and 2 columns of costs, and there are 3 classes"),
        ({"costs": "nowhere.csv"}, "There is no file nowhere.csv"),
        ({"coverage": 0.9, "max_error": 0.1}, "--coverage and --max-error each decide how to answer"),
        ({"recall": "disc=0.7", "costs": "SMALL"}, "--recall and --costs each decide"),
        ({"max_error": 0.1, "unknown": 0.9}, "--max-error promises something of all own pictures"),
        ({"sets": "aps"}, "--sets aps has no effect without --coverage"),
        ({"sets": "aps", "max_error": 0.1}, "--sets aps has no use for --max-error"),
        ({"sets": "ap", "coverage": 0.9}, "There is no sets called 'ap'. Did you mean 'aps'"),
        ({"sets": "lac(full=true)", "coverage": 0.9}, "no option 'full'"),
        ({"coverage": 0.9, "view": "flip"}, "seen plainly. Drop --view or --coverage"),
        ({"coverage": 0.9, "adjust": 1.0}, "as common as they were"),
        ({"coverage": 0.9, "calibrate": "vector"}, "needs no other calibration"),
        ({"unknown": 0.9, "refine": True}, "each picture alone"),
        ({"coverag": 0.9}, "Did you mean 'coverage'"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_bad_input(run: Run, place: Path, how: dict, said: str) -> None:
    """Said before a picture is opened, and nothing is written."""
    how = {name: str(place / "small.csv") if value == "SMALL" else value for name, value in how.items()}
    with pytest.raises(LinneError, match=said):
        linne.predict(run, place / "no-such-folder", out=place / "never.csv", **how)
    assert not (place / "never.csv").exists()
    with pytest.raises(LinneError, match=said.replace("linne predict", "linne evaluate")):
        linne.evaluate(run, place / "plain", **how)


def test_a_submission_takes_plain_answers_alone(run: Run, place: Path) -> None:
    (place / "sample.csv").write_text("id,label\n1,disc\n", encoding="utf-8")
    with pytest.raises(OptionError, match="asks for a plain answer to every picture"):
        linne.predict(run, place / "new", submission=place / "sample.csv", out=place / "filled.csv", unknown=0.9)


def test_a_class_that_is_called_like_a_column(tmp_path: Path) -> None:
    pictures = [draw(shape, seed, 64) for shape in SHAPES[:2] for seed in range(40)]
    images = Images.of(pictures, [name for name in ("set", "unknown") for _ in range(40)])
    made = linne.train(images, out=tmp_path / "run", check="none")
    found = linne.predict(made, Images.of(pictures[:2]), coverage=0.8, unknown=0.8)
    assert found.text().splitlines()[0] == "name,label,problem,set,unknown,p:set,p:unknown"
    assert any("2 classes are too few to leave some out" in note for note in made.json("unknown.json")["notes"])


def test_nothing_of_it_imports_torch(run: Run, place: Path) -> None:
    code = (
        "import sys, linne; "
        f"linne.predict({str(run.path)!r}, {str(place / 'new')!r}, coverage=.9, unknown=.9); "
        f"linne.predict({str(run.path)!r}, {str(place / 'new')!r}, max_error=.2); "
        f"linne.evaluate({str(run.path)!r}, {str(place / 'plain')!r}, costs={str(place / 'costs.csv')!r}); "
        "sys.exit('torch' in sys.modules or 'sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.nightly
def test_a_trained_network_tells_strangers_by_its_own_features(place: Path) -> None:
    made = linne.train(place / "photos", out=place / "tail", check="none", method="tail", epochs=1, unknown="knn")
    told = made.json("unknown.json")
    assert told["score"] == "knn"
    assert told["own"] == "validation pictures"
    assert "had learned the classes that were left out of its head" in told["notes"][0]
    assert made.json("guarantees.json")["proof"] in ("split", "chosen")
    assert linne.predict(made, place / "odd", unknown=0.9).unknown.mean() >= 0.5
    assert linne.predict(made, place / "plain", unknown=0.9).unknown.mean() <= 0.4
