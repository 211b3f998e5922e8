"""The studio's map over 100,000 pictures in headless Chromium, light and dark: until it is drawn, a step of the wheel,
a lasso around a quarter of it until its pictures are shown.

    python bench/studio_map.py            # two minutes
    python bench/studio_map.py --tiny     # 2,000 pictures, writes no figures
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from _measure import keep
from studio import CHROME, CLASSES, made, peak, spread, studio


def mapped(overlay: Path, source: Path) -> None:
    """A map of the pictures as the command would leave it, of places drawn here: what is measured is the page."""
    from linne.core.load import load
    from linne.engine.mapped import Mapped, mark_of
    from linne.web.studio.thumbs import home_of

    images, draw = load(source), np.random.default_rng(0)
    centres = draw.uniform(-0.85, 0.85, (CLASSES, 2))
    place = np.clip(centres[images.labels] + draw.normal(0, 0.05, (len(images), 2)), -1, 1).astype(np.float32)
    near = draw.normal(size=(len(images), 64)).astype(np.float16)
    Mapped(near, place, mark_of(images.names)).save(home_of(overlay) / "map.npz")


FRAME = "() => new Promise((then) => requestAnimationFrame(() => setTimeout(() => then(performance.now()), 0)))"
"""When the next frame is drawn."""


def charted(browser: Any, address: str, n: int, scheme: str) -> dict[str, Any]:
    """Seconds until the map is drawn after its key; of a step of the wheel; from the end of a lasso around a quarter of
    the map until the grid shows what it holds."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(".cell img[src]")
    while page.evaluate("linne.api.loaded") < n:
        time.sleep(0.05)
    first, wheels, lassos = [], [], []
    points = f"{n:,} points"
    for _ in range(5):
        begun = time.monotonic()
        page.keyboard.press("m")
        page.wait_for_function("(text) => document.querySelector('.legend')?.textContent.includes(text)", arg=points)
        page.evaluate(FRAME)
        first.append(time.monotonic() - begun)
        box = page.locator(".stack canvas").nth(1).bounding_box()
        x, y, side = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"] / 4
        page.mouse.move(x, y)
        for turn in (-100, -100, 100, 100):
            begun = time.monotonic()
            page.mouse.wheel(0, turn)
            page.evaluate(FRAME)
            wheels.append(time.monotonic() - begun)
        corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
        page.mouse.move(x - side, y - side)
        page.mouse.down()
        for k in range(80):
            (a, b), (c, d), part = corners[k // 20], corners[(k // 20 + 1) % 4], k % 20 / 20
            page.mouse.move(x + side * (a + (c - a) * part), y + side * (b + (d - b) * part))
        begun = time.monotonic()
        page.mouse.up()
        page.wait_for_selector(".cell img[src]")
        lassos.append(time.monotonic() - begun)
        page.click("text=Clear the filters")
        page.wait_for_function("(text) => document.querySelector('.bar').textContent.includes(text)", arg=f"{n:,} of")
    context.close()
    return {"drawn_s": spread(first), "wheel_s": spread(wheels), "lasso_to_its_pictures_s": spread(lassos)}


def main() -> None:
    from playwright.sync_api import sync_playwright

    tiny = "--tiny" in sys.argv
    n = 2000 if tiny else 100_000
    with tempfile.TemporaryDirectory(prefix="linne-studio-") as name, sync_playwright() as play:
        root = Path(name)
        os.environ["LINNE_CACHE"] = str(root / "cache")
        folders, _ = made(root, n)
        browser = play.chromium.launch(executable_path=CHROME, args=["--no-sandbox"])
        figures: dict[str, Any] = {"pictures": n}
        with studio(folders, root / "fixes.csv") as (address, pid, _):
            mapped(root / "fixes.csv", folders)
            for scheme in ("light", "dark"):
                figures[scheme] = charted(browser, address, n, scheme)
            figures["server_peak_mb"] = round(peak(pid))
        browser.close()
    if tiny:
        print(json.dumps(figures, indent=1))
    else:
        keep("studio_map", figures)


if __name__ == "__main__":
    main()
