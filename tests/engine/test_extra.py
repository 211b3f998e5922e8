"""Generated pictures beside real ones: kept where they help, judged by pictures that the generator never saw."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import linne
from linne.cli import main
from linne.core.errors import InputError, OptionError
from linne.core.measure import content_hash
from linne.core.recipe import Recipe
from linne.core.rng import rng
from linne.engine.data import Data, Extra
from linne.engine.either import first
from linne.engine.extra import Stage, crossed, joined, permit
from linne.engine.task import Task, heat
from tests.engine.test_first import LOG, RECIPE, data, split
from tests.engine.test_folds import FLAGS, TINY, bars


def clouds(n: int, *, drawn: int = 300, saw: float = 0.8, seed: int = 0, spread: float = 1.0, **images: Any) -> Data:
    """The clouds of `data` with generated ones of the same clouds, of which the first learning rows were seen."""
    both, own = (data(size, seed=seed, spread=spread, **more) for size, more in ((n + drawn, {}), (n, images)))
    own.features = both.features[:n]
    learn = np.flatnonzero(own.images.split == "train")
    seen = frozenset(one.tobytes() for one in own.facts["hash"][learn[: int(saw * len(learn))]])
    own.extra = Extra(both.features[n:], both.images.labels[n:], seen, "synthetic")
    return own


def stage(n: int = 200, seed: int = 0, labels: "np.ndarray | None" = None) -> Stage:
    """Three clouds, the last quarter unseen, and good generated pictures; or other labels (n,)."""
    whole = data(n + 240, seed=seed, spread=1.2)
    images = whole.images.take(np.arange(n))
    images = images if labels is None else replace(images, labels=labels)
    return Stage(
        whole.features[:n], images, np.arange(n) >= 0.75 * n, whole.features[n:], whole.images.labels[n:],
        whole.features[:0], images.take(np.zeros(0, int)),
    )  # fmt: skip


def test_a_generator_that_shows_what_it_saw_gains_nothing_by_it() -> None:
    """Labels without any information, and generated pictures that are the learned ones with their labels: rows that the
    generator saw would all be called rightly, those that it did not see are called by chance."""
    labels = np.random.default_rng(1).integers(0, 3, 200)
    one = stage(labels=labels)
    seen = np.flatnonzero(~one.unseen)
    near = one.features[seen] + 0.01 * np.random.default_rng(2).standard_normal((len(seen), 8)).astype(np.float32)
    leak = replace(one, drawn=np.repeat(near, 4, 0), labels=np.repeat(labels[seen], 4))
    both = crossed(leak, leak.part(np.arange(200)).plain())
    assert set(both[0].rows) == set(np.flatnonzero(one.unseen))
    assert both[0].right.mean() < 0.55
    assert joined(leak, leak.part(np.arange(200)).plain(), both[0]).oof.right.mean() < 0.55


def test_every_unseen_picture_is_judged_by_heads_that_know_nothing_of_its_fold() -> None:
    """Whatever one picture looks like, what is said of the others of its fold stays, and of other folds' does not."""
    one, odd = stage(), 199
    fold = Task.of(one.features, one.images, 5, 0).fold
    features = one.features.copy()
    features[odd] += 50
    base, moved = (crossed(each, each.part(np.arange(200)).plain()) for each in (one, replace(one, features=features)))
    rows = base[0].rows
    assert rows.tolist() == list(range(150, 200))
    same = (fold[rows] == fold[odd]) & (rows != odd)
    for before, after in zip(base, moved, strict=True):
        np.testing.assert_array_equal(before.logits[same], after.logits[same])
        assert (before.logits[fold[rows] != fold[odd]] != after.logits[fold[rows] != fold[odd]]).all()


def test_validation_pictures_judge_by_heads_of_all_learning_ones() -> None:
    one, more = stage(), data(60, seed=5)
    found = replace(one, unseen=np.zeros(200, bool), aside=more.features, judges=more.images)
    head = found.part(np.arange(200)).plain()
    both = crossed(found, head)
    assert both[0].rows.tolist() == list(range(200, 260))
    np.testing.assert_array_equal(both[1].logits, head.logits(more.features))
    assert not np.array_equal(both[0].logits, both[1].logits)
    np.testing.assert_array_equal(both[0].labels, more.images.labels)
    kept = joined(found, head, both[0])
    np.testing.assert_allclose(kept.logits(more.features), both[0].logits, rtol=1e-5, atol=1e-5)
    assert kept.temperature == kept.oof.temperature == pytest.approx(heat(replace(both[0], temperature=1.0)))
    np.testing.assert_allclose(kept.oof.probabilities.argmax(1), head.oof.probabilities.argmax(1))


