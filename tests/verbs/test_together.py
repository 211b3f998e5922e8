"""Several views and several runs as one answer, on pictures made here, with the real network."""

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

import linne
from linne.cli import main
from linne.core.errors import InputError, LinneError, OptionError, RunError
from linne.core.predictions import log_softmax, softmax
from linne.tricks.calibrate.vector import vector
from linne.tricks.fuse.greedy import greedy
from linne.tricks.fuse.stack import stack
from tests.conftest import draw, write_folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """photos/ with train, validation and test parts; new/ of three pictures and their mirror images in mirrored/."""
    root = tmp_path_factory.mktemp("together")
    for part, each, start in (("train", 24, 0), ("validation", 20, 100), ("test", 8, 200)):
        write_folder(root / "photos" / part, each, start=start)
    for name in ("new", "mirrored"):
        (root / name).mkdir()
    for seed, shape in enumerate(("disc", "bars", "cross")):
        picture = Image.fromarray(draw(shape, 300 + seed, side=224))
        picture.save(root / "new" / f"{seed}.png")
        ImageOps.mirror(picture).save(root / "mirrored" / f"{seed}.png")
    return root


@pytest.fixture(scope="module")
def one(place: Path) -> linne.Run:
    return linne.train(place / "photos", out=place / "runs" / "fold-2")


@pytest.fixture(scope="module")
def two(place: Path) -> linne.Run:
    """Another learner, and its classes in another order."""
    images = linne.load(place / "photos")
    turned = replace(images, classes=images.classes[::-1], labels=len(images.classes) - 1 - images.labels)
    return linne.train(turned, out=place / "runs" / "fold-10", classic="lda")


@pytest.fixture(scope="module")
def both(one: linne.Run, two: linne.Run) -> str:
    assert one.classes == two.classes[::-1]
    return f"{one.path}+{two.path}"


def table(path: Path) -> np.ndarray:
    with open(path, encoding="utf-8", newline="") as file:
        return np.array([row[3:] for row in list(csv.reader(file))[1:]], dtype=float)


MERGED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "probabilities": lambda logs: np.exp(logs).mean(0),
    "logits": lambda logs: softmax(logs.mean(0)),
    "votes": lambda logs: (np.eye(3)[logs.argmax(2)].sum(0) + np.exp(logs).mean(0)) / 3,
}


@pytest.mark.parametrize("merge", MERGED)
def test_flip_is_the_picture_and_its_mirror_image(one: linne.Run, place: Path, merge: str) -> None:
    each = np.stack([np.log(linne.predict(one, place / name).probabilities) for name in ("new", "mirrored")])
    assert np.abs(each[0] - each[1]).max() > 0.01, "else nothing is shown"
    found = linne.predict(one, place / "new", view="flip", merge=merge)
    np.testing.assert_allclose(found.probabilities, MERGED[merge](each), atol=2e-3)


