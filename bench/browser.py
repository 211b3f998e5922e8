"""A clothing run in a real browser: from a disk and from a static host, golden pictures, test pictures, time and size.

`--tiny` tries it on a few pictures and writes nothing. `--shot` writes docs/page.png beside.
"""

import base64
import statistics
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from _measure import DATA, ROOT, alone, keep

from linne.core.decode import decode
from linne.core.intervals import wilson
from linne.engine.bundle import Bundle
from linne.web import driven
from linne.web.browser import export_page

TIMES = 5
ASK = """async (text) => {
  const begun = performance.now();
  const { bitmap, ...picture } = await linne.read(new Blob([linne.decoded(text)]));
  bitmap.close();
  const read = performance.now() - begun;
  return { read, width: picture.width, height: picture.height, ...(await linne.ask(picture)) };
}"""


class Host(SimpleHTTPRequestHandler):
    """A static host; isolated: with the headers that the folder's _headers names."""

    isolated = False

    def end_headers(self) -> None:
        if self.isolated:
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def hosted(folder: Path, isolated: bool) -> Iterator[str]:
    """The folder's address on a loopback port."""
    kind = type("Kind", (Host,), {"isolated": isolated})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(kind, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/index.html"
        server.shutdown()


def visited(browser: Any, address: str, pictures: list[bytes], times: int) -> dict[str, Any]:
    """Seconds until ready (of `times` fresh visits), the verdict, and the answers to these pictures."""
    ready, outside, failed = [], [], []
    context: Any = None
    page: Any = None
    for visit in range(times):
        context = browser.new_context(offline=address.startswith("file:"))
        context.route("**/*", partial(only, address.rpartition("/")[0], outside))
        page = context.new_page()
        page.on("requestfailed", lambda one: failed.append(one.url))
        page.goto(f"{address}#verify&lang=en" if visit == times - 1 else address)
        page.wait_for_selector("html[data-ready=yes]", state="attached", timeout=120_000)
        ready.append(page.evaluate("linne.seconds"))
        if visit < times - 1:
            context.close()
    page.wait_for_selector("html[data-verified]", state="attached", timeout=300_000)
    verdict = page.evaluate("linne.verdict")
    said = [page.evaluate(ASK, base64.b64encode(one).decode()) for one in pictures]
    context.close()
    layers = {
        name: {"n": one["n"], "equal": one["equal"], "sets_equal": one["sets"], "worst_probability": one["worst"],
               "worst_strangeness_of_spread": one["unknown"], "not_read": one["unread"]}
        for name in ("arrays", "files") for one in [verdict[name]]
    }  # fmt: skip
    return {
        "ready_s": {"median": round(statistics.median(ready), 2), "all": [round(one, 2) for one in ready]},
        "verified": verdict["ok"], "backend": verdict["backend"], "threads": verdict["threads"],
        "webgpu": verdict["why"], "golden": layers, "golden_ms": round(verdict["ms"], 1),
        "asked_outside": outside, "failed_requests": failed, "said": said,
    }  # fmt: skip


def only(home: str, outside: list[str], route: Any) -> None:
    """Let through what lies in the folder, and nothing else."""
    if route.request.url.startswith((home, "blob:", "data:")):
        route.continue_()
    else:
        outside.append(route.request.url)
        route.abort()


def against(said: list[dict[str, Any]], wanted: np.ndarray) -> dict[str, Any]:
    """The browser's answers beside the bundle's own decoder and ONNX Runtime."""
    found = np.array([one["probabilities"] for one in said])
    gap, same = np.abs(found - wanted).max(1), found.argmax(1) == wanted.argmax(1)
    share = wilson(same)
    return {
        "pictures": len(same), "first_class_equal": int(same.sum()),
        "share": {"value": share.value, "low": round(share.low, 4), "high": round(share.high, 4)},
        "other_first_class": [int(k) for k in np.flatnonzero(~same)],
        "probability_within": {
            "median": float(np.median(gap)), "p99": float(np.quantile(gap, 0.99)), "worst": float(gap.max())
        },
        "decode_ms": round(statistics.median(one["read"] for one in said), 1),
        "answer_ms": round(statistics.median(one["ms"] for one in said), 1),
    }  # fmt: skip


def shot(browser: Any, folder: Path, pictures: list[Path]) -> None:
    """docs/page.png: the page with answers to these pictures and to one of nothing."""
    from PIL import Image

    context = browser.new_context(viewport={"width": 760, "height": 1110}, offline=True)
    page = context.new_page()
    page.goto(f"{(folder / 'index.html').as_uri()}#lang=en")
    page.wait_for_selector("html[data-settled]", state="attached")
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((400, 400), Image.Resampling.NEAREST).save(folder.parent / "noise.png")
    page.set_input_files("#files", [folder.parent / "noise.png", *pictures])
    page.locator("#answers > li").nth(len(pictures)).locator(".answer").wait_for()
    page.locator("#answers > li").nth(0).locator(".answer").wait_for()
    page.screenshot(path=ROOT / "docs" / "page.png")
    context.close()


def main() -> None:
    """Train, export, visit."""
    tiny = "--tiny" in sys.argv
    test = sorted((DATA / "clothing" / "test").rglob("*.jpg"))[:: 16 if tiny else 1]
    pictures, times = [path.read_bytes() for path in test], 2 if tiny else TIMES
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        photos = str(DATA / "clothing" / ("validation" if tiny else ""))
        for words in (["train", photos, "--out", str(home / "run")],
                      ["export", str(home / "run"), "--to", "onnx", "--out", str(home / "bundle")]):  # fmt: skip
            done = alone(sys.executable, "-m", "linne", *words, "--quiet")
            if done["code"]:
                sys.exit(done["err"])
        page = export_page(home / "bundle", home / "page")
        bundle = Bundle(home / "bundle", "onnxruntime")
        wanted = bundle.predict([decode(one, least=bundle.geometry.least).pixels for one in pictures])["probabilities"]
        figures: dict[str, Any] = {
            "size": {"folder_mb": round(page.bytes / 1e6, 1), "start_mb": round(page.start / 1e6, 1),
                     "model_onnx_mb": round((home / "bundle" / "model.onnx").stat().st_size / 1e6, 1),
                     "largest_file_mb": round(max(page.files.values()) / 1e6, 2), "files": len(page.files)}
        }  # fmt: skip
        with driven.opened() as browser:
            if "--shot" in sys.argv:
                shot(browser, home / "page", [test[k] for k in (0, len(test) // 2)])
            figures["browser"] = f"Chromium {browser.version}, no window"
            ways = {"from a disk (file://)": None, "static host": False, "static host, isolated": True}
            for way, isolated in ways.items():
                if isolated is None:
                    found = visited(browser, (home / "page" / "index.html").as_uri(), pictures, times)
                else:
                    with hosted(home / "page", isolated) as address:
                        found = visited(browser, address, pictures[::6], times)
                said = found.pop("said")
                figures[way] = found | {
                    "test_pictures": against(said, np.asarray(wanted)[:: 1 if isolated is None else 6])
                }
    print(figures) if tiny else keep("browser", figures)


if __name__ == "__main__":
    main()
