"""A taxonomy on the command line and in Python: a run that keeps it, answers that back off, what cannot be."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import linne
from linne import cli
from linne.core.errors import InputError, LinneError, OptionError, RunError
from linne.core.run import Run
from tests.conftest import write_folder

TREE = "label,parent\nbars,angular\ncross,angular\ndisc,round\nring,round\nangular,shape\nround,shape\n"
PARENTS = {"bars": "angular", "cross": "angular", "disc": "round"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """photos/ with 16, 25 and 10 of each shape to learn from, to calibrate on and to test; new/ with a broken one."""
    root = tmp_path_factory.mktemp("tree")
    for part, each, start in (("train", 16, 0), ("validation", 25, 100), ("test", 10, 200)):
        write_folder(root / "photos" / part, each, start=start)
    write_folder(root / "new", 6, start=300)
    (root / "new" / "disc" / "broken.jpg").write_bytes(b"no picture")
    (root / "tree.csv").write_text(TREE)
    (root / "other.csv").write_text("path\nflat > disc\nflat > bars\ncross\n")
    return root


@pytest.fixture(scope="module")
def run(place: Path) -> Run:
    """Trained with the taxonomy; surer of nothing than it must be, so that backing off has something to do."""
    made = linne.train(place / "photos", out=place / "run", check="none", unknown="msp", tree=place / "tree.csv")
    file = made.path / "calibration.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"temperature": 0.6}))
    return Run(made.path)


@pytest.fixture(scope="module")
def plain(run: Run, place: Path) -> Run:
    """The same without a taxonomy."""
    shutil.copytree(run.path, place / "plain")
    (place / "plain" / "tree.csv").unlink()
    return Run(place / "plain")


def branch_of(row: np.ndarray, classes: tuple[str, ...], least: float) -> tuple[str, float]:
    """The answer by hand: the likeliest class, else its branch, else everything."""
    chances = dict(zip(classes, row, strict=True))
    for name, share in list(chances.items()):
        chances[PARENTS[name]] = chances.get(PARENTS[name], 0) + share
    for names in (classes, ("angular", "round")):
        best = max(names, key=lambda name: chances[name])
        if chances[best] >= least:
            return best, chances[best]
    return "shape", 1.0


def test_the_run_keeps_its_taxonomy_and_says_what_it_came_to(run: Run) -> None:
    assert (run.path / "tree.csv").read_text().splitlines()[0] == "label,parent"
    assert "ring" not in (run.path / "tree.csv").read_text(), "no class is in it"
    found = run.figures["tree"]
    assert (found["classes"], found["branches"], found["deepest"], found["n"]) == (3, 3, 3, 30)
    assert run.recipe.tree.endswith("tree.csv")
    assert "by the taxonomy: hierarchical F1" in run.report()
    page = (run.path / "report.html").read_text(encoding="utf-8")
    assert 'id="tree"' in page
    assert "a taxonomy of 3 classes in 3 branches, up to 3 steps deep" in (run.path / "log.jsonl").read_text()


def test_plain_answers_have_their_way(run: Run, plain: Run, place: Path) -> None:
    found = linne.predict(run, place / "new")
    assert found.text().splitlines()[0] == "name,label,problem,path,bars,cross,disc"
    for answer, way in zip(found.answers, found.paths, strict=True):
        assert way == (("shape", PARENTS[answer], answer) if answer else ())
    given = linne.predict(plain, place / "new", tree=place / "tree.csv")
    assert given.text() == found.text()
    assert linne.predict(plain, place / "new").text().splitlines()[0] == "name,label,problem,bars,cross,disc"
    with pytest.raises(OptionError, match="There is no taxonomy: give"):
        _ = linne.predict(plain, place / "new").paths
    other = linne.predict(run, place / "new", tree=str(place / "other.csv"))
    assert set(other.paths) <= {("flat", "disc"), ("flat", "bars"), ("cross",), ()}


def test_backing_off_by_hand(run: Run, place: Path) -> None:
    kinds = set()
    for least in (0.6, 0.8, 0.93):
        found = linne.predict(run, place / "new", back_off=least)
        rows = found.data()
        for row, shares, ok in zip(rows, found.probabilities, found.read, strict=True):
            if not ok:
                assert (row["label"], row["path"], row["confidence"]) == ("", "", "")
                continue
            name, chance = branch_of(shares, run.classes, least)
            kinds.add(name)
            assert row["label"] == name
            assert row["confidence"] == pytest.approx(chance, abs=1e-5)
            assert row["path"] == (() if not name else ("shape",) if name == "shape" else
                                   ("shape", name) if name in PARENTS.values() else
                                   ("shape", PARENTS[name], name))  # fmt: skip
    assert len(kinds) > 2, "something to back off from"


def test_on_disk_and_by_the_command_line(run: Run, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["predict", str(run.path), str(place / "new"), "--back-off", "0.8", "--out", str(place / "said.csv")]
    assert cli.main(words) == 0
    assert "at least 80 % likely; that is as right as probabilities are" in capsys.readouterr().err
    rows = list(csv.DictReader((place / "said.csv").read_text(encoding="utf-8").splitlines()))
    assert list(rows[0])[:5] == ["name", "label", "problem", "path", "confidence"]
    found = linne.predict(run, place / "new", back_off=0.8)
    assert [row["path"] for row in rows] == [" > ".join(way) for way in found.paths]
    assert [row["label"] for row in rows] == found.answers
    assert cli.main(["predict", str(run.path), str(place / "new"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["path"][0] == "shape"


def test_a_branch_with_a_promise(run: Run, place: Path) -> None:
    found = linne.predict(run, place / "new", coverage=0.9, sets="branch")
    assert found.text().splitlines()[0] == "name,label,problem,set,path,bars,cross,disc"
    held = {"shape": set(run.classes), "angular": {"bars", "cross"}, "round": {"disc"}}
    for answer, names, ok in zip(found.answers, found.sets, found.read, strict=True):
        assert set(names) == (held.get(answer, {answer}) if ok else set())
    told = linne.evaluate(run, place / "new", coverage=0.9, sets="branch")
    assert told["decided"]["branches"]["answered"]["n"] == told["n"]
    assert any("one branch of a taxonomy" in note and "with a chance of at least 90 %" in note
               for note in told["notes"])  # fmt: skip
    lac = linne.predict(run, place / "new", coverage=0.9)
    assert lac.answers == linne.predict(run, place / "new").answers, "other sets leave the answer as it is"


def test_strangers_have_no_way(run: Run, place: Path) -> None:
    found = linne.predict(run, place / "new", unknown=0.5, back_off=0.8)
    assert found.text().splitlines()[0] == "name,label,problem,path,confidence,unknown,bars,cross,disc"
    assert found.unknown.any()
    for answer, way, out in zip(found.answers, found.paths, found.unknown, strict=True):
        assert (answer == "unknown") == out
        assert not (out and way)


def test_evaluate_judges_by_it(run: Run, plain: Run, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = linne.evaluate(plain, place / "new", tree=place / "tree.csv", back_off=0.8)
    own = linne.evaluate(run, place / "new")
    assert own["tree"]["figures"] == found["tree"]["figures"]
    row = next(row for row in own["tree"]["back_off"] if row["least"] == 0.8)
    assert found["decided"]["branches"]["right"] == row["right"]
    assert "decided" not in own
    json.dumps(found["tree"], allow_nan=False)
    assert cli.main(["evaluate", str(run.path), str(place / "new")]) == 0
    assert "by the taxonomy of 3 classes in 3 branches" in capsys.readouterr().out


def test_pictures_of_a_branch_judge_nothing(run: Run, place: Path) -> None:
    shutil.copytree(place / "new" / "cross", place / "vague" / "angular")
    with pytest.raises(InputError, match=r"has the class 'angular', a branch of the taxonomy.* itself: bars, cross"):
        linne.evaluate(run, place / "vague")


def test_nested_folders_are_a_taxonomy(place: Path) -> None:
    root = place / "nested"
    for shape, above in PARENTS.items():
        shutil.copytree(place / "photos" / "train" / shape, root / above / shape)
    made = linne.train(f"{root}(nested=true)", out=place / "deep", check="none", unknown="none", tree="names")
    assert made.classes == ("angular/bars", "angular/cross", "round/disc")
    found = linne.predict(made, place / "new" / "disc", back_off=0.55)
    assert {way[0] for way in found.paths if way} <= {"angular", "round"}
    assert all(way[-1] == answer.split("/")[-1] for way, answer in zip(found.paths, found.answers, strict=True) if way)
    write_folder(place / "ring" / "round", 14, shapes=("cross",), start=900)
    (place / "ring" / "round" / "cross").rename(place / "ring" / "round" / "ring")
    more = linne.train(f"{place / 'ring'}(nested=true,layout=classes)", add_to=made, out=place / "more")
    assert more.figures["tree"]["classes"] == 4
    assert "round/ring,round" in (more.path / "tree.csv").read_text()


def test_a_class_more_must_be_in_the_taxonomy(run: Run, place: Path) -> None:
    with pytest.raises(InputError, match=r"1 of 4 classes are not in the taxonomy: 'ring'"):
        linne.train(place / "ring" / "round", add_to=run, out=place / "added")
    assert not (place / "added").exists()


def test_folds_answer_by_it_together(place: Path) -> None:
    whole = linne.train(place / "photos" / "train", out=place / "folds", check="none", folds=2,
                        tree=str(place / "tree.csv"))  # fmt: skip
    assert whole.figures["tree"]["n"] == 48
    assert linne.predict(whole, place / "new", back_off=0.9).text().startswith("name,label,problem,path,confidence")
    (whole.path / "fold-1" / "tree.csv").write_text("label,parent\nbars,\ncross,\ndisc,\n")
    with pytest.raises(OptionError, match="have different taxonomies"):
        linne.predict(whole, place / "new", back_off=0.9)
    (whole.path / "fold-1" / "tree.csv").write_text("label,parent\nbars,\n")
    with pytest.raises(RunError, match=r"tree\.csv is damaged: 2 of 3 classes"):
        linne.predict(whole, place / "new")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("label,parent\nbars,x\n", "2 of 3 classes are not in the taxonomy: 'cross', 'disc'"),
        ("label,parent\nbars,x\nbars,y\n", "'bars' has two parents, 'x' and 'y'. Keep one"),
        ("label,parent\nbars,x\nx,bars\ncross,\ndisc,\n", "goes round in a circle"),
        ("label,parent\nbars,cross\ncross,\ndisc,\n", "'cross' has others below it"),
        ("name\nbars\n", "needs the columns label and parent"),
        (None, "cannot be read"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_no_taxonomy(run: Run, place: Path, tmp_path: Path, text: "str | None", said: str) -> None:
    """Said before any picture is opened, and nothing is written; of a training, a prediction and a judging."""
    if text is not None:
        (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        linne.train(place / "photos", out=tmp_path / "run", tree=tmp_path / "bad.csv")
    assert not (tmp_path / "run").exists()
    with pytest.raises(InputError, match=said):
        linne.predict(run, place / "no-such-folder", out=tmp_path / "never.csv", tree=tmp_path / "bad.csv")
    assert not (tmp_path / "never.csv").exists()
    with pytest.raises(InputError, match=said):
        linne.evaluate(run, place / "new", tree=tmp_path / "bad.csv")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"back_off": 0.5}, r"back_off=0\.5 is not allowed: it lies between 0\.5 and 1"),
        ({"back_off": 0.0}, "not allowed"), ({"back_off": 1.0}, "not allowed"), ({"back_off": "much"}, "not allowed"),
        ({"back_of": 0.9}, "Did you mean 'back_off'"), ({"tree": "names"}, "No class's name holds a '/'"),
        ({"back_off": 0.9, "coverage": 0.9}, "--coverage and --back-off each decide how to answer"),
        ({"back_off": 0.9, "max_error": 0.2}, "--max-error and --back-off each decide"),
        ({"sets": "branch"}, "--sets branch has no effect without --coverage"),
        ({"sets": "branch", "max_error": 0.2}, "--sets branch has no use for --max-error"),
    ],
    ids=str,
)  # fmt: skip
def test_bad_input(run: Run, place: Path, how: dict, said: str) -> None:
    with pytest.raises(LinneError, match=said):
        linne.predict(run, place / "no-such-folder", **how)


def test_what_needs_a_taxonomy_says_so(plain: Run, place: Path) -> None:
    with pytest.raises(OptionError, match=r"--back-off 0\.9 goes up in a taxonomy, and .*plain was trained without"):
        linne.predict(plain, place / "new", back_off=0.9)
    with pytest.raises(OptionError, match="branch goes by a taxonomy, and there is none"):
        linne.predict(plain, place / "new", coverage=0.9, sets="branch")


def test_what_has_no_use_for_one_refuses_it(run: Run, place: Path, tmp_path: Path) -> None:
    rows = [f"{one},x;y" for one in sorted((place / "photos" / "test" / "disc").glob("*.jpg"))]
    (tmp_path / "several.csv").write_text("\n".join(["image,labels", *rows]))
    with pytest.raises(OptionError, match="--tree is for pictures with one label each"):
        linne.train(f"several({tmp_path / 'several.csv'})", out=tmp_path / "several", tree="names")
    with pytest.raises(OptionError, match="cannot be combined with method='pu'"):
        linne.train(place / "photos", out=tmp_path / "pu", method="pu", pool=str(place / "new"), tree="names")
    with pytest.raises(OptionError, match="has no effect on an ablation"):
        linne.ablate(place / "photos", out=tmp_path / "ablate", tree="names")
    (tmp_path / "sample.csv").write_text("id,label\n1,disc\n")
    with pytest.raises(OptionError, match="asks for a plain answer to every picture"):
        linne.predict(run, place / "new", submission=tmp_path / "sample.csv", out=tmp_path / "x.csv", back_off=0.9)


def test_nothing_of_it_imports_torch(run: Run, place: Path) -> None:
    code = (
        f"import sys, linne; linne.predict({str(run.path)!r}, {str(place / 'new')!r}, back_off=.9); "
        f"linne.evaluate({str(run.path)!r}, {str(place / 'new')!r}, coverage=.9, sets='branch'); "
        "sys.exit('torch' in sys.modules or 'sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
