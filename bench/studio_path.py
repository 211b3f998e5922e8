"""The studio's whole path in a real browser, as a person goes it: a folder of pictures without labels, 40 of them
labelled by keys (5 wrongly), a run, the 5 put right, another run, the two compared, labels and a bundle exported.

Clothing's pictures (LINNE_DATA) of three classes, names without a hint; --tiny: 60 drawn shapes, writes no result.
Needs Chromium on the PATH. Run: python bench/studio_path.py
"""

import argparse
import csv
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _measure import DATA, keep
from PIL import Image
from playwright.sync_api import Page, sync_playwright

CLASSES = ("dress", "pants", "shoes")
LABELLED, WRONG = 40, 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--pictures", type=int, default=240)
    given = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="studio-path-"))
    truth = drawn(root / "photos") if given.tiny else clothing(root / "photos", given.pictures)
    before = state(root / "photos")
    with sync_playwright() as play:
        figures = walk(play, root, truth)
    figures["pictures"] = len(truth)
    figures["picture folder unchanged"] = before == state(root / "photos")
    if given.tiny:
        print(figures)
    else:
        keep("studio_path", figures)
    shutil.rmtree(root)


def drawn(folder: Path) -> dict[str, str]:
    """60 pictures of three kinds of stripes, and what each is."""
    folder.mkdir()
    truth = {}
    for k in range(60):
        rng = np.random.default_rng(k)
        pixels = rng.integers(60, 120, (96, 96, 3)).astype(np.uint8)
        y, x = np.mgrid[:96, :96] + rng.integers(0, 12)
        where = ((y // 12) % 2 == 0, (x // 12) % 2 == 0, ((x - 48) ** 2 + (y - 48) ** 2) < 900)[k % 3]
        pixels[where] = rng.integers(150, 250, 3)
        Image.fromarray(pixels).save(folder / f"p{k * 37 % 60:03d}.jpg", quality=92)
        truth[f"p{k * 37 % 60:03d}.jpg"] = CLASSES[k % 3]
    return truth


def clothing(folder: Path, many: int) -> dict[str, str]:
    """Pictures of three classes under names that say nothing, and what each is."""
    folder.mkdir()
    places = [(path, name) for name in CLASSES for path in sorted((DATA / "clothing").rglob(f"{name}/*.jpg"))]
    chosen = np.random.default_rng(0).permutation(len(places))[:many]
    truth = {}
    for k, row in enumerate(chosen.tolist()):
        path, name = places[row]
        shutil.copy2(path, folder / f"p{k:04d}.jpg")
        truth[f"p{k:04d}.jpg"] = name
    return truth


def state(folder: Path) -> list[tuple[str, int, int]]:
    return [(one.name, one.stat().st_size, one.stat().st_mtime_ns) for one in sorted(folder.iterdir())]


def walk(play: Any, root: Path, truth: dict[str, str]) -> dict[str, Any]:
    """Every step, with seconds."""
    words = [sys.executable, "-m", "linne", "studio", "photos", "--no-browser", "--overlay", str(root / "labels.csv")]
    server = subprocess.Popen(words, cwd=root, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        address = next(found[1] for line in server.stderr or () if (found := re.search(r"open at (\S+)", line)))
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1280, "height": 720}, locale="en-GB")
        tab.set_default_timeout(900_000)
        tab.goto(address)
        tab.wait_for_selector("#panels button")
        out = steps(tab, root, truth)
        browser.close()
    finally:
        server.send_signal(2)
        server.wait(30)
    return out | {"server ended with": server.returncode}


def steps(tab: Page, root: Path, truth: dict[str, str]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    seconds = {}

    def timed(name: str, step: Callable[[], Any]) -> Any:
        begun = time.monotonic()
        found = step()
        seconds[name] = round(time.monotonic() - begun, 1)
        return found

    waits, wrong = timed(f"label {LABELLED}", lambda: labelled(tab, root, truth))
    out["key to disk, ms"] = {"median": round(statistics.median(waits)), "greatest": round(max(waits))}
    out["first run"] = timed("first run", lambda: trained(tab, "first"))
    out["found by the checks"] = timed(f"put {WRONG} right", lambda: put_right(tab, root, truth, wrong))
    out["what it brought"] = timed("what it brought", lambda: brought(tab))
    out["second run"] = timed("second run", lambda: trained(tab, "second"))
    out["compared"] = timed("compare", lambda: compared(tab))
    out["labels exported"] = timed("export labels", lambda: exported(tab, root, truth))
    out["bundle"] = timed("export the run", lambda: bundled(tab))
    return {"seconds": seconds, **out}


def decisions(root: Path) -> list[dict[str, str]]:
    path = root / "labels.csv"
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())) if path.exists() else []