def test_a_head_without_generated_pictures_is_the_plain_one() -> None:
    one = stage()
    none = replace(one, drawn=one.drawn[:0], labels=one.labels[:0])
    with_none, plain = crossed(none, none.part(np.arange(200)).plain())
    assert (with_none.right == plain.right).mean() > 0.97
    np.testing.assert_allclose(with_none.probabilities, plain.probabilities, atol=0.02)


def test_kept_ones_move_the_head_and_refused_ones_do_not() -> None:
    seen = set()
    for seed in range(6):
        found = first(clouds(400, seed=seed, split=split(400, 60, 60)), RECIPE, LOG)
        plain = clouds(400, seed=seed, split=split(400, 60, 60))
        plain.extra = None
        kept = found.figures["extra"]["kept"]
        assert kept == (not np.array_equal(found.head.weight, first(plain, RECIPE, LOG).head.weight))
        assert kept == (found.figures["extra"]["gain"]["value"] > 0)
        assert found.figures["extra"]["sentence"] in found.head.notes
        seen.add(kept)
    assert seen == {True, False}


def test_good_ones_help_where_labels_are_few_and_wrong_ones_are_not_kept() -> None:
    gains = [first(clouds(600, drawn=600, seed=seed, spread=1.5, saw=1, split=split(600, 24, 300)), RECIPE, LOG)
             for seed in range(3)]  # fmt: skip
    assert all(one.figures["extra"]["kept"] for one in gains)
    assert [one.figures["extra"]["verdict"] for one in gains].count("helps") >= 2
    wrong = clouds(600, drawn=600, split=split(600, 200, 100))
    assert wrong.extra is not None
    wrong.extra.labels = (wrong.extra.labels + 1) % 3
    found = first(wrong, RECIPE, LOG).figures["extra"]
    assert not found["kept"]
    assert found["verdict"] == "hurts"


def test_test_labels_decide_nothing() -> None:
    one, two = (clouds(600, split=split(600, 60, 60)) for _ in "ab")
    two.images.labels[120:] = (two.images.labels[120:] + 1) % 3
    first_, second = first(one, RECIPE, LOG), first(two, RECIPE, LOG)
    np.testing.assert_array_equal(first_.head.weight, second.head.weight)
    assert first_.figures["extra"] == second.figures["extra"]


@pytest.mark.parametrize("part", ["test", "validation"])
def test_a_generator_that_saw_who_judges_is_refused(part: str) -> None:
    own = clouds(600, split=split(600, 400, 100))
    row = int(np.flatnonzero(own.images.split == part)[3])
    assert own.extra is not None
    own.extra.saw = own.extra.saw | {own.facts["hash"][row].tobytes()}
    with pytest.raises(InputError, match=f"learned from 1 pictures that judge this run: {own.images.names[row]} ."):
        first(own, RECIPE, LOG)


def test_a_twin_of_what_it_saw_is_seen_too() -> None:
    own = clouds(600, saw=0, split=split(600, 400, 100))
    assert own.extra is not None
    own.extra.saw = frozenset([own.facts["hash"][550].tobytes()])
    own.twins[450] = own.twins[550]
    with pytest.raises(InputError, match="learned from 2 pictures that judge this run"):
        permit(own)


def test_a_given_judge_whose_twin_learns_is_left_out_and_nothing_is_refused() -> None:
    found = []
    for twin in (False, True):
        own = clouds(600, saw=1, split=split(600, 400, 100))
        assert own.extra is not None
        own.extra.saw = frozenset([own.facts["hash"][0].tobytes()])
        own.twins[450] = own.twins[0] if twin else own.twins[450]
        permit(own)
        found.append(first(own, RECIPE, LOG).figures["extra"]["judges"])
    assert found[1] == found[0] - 1


def test_too_few_that_it_did_not_see() -> None:
    with pytest.raises(InputError, match="saw all learning pictures but 0, and 30 at least"):
        first(clouds(600, saw=1, split=split(600, 400)), RECIPE, LOG)


def test_few_pictures_without_a_split_are_refused() -> None:
    with pytest.raises(InputError, match="--split grouped"):
        first(clouds(150), RECIPE, LOG)


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"minutes": 5.0}, "minutes=5.0 cannot be combined with extra"),
        ({"method": "full"}, "method='full' cannot be combined"),
        ({"classic": "svm"}, "classic='svm' cannot be combined"),
        ({"augment": "flip"}, "augment='flip' cannot be combined"),
        ({"pool": "more"}, "pool='more' cannot be combined with extra"),
        ({"folds": 5}, "folds=5 cannot be combined with extra"),
    ],
)
def test_what_they_are_not_combined_with(settings: dict[str, Any], what: str) -> None:
    with pytest.raises(OptionError, match=what):
        Recipe(extra="synthetic", **settings)


