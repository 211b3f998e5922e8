"""What to label next, from a pool to labels and a training: who is never suggested, what is said, the round trip."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import linne
from linne.cli import main
from linne.core.lookup import names
from linne.engine import replay
from tests.verbs.test_training_input import bars

TINY = {"model": "air(widths=(8,8))", "weights": "none", "size": 28}
Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "REPEATS", 3)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """photos/: 60 of each class in train, 10 in test. new/: 40, a twin of a labelled one, of a test one, one twice, one
    that is no picture, and a stranger."""
    root = tmp_path_factory.mktemp("suggest")
    bars(root / "photos" / "train", 60)
    bars(root / "photos" / "test", 10, 300)
    bars(root / "flat", 20, 500)
    (root / "new").mkdir()
    for file in (root / "flat").rglob("*.png"):
        file.rename(root / "new" / f"{file.parent.name}{file.name}")
    shutil.copy(root / "photos" / "train" / "a" / "3.png", root / "new" / "same.png")
    shutil.copy(root / "photos" / "test" / "a" / "301.png", root / "new" / "tested.png")
    shutil.copy(root / "new" / "a501.png", root / "new" / "twice.png")
    (root / "new" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    noise = np.random.default_rng(0).integers(0, 255, (28, 28), np.uint8)
    Image.fromarray(noise).save(root / "new" / "noise.png")
    return root


def rows(file: Path) -> list[dict[str, str]]:
    with open(file, encoding="utf-8-sig", newline="") as table:
        return list(csv.DictReader(table))


def test_from_suggestions_to_labels_to_a_training_and_on(place: Path) -> None:
    labels = place / "labels.csv"
    page, todo = place / "page.html", place / "todo"
    told = linne.suggest(place / "photos", pool=str(place / "new"), n=6, more=40, overlay=str(labels), html=page,
                         lang="zh", copies=todo, **TINY)  # fmt: skip
    found, written = told.found, rows(labels)
    assert found["n"] == len(written) == 6
    assert [row["picture"] for row in written] == [one["name"] for one in found["rows"]]
    assert {row["folder"] for row in written} == {"new"}
    assert all(row["suggested"] in "ab" and not row["decision"] and not row["to"] for row in written)
    assert [one["score"] for one in found["rows"]] == sorted((one["score"] for one in found["rows"]), reverse=True)
    assert len(list(todo.iterdir())) == 6
    first = found["rows"][0]
    assert (todo / f"001-{first['guess']}-{first['name']}").read_bytes() == (place / "new" / first["name"]).read_bytes()
    shown = page.read_text(encoding="utf-8")
    assert shown.count("data:image/jpeg;base64,") == 6
    assert 'lang="zh"' in shown[:300]
    for part in (
        "Pictures to label next",
        "下一批待标注的图片",
        "Beside random choice",
        "More of one class",
        "6 new rows",
    ):
        assert part in shown
    said = told.text()
    assert "Random choice, the control: 6 more labels should bring" in said
    assert "Replayed on your labelled pictures" in said
    assert "40 more `a` pictures" in said

    done = labels.read_text(encoding="utf-8-sig").splitlines()
    first, second, *rest = done[1:]
    cells = [line.split(",", 3) for line in rest]
    filled = [",".join([one[0], "", one[0][0] if one[0][0] in "ab" else "a", one[3]]) for one in cells]
    third = second.split(",", 3)
    labels.write_text("\n".join([done[0], first.replace(",,", ",accept,", 1), f"{third[0]},drop,,{third[3]}", *filled]))
    run = linne.train(place / "photos", overlay=str(labels), out=place / "run", check="none", **TINY)
    assert run.figures["overlay"]["added"] == 5
    table = {row["name"]: row for row in run.images().to_pylist()}
    learned = [row for name, row in table.items() if name.startswith("new/")]
    assert len(learned) == 5
    assert {row["split"] for row in learned} == {"train"}
    again = linne.suggest(place / "photos", pool=str(place / "new"), n=100, classes="none", overlay=str(labels), **TINY)
    suggested = {one["name"] for one in again.found["rows"]}
    assert not suggested & {row["picture"] for row in written}
    assert again.found["left"]["decided on in the overlay"] >= 1
    assert again.found["n"] == again.found["able"] < 100
    assert "the pool has no more to give" in again.text()


def test_who_is_never_suggested(place: Path) -> None:
    found = linne.suggest(place / "photos", pool=str(place / "new"), n=100, classes="none", **TINY).found
    suggested = {one["name"] for one in found["rows"]}
    assert not suggested & {"same.png", "tested.png", "torn.png"}
    assert len(suggested & {"a501.png", "twice.png"}) == 1
    assert found["left"] == {"twin of a labelled picture": 2, "twin of another of the pool": 1, "cannot be read": 1}
    assert found["n"] == 41
    strange = {one["name"] for one in found["rows"] if one["stranger"]}
    assert found["strangers"] == len(strange)


@pytest.mark.parametrize("query", [*names("query"), "uncertain(measure=entropy)"])
def test_every_query_answers_the_same_twice(query: str, place: Path) -> None:
    asked = {"pool": str(place / "new"), "n": 5, "query": query, "classes": "none", "more": 10}
    first, again = (linne.suggest(place / "photos", **asked, **TINY) for _ in range(2))  # type: ignore[arg-type]
    assert [one["name"] for one in first.found["rows"]] == [one["name"] for one in again.found["rows"]]
    assert len({one["name"] for one in first.found["rows"]}) == 5
    assert ("Replayed" in first.text()) == (query != "random")


def test_dealt_test_pictures_neither_teach_nor_judge(tmp_path: Path) -> None:
    """Without given parts the pictures that linne train would keep for testing are left alone; joined ones learn."""
    bars(tmp_path / "photos", 130)
    bars(tmp_path / "new", 6, 700)
    labels = tmp_path / "labels.csv"
    found = linne.suggest(tmp_path / "photos", pool=str(tmp_path / "new"), n=6, classes="none", overlay=str(labels),
                          **TINY).found  # fmt: skip
    assert found["learned"] < 260
    labels.write_text(labels.read_text(encoding="utf-8").replace(".png,,,", ".png,accept,,"))
    run = linne.train(tmp_path / "photos", overlay=str(labels), out=tmp_path / "run", check="none", **TINY)
    table = run.images().to_pylist()
    assert {row["split"] for row in table if row["name"].startswith("new/")} == {"train"}
    assert sum(row["split"] == "test" for row in table) == 260 - found["learned"]


def test_with_few_labels_the_control_says_so(tmp_path: Path, place: Path) -> None:
    bars(tmp_path / "photos", 5)
    told = linne.suggest(tmp_path / "photos", pool=str(place / "new"), n=3, **TINY)
    assert told.found["curve"] is None
    assert told.found["replay"] is None
    assert "too few to see how accuracy grows" in told.text()
    assert "Too few labels to say whether that beats random choice" in told.text()


def test_json_of_the_command_line(place: Path, capsys: Said) -> None:
    words = [word for name, value in TINY.items() for word in (f"--{name}", str(value))]
    words += ["--pool", str(place / "new"), "--n", "3", "--classes", "none", "--json", "--quiet"]
    assert main(["suggest", str(place / "photos"), *words]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["rows"]) == 3
    assert found["curve"]["also"]["more"] == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--n", "0"], "asks for no picture"),
        (["--more", "0"], "looks ahead to no label"),
        (["--query", "badgr"], "Did you mean 'badge'"),
        (["--query", "uncertain(measure=margins)"], "Did you mean 'margin'"),
        (["--classes", "c"], "There is no class 'c'"),
        (["--copies", "photos"], "is there and not empty"),
        (["--pool", ""], "There is no pool to suggest from"),
        (["--pool", "empty"], "The pool: "),
        (["--pool", "photos"], "Nothing of the pool photos is left to ask for: 140 twin of a labelled picture"),
    ],
)
def test_what_cannot_be(
    words: list[str], said: str, place: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    (place / "empty").mkdir(exist_ok=True)
    tiny = [word for name, value in TINY.items() for word in (f"--{name}", str(value))]
    pool = [] if "--pool" in words else ["--pool", "new"]
    assert main(["suggest", "photos", *tiny, *pool, *words, "--quiet"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_a_language_needs_a_page_and_is_one_that_there_is(place: Path, tmp_path: Path, capsys: Said) -> None:
    plain = ["suggest", str(place / "photos"), "--pool", str(place / "new"), "--quiet"]
    for more, said in ((["--lang", "zh"], "no effect without a page"), (["--lang", "fr"], "no effect without a page"),
                       (["--lang", "fr", "--html", str(tmp_path / "p.html")], "'fr'")):  # fmt: skip
        assert main([*plain, *more]) == 2
        assert said in capsys.readouterr().err
    assert not (tmp_path / "p.html").exists()
