"""The pictures of docs/studio.md, made by running the studio on clothing and looking at it in headless Chromium.

python bench/studio_pictures.py     # two minutes; writes docs/shots/studio-*.png
"""

import io
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from _measure import DATA, ROOT
from PIL import Image
from studio import CHROME, studio

EACH = 60
"""Pictures of each class: enough to look like a data set."""
MOST = 150_000
"""Bytes of a picture."""
WRONG = 12
"""Of which so many are put into another class's folder, so that there is something to find."""


def some(root: Path) -> tuple[Path, Path]:
    """(a folder per class with a few wrong ones, pictures without labels), copied from clothing's training part."""
    photos, flat = root / "clothing", root / "new"
    flat.mkdir(parents=True)
    classes = sorted(path for path in (DATA / "clothing" / "train").iterdir() if path.is_dir())
    for k, folder in enumerate(classes):
        own = sorted(folder.glob("*.jpg"))
        (photos / folder.name).mkdir(parents=True, exist_ok=True)
        for row, path in enumerate(own[:EACH]):
            wrong = row == 7 or (row == 23 and k < WRONG - len(classes))
            home = photos / classes[(k + 3) % len(classes)].name if wrong else photos / folder.name
            home.mkdir(exist_ok=True)
            shutil.copy(path, home / path.name)
        for path in own[EACH : EACH + 8]:
            shutil.copy(path, flat / path.name)
    return photos, flat


def shot(page: Any, name: str) -> None:
    """The page as it is, in few colours, so that a picture is small."""
    time.sleep(0.7)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path = ROOT / "docs" / "shots" / f"studio-{name}.png"
    for colours in (160, 96, 64, 40, 24):
        image.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= MOST:
            return


def done(page: Any, seconds: float = 240) -> None:
    """Wait for the jobs."""
    ends = time.monotonic() + seconds
    time.sleep(2)
    while page.evaluate("() => linne.api.running.some((job) => ['waiting', 'running'].includes(job.state))"):
        if time.monotonic() > ends:
            raise SystemExit("a job did not end")
        time.sleep(0.5)
    time.sleep(1)


def drawn(browser: Any, photos: Path, flat: Path, root: Path) -> None:
    """Every picture, in both colours."""
    with studio(Path(photos.name), Path("fixes.csv"), root) as (address, _, _):
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(address)
        page.wait_for_selector(".cell img[src]")
        page.keyboard.press("Shift+P")
        page.click("text=Run the checks")
        done(page)
        page.keyboard.press("a")
        page.keyboard.press("k")
        page.keyboard.press("a")
        shot(page, "fix")
        page.keyboard.press("Shift+B")
        page.keyboard.press("m")
        page.click("text=Make the map")
        done(page)
        shot(page, "map")
        page.keyboard.press("m")
        page.locator(".grid").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("s")
        time.sleep(1)
        page.locator(".grid").focus()
        page.keyboard.press("Enter")
        shot(page, "browse")
    with studio(Path(flat.name), Path("labels.csv"), root) as (address, _, _):
        page = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme="dark")
        page.goto(address)
        page.wait_for_selector(".cell img[src]")
        page.keyboard.press("Shift+L")
        page.wait_for_selector("img.big[src]")
        whose = {path.name: path.parent.name for path in (DATA / "clothing" / "train").rglob("*.jpg")}
        for _ in range(24):
            name = page.locator(".bar .name").inner_text()
            while name not in whose:
                name = page.locator(".bar .name").inner_text()
            own = page.locator(".pick .name", has_text=whose[name])
            if own.count():
                own.first.click()
            else:
                page.keyboard.press("n")
                page.keyboard.type(whose[name])
                page.keyboard.press("Enter")
            time.sleep(0.4)
        page.click("text=Ask what to label next")
        done(page)
        shot(page, "label")


def worked(browser: Any, photos: Path, flat: Path, root: Path) -> None:
    """Training as it was watched, and pictures that nobody labelled tried with it."""
    with studio(photos.relative_to(root), Path("more.csv"), root) as (address, _, _):
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.set_default_timeout(300_000)
        page.goto(address)
        page.wait_for_selector(".cell img[src]")
        page.keyboard.press("Shift+T")
        page.get_by_label("Minutes").fill("2")
        page.click("#start")
        done(page, 600)
        page.wait_for_selector("#run-figure")
        shot(page, "train")
        page.keyboard.press("Shift+Y")
        page.set_input_files("#files", [str(path) for path in sorted(flat.iterdir())[3:30:13]])
        page.wait_for_selector("#answers .near img")
        time.sleep(6)
        shot(page, "try")


def main() -> None:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name, sync_playwright() as play:
        root = Path(name)
        os.environ.setdefault("LINNE_CACHE", str(root / "cache"))
        os.chdir(root)
        browser = play.chromium.launch(executable_path=CHROME, args=["--no-sandbox"])
        drawn(browser, *some(root), root)
        worked(browser, *some(root / "more"), root)
        browser.close()


if __name__ == "__main__":
    main()
