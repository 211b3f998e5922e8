"""Who is let in by linne serve and linne label_studio, and what runs of 60 scripts as class, file and EXIF text on the
server's page, the report and the exported page, in Chromium. The studio's own are in bench/studio.py.

    python bench/guarded.py           # about 20 seconds
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from _measure import ROOT, keep


def main() -> None:
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory(prefix="linne-guarded-") as name:
        home = Path(name)
        os.environ["LINNE_CACHE"] = os.environ.get("LINNE_CACHE", str(home / "cache"))
        from tests.conftest import write_folder
        from tests.web import test_matrix as matrix
        from tests.web import test_scripts as scripts
        from tests.web.browser import SCRIPTS, opened

        figures: dict[str, Any] = {}
        asked = {
            "serve": lambda: matrix.serving(""),
            "serve --token": lambda: matrix.serving(matrix.SECRET),
            "label_studio": lambda: matrix.annotating(write_folder(home / "photos", 4), home),
        }
        for who, ask in asked.items():
            count, let_in, changed = ask()
            figures[who] = {"requests": sum(count.values()), "by_kind": dict(count), "let_in": let_in,
                            "changed": int(bool(changed))}  # fmt: skip
        with opened() as browser:
            pages = {
                "the page to try a server": scripts.on_the_server_s_page(browser),
                "the report": scripts.on_the_report(browser, home),
                "linne export --to web": scripts.on_the_browser_s_page(browser, home, setattr),
            }
        figures["scripts"] = {"of": len(SCRIPTS)} | {
            where: {"ran": len(ran), "shown_as_text": shown} for where, (ran, shown) in pages.items()
        }
    keep("guarded", figures)


if __name__ == "__main__":
    main()
