"""How the site is built: uv pip install --group docs && sphinx-build -W -b html docs build/docs

Everything that a page needs lies beside it: no font, script or picture comes from another host.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import reference

project = "Linne"
author = "the Linne contributors"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
master_doc = "index"
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Linne"
html_static_path = ["_static"]
html_css_files = ["linne.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"footer_icons": [], "navigation_with_keys": True}
pygments_style, pygments_dark_style = "a11y-light", "a11y-dark"
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]

reference.written()
