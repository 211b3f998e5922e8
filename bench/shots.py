"""The pictures and printed lines of the documents, made by running the program.

    python bench/shots.py            # all of them, 20 minutes; `python bench/shots.py monitor curve` these alone

Works on 60 pictures a class of clothing (CC0) in a folder of its own, so that names on the pictures are short. Writes
docs/shots/VERB.txt (what it printed), docs/shots/VERB-*.png (its page in headless Chromium, at most 150 kB each) and
docs/report.png. Figures on them are of these few pictures.
"""

import os
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._measure import DATA, ROOT
from tests.web.browser import opened

SHOTS = ROOT / "docs" / "shots"
EACH, NEW, MOST, LINES = 60, 40, 150_000, 26
RUNS = {
    "check": "check photos", "train": "train photos --out runs/a", "evaluate": "evaluate runs/a more",
    "predict": "predict runs/a new --out new.csv --explain cam", "curve": "curve photos --html curve.html",
    "compare": "compare runs/a runs/b --html compare.html", "monitor": "monitor runs/a new --html monitor.html",
    "preview": "preview photos --augment flip,rotate(15),erase(.5) --out sheet.png",
    "suggest": "suggest photos --pool new --n 5", "enrol": "enrol gallery photos", "report": "report runs/a",
    "identify": "identify gallery new", "same": "same gallery new/a.jpg new/b.jpg", "list": "list mix",
    "gallery": "gallery list gallery", "export": "export runs/a --out bundle", "verify": "verify bundle",
    "batch": "batch runs/a new --out parts", "deploy": "deploy bundle --out deployed", "demo": "demo --out runs/demo",
    "expand": "expand photos copies --augment flip,rotate(15) --times 1", "map": "map photos --out map.npz",
    "labels": "labels photos --to coco --out coco.json",
    "episodes": "episodes runs/known strange --ways 3", "recognition": "recognition runs/known strange",
    "search": "search photos --minutes 4 --out runs/s",
    "ablate": "ablate photos --tricks mixup,focal,swa --minutes 4 --out runs/tricks",
    "synthesize": "synthesize photos --minutes 3 --each 12 --out drawn",
}  # fmt: skip
"""What is run, in this order; a name that is no verb of this version is left out."""
PAGES = {
    "report-figures": ("runs/a/report.html", ".hero"), "report-classes": ("runs/a/report.html", "#classes"),
    "report-trust": ("runs/a/report.html", "#trust"), "report-promises": ("runs/a/report.html", "#promises"),
    "report-why": ("runs/a/report.html", "details.why"), "compare-page": ("compare.html", "main"),
    "curve-page": ("curve.html", "main"), "monitor-page": ("monitor.html", "main"),
    "predict-explained": ("new.explained.html", "main"), "search-page": ("runs/s/report.html", "main"),
    "ablate-page": ("runs/tricks/ablation.html", "main"),
}  # fmt: skip
"""A picture's name: the page, and which part of it."""


def main(wanted: list[str]) -> None:
    """Make what is wanted, or everything."""
    SHOTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        dealt(home)
        for name in ("a", "b"):  # two runs that can be compared
            linne(home, f"train photos --out runs/{name}" + (" --resize squash" if name == "b" else ""))
        if not wanted or {"episodes", "recognition"} & set(wanted):
            linne(home, "train known --out runs/known")
        for name, line in RUNS.items():
            if not wanted or name in wanted:
                told = linne(home, line) if name != "train" else (home / "runs/a/report.txt").read_text()
                (SHOTS / f"{name}.txt").write_text(cut(f"$ linne {line}\n{told}"), encoding="utf-8")
        if (home / "sheet.png").exists():
            small(Image.open(home / "sheet.png"), SHOTS / "preview-sheet.png", 900)
        with opened() as browser:
            for name, (page, part) in PAGES.items():
                if (home / page).exists() and (not wanted or name.split("-")[0] in wanted):
                    shot(browser, (home / page).as_uri(), part, SHOTS / f"{name}.png")
            if not wanted or "report" in wanted:
                for lang, name in (("en", "report.png"), ("zh", "report.zh.png")):
                    linne(home, f"report runs/a --out {lang}.html --lang {lang}")
                    shot(browser, (home / f"{lang}.html").as_uri(), "", ROOT / "docs" / name)
            for name, line in (("studio", "studio runs/a --no-browser"), ("serve", "serve runs/a --port 0")):
                if not wanted or name in wanted:
                    given = sorted((home / "new").glob("*"))[:2]
                    with started(home, line) as address:
                        shot(browser, address, "", SHOTS / f"{name}-page.png", given)


