"""How the site is built: uv pip install --group docs && sphinx-build -W -b html docs build/docs

Everything that a page needs lies beside it: no font, script or picture comes from another host.
"""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import reference
from pygments.lexers.special import TextLexer
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
html_show_sphinx = False
html_theme_options = {"footer_icons": [], "navigation_with_keys": True}
pygments_style, pygments_dark_style = "a11y-light", "a11y-dark"
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]

ACCESSIBLE = (
    ('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="Pages">'),
    ('<aside class="toc-drawer">', '<aside class="toc-drawer" aria-label="On this page">'),
    ("<pre>", '<pre tabindex="0">'),
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
)
"""What the theme leaves out: names of its two sides, and a way to what scrolls for those who have no mouse."""

reference.written()


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("build-finished", finished)


def finished(app: Any, wrong: "Exception | None") -> None:
    """Put ACCESSIBLE into every page that was written."""
    for page in Path(app.outdir).rglob("*.html") if wrong is None else ():
        text = page.read_text(encoding="utf-8")
        for before, after in ACCESSIBLE:
            text = text.replace(before, after)
        page.write_text(text, encoding="utf-8")
