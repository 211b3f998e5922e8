"""The wheel, in an empty environment: the same tricks as the checkout, and the user's path from it."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from _measure import DATA, ROOT, alone, keep


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        subprocess.run(["uv", "build", "-q", "--wheel", "--out-dir", str(place), str(ROOT)], check=True)
        wheel = next(place.glob("*.whl"))
        subprocess.run(["uv", "venv", "-q", str(place / "env")], check=True)
        python = str(place / "env" / "bin" / "python")
        installed = alone("uv", "pip", "install", "-q", "--compile-bytecode", "--python", python, str(wheel))
        linne, env = str(place / "env" / "bin" / "linne"), {"LINNE_CACHE": str(place / "cache"), "PYTHONPATH": ""}
        ours = subprocess.run(
            [sys.executable, "-m", "linne", "list", "--json"], capture_output=True, text=True, cwd=ROOT
        )
        theirs = alone(linne, "list", "--json", env=env)
        same = json.loads(ours.stdout) == json.loads(theirs["out"])
        run, test = str(place / "run"), str(DATA / "clothing" / "test")
        steps = {
            "help": [linne, "--help"],
            "demo": [linne, "demo", "--out", str(place / "demo")],
            "check": [linne, "check", str(DATA / "clothing")],
            "train": [linne, "train", str(DATA / "clothing"), "--out", run],
            "evaluate": [linne, "evaluate", run, test],
            "predict": [linne, "predict", run, test, "--out", str(place / "new.csv")],
            "report": [linne, "report", run],
        }
        figures: dict = {"wheel_kb": wheel.stat().st_size // 1024, "install_seconds": installed["seconds"],
                         "same_tricks": same, "tricks": len(json.loads(theirs["out"]))}  # fmt: skip
        for step, words in steps.items():
            done = alone(*words, env=env)
            figures[step] = {key: done[key] for key in ("seconds", "peak_mb", "code")}
            if done["code"]:
                figures[step]["said"] = done["err"][-500:]
        keep("wheel", figures)


if __name__ == "__main__":
    main()
