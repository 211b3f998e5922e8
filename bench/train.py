"""linne train on clothing: first time, again, three seeds, bfloat16 off; accuracy, seconds, peak memory."""

import json
import statistics
import sys
import tempfile
from pathlib import Path

from _measure import DATA, alone, keep


def train(place: Path, name: str, *flags: str) -> dict:
    """One run in the cache of `place`."""
    words = [sys.executable, "-m", "linne", "train", str(DATA / "clothing"), "--out", str(place / name), *flags]
    done = alone(*words, env={"LINNE_CACHE": str(place / "cache"), "PYTHONDONTWRITEBYTECODE": ""})
    if done["code"]:
        raise SystemExit(done["err"])
    found = json.loads((place / name / "figures.json").read_text())["headline"]
    lines = [line for line in done["err"].splitlines() if line.startswith(("runtime", "looked"))]
    return {"seconds": done["seconds"], "peak_mb": done["peak_mb"], "said": lines,
            "accuracy": [round(found[end], 4) for end in ("value", "low", "high")]}  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        first = train(Path(one), "first")
        again = [train(Path(one), f"again-{k}") for k in range(3)]
        seeds = [train(Path(one), f"seed-{seed}", "--seed", str(seed)) for seed in (1, 2)]
        plain = train(Path(other), "plain", "--runtime", "openvino(precision=f32)")
    accuracy = statistics.median(run["accuracy"][0] for run in (first, *seeds))
    keep("train", {
        "claim": "accuracy >= 0.885 (median of three seeds), first <= 60 s, again <= 6 s, peak < 2.5 GB",
        "accuracy_median_of_3_seeds": accuracy, "first": first, "again": again, "other_seeds": seeds,
        "first_with_bfloat16_off": plain,
    })  # fmt: skip


if __name__ == "__main__":
    main()
