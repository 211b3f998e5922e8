"""A real browser for tests of pages: what axe finds in one, what it asked the network for, whether it is clipped."""

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

CHROMIUM = next((one for name in ("chromium", "google-chrome", "chrome") if (one := shutil.which(name))), "")
"""A browser on this machine, "" for none."""
SCRIPTS = [
    f"{before}{body}{after}"
    for before, after in (("", ""), ("'\">", ""), ("</script>", "<!--"), ("{{", "}}"), ("\u202e", ""))
    for body in (
        "<script>ran()</script>", "<img src=x onerror=ran()>", "<svg onload=ran()>", "javascript:ran()",
        "<iframe srcdoc='<script>parent.ran()</script>'>", "<details open ontoggle=ran()>",
        "<input autofocus onfocus=ran()>",
        "<a href=javascript:ran() id=x>x</a>", "<style>@import'javascript:ran()'</style>",
        "constructor.constructor('ran()')()",
        "${ran()}", "<math><mtext></table><img src=x onerror=ran()>",
    )
]  # fmt: skip
"""60 texts that run, where a page takes them for markup, an address, a template or code."""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def opened() -> Iterator[Any]:
    """A headless Chromium; the test is skipped with a reason where there is none."""
    sync = pytest.importorskip("playwright.sync_api", reason="no playwright (uv sync installs it)")
    if not CHROMIUM:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    with sync.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def axe() -> str:
    """axe-core's script, as its package ships it."""
    home = pytest.importorskip("axe_playwright_python", reason="no axe-playwright-python (uv sync installs it)")
    return (Path(home.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def looked(browser: Any, file: "Path | str", width: int, dark: bool = False, chinese: bool = False) -> dict[str, Any]:
    """{"violations" [rule: first element], "asked" [addresses], "errors" [console], "wide" pixels} of a page: a file,
    or an address."""
    asked, errors = [], []
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light", bypass_csp=True
    )
    page = context.new_page()
    here = ("file:", "data:", "blob:")
    page.on("request", lambda one: None if one.url.startswith(here) else asked.append(one.url))
    page.on("console", lambda one: errors.append(one.text) if one.type == "error" else None)
    page.goto(file if isinstance(file, str) else file.as_uri())
    page.wait_for_load_state("networkidle")
    if chinese:
        page.locator("label[for=zh]").click()
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    page.evaluate(axe())
    found = page.evaluate("(tags) => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", TAGS)
    told = [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found["violations"]]
    wide = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    return {"violations": told, "asked": asked, "errors": errors, "wide": wide}


@contextmanager
def spied(browser: Any, address: str, **how: Any) -> Iterator[tuple[Any, list[str]]]:
    """(a page at this address, what of it ran that should not: SCRIPTS, dialogs, errors, breaches of its policy)."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", **how)
    page, ran = context.new_page(), list[str]()
    page.expose_function("ran", lambda *_: ran.append("ran()"))
    page.on("dialog", lambda one: (ran.append(one.message), one.dismiss()))
    page.on("pageerror", lambda one: ran.append(str(one)))
    page.on("console", lambda one: ran.append(one.text) if "Content Security Policy" in one.text else None)
    page.goto(address)
    yield page, ran
    context.close()


def hostile_file(script: str, seed: int = 0) -> bytes:
    """A JPEG whose EXIF texts are a script."""
    exif, file = Image.Exif(), io.BytesIO()
    for tag in (270, 271, 272, 305, 315, 33432):  # description, make, model, software, artist, copyright
        exif[tag] = script
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 40, 3), np.uint8)
    Image.fromarray(pixels).save(file, "JPEG", exif=exif)
    return file.getvalue()