def test_views_are_looked_at_once_and_the_table_says_the_same(
    one: linne.Run, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from linne.engine import glances

    decoded = []
    monkeypatch.setattr(glances, "decode", lambda *a, **k: decoded.append(1) or linne_decode(*a, **k))
    from linne.core.decode import decode as linne_decode

    first = linne.predict(one, place / "mirrored", view="ten_crop").probabilities
    assert len(decoded) == 3, "ten views, and each picture is decoded once"
    linne.predict(one, place / "mirrored", view="ten_crop", out=place / "ten.csv")
    linne.predict(one, place / "mirrored", view="five_crop")
    assert len(decoded) == 3, "what was seen is kept, for other views too"
    np.testing.assert_allclose(table(place / "ten.csv"), first, atol=1e-6)


def test_random_views_are_the_picture_s_own(one: linne.Run, place: Path) -> None:
    among = linne.predict(one, place / "new", view="random(views=3)").probabilities
    shutil.copytree(place / "new", place / "more")
    Image.fromarray(draw("disc", 999)).save(place / "more" / "0a.png")
    more = linne.predict(one, place / "more", view="random(views=3)").probabilities
    np.testing.assert_allclose(more[[0, 2, 3]], among, rtol=1e-12)


def test_an_unreadable_picture_stays_unreadable(one: linne.Run, both: str, place: Path) -> None:
    (place / "broken").mkdir()
    shutil.copy(place / "new" / "0.png", place / "broken" / "a.png")
    (place / "broken" / "b.jpg").write_text("no picture")
    found = linne.predict(both, place / "broken", view="flip,scales", fuse="votes")
    assert found.read.tolist() == [True, False]
    assert found.problems[1]


def test_runs_are_fused_by_the_names_of_their_classes(one: linne.Run, two: linne.Run, both: str, place: Path) -> None:
    each = [linne.predict(run, place / "new").probabilities for run in (one, two)]
    wanted = (each[0] + each[1][:, ::-1]) / 2
    for spelt in (both, both.replace("+", ","), [one, two.path], place / "runs", str(place / "runs" / "fold-*")):
        found = linne.predict(spelt, place / "new")
        assert found.classes == one.classes
        np.testing.assert_allclose(found.probabilities, wanted, atol=1e-6)
    linne.predict(both, place / "new", out=place / "both.csv")
    np.testing.assert_allclose(table(place / "both.csv"), wanted, atol=2e-6)
    uneven = linne.predict(both, place / "new", fuse="mean(weights=(3, 1))").probabilities
    np.testing.assert_allclose(uneven, 0.75 * each[0] + 0.25 * each[1][:, ::-1], atol=1e-6)


def test_several_runs_stand_before_the_pictures_as_a_shell_writes_them(
    one: linne.Run, two: linne.Run, both: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["predict", "--view", "flip", str(one.path), str(two.path), str(place / "new"), "--json", "--quiet"]
    assert main(words) == 0
    rows = json.loads(capsys.readouterr().out)
    wanted = linne.predict(both, place / "new", view="flip").probabilities
    np.testing.assert_allclose([[row[name] for name in one.classes] for row in rows], wanted, atol=2e-6)
    assert main(["predict", str(one.path)]) == 2
    assert "takes RUN, one or several, and then IMAGES" in capsys.readouterr().err


def validation(run: linne.Run, classes: tuple[str, ...]) -> linne.Predictions:
    """What a run stored of its validation pictures, as log probabilities in an order of classes."""
    found = run.predictions("validation")
    logits = log_softmax(found.logits / run.temperature)[:, [run.classes.index(name) for name in classes]]
    labels = np.array([classes.index(run.classes[label]) for label in found.labels])
    return replace(found, logits=logits, labels=labels, classes=classes, temperature=1.0)


@pytest.mark.parametrize(("name", "trick"), [("greedy", greedy), ("stack", stack)])
def test_fitted_fusers_learn_from_the_validation_pictures_that_runs_share(
    one: linne.Run, two: linne.Run, both: str, place: Path, name: str, trick: Callable[..., Callable]
) -> None:
    rows = [validation(run, one.classes) for run in (one, two)]
    assert rows[0].names.tolist() == rows[1].names.tolist()
    fused = trick(rows)
    each = [linne.predict(run, place / "new") for run in (one, two)]
    logs = [log_softmax(said.logits / said.temperature) for said in each]
    told = [replace(rows[0].take([0, 1, 2]), logits=said) for said in (logs[0], logs[1][:, ::-1])]
    found = linne.predict(both, place / "new", fuse=name).probabilities
    np.testing.assert_allclose(found, fused(told).probabilities, atol=1e-4)
    judged = linne.evaluate(both, place / "photos", fuse=name)
    said = "60 validation pictures that taught none"
    assert any(f"fused by {name}" in note and said in note for note in judged["notes"])
    kept = [line for line in map(json.loads, (two.path / "verdicts.jsonl").read_text().splitlines())
            if line["fuse"] == name]  # fmt: skip
    assert [line["weights"] for line in kept] == [fused.weights.tolist() if name == "greedy" else []]
    assert kept[0].items() >= judged["ensemble"].items()
    assert (kept[0]["own"], kept[0]["fitted"]) == (str(two.path), "60 validation pictures")
    assert kept[0]["command"] == f"linne evaluate {one.path} {two.path} {place / 'photos'} --fuse {name}"
    assert f"accuracy {100 * judged['headline']['value']:.1f} %" in kept[0]["sentence"]
    assert linne.report(two).path.read_text().count(kept[0]["command"]) == 1
    assert "ensemble" not in linne.evaluate(both, place / "photos"), "nothing was asked to be fitted"


def test_every_picture_that_any_run_learned_is_left_out_and_each_run_s_reading_counts(
    one: linne.Run, two: linne.Run, place: Path
) -> None:
    """A third run learned some of what the others were tested on."""
    shutil.copytree(place / "photos" / "train", place / "other" / "train")
    for path in sorted((place / "photos" / "test").glob("*/*"))[::2]:
        shutil.copy(path, place / "other" / "train" / path.parent.name / path.name)
    write_folder(place / "other" / "test", 4, start=500)
    third = linne.train(place / "other", out=place / "third", check="none")
    before = [run.reads for run in (one, two, third)]
    found = linne.evaluate([one, two, third], place / "photos")
    assert found["n"] == 12
    assert [run.reads for run in (one, two, third)] == [before[0] + 1, before[1] + 1, before[2]]
    assert any("144 pictures were left out: one of the runs learned" in note for note in found["notes"])
    assert sum("own test pictures" in note for note in found["notes"]) == 2
    apart = linne.train(write_folder(place / "apart" / "photos", 10, start=700), out=place / "apart" / "run")
    with pytest.raises(InputError, match=r"share 0 labelled pictures .* and 50 are needed"):
        linne.predict([one, apart], place / "new", fuse="greedy")


def test_calibrated_anew_on_rows_of_their_own(one: linne.Run, both: str, place: Path) -> None:
    plain = linne.predict(one, place / "new")
    found = linne.predict(one, place / "new", calibrate="vector")
    wanted = vector(validation(one, one.classes))(np.log(plain.probabilities))
    np.testing.assert_allclose(found.probabilities, wanted, atol=1e-5)
    notes = linne.evaluate(one, place / "photos", calibrate="isotonic")["notes"]
    assert any("calibrated by isotonic, fitted on 60 validation pictures" in note for note in notes)
    fused = linne.evaluate(both, place / "photos", calibrate="platt", fuse="stack")
    assert any("calibrated by platt" in note for note in fused["notes"])


def test_a_run_without_validation_calibrates_on_what_did_not_choose(place: Path) -> None:
    write_folder(place / "parted" / "train", 110, start=1000)
    write_folder(place / "parted" / "test", 4, start=1200)
    run = linne.train(place / "parted", out=place / "parted-run", check="none")
    told = run.json("calibration.json")["fitted_on"]
    notes = linne.evaluate(run, place / "parted", calibrate="vector")["notes"]
    assert told == f"{int(told.split()[0])} learning pictures that did not choose the strength"
    assert any(f"fitted on {told} that taught nothing" in note for note in notes)


def test_too_few_to_calibrate_on_are_counted(place: Path) -> None:
    run = linne.train(write_folder(place / "tiny", 8, start=2000), out=place / "tiny-run")
    with pytest.raises(InputError, match=r"holds 24 predictions .* and 50 are needed"):
        linne.predict(run, place / "new", calibrate="vector")


def test_a_merge_is_learned_where_the_run_s_validation_pictures_are_shown(one: linne.Run, place: Path) -> None:
    found = linne.evaluate(one, place / "photos", view="flip", merge="greedy")
    (note,) = [note for note in found["notes"] if "merged by greedy, weights" in note]
    assert "fitted on 60 validation pictures, which are left out here" in note
    assert found["n"] == 24
    with pytest.raises(InputError, match="0 are, and 50 are needed"):
        linne.evaluate(one, write_folder(place / "strangers", 3, start=3000), view="flip", merge="stack")
    with pytest.raises(OptionError, match="must be fitted on labelled pictures"):
        linne.predict(one, place / "new", view="flip", merge="greedy")


WRONG: list[tuple[dict[str, Any], type[LinneError], str]] = [
    ({"view": "flp"}, OptionError, "no view called 'flp'. Did you mean 'flip'"),
    ({"view": "flip", "merge": "vote"}, OptionError, "Did you mean 'votes'"),
    ({"merge": "votes"}, OptionError, "no effect without --view"),
    ({"fuse": "mean"}, OptionError, "no effect on one run"),
    ({"view": "five_crop(share=1.2)"}, OptionError, "cannot be larger than the picture"),
    ({"view": "flip", "merge": "mean(weights=(1, 2, 3))"}, OptionError, "weights are 2 numbers"),
    ({"view": "scales(weights=(1, 2, 3))", "merge": "mean(weights=(1, 2, 3))"}, OptionError, "and so have the views"),
    ({"view": "flip", "merge": "stack"}, OptionError, "must be fitted on labelled pictures"),
    ({"view": "flip", "calibrate": "vector"}, OptionError, "Give one of them"),
    ({"adjust": 1.0, "calibrate": "vector"}, OptionError, "Give one of them"),
    ({"calibrate": "vecter"}, OptionError, "Did you mean 'vector'"),
    ({"veiw": "flip"}, OptionError, "has no option 'veiw'. Did you mean 'view'"),
    ({"view": "symmetries,flip"}, OptionError, "adds nothing"),
]


@pytest.mark.parametrize(("how", "kind", "words"), WRONG, ids=lambda value: str(value)[:50])
def test_what_cannot_be_is_refused(
    one: linne.Run, place: Path, how: dict[str, Any], kind: type[LinneError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        linne.predict(one, place / "new", **how)


def test_runs_that_cannot_answer_together_are_refused(one: linne.Run, both: str, place: Path) -> None:
    with pytest.raises(OptionError, match="no fuse called 'meen'"):
        linne.predict(both, place / "new", fuse="meen")
    with pytest.raises(OptionError, match="weights are 2 numbers"):
        linne.predict(both, place / "new", fuse="mean(weights=(1,))")
    with pytest.raises(RunError, match="named twice"):
        linne.predict(f"{one.path}+{one.path}/", place / "new")
    with pytest.raises(RunError, match="no run and holds none"):
        linne.predict(place / "new", place / "new")
    with pytest.raises(RunError, match="No folder is called like"):
        linne.predict(str(place / "nothing-*"), place / "new")
    with pytest.raises(RunError, match="There is no run"):
        linne.predict(f"{one.path}+{place / 'gone'}", place / "new")
    pair = linne.train(write_folder(place / "pair", 10, ("disc", "bars")), out=place / "pair-run")
    with pytest.raises(InputError, match="lacks 'cross'"):
        linne.predict([one, pair], place / "new")


def test_no_torch_for_views_and_several_runs(one: linne.Run, both: str, place: Path) -> None:
    words = ["--view", "ten_crop", "--fuse", "geometric", "--runtime", "openvino"]
    code = (
        "import sys\nfrom linne.cli import main\n"
        f"main(['predict', {both!r}, {str(place / 'new')!r}, *{words!r}])\n"
        f"main(['evaluate', {both!r}, {str(place / 'photos')!r}, *{words!r}])\n"
        "print('heavy:', sorted({'torch', 'timm', 'sklearn', 'scipy.stats'} & set(sys.modules)))"
    )
    linne.predict(one, place / "new", runtime="openvino")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=place)
    assert done.returncode == 0, done.stderr
    assert "heavy: []" in done.stdout, done.stdout[-300:] + done.stderr[-2000:]
