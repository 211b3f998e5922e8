"""What all pages share: the templates with every chart and way to say things, style and script, and their languages."""

import base64
import hashlib
from functools import cache, partial
from pathlib import Path
from typing import Any

from ..core.errors import OptionError, nearest
from ..engine.figures import text
from . import charts, contest, say
from .about import versions
from .words import Word, both

HOME = Path(__file__).parent
LANGUAGES = ("en", "zh")
DRAWN = (
    both, say.sentence, say.told, say.titled, charts.ticks, charts.interval, charts.pair, charts.stack, charts.path,
    charts.reliability, charts.search, charts.curve, charts.gain, charts.scale, contest.scatter, contest.history,
    contest.bar,
)  # fmt: skip
"""What gives HTML."""
SAID = (
    Word, charts.shade, text, say.num, say.percent, say.signed, say.within, say.times, say.total, say.bars,
)  # fmt: skip
"""What gives text or numbers."""


def environment(lang: str) -> Any:
    """jinja2 over the page templates, everything escaped; each of DRAWN and SAID by its name.

    Raises OptionError for a language that is not there.
    """
    if lang not in LANGUAGES:
        raise OptionError(f"lang={lang!r} is not there. {nearest(lang, LANGUAGES)}")
    return _environment()


@cache
def _environment() -> Any:
    """Made once: reading the templates of one report takes 0.45 s."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    home = Environment(
        autoescape=True, loader=FileSystemLoader(HOME), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    home.globals["version"] = versions().get("linne", "")
    home.globals |= {each.__name__: each for each in SAID} | {each.__name__: partial(safe, each) for each in DRAWN}
    return home


def dressed(kind: str) -> dict[str, Any]:
    """The page's style or script ("css", "js") as text to stand inside it, and the hash that its policy names it by."""
    from markupsafe import Markup

    source = _squeezed((HOME / f"report.{kind}").read_text(encoding="utf-8"))
    return {kind: Markup(source), f"{kind}_hash": _hash(source)}


def safe(draw: Any, *args: Any, **values: Any) -> Any:
    """What `draw` gives, as text that is HTML already."""
    from markupsafe import Markup

    return Markup(draw(*args, **values))


def _hash(source: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"


def _squeezed(source: str) -> str:
    """Without indents, empty lines and CSS comments."""
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("/*"))
