"""Decisions about labels from check to train and back: written, filled in, obeyed, said, and what cannot be."""

import csv
from pathlib import Path

import pytest

import linne
from linne.cli import main
from linne.core.applied import DROPPED, vouched
from linne.core.errors import InputError, OptionError, RunError
from linne.core.recipe import Recipe
from linne.core.run import Run
from linne.engine.data import examine
from linne.engine.learners import learning
from linne.engine.log import Log
from tests.verbs.test_training_input import bars

TINY = {"model": "air(widths=(8,8))", "weights": "none", "size": 28}
Said = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """train/ and test/ of two classes; two pictures that learn and one that judges lie in the wrong folder."""
    root = tmp_path_factory.mktemp("overlay") / "photos"
    bars(root / "train", 40)
    bars(root / "test", 20, 500)
    for part, number in (("train", 3), ("train", 8), ("test", 505)):
        (root / part / "a" / f"{number}.png").rename(root / part / "b" / f"wrong-{number}.png")
    return root


@pytest.fixture(scope="module")
def listed(photos: Path) -> str:
    """What check writes."""
    file = photos.parent / "listed.csv"
    linne.check(photos, only="mislabelled(neighbours=5)", overlay=str(file), **TINY)
    return file.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def fixes(photos: Path) -> Path:
    file = photos.parent / "fixes.csv"
    file.write_text(
        "picture,decision,to,folder\ntrain/b/wrong-3.png,,a\ntrain/b/wrong-8.png,drop,\ntest/b/wrong-505.png,,a\n"
        "train/a/5.png,keep,\ntrain/a/gone.png,keep,\ntest/a/507.png,bad picture,\nx.png,relabel,b,../new\n"
    )
    return file


@pytest.fixture(scope="module")
def run(photos: Path, fixes: Path) -> Run:
    return linne.train(photos, overlay=str(fixes), out=photos.parent / "run", check="quality", **TINY)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))


def test_check_lists_suspects_that_wait(photos: Path, listed: str) -> None:
    found = {row["picture"]: row for row in rows(listed)}
    wrong = [name for name in found if "wrong" in name]
    assert wrong, "a planted one is among the suspects"
    for name in wrong:
        assert found[name]["decision"] == found[name]["to"] == ""
        assert (found[name]["from"], found[name]["suggested"]) == ("b", "a")
        assert "looks like a" in found[name]["note"]
        assert len(found[name]["hash"]) == 32
    assert (photos / wrong[0]).exists(), "the pictures stay where they are"


def test_check_again_lists_nobody_twice_and_names_nobody_that_was_decided(
    photos: Path, listed: str, tmp_path: Path
) -> None:
    file = tmp_path / "fixes.csv"
    file.write_text(listed, encoding="utf-8")
    again = linne.check(photos, only="mislabelled(neighbours=5)", overlay=str(file), **TINY)
    assert again.note == ""
    assert file.read_text(encoding="utf-8") == listed
    suspects = [row["picture"] for row in rows(listed)]
    with open(file, "a", encoding="utf-8") as more:
        more.write("".join(f"{name},keep,,,,,,,,,\n" for name in suspects))
    found = linne.check(photos, only="mislabelled(neighbours=5)", overlay=str(file), **TINY)
    named = {str(found.names[row]) for one in found if one.kind == "wrong label" for row in one.rows}
    assert not named & set(suspects)


def test_train_obeys_and_says_so(run: Run, fixes: Path) -> None:
    table = run.images().to_pylist()
    by_name = {row["name"]: row for row in table}
    assert by_name["train/b/wrong-3.png"]["label"] == by_name["test/b/wrong-505.png"]["label"] == "a"
    assert by_name["train/b/wrong-8.png"]["why"] == DROPPED
    assert not by_name["train/b/wrong-8.png"]["kept"]
    assert "test/a/507.png" not in run.predictions("test").names.tolist()
    assert run.figures["n"] == 39
    judged = run.predictions("test")
    place = judged.names.tolist().index("test/b/wrong-505.png")
    assert judged.classes[judged.labels[place]] == "a"
    found = run.figures["overlay"]
    assert (found["changed"], found["changed_by_split"]) == (2, {"train": 1, "test": 1})
    assert (found["left_out"], found["confirmed"], found["relabelled"]) == (2, 1, 2)
    assert "2 labels changed (1 test label), 1 confirmed, 2 pictures left out." in run.report()
    page = (run.path / "report.html").read_text(encoding="utf-8")
    for part in (found["sentence"], found["hash"], "Labels decided by people", "由人决定的标签", "train/a/gone.png"):
        assert part in page
    assert (run.path / "overlay.csv").read_bytes() == fixes.read_bytes()
    assert 'overlay = "' in (run.path / "recipe.toml").read_text()
    assert "--overlay" in (run.path / "recipe.toml").read_text().splitlines()[0]


