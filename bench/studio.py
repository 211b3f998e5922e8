"""The studio over 100,000 pictures in headless Chromium: first paint, scrolling, a key to the disk, memory; who is let
in, and what random requests meet.

    python bench/studio.py            # about 8 minutes, and 100,000 small files in a temporary folder
    python bench/studio.py --tiny     # 2,000 pictures, writes no figures
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from _measure import ROOT, keep
from PIL import Image

CHROME = next((found for name in ("chromium", "google-chrome") if (found := shutil.which(name))), "")
DIFFERENT, CLASSES = 1000, 100
FULL = "() => [...document.querySelectorAll('.cell img')].every((one) => one.complete && one.naturalWidth)"
WATCH = """
() => {
  const grid = document.querySelector('.grid'), told = { frames: 0, blank: 0, longest: 0, since: new Map() };
  window.watched = told;
  const look = (now) => {
    if (window.watched !== told) return;
    const box = grid.getBoundingClientRect(), seen = new Set(), rows = new Map();
    for (const cell of document.querySelectorAll('.cell')) {
      const own = cell.getBoundingClientRect();
      if (own.bottom < box.top + 8 || own.top > box.bottom - 8) continue;
      const image = cell.querySelector('img'), row = Math.round((own.top + grid.scrollTop) / 10);
      rows.set(row, (rows.get(row) ?? false) || (!image.hidden && image.complete && image.naturalWidth > 0));
    }
    const empty = rows.size < Math.floor(box.height / 150);
    let any = empty;
    for (const [row, full] of rows) {
      if (full) { told.since.delete(row); continue; }
      any = true;
      if (!told.since.has(row)) told.since.set(row, now);
      told.longest = Math.max(told.longest, now - told.since.get(row));
    }
    for (const row of [...told.since.keys()]) if (!rows.has(row)) told.since.delete(row);
    told.frames += 1;
    told.blank += any ? 1 : 0;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""
"""Every frame: rows of the grid in view of which no picture is there, and for how long (ms)."""


def made(root: Path, n: int) -> tuple[Path, Path]:
    """n pictures in folders of classes, and the same without labels: hard links of DIFFERENT JPEGs, each a path
    of its own, so that each costs a decoding of its own."""
    draw, seeds = np.random.default_rng(0), root / "seeds"
    seeds.mkdir()
    for k in range(DIFFERENT):
        rough = Image.fromarray(draw.integers(0, 256, (6, 8, 3), np.uint8)).resize((320, 240), Image.Resampling.BICUBIC)
        fine = np.asarray(rough, np.int16) + draw.normal(0, 6, (240, 320, 1)).astype(np.int16)
        Image.fromarray(np.clip(fine, 0, 255).astype(np.uint8)).save(seeds / f"{k}.jpg", quality=88)
    folders, flat = root / "photos", root / "flat"
    flat.mkdir()
    for k in range(CLASSES):
        (folders / f"class {k:03d}").mkdir(parents=True)
    for row in range(n):
        os.link(seeds / f"{row % DIFFERENT}.jpg", folders / f"class {row % CLASSES:03d}" / f"{row:06d}.jpg")
        os.link(seeds / f"{row % DIFFERENT}.jpg", flat / f"{row:06d}.jpg")
    return folders, flat


@contextmanager
def studio(folder: Path, overlay: Path, at: Path = ROOT) -> Iterator[tuple[str, int, float]]:
    """The command, as a person gives it: (its address, its process, seconds until it is open)."""
    begun = time.monotonic()
    words = [sys.executable, "-m", "linne", "studio", str(folder), "--overlay", str(overlay), "--no-browser"]
    process = subprocess.Popen(
        words,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=at,
    )
    told = ""
    while not (found := re.search(r"http://\S+", told)):
        line = process.stderr.readline() if process.stderr else ""
        if not line:
            raise SystemExit(told)
        told += line
    try:
        yield found[0], process.pid, time.monotonic() - begun
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def peak(pid: int) -> float:
    """MB of memory that a process held at most."""
    told = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", told)[1]) / 1024  # type: ignore[index]


@contextmanager
def tab(browser: Any, address: str) -> Iterator[Any]:
    """A page of its own, with nothing in its cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.goto(address, wait_until="commit")
    yield page
    context.close()


def painted(browser: Any, address: str, times: int = 5) -> dict[str, Any]:
    """Seconds from asking for the page until pictures fill it, each time in a new browser profile."""
    seconds, first = [], []
    for _ in range(times):
        begun = time.monotonic()
        with tab(browser, address) as page:
            page.wait_for_selector(".cell img[src]")
            while not page.evaluate(FULL):
                time.sleep(0.01)
            seconds.append(time.monotonic() - begun)
            first.append(
                page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime / 1000")
            )
    return {"pictures_fill_the_view": spread(seconds), "first_contentful_paint": spread(first)}


def spread(values: list[float]) -> dict[str, float]:
    """Median and extremes."""
    return {
        "median": round(median(values), 4),
        "least": round(min(values), 4),
        "most": round(max(values), 4),
        "n": len(values),
    }


def scrolled(browser: Any, address: str, n: int) -> dict[str, Any]:
    """Rows without any picture while the wheel turns, on pictures that no thumbnail was ever made of."""
    out: dict[str, Any] = {}
    with tab(browser, address) as page:
        page.wait_for_selector(".cell img[src]")
        page.mouse.move(700, 400)
        for speed, start in ((500, 0.05), (1000, 0.2), (2000, 0.4), (4000, 0.6)):
            page.evaluate(
                "at => { const g = document.querySelector('.grid'); g.scrollTop = at * g.scrollHeight; }", start
            )
            time.sleep(2)
            page.evaluate(WATCH)
            begun = time.monotonic()
            while time.monotonic() - begun < 4:
                page.mouse.wheel(0, speed / 20)
                time.sleep(0.05)
            told = page.evaluate("() => { const told = window.watched; window.watched = null; return told; }")
            out[f"{speed} px/s"] = {
                "frames": told["frames"], "frames_a_second": round(told["frames"] / 4, 1),
                "frames_with_a_blank_row": told["blank"],
                "longest_blank_s": round(told["longest"] / 1000, 3),
            }  # fmt: skip
        jumps = []
        for share in (0.1, 0.9, 0.33, 0.77, 0.5):
            page.evaluate(
                "at => { const g = document.querySelector('.grid'); g.scrollTop = at * g.scrollHeight; }", share
            )
            begun = time.monotonic()
            time.sleep(0.05)
            while not page.evaluate(FULL):
                time.sleep(0.01)
            jumps.append(time.monotonic() - begun)
        out["a_jump_until_all_are_there_s"] = spread(jumps)
        out["cells_in_the_page"] = page.evaluate("() => document.querySelectorAll('.cell').length")
        begun = time.monotonic()
        page.wait_for_selector("text=class 007 >> nth=0")
        page.check("text=class 007 >> nth=0")
        wanted = f"{n // CLASSES:,} of"
        while wanted not in page.inner_text(".bar"):
            time.sleep(0.005)
        out["filter_by_class_s"] = round(time.monotonic() - begun, 3)
    return out


def keys(browser: Any, address: str, times: int) -> dict[str, Any]:
    """From a key until the server has said that the answer is on its disk, in ms, as the page measures it."""
    with tab(browser, address) as page:
        page.wait_for_selector("#to-label")
        page.click("#to-label")
        page.wait_for_selector("img.big[src]")
        for name in ("one", "two"):
            page.keyboard.press("n")
            page.keyboard.type(name)
            page.keyboard.press("Enter")
            time.sleep(0.5)
        page.uncheck("text=Ask by itself")
        saved = []
        for k in range(times):
            page.evaluate("() => { linne.saved = 0; }")
            page.keyboard.press("12"[k % 2])
            while not (took := page.evaluate("() => linne.saved")):
                time.sleep(0.002)
            saved.append(took)
    cut = sorted(saved)
    return spread(saved) | {"p95": round(cut[int(0.95 * len(cut))], 1)}


def refused(here: Path, folder: Path) -> dict[str, Any]:
    """Every route x who must not be let in; then how many were, and whether anything changed."""
    sys.path.insert(0, str(ROOT))
    from tests.web.studio.made import TOKEN, opened

    asked, let_in = 0, []
    good = {"x-linne": "1", "content-type": "application/json"}
    body = json.dumps({"answers": [{"row": 0, "decision": "drop"}], "name": "x"})
    with opened(folder, here / "refused.csv") as one:
        told = one.ask.get("/openapi.json", headers={"authorization": f"Bearer {TOKEN}"}).json()["paths"]
        every = [
            (method.upper(), re.sub(r"\{[^}]*\}", "0", path)) for path, methods in told.items() for method in methods
        ]
        for method, path in every:
            wrong = [(one.ask, {"host": host}) for host in ("evil.example", "127.0.0.1.evil", "[::ffff:127.0.0.1]")]
            wrong += [(one.ask, {"origin": origin}) for origin in ("http://evil.example", "null", "http://127.0.0.1:1")]
            wrong += [
                (one.bare, {}),
                (one.bare, {"authorization": "Bearer wrong"}),
                (one.bare, {"cookie": "linne=wrong"}),
            ]
            if method != "GET":
                kinds = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")
                wrong += [(one.ask, {"x-linne": "", "content-type": kind}) for kind in kinds]
            for client, headers in wrong:
                answer = client.request(method, path, headers=good | headers, content=body if method != "GET" else None)
                asked += 1
                if answer.status_code < 400:
                    let_in.append((method, path, headers))
        changed = len(one.here.project.changed) + len(one.here.jobs.all())
    return {"routes": len(every), "requests": asked, "let_in": let_in, "changed": changed}


def fuzzed(here: Path, folder: Path, cases: int) -> dict[str, Any]:
    """Random requests that fit the OpenAPI, and some that do not: how many, and how many met a 5xx."""
    import _fuzz
    from starlette.testclient import TestClient

    from linne.web.studio.app import app
    from tests.web.studio.made import studio as studio_of

    own = studio_of(str(folder), here / "fuzzed.csv")
    own.jobs.start = lambda *_, **__: Nothing()  # type: ignore[method-assign]
    program = app(own)
    with TestClient(program, "http://127.0.0.1", raise_server_exceptions=False) as client:

        def ask(case: Any) -> _fuzz.Answer:
            answer = client.request(**sent(case))
            return answer.status_code, answer.headers.get("content-type", ""), answer.content

        return _fuzz.fuzzed(program.openapi(), ask, cases, allowed=(507,))


def sent(case: Any) -> dict[str, Any]:
    """A case of schemathesis as httpx sends it."""
    told = case.as_transport_kwargs(base_url="http://127.0.0.1")
    return {key: value for key, value in told.items() if key in ("method", "url", "params", "headers", "json", "data", "cookies") and value is not None}  # fmt: skip # noqa: E501


class Nothing:
    """A job that is never begun."""

    def data(self) -> dict[str, Any]:
        """As a job's."""
        return {"id": 1, "state": "waiting"}


def main() -> None:
    from playwright.sync_api import sync_playwright

    tiny = "--tiny" in sys.argv
    n, cases = (2000, 300) if tiny else (100_000, 5000)
    if not CHROME:
        raise SystemExit("needs chromium or google-chrome on the PATH")
    with tempfile.TemporaryDirectory(prefix="linne-studio-") as name:
        root = Path(name)
        os.environ["LINNE_CACHE"] = str(root / "cache")
        folders, flat = made(root, n)
        figures: dict[str, Any] = {"pictures": n}
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=CHROME, args=["--no-sandbox"])
            with studio(folders, root / "fixes.csv") as (address, pid, seconds):
                figures["seconds_until_open"] = round(seconds, 2)
                figures["first_paint_s"] = painted(browser, address)
                figures["scrolling"] = scrolled(browser, address, n)
                figures["server_peak_mb"] = round(peak(pid))
            with studio(flat, root / "labels.csv") as (address, pid, _):
                figures["key_to_disk_ms"] = keys(browser, address, 20 if tiny else 100)
                figures["server_peak_while_labelling_mb"] = round(peak(pid))
            browser.close()
        few = root / "few"
        for path in sorted(folders.rglob("*.jpg"))[:: n // 20]:
            (few / path.parent.name).mkdir(parents=True, exist_ok=True)
            os.link(path, few / path.parent.name / path.name)
        figures["refused"] = refused(root, few)
        figures["fuzzed"] = fuzzed(root, few, cases)
    if tiny:
        print(json.dumps(figures, indent=1))
    else:
        keep("studio", figures)


if __name__ == "__main__":
    main()
