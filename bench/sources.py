"""Listing is fast and memory stays flat: a folder and tables of many files, and Parquet larger than its cache.

    python bench/sources.py --files 300000 --megabytes 300 1200

Everything is made in a temporary folder; each figure is taken in a process of its own.
"""

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

MACHINE = "2 cores AMD EPYC Zen 4, avx512_bf16, Python 3.11, compiled bytecode"
RESULTS = Path(__file__).parent / "results" / "sources.json"


def make_files(root: Path, n: int) -> None:
    """n empty pictures in 100 class folders, and tables that name them by path and by id."""
    for label in range(100):
        (root / f"c{label}").mkdir(parents=True)
        for k in range(n // 100):
            open(root / f"c{label}" / f"{label:02d}_{k:06d}.jpg", "w").close()
    rows = [(f"c{c}/{c:02d}_{k:06d}.jpg", f"c{c}") for c in range(100) for k in range(n // 100)]
    for name, cut in (("paths.csv", None), ("ids.csv", -4)):
        with open(root.parent / name, "w", newline="") as file:
            out = csv.writer(file)
            out.writerow(["image_id", "label"])
            out.writerows((path[:cut] if cut is None else os.path.basename(path)[:cut], label) for path, label in rows)


def make_parquet(path: Path, megabytes: int) -> None:
    """Random bytes of 20,000 a row, 500 rows a row group."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    draw, schema = np.random.default_rng(0), pa.schema([("image", pa.binary()), ("label", pa.string())])
    with pq.ParquetWriter(path, schema) as out:
        for _ in range(megabytes // 10):
            out.write_table(pa.table([[draw.bytes(20_000) for _ in range(500)], ["a", "b"] * 250], schema=schema))


def measure(source: str, read: bool, **options: str) -> dict[str, float]:
    """Seconds and peak megabytes of listing (and reading) a source in this process."""
    from linne.core.load import load

    start = time.perf_counter()
    images = load(source, **options)
    listed = time.perf_counter() - start
    size = sum(len(item) for item in images.items) if read else 0  # type: ignore[arg-type]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    out = {"rows": len(images), "list_s": round(listed, 2), "peak_mb": round(peak)}
    return {**out, "read_s": round(time.perf_counter() - start - listed, 2), "read_mb": size // 10**6} if read else out


def apart(source: Path, read: bool = False, **options: str) -> dict[str, float]:
    """`measure` in a process of its own."""
    command = [sys.executable, __file__, "--one", json.dumps([str(source), read, options])]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=300_000)
    parser.add_argument("--megabytes", type=int, nargs="*", default=[300, 1200])
    parser.add_argument("--one")
    given = parser.parse_args()
    if given.one:
        source, read, options = json.loads(given.one)
        print(json.dumps(measure(source, read, **options)))
        return
    command = f"python bench/sources.py {' '.join(sys.argv[1:])}".strip()
    found = {"command": command, "machine": MACHINE, "load of other work": round(os.getloadavg()[0], 1)}
    with tempfile.TemporaryDirectory() as home:
        root = Path(home)
        make_files(root / "photos", given.files)
        found["folder"] = apart(root / "photos")
        for name in ("paths", "ids"):
            found[f"csv by {name}"] = apart(root / f"{name}.csv", root=str(root / "photos"))
        for size in given.megabytes:
            make_parquet(root / "t.parquet", size)
            found[f"parquet of {size} MB"] = apart(root / "t.parquet", read=True)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
