"""A plain page: sentences, then parts that are a chart, a table or both, in the report's style and as one file."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from .about import versions
from .charts import LINES
from .plainly import plainly
from .report import dressed, environment, safe
from .words import both


def page(kind: str, name: str, lead: Sequence[str], parts: Sequence[dict[str, Any]], lang: str = "en") -> str:
    """One HTML text; `lang`, en or zh, is shown first. Raises OptionError for another language.

    kind: a fixed word. lead: sentences, the first is the main one. parts: each {"title"} and any of "notes" (fixed
    words), "legend" (what each line of the chart is), "chart" (SVG), "columns" and "rows"; a part without chart and
    rows is left out.
    """
    from markupsafe import Markup

    home, look = environment(lang), dressed("css")
    shown = [part | {"chart": Markup(part.get("chart", ""))} for part in parts if part.get("chart") or part.get("rows")]
    plain = [plainly({key: value for key, value in part.items() if key != "chart"}) for part in shown]
    return home.get_template("page.html.jinja").render(
        kind=kind, name=plainly(name), lead=plainly(list(lead)), lang=lang, marks=LINES,
        version=versions().get("linne", ""),
        parts=[told | {"chart": part["chart"]} for told, part in zip(plain, shown, strict=True)],
        both=partial(safe, both, Markup), **look,
    )  # fmt: skip