def test_a_search_has_no_use_for_them() -> None:
    with pytest.raises(OptionError, match="extra has no effect on a search"):
        linne.search("photos", extra="synthetic")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """photos/ with train and test parts, and synthetic/ as a generator of `train` would leave it."""
    bars(tmp_path / "photos" / "train", 60)
    bars(tmp_path / "photos" / "validation", 30, start=100)
    bars(tmp_path / "photos" / "test", 20, start=200)
    bars(tmp_path / "synthetic", 12, start=500)
    whole = linne.load(tmp_path / "photos")
    facts = [hashed(path) for path, part in zip(whole.items, whole.split, strict=True) if part == "train"]
    pictures = [f"{name}/{path.name}" for name in "ab" for path in sorted((tmp_path / "synthetic" / name).iterdir())]
    told = {"classes": ["a", "b"], "folders": {"a": "a", "b": "b"}, "learned": facts, "pictures": pictures}
    (tmp_path / "synthetic" / "manifest.json").write_text(json.dumps(told))
    return tmp_path


def hashed(path: Any) -> str:
    return content_hash(Path(path).read_bytes()).hex()


def trained(place: Path, name: str = "run") -> Any:
    return linne.train(place / "photos", extra=place / "synthetic", out=place / name, **TINY)


def test_a_run_says_whether_they_helped(place: Path) -> None:
    run = trained(place)
    found = run.figures["extra"]
    assert found["pictures"] == 24
    assert found["judges"] == 60
    assert found["sentence"] in run.report()
    assert found["sentence"] in (run.path / "report.html").read_text()
    assert f"--extra {place / 'synthetic'}" in (run.path / "recipe.toml").read_text().splitlines()[0]
    plain = linne.train(place / "photos", out=place / "plain", **TINY)
    same = (run.path / "model.safetensors").read_bytes() == (plain.path / "model.safetensors").read_bytes()
    assert same != found["kept"]
    assert run.predictions("test").rows.tolist() == plain.predictions("test").rows.tolist()


def change(place: Path, **told: Any) -> None:
    path = place / "synthetic" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | told))


def spoil(place: Path, how: str) -> None:
    """One thing wrong with the folder."""
    if how == "no manifest":
        (place / "synthetic" / "manifest.json").unlink()
    elif how == "damaged":
        (place / "synthetic" / "manifest.json").write_text("{")
    elif how == "part of a manifest":
        (place / "synthetic" / "manifest.json").write_text('{"classes": []}')
    elif how == "classes":
        change(place, classes=["a", "b", "zebra"], folders={"a": "a", "b": "b", "z": "zebra"})
    elif how == "added":
        Image.fromarray(np.zeros((28, 28), np.uint8)).save(place / "synthetic" / "a" / "mine.png")
    elif how == "emptied":
        for path in (place / "synthetic").glob("*/*.png"):
            path.unlink()
    elif how == "others":
        change(place, learned=[rng(k).bytes(16).hex() for k in range(100)])
    elif how == "saw a test picture":
        path = next((place / "photos" / "test" / "a").iterdir())
        told = json.loads((place / "synthetic" / "manifest.json").read_text())
        change(place, learned=[*told["learned"], hashed(path)])
    else:
        for path in sorted((place / "synthetic").rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        (place / "synthetic").rmdir()


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("no manifest", "has no manifest.json, so nobody can say"),
        ("damaged", "manifest.json is damaged"),
        ("part of a manifest", "manifest.json is damaged"),
        ("classes", "holds generated pictures of 'zebra', and the classes here are 'a', 'b'"),
        ("added", "1 pictures of .*mine.png"),
        ("emptied", "none is there any more"),
        ("others", "learned from 0 are among these"),
        ("saw a test picture", "learned from 1 pictures that judge this run: test/a/"),
        ("gone", "is no folder"),
    ],
)
def test_a_folder_that_cannot_be(how: str, said: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(place, how)
    words = ["train", str(place / "photos"), "--extra", str(place / "synthetic"), *FLAGS, "--out", str(place / "run")]
    assert main([*words, "--quiet"]) == 2
    shown = " ".join(capsys.readouterr().err.split())
    assert "Traceback" not in shown
    assert re.search(said, shown), shown
    assert not (place / "run").exists()


def test_pictures_that_were_taken_away_and_torn_ones_are_left_out(place: Path) -> None:
    (place / "synthetic" / "a" / "500.png").unlink()
    (place / "synthetic" / "b" / "500.png").write_bytes(b"\x89PNG")
    run = trained(place)
    assert run.figures["extra"]["pictures"] == 22
    assert "cannot be read: b/500.png" in (run.path / "log.jsonl").read_text()