def dealt(home: Path) -> None:
    """photos/ (EACH of each class), known/ and strange/ (seven of these classes, and the three others), more/ (the test
    pictures by class) and new/ (NEW of them, without classes)."""
    rows = sorted((DATA / "clothing" / "test").glob("*/*.jpg"))
    (home / "new").mkdir()
    for number, file in enumerate(rows[:: max(1, len(rows) // NEW)]):
        (home / "new" / f"{chr(97 + number % 26)}{number // 26 or ''}.jpg").write_bytes(file.read_bytes())
    (home / "more").symlink_to(DATA / "clothing" / "test")
    for place, group in enumerate(sorted((DATA / "clothing" / "train").iterdir())):
        (home / "photos" / group.name).mkdir(parents=True)
        part = home / ("strange" if place % 4 == 3 or not place else "known")
        part.mkdir(exist_ok=True)
        (part / group.name).symlink_to(home / "photos" / group.name)
        for number, file in enumerate(sorted(group.iterdir())[:EACH]):
            (home / "photos" / group.name / f"{group.name}-{number:02d}.jpg").symlink_to(file)


def linne(home: Path, line: str) -> str:
    """What a command printed, run in `home`; it must end well, gates apart."""
    words = [sys.executable, "-m", "linne", *re.findall(r"[^\s(]+\([^)]*\)[^\s]*|\S+", line)]
    done = subprocess.run(words, cwd=home, capture_output=True, text=True, env=environment())
    if done.returncode not in (0, 1):
        raise SystemExit(f"linne {line}: {done.stderr}")
    print(f"linne {line}: {len(done.stdout.splitlines())} lines")
    return done.stdout or done.stderr


def environment() -> dict[str, str]:
    """Without colours, and with this version of the program."""
    return os.environ | {"NO_COLOR": "1", "COLUMNS": "100", "PYTHONPATH": str(ROOT)}


def cut(text: str) -> str:
    """The first LINES lines, each of 160 letters at most."""
    lines = [line if len(line) <= 160 else f"{line[:157]}..." for line in text.rstrip().splitlines()]
    return "\n".join([*lines[:LINES], *(["..."] if len(lines) > LINES else [])]) + "\n"


@contextmanager
def started(home: Path, line: str) -> Any:
    """The address that a serving command prints, while it runs."""
    words = [sys.executable, "-u", "-m", "linne", *line.split()]
    process = subprocess.Popen(
        words, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment()
    )
    try:
        assert process.stdout is not None
        found = next((found[0] for text in process.stdout if (found := re.search(r"http://[^\s,;]+", text))), "")
        if not found:
            raise SystemExit(f"linne {line} printed no address")
        yield found
    finally:
        process.terminate()
        process.wait()


WIDE, HIGH = 1100, 900


def shot(browser: Any, address: str, part: str, out: Path, asked: "list[Path] | None" = None) -> None:
    """A part of a page, or its first screen where `part` is "", as a small PNG. asked: pictures that a page with room
    for files is given, and answers."""
    page = browser.new_context(viewport={"width": WIDE, "height": HIGH}, bypass_csp=True).new_page()
    answer = page.goto(address)
    if answer is not None and answer.status >= 400:
        print(f"{out.name} is left out: {answer.status}")
        return
    page.wait_for_load_state("networkidle")
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    page.add_style_tag(content=".top{position:static!important}")  # else it lies over a part that is scrolled to
    if asked and page.locator("#files").count():
        for name in ("#heat", "#set"):
            page.check(name)
        page.set_input_files("#files", [str(file) for file in asked])
        page.locator("#answers > li").nth(len(asked) - 1).wait_for()
        page.wait_for_load_state("networkidle")
    aside = out.with_suffix(".whole.png")
    if part:
        page.locator(part).first.screenshot(path=str(aside))
    else:
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=str(aside))
    with Image.open(aside) as image:
        small(image.crop((0, 0, image.width, min(image.height, HIGH))), out, WIDE)
    aside.unlink()
    page.context.close()


def small(image: Image.Image, out: Path, wide: int) -> None:
    """Write at most `wide` pixels across and MOST bytes, in as many colours as these allow."""
    image = image.convert("RGB")
    for scale in (1.0, 0.85, 0.7, 0.6, 0.5):
        width = min(image.width, round(wide * scale))
        held = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
        for colours in (256, 128, 64):
            held.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
            if out.stat().st_size <= MOST:
                return
    raise SystemExit(f"{out.name} does not fit into {MOST:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
