"""Benches that need what a test machine lacks still run small."""

import ast
import csv
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.engine.test_folds import bars

BENCH = Path(__file__).parent.parent / "bench"


def run(name: str, *more: str) -> str:
    words = [sys.executable, "-W", "error", str(BENCH / name), "--small", *more]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(words, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_published_results_are_run_small_without_a_gpu() -> None:
    """Of four classes; a rare way's network learns little in so few steps."""
    said = [line.split() for line in run("published.py").splitlines() if line.startswith("  ")]
    right = [float(words[words.index("%") - 1]) for words in said]
    assert len(right) == 5 + 5 + 2
    assert min(right) >= 25
    assert sum(one > 60 for one in right) >= 6


def test_the_gpu_s_bench_runs_small_without_one() -> None:
    found = ast.literal_eval(run("air.py"))
    assert found["cifar10"]["accuracy_mean"] > 0.4  # of four classes
    assert found["throughput"]["pictures_per_second_ours"] > 0.3 * found["throughput"]["pictures_per_second_timm"]


def test_a_competition_s_road_runs_by_its_commands(tmp_path: Path) -> None:
    for part, each, start in (("train", 20, 0), ("validation", 4, 100), ("test", 10, 200)):
        bars(tmp_path / part, each, start=start)
    found = json.loads(run("competition.py", str(tmp_path)).splitlines()[-1])
    assert found["out of fold"] > 0.7
    assert found["score"]["five"]["n"] == found["score"]["all"]["n"] == 20
    assert found["score"]["five"]["value"] > 0.7


def test_the_page_has_the_road_that_was_measured_and_its_score(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    bench = importlib.import_module("competition")
    kept = json.loads((BENCH / "results" / "competition.json").read_text(encoding="utf-8"))
    assert kept["road"] == list(bench.ROAD)
    for name in ("competition.md", "competition.zh.md"):
        page = (BENCH.parent / "docs" / name).read_text(encoding="utf-8")
        assert "\n".join(bench.ROAD) in page
        for one in (kept["out of fold"], *kept["score"].values()):
            assert "{:.1f} % [{:.1f}, {:.1f}]".format(*(100 * one[end] for end in ("value", "low", "high"))) in page


def test_a_competition_scores_by_the_key_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    bench = importlib.import_module("competition")
    for part, start in (("train", 0), ("validation", 20), ("test", 40)):
        bars(tmp_path / "data" / part, 3, start=start)
    key = bench.prepare(tmp_path / "data", tmp_path / "given")
    shown = sorted(path.name for path in (tmp_path / "given" / "test").iterdir())
    assert shown == [f"{name}.png" for name in key]  # no class in a name or a folder
    with open(tmp_path / "given" / "sample_submission.csv", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert [row[0] for row in rows] == list(key)
    rows = [[name, int(kind == header[1]), int(kind == header[2])] for name, kind in key.items()]
    rows[0][1:] = rows[0][:0:-1]
    with open(tmp_path / "mine.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    np.testing.assert_array_equal(bench.right(tmp_path / "mine.csv", key), [False] + [True] * 5)
    with open(tmp_path / "mine.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows[1:]])
    with pytest.raises(ValueError, match="each once"):
        bench.right(tmp_path / "mine.csv", key)
