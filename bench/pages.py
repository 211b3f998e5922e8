"""Pages in a real browser, wide and narrow, light and dark: what axe finds in the report, the documents, the studio,
the page of a server and the page that classifies in a browser.

    sphinx-build -W -q -b html docs build/docs
    linne train ../shared/data/clothing --out /tmp/clothing && python bench/pages.py /tmp/clothing

Counts violations of WCAG 2.2 A and AA and axe's best practice, addresses asked for outside of the page's own, errors on
the console, and whether a narrow page scrolls sideways. The documents are served from a folder on this machine, as the
studio is; so is the page for a browser, which is exported from the run. --tiny looks at each once and
writes nothing.
"""

import functools
import http.server
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._measure import ROOT, keep
from linne.verbs.export import export
from linne.verbs.report import report as write_report
from tests.web.browser import looked, opened

SITE = ROOT / "build" / "docs"
DOCS = ("index", "start", "which", "statistics", "uneven", "training", "noise", "index.zh", "start.zh", "statistics.zh",
        "reference/verbs", "reference/verb-train", "reference/kind-augment", "reference/settings")  # fmt: skip
VIEWS = ((1200, False), (1200, True), (400, False), (400, True))


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder, served on this machine alone."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def started(*words: str) -> Iterator[str]:
    """The address that a serving command prints, token and all, while it runs."""
    command = [sys.executable, "-u", "-m", "linne", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        found = next((found[0] for line in process.stdout if (found := re.search(r"http://[^\s,;]+", line))), "")
        if not found:
            raise SystemExit(f"{' '.join(command)} printed no address")
        yield found
    finally:
        process.terminate()
        process.wait()


def judged(browser: Any, address: str, views: Any = VIEWS) -> dict[str, Any]:
    """What all views of a page come to."""
    found = [looked(browser, address, wide, dark) for wide, dark in views]
    home = "/".join(address.split("/")[:3])
    return {
        "violations": sum(len(one["violations"]) for one in found),
        "rules": sorted({text for one in found for text in one["violations"]}),
        "asked outside": sorted({url for one in found for url in one["asked"] if not url.startswith(home)}),
        "errors": sorted({text for one in found for text in one["errors"]}),
        "sideways": sum(one["wide"] > wide for one, (wide, _) in zip(found, views, strict=True)),
        "views": len(found),
    }


def main(run: str, tiny: bool) -> None:
    """Look at every page, and keep what was found."""
    report = write_report(run).path.resolve().as_uri()
    views, out = VIEWS[:1] if tiny else VIEWS, {}
    with opened() as browser:
        out["report"] = judged(browser, report, views)
        if SITE.exists():
            with served(SITE) as home:
                for name in DOCS[:1] if tiny else DOCS:
                    out[f"docs/{name}"] = judged(browser, f"{home}/{name}.html", views)
        for name, words in (("studio", ("studio", run, "--no-browser")), ("serve", ("serve", run, "--port", "0"))):
            with started(*words) as address:
                out[name] = judged(browser, address, views)
        with tempfile.TemporaryDirectory() as place:
            page = Path(place) / "page"
            export(run, to="web", out=page)
            with served(page) as home:  # from the disk axe itself asks for the style, which a browser refuses
                out["browser page"] = judged(browser, f"{home}/index.html", views)
    figures = {"pages": out, "violations": sum(one["violations"] for one in out.values()), "axe": "4.12.1 or newer"}
    if tiny:
        print(figures)
    else:
        keep("pages", figures)


if __name__ == "__main__":
    main(sys.argv[1], "--tiny" in sys.argv)
