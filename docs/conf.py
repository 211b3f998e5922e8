"""How the site is built: uv pip install --group docs && sphinx-build -W -b html docs build/docs

Everything that a page needs lies beside it: no font, script or picture comes from another host.
"""

import re
import sys
from html import unescape
from pathlib import Path
from posixpath import dirname, normpath
from typing import Any
from urllib.parse import unquote

sys.path.insert(0, str(Path(__file__).parent))
import reference
from pygments.lexers.special import TextLexer
from sphinx.errors import ExtensionError
from sphinx.highlighting import lexers

lexers["csv"] = TextLexer()
project = "Linne"
author = "the Linne contributors"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
master_doc = "index"
exclude_patterns = ["_build", "_templates"]
html_theme = "furo"
html_title = "Linne"
html_static_path = ["_static"]
html_favicon = "_static/linne.svg"
templates_path = ["_templates"]
html_css_files = ["linne.css"]
html_copy_source = False
html_show_sphinx = html_show_copyright = False
html_theme_options = {"footer_icons": [], "navigation_with_keys": True}
pygments_style, pygments_dark_style = "a11y-light", "a11y-dark"
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]
smartquotes = False  # it makes one dash of the two before a setting, and quotes that no shell knows

ACCESSIBLE = (
    ('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="Pages">'),
    ('<aside class="toc-drawer">', '<aside class="toc-drawer" aria-label="On this page">'),
    ("<pre>", '<pre tabindex="0">'),
    ('role="heading"><span class="caption-text">', 'role="heading" aria-level="2"><span class="caption-text">'),
    ('<th class="head"><p></p></th>', '<td class="head"></td>'),
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
)
"""What the theme leaves out: names of its two sides, and a way to what scrolls for those who have no mouse."""

HAN = "[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]"
BROKEN = re.compile(f"(?<={HAN})\\n(?={HAN})")
"""The end of a line inside a Chinese sentence: a browser would show it as a space."""

reference.written()


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", joined)
    app.connect("build-finished", finished)


def joined(app: Any, name: str, source: list[str]) -> None:
    """Take the line ends out of Chinese sentences."""
    source[0] = BROKEN.sub("", source[0])


def finished(app: Any, wrong: "Exception | None") -> None:
    """Put ACCESSIBLE into every page that was written, and its language into the Chinese ones."""
    for page in Path(app.outdir).rglob("*.html") if wrong is None else ():
        text = page.read_text(encoding="utf-8")
        for before, after in ACCESSIBLE:
            text = text.replace(before, after)
        if page.stem.endswith(".zh"):
            text = text.replace(' lang="en"', ' lang="zh-Hans"', 1)
        page.write_text(text, encoding="utf-8")
    if wrong is None and (lost := broken(Path(app.outdir))):
        raise ExtensionError(f"Links that lead nowhere: {', '.join(lost)}")


def broken(site: Path) -> list[str]:
    """Links and pictures of a built site that name no file of it, or no place of the page that they name."""
    pages = {page.relative_to(site).as_posix(): page.read_text(encoding="utf-8") for page in site.rglob("*.html")}
    places = {name: set(re.findall(r'\bid="([^"]+)"', text)) for name, text in pages.items()}
    lost = []
    for name, text in pages.items():
        for link in set(re.findall(r'\b(?:href|src)="([^"]+)"', text)):
            where, _, place = unescape(link).partition("#")
            found = normpath(f"{dirname(name)}/{unquote(where.partition('?')[0])}".lstrip("/")) if where else name
            there = (site / found).exists() and (not place or found not in places or place in places[found])
            if not there and not re.match(r"[a-z]+:", where):
                lost.append(f"{name}: {link}")
    return sorted(lost)