def test_clean_rows_can_be_made_of_what_people_vouch_for(photos: Path, fixes: Path) -> None:
    data = examine(linne.load(photos), Recipe(overlay=str(fixes), check="none", **TINY), Log(quiet=True))
    clean = vouched(data.images)
    assert sorted(data.images.names[clean]) == ["test/b/wrong-505.png", "train/a/5.png", "train/b/wrong-3.png"]


def test_what_chooses_recipes_sees_the_same_labels(photos: Path, fixes: Path) -> None:
    """Search and ablate open the learning part alone: decisions on test pictures are neither applied nor missed."""
    data = learning(linne.load(photos), Recipe(overlay=str(fixes), check="none", **TINY), Log(quiet=True))
    label = dict(zip(data.images.names, data.images.labels, strict=True))
    assert data.images.classes[label["train/b/wrong-3.png"]] == "a"
    assert "train/b/wrong-8.png" not in label
    assert [one.files for one in data.findings if one.kind == "overlay"] == [("train/a/gone.png", "../new/x.png")]


def test_evaluate_and_compare_judge_by_it(photos: Path, run: Run, tmp_path: Path) -> None:
    plain = linne.train(photos, out=tmp_path / "plain", check="none", **TINY)
    fixes = tmp_path / "own.csv"
    fixes.write_text("picture,to,hash\nb/wrong-505.png,a,\nb/510.png,b,\n")
    before, after = (linne.evaluate(plain, photos / "test", **more) for more in ({}, {"overlay": str(fixes)}))  # type: ignore[arg-type]
    counts = [{row["class"]: row["n"] for row in one["per_class"]} for one in (before, after)]
    assert counts == [{"a": 19, "b": 21}, {"a": 20, "b": 20}]
    assert any("1 labels are those of the overlay" in note for note in after["notes"])
    told = linne.compare(run, plain).found
    assert any("1 pictures are left out: the runs have them in different classes" in note for note in told["notes"])
    fixes.write_text("picture,to\ntest/b/wrong-505.png,a\n")
    told = linne.compare(run, plain, overlay=str(fixes)).found
    assert not any("different classes" in note for note in told["notes"])
    assert any("1 labels are those of the overlay" in note for note in told["notes"])


def test_a_curve_learns_from_them(photos: Path, fixes: Path) -> None:
    assert linne.curve(photos, classes="none", overlay=str(fixes), **TINY).found["n"] == 79


def test_folds_and_an_unfinished_run_keep_to_it(photos: Path, fixes: Path, tmp_path: Path) -> None:
    changing = tmp_path / "fixes.csv"
    changing.write_bytes(fixes.read_bytes())
    options = {"overlay": str(changing), "folds": 2, "check": "none", **TINY}
    folded = linne.train(photos / "train", out=tmp_path / "run", **(options | {"overlay": str(_train(changing))}))
    assert folded.figures["overlay"]["left_out"] == 1
    (folded.path / "DONE.json").unlink()
    with open(changing, "a") as more:
        more.write("a/7.png,drop,\n")
    with pytest.raises(RunError, match="not the one that the unfinished run"):
        linne.train(photos / "train", out=tmp_path / "run", **options)


def _train(file: Path) -> Path:
    file.write_text(
        file.read_text().replace("train/", "").replace("test/b/wrong-505.png,,a\ntest/a/507.png,bad picture\n", "")
    )
    return file


def fails(words: list[str], capsys: Said) -> str:
    assert main([*words, "--quiet"]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("picture,to\ntrain/a/none.png,b\n", "None of the pictures"),
        ("picture,to\ntrain/a/5.png,c\n", "there is no class 'c'"),
        ("picture,decision\ntrain/a/5.png,\n", "holds no decision: 1 rows wait"),
        ("picture,decision\ntrain/a/5.png,kepp\n", "Did you mean 'keep'"),
    ],
)
def test_mistakes_in_it_end_a_training_and_leave_nothing(
    text: str, said: str, photos: Path, tmp_path: Path, capsys: Said
) -> None:
    file = tmp_path / "fixes.csv"
    file.write_text(text)
    words = [word for name, value in TINY.items() for word in (f"--{name}", str(value))]
    assert said in fails(["train", str(photos), *words, "--overlay", str(file), "--out", str(tmp_path / "r")], capsys)
    assert not (tmp_path / "r").exists()


def test_an_overlay_that_nobody_writes_is_an_error(photos: Path, tmp_path: Path, capsys: Said) -> None:
    missing = str(tmp_path / "fixes.csv")
    assert "only the check mislabelled" in fails(
        ["check", str(photos), "--only", "quality", "--overlay", missing], capsys
    )
    assert "There is no overlay" in fails(["train", str(photos), "--overlay", missing], capsys)
    with pytest.raises(OptionError):
        linne.check(photos, only="quality", overlay=missing)
    with pytest.raises(InputError):
        linne.curve(photos, overlay=missing)
