"""linne serve with EfficientNet-Lite0 on 500x375 JPEGs, loaded from another process over loopback.

The bound: decoding alone and the network alone, each on the whole machine; both together take the sum of their times a
picture. It is measured before and after each turn of the load, as the machine's speed changes from minute to minute; a
turn is compared with the mean of the two beside it. --tiny: a few seconds, nothing is written; --full: the turns alone.
"""

import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from _measure import DATA, keep
from PIL import Image

TINY = "--tiny" in sys.argv
PICTURES, SECONDS, ENDS, TURNS, TURN = (100, 5, 2, 2, 2) if TINY else (2_000, 20, 20, 12, 6)
CONNECTIONS = 32
"""Requests at a time that fill the server and overload it not."""


def make(folder: Path) -> None:
    """Clothing pictures at 500x375, every file another."""
    folder.mkdir()
    sources = sorted((DATA / "clothing").rglob("*.jpg"))
    for place in range(PICTURES):
        buffer = io.BytesIO()
        picture = Image.open(sources[place % len(sources)]).convert("RGB").resize((500, 375))
        picture.save(buffer, "JPEG", quality=88)
        (folder / f"{place:06d}.jpg").write_bytes(buffer.getvalue())


def ready(place: Path) -> tuple[Path, Path]:
    """(a run, pictures to ask about) in this folder."""
    make(place / "pictures")
    words = [sys.executable, "-m", "linne", "train", str(DATA / "clothing"), "--out", str(place / "run"), "--quiet"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return place / "run", place / "pictures"


def opened(run: Path) -> Any:
    """The run as the server opens it."""
    from linne.core.ask import Ask
    from linne.engine import serving
    from linne.engine.log import Log

    return serving.opened(run, Ask(), Log(quiet=True))


def bound(model: Any, folder: Path) -> dict[str, float]:
    """Pictures a second of decoding alone and of the network alone."""
    from linne.engine.serving import Picture, squared

    files = [path.read_bytes() for path in sorted(folder.iterdir())[: 100 if TINY else 1_000]]
    begun = time.monotonic()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        squares = list(pool.map(lambda data: squared(data, model.geometry), files))
    decode = len(files) / (time.monotonic() - begun)
    pictures = [Picture("", b"", mark, square) for mark, square, _ in squares]
    begun = time.monotonic()
    model.look(pictures)
    network = len(files) / (time.monotonic() - begun)
    return {"decode": decode, "network": network, "both": 1 / (1 / decode + 1 / network)}


class Served:
    """linne serve as a process."""

    def __init__(self, run: Path, *words: str) -> None:
        command = [sys.executable, "-m", "linne", "serve", str(run), "--port", "0", *words]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.said = ""
        while not (match := re.search(r"listening: http://127.0.0.1:(\d+)/", self.said)):
            line = self.process.stderr.readline()
            if not line:
                raise SystemExit(f"the server did not start: {self.said}")
            self.said += line
        self.port = int(match[1])
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        """What it says later: an error of its own must be seen, and a full pipe would stop it."""
        for line in self.process.stderr:
            self.said += line
            if "Error" in line or line.startswith("Traceback"):
                print(line, end="", file=sys.stderr)

    def memory(self) -> float:
        """MB that the server and its decoders hold."""
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics").read().decode()
        return float(re.search(r"^process_resident_memory_bytes (\S+)", text, re.M)[1]) / 2**20

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def load(port: int, folder: Path, count: int, seconds: float, connections: int, rate: float = 0) -> subprocess.Popen:
    plan = {"port": port, "folder": str(folder), "count": count, "seconds": seconds, "connections": connections,
            "rate": rate}  # fmt: skip
    words = [sys.executable, str(Path(__file__).parent / "_load.py"), json.dumps(plan)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def told(process: subprocess.Popen) -> dict[str, Any]:
    return json.loads(process.communicate()[0])


def summed(found: dict[str, Any]) -> dict[str, Any]:
    """Answered a second, seconds of answers and refusals, and what else came."""
    good = [one[2] for one in found["requests"] if one[1] == 200]
    refused = [one for one in found["requests"] if one[1] in (429, 503)]
    out: dict[str, Any] = {"offered": len(found["requests"]), "answered": len(good),
                           "answered_a_second": round(len(good) / found["seconds"], 1)}  # fmt: skip
    if good:
        out |= {"answered_p50_s": quantile(good, 50), "answered_p99_s": quantile(good, 99)}
    if refused:
        out |= {"refused": len(refused), "refused_p50_s": quantile([one[2] for one in refused], 50),
                "refused_p99_s": quantile([one[2] for one in refused], 99),
                "refused_with_retry_after": sum(bool(one[3]) for one in refused)}  # fmt: skip
    other = [one[1] for one in found["requests"] if one[1] not in (200, 429, 503)]
    return out | {"other": {str(status): other.count(status) for status in set(other)}}


def quantile(values: list[float], share: float) -> float:
    return round(float(np.percentile(values, share)), 4)


def equal(found: dict[str, Any], offline: list[dict[str, Any]]) -> dict[str, Any]:
    """How many answers are those of linne predict, and the greatest difference of a probability."""
    right, most = 0, 0.0
    for place, status, _, _, answer in found["requests"]:
        if status != 200:
            continue
        row = offline[place]
        apart = max(abs(row[name] - value) for name, value in answer["probabilities"].items())
        most = max(most, apart)
        right += answer["label"] == row["label"] and apart <= 1e-5
    return {"equal": right, "of": sum(one[1] == 200 for one in found["requests"]), "greatest_difference": most}


def filled(served: Served, run: Path, pictures: Path, figures: dict[str, Any]) -> float:
    """Turns of as much as it can answer, each between two measurements of the bound; the median of answers a second."""
    model = opened(run)
    told(load(served.port, pictures, 200, SECONDS, CONNECTIONS))
    figures["bound"], figures["full"] = [bound(model, pictures)], []
    for _ in range(TURNS):
        figures["full"].append(summed(told(load(served.port, pictures, 10**6, TURN, CONNECTIONS))))
        figures["bound"].append(bound(model, pictures))
    both, rates = [one["both"] for one in figures["bound"]], [one["answered_a_second"] for one in figures["full"]]
    shares = np.array([2 * rate / (both[k] + both[k + 1]) for k, rate in enumerate(rates)])
    drawn = np.median(np.random.default_rng(0).choice(shares, (2_000, len(shares))), 1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    figures["of_the_bound"] = {"median": round(float(np.median(shares)), 3), "low": round(float(low), 3),
                               "high": round(float(high), 3)}  # fmt: skip
    middle = lambda rows, name: round(float(np.median([one[name] for one in rows])), 3)  # noqa: E731
    figures["bound"] = {name: middle(figures["bound"], name) for name in figures["bound"][0]}
    names = ("answered_a_second", "answered_p50_s", "answered_p99_s")
    figures["full"] = {name: middle(figures["full"], name) for name in names} | {"shares": shares.round(2).tolist()}
    return float(np.median(rates))


def main() -> None:
    figures: dict[str, Any] = {"claim": ">= 0.8 of the bound; at 3x goodput >= 0.9 of it, refusals p99 <= 0.2 s"}
    with tempfile.TemporaryDirectory() as name:
        run, pictures = ready(Path(name))
        served = Served(run)
        ran = re.search(r": classifier, (\S+)", served.said)
        full = filled(served, run, pictures, figures)
        if "--full" in sys.argv:
            served.end()
            print(json.dumps(figures, indent=1))
            return
        before = served.memory()
        figures["at_3x"] = summed(told(load(served.port, pictures, 10**6, SECONDS, 400, 3 * full)))
        figures["goodput"] = round(figures["at_3x"]["answered_a_second"] / full, 3)
        figures["memory_mb"] = [round(before), round(served.memory())]
        every = told(load(served.port, pictures, PICTURES, 300, 4))
        figures["exit"] = served.end()
        words = [sys.executable, "-m", "linne", "predict", str(run), str(pictures), "--runtime", ran[1], "--json"]
        offline = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        figures["offline"] = equal(every, offline)
        ends = []
        for _ in range(ENDS):
            served = Served(run)
            loading = load(served.port, pictures, 10**6, 3.0, CONNECTIONS)
            time.sleep(1.5)
            code = served.end()
            found = told(loading)
            ends.append({"exit": code, "lost": sum(one[1] == 0 for one in found["requests"]),
                         "answered": sum(one[1] == 200 for one in found["requests"])})  # fmt: skip
        figures["sigterm"] = {"times": ENDS, "lost": sum(one["lost"] for one in ends),
                              "answered": sum(one["answered"] for one in ends),
                              "exits": sorted({one["exit"] for one in ends})}  # fmt: skip
    print(json.dumps(figures, indent=1)) if TINY else keep("serve", figures)


if __name__ == "__main__":
    main()
