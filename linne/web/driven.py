"""A page's golden pictures in a real browser: Chromium, without a window, without a network, driven by Playwright."""

import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core import bundled
from ..core.errors import InputError, MissingExtra, OptionError, RunError, nearest

WAYS = {"auto": "", "web": "", "wasm": "wasm", "webgpu": "webgpu"}
"""Words of --runtime, and what the page is asked for."""
NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge",
    "microsoft-edge-stable",
)  # fmt: skip
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
GPU = ("--enable-unsafe-webgpu", "--enable-features=Vulkan", "--ignore-gpu-blocklist")
REQUIRED = ("index.html", "model.js", "page.js", "parts.js")
MINUTES = 10
LOCAL = ("file:", "blob:", "data:", "about:")


@dataclass
class Driven:
    """What the page said. path: of its folder. browser: name and version. verdict: JSON-ready, by the page. asked:
    addresses outside the folder that it asked for. gate: why it fails, "" where it holds."""

    path: Path
    browser: str
    verdict: dict[str, Any]
    asked: list[str]
    gate: str = ""

    def text(self) -> str:
        """For a terminal."""
        told = self.verdict
        lines = [f"{self.path}: {'fails' if self.gate else 'verified'} in {self.browser} by {told['backend']}"]
        for name, words in (("arrays", "as arrays"), ("files", "as files, decoded by the browser")):
            layer = told[name]
            lines.append(
                f"{words}: {layer['equal']} of {layer['n']} answers equal, probabilities within {layer['worst']:.1e}"
            )
            lines += [f"  differs: {row['file']}" for row in layer["rows"] if not row.get("equal") and "why" not in row]
            lines += [f"  not read: {one}" for one in layer["unread"]]
        lines.append(f"{told['ms']:.0f} ms a picture, {told['threads']} threads, ready after {told['seconds']:.1f} s")
        return "\n".join([*lines, *([f"WebGPU was not used: {told['why']}"] if told["why"] else [])])

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"path": str(self.path), "browser": self.browser, "gate": self.gate, "asked": self.asked, **self.verdict}


def verify(path: "str | Path", runtime: str = "auto") -> Driven:
    """Open a page from the disk and let it run its golden pictures. runtime: auto or web, wasm, webgpu.

    Raises RunError for a folder that is no sound page, OptionError for another runtime, MissingExtra without
    Playwright, InputError without a browser or where the page does not come to an end.
    """
    folder = Path(path)
    if runtime not in WAYS:
        raise OptionError(f"{folder} is a page, which runs in a browser: --runtime {runtime}. {nearest(runtime, WAYS)}")
    if not bundled.is_page(folder):
        raise RunError(f"{folder} is no page. Make one with: linne export RUN --to web --out {folder}")
    bundled.hashed(folder, bundled.manifest(folder, REQUIRED))
    wish = f"verify&lang=en{f'&backend={WAYS[runtime]}' if WAYS[runtime] else ''}"
    address = f"{(folder.resolve() / 'index.html').as_uri()}#{wish}"
    with ThreadPoolExecutor(1) as pool:  # a notebook's own thread runs asyncio, which Playwright refuses
        told = pool.submit(_driven, address, GPU if runtime == "webgpu" else ()).result()
    named, verdict, asked = told
    return Driven(folder, named, verdict, asked, _gate(folder, WAYS[runtime], verdict, asked))


def _driven(address: str, words: tuple[str, ...]) -> tuple[str, dict[str, Any], list[str]]:
    """(the browser's name, what the page found, what it asked for outside its folder)."""
    with opened(words) as browser:
        return f"{browser.browser_type.name} {browser.version}", *_asked(browser, address)


def _gate(folder: Path, wish: str, verdict: dict[str, Any], asked: list[str]) -> str:
    if asked:
        return f"{folder} asks for {asked[0]}, which is not in it."
    if not verdict["ok"]:
        return f"{folder} does not answer in this browser as the run did."
    if wish and verdict["backend"] != wish:
        return f"{folder} cannot run by {wish} here: {verdict['why']}."
    return ""


@contextmanager
def opened(words: "tuple[str, ...]" = ()) -> Iterator[Any]:
    """A Chromium without a window, as Playwright's Browser. words: further ones of its command line.

    Raises MissingExtra without Playwright, InputError where no browser is found or it does not start.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise MissingExtra("Verifying a page", "browser") from error
    with sync_playwright() as playwright:
        place = found(playwright.chromium.executable_path)
        root = ("--no-sandbox",) if getattr(os, "geteuid", lambda: 1)() == 0 else ()  # Chromium refuses root otherwise
        try:
            browser = playwright.chromium.launch(executable_path=place, args=[*root, *words])
        except Error as error:
            raise InputError(f"The browser {place} does not start: {error.message.splitlines()[0][:200]}") from error
        try:
            yield browser
        finally:
            browser.close()


def found(own: str = "") -> str:
    """A Chromium's path: $LINNE_BROWSER, one of NAMES on the PATH, the usual PLACES, Playwright's own.

    Raises InputError where there is none.
    """
    if given := os.environ.get("LINNE_BROWSER"):
        if not Path(given).is_file():
            raise InputError(f"LINNE_BROWSER is {given}, and there is no such file.")
        return given
    able = (*(shutil.which(name) for name in NAMES), *(one for one in (*PLACES, own) if one and Path(one).is_file()))
    place = next((one for one in able if one), "")
    if not place:
        raise InputError(
            "No Chromium, Chrome or Edge is found. Set LINNE_BROWSER to one, get one with: playwright install chromium "
            "--only-shell, or open the page yourself and press Verify."
        )
    return place


def _asked(browser: Any, address: str) -> tuple[dict[str, Any], list[str]]:
    """(what the page found, what it asked for outside its folder)."""
    from playwright.sync_api import Error

    outside: list[str] = []
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.on("request", lambda one: outside.append(one.url) if not one.url.startswith(LOCAL) else None)
    try:
        page.goto(address)
        page.wait_for_selector("html[data-verified], html[data-ready=no]", timeout=MINUTES * 60_000, state="attached")
        told = page.evaluate("JSON.stringify([linne.verdict ?? null, linne.seconds ?? null])")
        verdict, seconds = json.loads(told)
        why = page.locator("#failed").text_content() if verdict is None else verdict.get("error", "")
    except Error as error:
        raise InputError(f"The page did not come to an end: {error.message.splitlines()[0][:200]}") from error
    finally:
        context.close()
    if verdict is None or why:
        raise InputError(f"The page cannot run in this browser: {why}")
    return verdict | {"seconds": seconds}, outside