def until(true: Callable[[], Any], seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not true():
        if time.monotonic() > ends:
            raise SystemExit("what was waited for never came")
        time.sleep(0.002)


def labelled(tab: Page, root: Path, truth: dict[str, str]) -> tuple[list[float], dict[str, str]]:
    """Label pictures by keys, every eighth wrongly; ms from each key to the disk, and the wrong answers."""
    tab.keyboard.press("Shift+L")
    box = tab.locator("input[type=checkbox]").first
    if box.is_checked():
        box.uncheck()  # what to label next is asked for when a person wants it
    known: list[str] = []
    waits, wrong, name = [], {}, ""
    for k in range(LABELLED):
        shown = tab.locator(".bar .name")
        until(lambda was=name, shown=shown: shown.inner_text() not in ("", was))
        name = shown.inner_text()
        label = truth[name]
        if k >= 8 and k % 6 == 0 and len(wrong) < WRONG:
            label = wrong[name] = CLASSES[(CLASSES.index(label) + 1) % 3]
        many, begun = len(decisions(root)), time.monotonic()
        if label in known:
            tab.keyboard.press(str(known.index(label) + 1))
        else:
            known.append(label)
            tab.keyboard.press("n")
            tab.keyboard.type(label)
            begun = time.monotonic()
            tab.keyboard.press("Enter")
        until(lambda many=many: len(decisions(root)) > many)
        waits.append(1000 * (time.monotonic() - begun))
    return waits, wrong


def trained(tab: Page, name: str) -> str:
    """Train by the page's button; the figure that it shows."""
    tab.keyboard.press("Escape")
    tab.click("#to-train")
    tab.get_by_label("Its name").fill(name)
    tab.click("#start")
    shown = "n => document.getElementById('run-name')?.textContent === n && !!document.getElementById('run-figure')"
    until(lambda: tab.evaluate(shown, name), 900)
    return tab.inner_text("#run-figure")


def put_right(tab: Page, root: Path, truth: dict[str, str], wrong: dict[str, str]) -> str:
    """Look at what the checks suspect and accept what is right; the rest is found by name and labelled anew."""
    tab.click("#to-fix")
    tab.get_by_role("button", name=re.compile("Run the checks|Check again")).click()
    until(lambda: tab.evaluate("linne.api.running.find(one => one.kind === 'check')?.state === 'done'"), 300)
    tab.wait_for_timeout(1000)
    found = "async () => (await linne.api.get('/api/findings')).filter(one => one.kind === 'wrong label')"
    suspects = tab.evaluate(f"{found}.flatMap(one => one.rows.map((row, k) => [row, one.suggested?.[k] ?? '']))")
    named = dict(
        zip(
            [row for row, _ in suspects],
            tab.evaluate(
                "rows => rows.length ? linne.api.get('/api/names?rows=' + rows) : []", [row for row, _ in suspects]
            ),
            strict=True,
        )
    )
    met = [named[row] for row, to in suspects if named[row] in wrong and to == truth[named[row]]]
    pick = tab.locator("aside button", has_text="wrong label")
    if met and pick.count():
        pick.first.click()
        for _ in suspects:
            caption = tab.locator(".grid [role=option].active, .grid .cell.active").first
            if not caption.count():
                break
            row = tab.evaluate("() => Number(document.querySelector('.cell.active')?.dataset.row ?? -1)")
            name = named.get(row, "")
            many = len(decisions(root))
            tab.keyboard.press("a" if name in met else "k")
            until(lambda many=many: len(decisions(root)) > many)
    right = {one["picture"]: one["to"] for one in decisions(root) if one["to"]}
    for name in [name for name in wrong if right.get(name) != truth[name]]:
        tab.click("#to-browse")
        tab.locator("input[type=search]").fill(name)
        until(lambda: tab.evaluate("document.querySelectorAll('.cell').length === 1"))
        tab.locator(".grid").focus()
        tab.keyboard.press("Home")
        many = len(decisions(root))
        tab.keyboard.press("r")
        tab.keyboard.type(truth[name])
        tab.keyboard.press("Enter")
        until(lambda many=many: len(decisions(root)) > many)
        tab.wait_for_timeout(200)
    last = {one["picture"]: one["to"] for one in decisions(root) if one["to"]}
    if any(last[name] != truth[name] for name in wrong):
        raise SystemExit(f"not put right: {[name for name in wrong if last[name] != truth[name]]}")
    return f"{len(met)} of {len(wrong)}"


def brought(tab: Page) -> str:
    """Ask what the decisions brought: another run with them, compared with the open one; the sentence on the page."""
    tab.click("#to-fix")
    tab.get_by_role("button", name="Train without and with the decisions").click()
    ended = "linne.api.running.find(one => one.kind === 'compare' || one.state === 'failed')?.state"
    until(lambda: tab.evaluate(ended) in ("done", "failed"), 900)
    if tab.evaluate(ended) == "failed":
        raise SystemExit(tab.evaluate("linne.api.running.map(one => one.kind + ': ' + one.why).join('; ')"))
    told = tab.locator("#worth p").first.inner_text()
    if not re.search(r"After: [\d.]+ % \[.*Before: [\d.]+ % \[.*(better|worse|not told apart).*points \[", told):
        raise SystemExit(f"no figures with intervals: {told}")
    return told


def compared(tab: Page) -> str:
    tab.click("#to-train")
    for name in ("second", "first"):
        tab.get_by_label(f"Compare: {name}").check()
    tab.get_by_role("button", name="Compare the two").click()
    return tab.locator("#verdict").inner_text()


def exported(tab: Page, root: Path, truth: dict[str, str]) -> dict[str, Any]:
    """Write the labels as CSV and keep the file; how many of them are right."""
    tab.click("#to-hand")
    tab.select_option("#format", "csv")
    tab.click("#write-labels")
    tab.wait_for_selector("#written a")
    with tab.expect_download() as got:
        tab.locator("#written a").first.click()
    got.value.save_as(root / "kept.csv")
    rows = [one for one in csv.DictReader((root / "kept.csv").read_text().splitlines()) if one["label"]]
    return {"labels": len(rows), "right": sum(truth[one["image"]] == one["label"] for one in rows)}


def bundled(tab: Page) -> str:
    """Export the run, where this installation can."""
    if not tab.locator("#export-bundle").count():
        return "this installation has no command for it"
    tab.select_option("#export-run", label="second")
    tab.click("#export-bundle")
    ended = "['done', 'failed'].includes(linne.api.running.find(one => one.kind === 'export')?.state)"
    until(lambda: tab.evaluate(ended), 600)
    own = tab.evaluate("linne.api.running.find(one => one.kind === 'export')")
    return own["state"] + (f": {own['why']}" if own["why"] else "")


if __name__ == "__main__":
    main()
