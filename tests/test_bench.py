"""Benches that need what a test machine lacks still run small."""

import ast
import os
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parent.parent / "bench"


def run(name: str) -> str:
    words = [sys.executable, "-W", "error", str(BENCH / name), "--small"]
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
