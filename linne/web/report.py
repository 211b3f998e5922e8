"""The report that a person looks at: `gather` what a run knows, `render` it as one HTML file, say it as `text`.

The page loads nothing: style and script are inside and named by hash in its content security policy, thumbnails are
base64 and each is there once. It reads without the script, which only sorts tables; two radio buttons switch between
English and Chinese. Everything from outside passes jinja2's escaping.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ..engine import figures as engine
from ..engine.figures_tree import brief
from . import added, branched, charts, climbed, promised, say
from .gather import FORMAT, gather
from .home import dressed, environment, safe
from .plainly import plainly
from .words import Word
from .words_of_figures import MEANINGS

__all__ = ["FORMAT", "gather", "render", "text"]

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
    page, data = environment(lang).get_template("report.html.jinja"), plainly(data)
    return page.render(data | _shown(data), lang=lang, **dressed("css"), **dressed("js"))


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
    lines += [found[part]["sentence"] for part in ("overlay", "pool", "positive", "extra") if part in found]
    lines += added.lines(found["added"]) if "added" in found else []
    lines += promised.lines(found)
    lines += brief(found["tree"]) if "tree" in found else []
    left = data["overview"]["pictures"] - data["overview"]["kept"]
    left_out = "1 picture was" if left == 1 else f"{left:,} pictures were"
    lines += [f"{left_out} left out: {_reasons(data['dropped'])}"] if left else []
    lines += ["", *_findings(data["findings"], counts)] if data["checked"] else []
    lines += [f"the page lacks {one}" for one in data.get("lost", ())]
    lines += ["", *(f"{one['sentence']}  ({one['command']})" for one in data.get("verdicts", ()))]
    return "\n".join([*lines, *([""] if lines[-1] else []), f"the whole report, with pictures: {page}"])


def _shown(data: dict[str, Any]) -> dict[str, Any]:
    """What the template needs beside the data, of one label a picture."""
    found, base = data["figures"], data["figures"]["baseline"]["value"]
    common = frame(data)
    return common | {
        "reach": charts.axis([row[part] for row in found["per_class"] for part in ("recall", "precision")]),
        "base": base if base >= common["span"][0] else None,
        "added": added.parts(found.get("added")),
        "branched": branched.parts(found.get("tree")),
        "reasons": data.get("reasons", {}),
        **promised.parts(found),
    }


def frame(data: dict[str, Any]) -> dict[str, Any]:
    """What the page of any run needs beside the data: ways to say numbers, and a few things worked out once."""
    found, counts = data["figures"], data["overview"]["counts"]
    return {
        "how": Word(JUDGES.get(data["how"], data["how"])),
        "span": charts.axis([figure for figure in found["figures"].values() if figure["greater"]]),
        "folded": charts.axis(found.get("folds", [])),
        "present": [part for part, n in data["overview"]["splits"].items() if n],
        "most": max((say.total(row) for row in counts), default=0),
        "preprocessing": safe(say.prepared, data["model"]),
        "severities": {"high": 0, "medium": 0, "low": 0} | data["severities"],
        "marks": say.BARS,
        "meanings": [(name, one["spec"], MEANINGS[name]) for name, one in found["figures"].items() if name in MEANINGS],
        "bytes": say.size,
        "about": partial(say.about, data),
        "origin": data.get("origin"),
        "climbed": climbed.parts(found, data.get("times", ())),
        "course": any(found.get(part) for part in ("rungs", "folds", "pool", "curve", "rates"))
        or len(found.get("path", ())) > 1
        or len((found.get("positive") or {}).get("tried", ())) > 1,
        **_verdicts(data.get("verdicts", ())),
    }


def _verdicts(noted: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What was noted of the run, comparisons and ensembles apart, and how far an axis of gains reaches."""
    kinds = {name: [one for one in noted if one["kind"] == name] for name in ("comparison", "ensemble")}
    ends = [one["gain"][end] for one in kinds["comparison"] if one["percent"] for end in ("low", "high")]
    return {"comparisons": kinds["comparison"], "ensembles": kinds["ensemble"], "widest": charts.reach(ends)}


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
