"""A learning curve as text for a terminal and as a page: what was measured, and the band that it is carried on in."""

from pathlib import PurePath
from typing import Any

from ..engine.figures import align
from . import charts
from .page import page as plain_page
from .say import num, percent, within

SHOWN = 4
"""Classes whose curves are drawn."""
ALONE = (
    "Of pictures of one class alone, the others as they are. A class that is shown more is also named more: where "
    "recall rises and accuracy does not, others pay for it."
)


def text(found: dict[str, Any]) -> str:
    """The sentences, then what was measured and what is foreseen."""
    rows = [("pictures", f"accuracy [{found['level']:.0%} band]", ""), *table(found)]
    lines = sentences(found)
    return "\n".join([*lines, "", *align(rows), "", *(f"note: {note}" for note in found["notes"])]).rstrip()


def page(found: dict[str, Any], lang: str = "en") -> str:
    """One HTML file. Raises OptionError for a language that is not there."""
    name = PurePath(found["source"]).name or "pictures"
    return plain_page("learning curve", name, [*sentences(found)[:2], *found["notes"]], parts(found), lang)


def parts(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The curve of all pictures, what more of each class would bring, and the first classes' curves."""
    classes = found["classes"]
    out: list[dict[str, Any]] = [
        {"title": "Accuracy by pictures that were learned",
         "notes": ["Dots were measured; the band is what they foretell."],
         "chart": drawn(found, "accuracy"), "columns": ["pictures", "accuracy", ""], "rows": table(found)},
    ]  # fmt: skip
    rows = [[one["class"], num(one["n"]), gain(one["recall"]), gain(one["accuracy"])] for one in classes]
    columns = ["class", "pictures", "recall", "accuracy"]
    out.append({"title": "More of one class", "notes": [ALONE], "columns": columns, "rows": rows})
    for one in classes[:SHOWN]:
        out.append({"title": "recall", "of": one["class"], "chart": drawn(one["recall"], "recall")})
    return out


def sentences(found: dict[str, Any]) -> list[str]:
    """What more pictures would bring, in all and of each class."""
    twice = next(step for step in found["ahead"] if step["pictures"] == 2 * found["n"])
    both = f"twice as many pictures ({twice['more']:,} more): {ends(twice)} points of accuracy"
    each = [f"{one['recall']['sentence']}, {ends(one['accuracy']['asked'])} of accuracy" for one in found["classes"]]
    return [found["sentence"], both, *each]


def table(found: dict[str, Any]) -> list[tuple[str, ...]]:
    """(pictures, accuracy with its band, whether measured or foreseen) of every size."""
    rows = [(one, "measured") for one in found["points"]] + [(one, "foreseen") for one in found["ahead"]]
    return [
        (num(one["pictures"]), f"{percent(one['value'])} {within(one['low'], one['high'])}", how) for one, how in rows
    ]


def gain(told: dict[str, Any]) -> str:
    """'+200: +1.2 … +13.5', of so many more pictures."""
    step = told["asked"]
    return f"+{step['more']:,}: {ends(step, '…')}"


def ends(step: dict[str, Any], between: str = "to") -> str:
    """'+1.2 to +13.5' of a gain's band, in points."""
    return f"{100 * step['gain_low']:+.1f} {between} {100 * step['gain_high']:+.1f}"


def drawn(told: dict[str, Any], what: str) -> str:
    """A curve and its band over pictures."""
    points = [(one["pictures"], one["value"]) for one in told["points"]]
    band = [(one["pictures"], one["low"], one["high"]) for one in told["band"]]
    return charts.lines([points], (what, "pictures that were learned"), logarithmic=True, band=band)
