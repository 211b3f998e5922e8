"""Benches that need what a test machine lacks still run small."""

import ast
import os
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parent.parent / "bench"


def test_the_gpu_s_bench_runs_small_without_one() -> None:
    words = [sys.executable, "-W", "error", str(BENCH / "air.py"), "--small"]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(words, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    found = ast.literal_eval(done.stdout)
    assert found["cifar10"]["accuracy_mean"] > 0.4  # of four classes
    assert found["throughput"]["pictures_per_second_ours"] > 0.3 * found["throughput"]["pictures_per_second_timm"]
