"""What verbs that look but keep nothing hand back: text for a terminal, JSON, and a page where one was asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import OptionError
from ..core.files import write


@dataclass(frozen=True)
class Shown:
    """What was found; `said` says it for a terminal, `page` is the HTML file that was written, or None."""

    found: dict[str, Any]
    said: Callable[[dict[str, Any]], str]
    page: "Path | None" = None

    def text(self) -> str:
        """For a terminal."""
        return self.said(self.found) + (f"\n\nthe page, with curves: {self.page}" if self.page else "")

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return self.found | {"page": str(self.page) if self.page else None}


def asked(html: "Path | None", lang: str) -> None:
    """Raise OptionError for a page's language that is not there, or where no page is asked for."""
    if lang and html is None:
        raise OptionError(f"--lang {lang} has no effect without a page. Give --html page.html as well, or drop it.")
    if html is not None:
        from ..web.home import environment

        environment(lang or "en")


def shown(found: dict[str, Any], pages: Any, html: "Path | None", lang: str) -> Shown:
    """What was found, its page written where one was asked for. pages: a module of web with `text` and `page`."""
    if html is None:
        return Shown(found, pages.text)
    return Shown(found, pages.text, write(Path(html), pages.page(found, lang or "en")))
