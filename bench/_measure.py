"""What the benches share: a command's seconds and peak memory, the machine's name, where figures go."""

import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("LINNE_DATA", ROOT.parent / "shared" / "data"))


def timed(*words: str, env: dict[str, str] | None = None) -> dict[str, Any]:
    """Run a command: seconds, peak memory of the process in MB, standard output and error, exit code."""
    begun = time.monotonic()
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **(env or {})}
    )
    out, err = process.communicate()
    seconds = time.monotonic() - begun
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"seconds": round(seconds, 2), "peak_mb": round(peak), "out": out, "err": err, "code": process.returncode}


def alone(*words: str, env: dict[str, str] | None = None) -> dict[str, Any]:
    """`timed` in a process of its own, so that the peak is this command's and not the greatest so far."""
    call = "print(json.dumps(timed(*json.loads(sys.argv[1]), env=json.loads(sys.argv[2]))))"
    code = f"import json, sys\nfrom _measure import timed\n{call}"
    inner = [sys.executable, "-c", code, json.dumps(words), json.dumps(env or {})]
    done = subprocess.run(inner, capture_output=True, text=True, cwd=Path(__file__).parent, check=True)
    return json.loads(done.stdout)


def machine() -> str:
    """The processor, its cores, and the versions that matter."""
    from importlib.metadata import version

    name = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "?",
    )
    versions = ", ".join(f"{package} {version(package)}" for package in ("torch", "openvino", "timm", "numpy"))
    return (
        f"{os.cpu_count()} cores of {name}, Python {platform.python_version()}, {versions}, packages' bytecode compiled"
    )


def keep(claim: str, figures: dict[str, Any], shown: bool = True) -> None:
    """Write the figures to bench/results/CLAIM.json, and print them."""
    path = ROOT / "bench" / "results" / f"{claim}.json"
    figures = {"command": f"python bench/{claim}.py", "machine": machine(), **figures}
    path.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if shown:
        print(json.dumps(figures, indent=1, ensure_ascii=False))
