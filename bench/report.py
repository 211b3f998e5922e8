"""The report: how long it takes, how large the page is, and that a browser that opens it asks the network for nothing.

    linne train ../shared/data/clothing --out /tmp/clothing && python bench/report.py /tmp/clothing

Renders a run's page anew (median of five), opens it in headless Chromium where there is one, and lists the addresses in
Chromium's own network log that are not the browser's updates: those that the page asked for.
"""

import json
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from linne.verbs.report import report

HOME = Path(__file__).resolve().parent
MACHINE = f"2 cores AMD EPYC Zen 4, avx512_bf16, Python {platform.python_version()}, compiled bytecode"
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update")  # fmt: skip
OWN = re.compile(r"https?://([\w-]+\.)*(google|googleapis|gstatic)\.com/")


def asked(page: Path) -> list[str] | None:
    """Addresses that opening the page asked the network for, besides the browser's own; None without Chromium."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "net.json"
        options = (f"--user-data-dir={folder}/user", f"--log-net-log={log}", f"--screenshot={folder}/page.png")
        subprocess.run(
            [browser, *QUIET, *options, page.resolve().as_uri()], check=True, capture_output=True, timeout=120
        )
        found = re.findall(r'"url":"((?:https?|wss?|ftp)://[^"]+)"', log.read_text(errors="replace"))
    return sorted({address for address in found if not OWN.match(address)})


def main() -> None:
    """Measure, print and keep."""
    took = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(5):
            begun = time.perf_counter()
            page = report(sys.argv[1], out=Path(folder) / "report.html")
            took.append(time.perf_counter() - begun)
        found = {
            "command": "python bench/report.py RUN", "machine": MACHINE, "jinja2": version("jinja2"),
            "bytes": page.path.stat().st_size, "pictures": len(page.shown["pictures"]),
            "seconds": round(statistics.median(took), 3), "asked of the network": asked(page.path),
        }  # fmt: skip
    print(json.dumps(found, indent=1))
    (HOME / "results" / "report.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
