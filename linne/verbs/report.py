"""linne report: a run as one page."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import RunError
from ..core.files import write
from ..core.run import Run
from ._paged import again, mended, parts


@dataclass(frozen=True)
class Page:
    """A written report. path: the HTML file. shown: what is in it, as report.json holds it."""

    path: Path
    shown: dict[str, Any]

    def text(self) -> str:
        """The figures for a terminal, and where the page is."""
        from ..web import several
        from ..web.report import text

        if self.shown.get("several"):
            return several.text(self.shown, self.path)
        return text(self.shown, self.path)

    def data(self) -> dict[str, Any]:
        """JSON-ready: where the page is, and all that it shows but the thumbnails."""
        told = {row: {k: v for k, v in one.items() if k != "jpeg"} for row, one in self.shown["pictures"].items()}
        seen = {row: {k: v for k, v in one.items() if k in ("near", "like")}
                for row, one in self.shown.get("reasons", {}).get("rows", {}).items()}  # fmt: skip
        return {"report": str(self.path)} | self.shown | {"pictures": told, "reasons": seen}


def report(run: str | Path | Run, *, out: Path | None = None, lang: str = "en") -> Page:
    """Write a run's report: one HTML file that opens anywhere, with every figure, mistake and finding.

    It is made anew from what the run kept; the pictures themselves are not needed.

    Parameters
    ----------
    run
        The folder that linne train wrote.
    out
        The HTML file to write; report.html in the run's folder when not given.
    lang
        The language that the page shows first, en or zh; it holds both.
    """
    from ..web.beside import beside

    run = Run(run)
    shown = again(run) | beside(run.path)
    shown["reads"] = max(run.reads, shown["reads"]) if shown["reads"] else 0
    path = Path(out) if out else run.path / "report.html"
    if path.is_dir():
        raise RunError(f"{path} is a folder; --out is the HTML file to write, such as {path / 'report.html'}.")
    write(path, parts(shown, run.path, lang)["report.html"]())
    mended(run, shown)
    return Page(path, shown)
