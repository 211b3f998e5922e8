"""The report that a person looks at: `gather` what a run knows, `render` it as one HTML file, say it as `text`.

The page loads nothing: style and script are inside and named by hash in its content security policy, thumbnails are
base64 and each is there once. It reads without the script, which only sorts tables; two radio buttons switch between
English and Chinese. Everything from outside passes jinja2's escaping.
"""

import base64
import hashlib
from functools import partial
from pathlib import Path
from typing import Any

from ..core.errors import OptionError, nearest
from ..engine import figures as engine
from . import charts, say
from .gather import FORMAT, gather
from .plainly import plainly
from .words import Word, both

__all__ = ["FORMAT", "gather", "render", "text"]

HOME = Path(__file__).parent
CHARTS = ("ticks", "interval", "pair", "stack", "reliability", "path", "search", "curve")
LANGUAGES = ("en", "zh")
ROWS, LINES = 40, 10
"""Classes and findings that the text for a terminal has room for."""
JUDGES = {
    "repeated grouped cross-validation: too few pictures for a test set of their own": "pictures, each judged by heads "
    "that it did not teach (repeated grouped cross-validation: too few for a test set of their own)",
    "classifiers that had not learned the picture (out of fold)": "pictures, each judged by a classifier that had not "
    "learned it (out of fold)",
}
"""How a run says who judged, and how the page says it after a number."""


def render(data: dict[str, Any], lang: str = "en") -> str:
    """The page of what `gather` gave, as one HTML text of at most 3 MB; `lang`, en or zh, is shown first.

    Raises OptionError for another language.
    """
    from markupsafe import Markup

    drawn = (both, say.titled, *(getattr(charts, name) for name in CHARTS))
    page = environment(lang).get_template("report.html.jinja")
    return page.render(
        plainly(data) | _shown(data), lang=lang, shade=charts.shade, **dressed("css"), **dressed("js"),
        **{each.__name__: partial(safe, each, Markup) for each in drawn},
    )  # fmt: skip


def environment(lang: str) -> Any:
    """jinja2 over the page templates, everything escaped. Raises OptionError for a language that is not there."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    if lang not in LANGUAGES:
        raise OptionError(f"lang={lang!r} is not there. {nearest(lang, LANGUAGES)}")
    return Environment(
        autoescape=True, loader=FileSystemLoader(HOME), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def dressed(kind: str) -> dict[str, Any]:
    """The page's style or script ("css", "js") as text to stand inside it, and the hash that its policy names it by."""
    from markupsafe import Markup

    source = _squeezed((HOME / f"report.{kind}").read_text(encoding="utf-8"))
    return {kind: Markup(source), f"{kind}_hash": _hash(source)}


def text(data: dict[str, Any], page: str | Path = "report.html") -> str:
    """The same for a terminal: headline, who judged, leak, figures, classes, what checks found, where the page is.

    page: where the page is, as it is to be named.
    """
    data = plainly(data)
    found, counts = data["figures"], data["severities"]
    more = len(found["classes"]) - len(found["per_class"][:ROWS])
    lines = [engine.table(found | {"per_class": found["per_class"][:ROWS]})]
    lines += [f"... {more:,} more classes: figures.json"] if more else []
    lines += ["", f"judged by {data['how']}; " + _reads(data["reads"])]
    lines += [data["leak"]] if data["leak"] else []
    lines += [found["pool"]["sentence"]] if "pool" in found else []
    left = data["overview"]["pictures"] - data["overview"]["kept"]
    left_out = "1 picture was" if left == 1 else f"{left:,} pictures were"
    lines += [f"{left_out} left out: {_reasons(data['dropped'])}"] if left else []
    lines += ["", *_findings(data["findings"], counts)] if data["checked"] else []
    return "\n".join([*lines, "", f"the whole report, with pictures: {page}"])


def safe(draw: Any, markup: Any, *args: Any, **values: Any) -> Any:
    """What `draw` gives, as text that is HTML already."""
    return markup(draw(*args, **values))


def _shown(data: dict[str, Any]) -> dict[str, Any]:
    """What the template needs beside the data: ways to say numbers, and a few things worked out once."""
    found, counts = data["figures"], data["overview"]["counts"]
    shares = [figure for figure in found["figures"].values() if figure["greater"]]
    span, base = charts.axis(shares), found["baseline"]["value"]
    return {
        "how": Word(JUDGES.get(data["how"], data["how"])),
        "span": span,
        "reach": charts.axis([row[part] for row in found["per_class"] for part in ("recall", "precision")]),
        "base": base if base >= span[0] else None,
        "folded": charts.axis(found.get("folds", [])),
        "present": [part for part, n in data["overview"]["splits"].items() if n],
        "most": max((say.total(row) for row in counts), default=0),
        "preprocessing": say.preprocessing(data["model"]),
        "severities": {"high": 0, "medium": 0, "low": 0} | data["severities"],
        "marks": say.BARS,
        "text": engine.text,
        "bytes": say.size,
        "about": partial(say.about, data),
        **{each.__name__: each for each in (say.num, say.percent, say.signed, say.within, say.total, say.bars)},
    }


def _reads(times: int) -> str:
    if not times:
        return "there is no test set"
    return f"the test pictures were read {'once' if times == 1 else f'{times} times'}"


def _reasons(dropped: list[dict[str, Any]]) -> str:
    told = []
    for one in dropped:
        names = ", ".join(one["names"][:3]) + (", ..." if one["n"] > 3 else "")
        told.append(f"{one['n']:,} {one['reason']} ({names})")
    return "; ".join(told)


def _findings(found: list[dict[str, Any]], counts: dict[str, int]) -> list[str]:
    if not found:
        return ["the checks found nothing"]
    told = ", ".join(f"{counts[severity]} {severity}" for severity in ("high", "medium", "low") if severity in counts)
    lines = [f"the checks found: {told}"]
    for one in found[:LINES]:
        many = f" ({one['n']:,})" if one["n"] else ""
        lines += [f"{one['severity']:6}  {one['kind']}{many}: {one['why']}", f"        -> {one['fix']}"]
    rest = sum(counts.values()) - len(found[:LINES])
    return lines + ([f"        {rest} more in the report"] if rest else [])


def _hash(source: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"


def _squeezed(source: str) -> str:
    """Without indents, empty lines and CSS comments."""
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("/*"))
