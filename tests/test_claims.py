"""The benches of claims: intervals over pictures and seeds, runs that are kept, the page that is made of results."""

import importlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from linne.core.lookup import find
from linne.core.spec import chain

BENCH = Path(__file__).parent.parent / "bench"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module


def hits(seed: int, seeds: int = 3, n: int = 2000, share: float = 0.9) -> np.ndarray:
    return np.random.default_rng(seed).random((seeds, n)) < share


def test_with_seeds_that_agree_it_is_the_paired_t_interval(bench: Any) -> None:
    one, two = (np.repeat(hits(seed, 1), 3, axis=0) for seed in (0, 1))
    found = bench("_paired").gain(one, two)
    wanted = stats.ttest_rel(one[0].astype(float), two[0].astype(float)).confidence_interval(0.95)
    assert found["value"] == pytest.approx(one.mean() - two.mean(), abs=1e-5)
    assert (found["low"], found["high"]) == pytest.approx((wanted.low, wanted.high), abs=1e-4)
    alone = bench("_paired").gain(one[:1], two[:1])
    assert (alone["low"], alone["high"]) == pytest.approx((wanted.low, wanted.high), abs=1e-4)


def test_with_seeds_far_apart_it_is_the_t_interval_over_seeds(bench: Any) -> None:
    means = np.array([0.5, 0.7, 0.9])
    one = np.arange(40_000)[None] < 40_000 * means[:, None]
    found = bench("_paired").gain(one, np.zeros_like(one))
    low, high = stats.t.interval(0.95, 2, means.mean(), means.std(ddof=1) / np.sqrt(3))
    assert (found["low"], found["high"]) == pytest.approx((low, high), abs=0.02)
    assert found["seeds"] == pytest.approx(means, abs=1e-4)


@pytest.mark.parametrize("luck", [0.0, 0.1, 0.2])
def test_intervals_cover_a_true_zero(bench: Any, luck: float) -> None:
    """Pictures of different difficulty, seeds of different luck, no difference in truth."""
    gain, covered = bench("_paired").gain, 0
    for trial in range(300):
        draw = np.random.default_rng(trial)
        hard = draw.normal(1.5, 1, 600)
        one, two = (hard + draw.normal(0, luck, (3, 1)) + draw.normal(0, 0.7, (3, 600)) > 0 for _ in "ab")
        found = gain(one, two)
        covered += found["low"] <= 0 <= found["high"]
    assert covered >= 0.93 * 300


def test_a_tail_is_the_published_one(bench: Any) -> None:
    """CIFAR-10-LT at 100:1, as the papers print it."""
    published = [5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50]
    assert bench("_paired").shares(5000, 100, 10) == published
    assert bench("_paired").shares(1000, 1, 10) == [1000] * 10


def test_finished_runs_are_kept_and_other_settings_asked_anew(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paired, asked = bench("_paired"), []

    def learned(way: Any, whole: Any, seed: int, kind: str) -> dict[str, np.ndarray]:
        asked.append((way.loss, seed))
        return {"plain": hits(seed, 1, 37)[0], "moved": hits(seed + 7, 1, 37)[0]}

    monkeypatch.setattr(paired, "learned", learned)
    way, data, path = paired.Way(), paired.drawn(), tmp_path / "claims.json"
    ways = {"a": way, "b": replace(way, loss="focal")}
    assert not paired.go(ways, data, paired.Book(path), 2, -1.0)
    assert asked == []
    assert paired.go({"a": way}, data, paired.Book(path), 2, 1.0)
    assert paired.go(ways, data, paired.Book(path), 2, 1.0)
    assert asked == [("cross_entropy", 0), ("cross_entropy", 1), ("focal", 0), ("focal", 1)]
    book = paired.Book(path)
    assert np.array_equal(book.right("a", way, 1, "drawn"), hits(1, 1, 37)[0])
    assert np.array_equal(book.right("a, moved views", way, 1, "drawn"), hits(8, 1, 37)[0])
    assert book.right("a", replace(way, rate=0.2), 1, "drawn") is None
    assert book.right("a", way, 1, "other pictures") is None
    assert book.right("a", way, 2, "drawn") is None


@pytest.fixture
def results(bench: Any, tmp_path: Path) -> tuple[Any, Any]:
    """Made-up runs: each way's accuracy is known, those of the first sides of claims are better by 5 points."""
    paired, claims, mixing = bench("_paired"), bench("claims"), bench("mixing")
    book = paired.Book(tmp_path / "claims.json")
    good = {first for _, first, _ in claims.CLAIMS} | {"mixup", "bbn"}
    for name, way in {**claims.WAYS, **mixing.WAYS}.items():
        for seed in range(3):
            count = 9500 if name in good and name != "AdaBound" else 9000
            book.put(name, way, seed, "drawn", np.roll(np.arange(10_000) < count, 10 * seed), 12.0)
    return claims, book


def test_the_page_says_what_the_results_say(results: tuple[Any, Any]) -> None:
    claims, book = results
    found = claims.figures(book, claims.WAYS, 3, "drawn")
    text = claims.page(found, claims.WAYS, "made-up pictures", 3)
    rows = {one["claim"]: one for one in found}
    assert len(rows) == len(claims.CLAIMS) == 8
    one = rows["Kaiming is better than Xavier"]
    assert one["gain"]["value"] == pytest.approx(0.05)
    assert one["verdict"] == "holds"
    assert "| Kaiming is better than Xavier | SGD 95.0 % | Xavier 90.0 % | +5.0 [+4.6, +5.4] | holds |" in text
    assert rows["AdaBound is better than SGD"]["verdict"] == "the other way round"
    assert rows["AdaBound is better than Adam"]["verdict"] == "cannot tell"
    assert all(f"| {name} | " in text for name in claims.WAYS)
    assert "made-up pictures, 3 seeds" in text
    assert all(line.count("|") in (3, 6) for line in text.splitlines() if line.startswith("|"))


def test_the_mixes_are_listed_best_first(results: tuple[Any, Any], bench: Any) -> None:
    mixing, book = bench("mixing"), results[1]
    found = mixing.figures(book, mixing.WAYS, 3, "drawn")
    assert found["mixes"][0]["first"] == "mixup"
    assert len(found["mixes"]) == len(found["losses on the 100:1 tail"]) == 5
    text = mixing.table(found)
    assert "beside plain (90.0 %)" in text
    assert text.index("mixup") < text.index("ricap")
    assert "+5.0 [" in text


@pytest.mark.parametrize("name", ["claims", "mixing"])
def test_every_way_names_what_is_there(bench: Any, name: str) -> None:
    module = bench(name)
    for way in module.WAYS.values():
        for kind in ("model", "optimizer", "schedule", "loss", "mix", "method", "init", "surgery", "head", "augment"):
            for part in chain(getattr(way, kind)):
                find(kind, part)
    for _, first, second in getattr(module, "CLAIMS", ()):
        assert {first, second} <= set(module.WAYS)


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["claims", "mixing"])
def test_the_benches_run_small(name: str) -> None:
    words = [sys.executable, "-W", "error", str(BENCH / f"{name}.py"), "--small"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "[" in done.stdout
