"""A plain page: sentences, then parts that are a chart, a table or both, in the report's style and as one file."""

from collections.abc import Sequence
from typing import Any

from .charts import LINES
from .home import dressed, environment
from .plainly import plainly

HOLDS = ("chart", "rows", "pictures")


def page(
    kind: str,
    name: str,
    lead: Sequence[Any],
    parts: Sequence[dict[str, Any]],
    lang: str = "en",
    main: int = 1,
    command: str = "",
) -> str:
    """One HTML text; `lang`, en or zh, is shown first. Raises OptionError for another language.

    kind: a fixed word. lead: sentences, the first `main` ones stand out; a sentence is text, fixed words, or (fixed
    words, what fills them). parts: each {"title"}, a fixed word, and any of "of" (what it is about), "notes"
    (sentences), "legend" (what each line of the chart is), "chart" (SVG),
    "columns" and "rows", whose first cell is a name (fixed words where "worded") and others may be fixed words,
    "pictures" (thumbnails with "name"
    and "lines", which are sentences); a part without chart, rows and pictures is left out. command: what made
    it, "" where it is not shown.
    """
    from markupsafe import Markup

    home, look = environment(lang), dressed("css")
    shown = [part | {"chart": Markup(part.get("chart", ""))} for part in parts if any(part.get(one) for one in HOLDS)]
    plain = [plainly({key: value for key, value in part.items() if key != "chart"}) for part in shown]
    return home.get_template("page.html.jinja").render(
        kind=kind, name=plainly(name), lead=plainly(list(lead)), lang=lang, marks=LINES, main=main, command=command,
        parts=[told | {"chart": part["chart"]} for told, part in zip(plain, shown, strict=True)],
        **look,
    )  # fmt: skip
