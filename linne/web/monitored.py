"""What new pictures told about a run in use, as text for a terminal and as a page with the strangest of them."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from ..core.images import Images
from ..engine.figures import align
from ..engine.monitor import changed
from .page import page as plain_page
from .say import num, percent, within
from .thumbs import thumbs
from .words_watched import (
    BEYOND,
    BROKEN,
    DOUBT,
    DRIFT,
    KEPT,
    LEFT,
    MIXED,
    NO_LABELS,
    PLAIN,
    RIGHT,
    SAME,
    STRANGE,
    TAKEN,
    UNMIXED,
    UNTOLD,
    WAYS,
    WITHIN,
)

ROWS, NAMES = 20, 5
"""Classes that the text shows, and names in a sentence."""
Said = tuple[str, dict[str, str]]
"""Fixed words and what fills them."""


@dataclass(frozen=True, eq=False)
class Watched:
    """images: the new pictures that counted, which the page shows the strangest of."""

    images: Images

    def text(self, found: dict[str, Any]) -> str:
        """The sentences, the classes, the estimates and the strangest pictures."""
        lines = [text.format(**values) for text, values in sentences(found)]
        if found["mix"]:
            lines += ["", *align([("class", "share now", "share then", ""), *shares(found)[:ROWS]])]
        if found["accuracy"]:
            lines += ["", *align([("accuracy by", "estimate"), *(row[:2] for row in ways(found))])]
        table = [("strangest", "distance", "p", "guess", "confidence"), *strangest(found)[:ROWS]]
        return "\n".join([*lines, "", *align(table), *(f"note: {note}" for note in found["notes"])])

    def page(self, found: dict[str, Any], lang: str = "en") -> str:
        """One HTML file. Raises OptionError for a language that is not there."""
        rows = [one["row"] for one in found["strange"]["pictures"]]
        small = thumbs(self.images.items, rows)
        tiles = [
            {"name": one["name"], "jpeg": "", **small.get(one["row"], {}),
             "lines": [f"{one['guess']} {percent(one['confidence'], 0)}",
                       ("distance {d}, p = {p}", {"d": f"{one['distance']:.2f}", "p": f"{one['p']:.3f}"})]}
            for one in found["strange"]["pictures"]
        ]  # fmt: skip
        parts: list[dict[str, Any]] = [
            {"title": "How right it is likely to be", "notes": [DOUBT] if changed(found) else [],
             "worded": True,
             "columns": ["way", "estimate", "takes for granted that"], "rows": ways(found)},
            {"title": "How often each class comes", "columns": ["class", "share now", "share then", ""],
             "rows": shares(found)},
            {"title": "The strangest pictures", "pictures": tiles,
             "notes": ["The farthest from their nearest ones among the run's pictures first."]},
        ]  # fmt: skip
        name = PurePath(found["source"] or "pictures").name or "pictures"
        lead = sentences(found)
        return plain_page("watching", name, [*lead, *found["notes"]], parts, lang, len(lead), found["command"])


def sentences(found: dict[str, Any]) -> list[Said]:
    """What was found, most important first."""
    told, out = found["drift"], []
    values = {"auc": auc(told), "p": f"{told['p']:.3f}", "n": num(told["n"]), "of": num(told["of"]),
              "smallest": f"{told['smallest']:.2f}"}  # fmt: skip
    out.append((DRIFT if told["drifted"] else SAME, values))
    if told["drifted"] and found["mix"]:
        out.append(_beyond(found["beyond"]))
    holds = found["exchangeable"]
    out.append((KEPT if holds["holds"] else BROKEN, {"on": holds["calibrated_on"] or "-"}))
    out += _mix(found) if found["mix"] else [(NO_LABELS, {})]
    count = found["strange"]["n"]
    out.append((STRANGE, {"n": num(count)}) if count else (PLAIN, {"n": num(found["strange"]["least"])}))
    why = ", ".join(f"{count:,} {word}" for word, count in found["left"].items() if count)
    return out + ([(LEFT, {"n": num(sum(found["left"].values())), "why": why})] if why else [])


def _beyond(told: "dict[str, Any] | None") -> Said:
    if told is None:
        return UNTOLD, {}
    return BEYOND if told["drifted"] else WITHIN, {"auc": auc(told), "p": f"{told['p']:.3f}"}


def _mix(found: dict[str, Any]) -> list[Said]:
    rows = [row for row in found["mix"]["classes"] if row["told"]]
    shown = ", ".join(f"{row['class']} {percent(row['before'])} → {percent(row['share'])} "
                      f"{within(row['low'], row['high'])}" for row in rows[:NAMES])  # fmt: skip
    out: list[Said] = [(MIXED, {"names": shown + (", ..." if len(rows) > NAMES else "")}) if rows else (UNMIXED, {})]
    one = found["accuracy"]["ways"][found["accuracy"]["chosen"]]
    out.append((RIGHT, {"value": percent(one["value"]), "ends": within(one["low"], one["high"]),
                        "before": percent(found["accuracy"]["before"])}))  # fmt: skip
    out.append((TAKEN, {"assumes": one["assumes"]}))
    return out + ([(DOUBT, {})] if changed(found) else [])


def auc(told: dict[str, Any]) -> str:
    """'0.62 [0.57, 0.67]'."""
    one = told["auc"]
    ends = "" if one["low"] is None else f" [{one['low']:.2f}, {one['high']:.2f}]"
    return f"{one['value']:.2f}{ends}"


def shares(found: dict[str, Any]) -> list[tuple[str, ...]]:
    """A row a class: its share now with interval, then, and whether it changed; the most changed first."""
    if not found["mix"]:
        return []
    rows = sorted(found["mix"]["classes"], key=lambda row: (not row["told"], -abs(row["share"] - row["before"])))
    word = {True: "more", False: "fewer"}
    return [
        (row["class"], f"{percent(row['share'])} {within(row['low'], row['high'])}", percent(row["before"]),
         word[row["share"] > row["before"]] if row["told"] else "")
        for row in rows
    ]  # fmt: skip


def ways(found: dict[str, Any]) -> list[tuple[str, ...]]:
    """A row an estimate of the accuracy, the chosen one first: its value with interval, and what it assumes."""
    if not found["accuracy"]:
        return []
    told = found["accuracy"]["ways"]
    order = sorted(told, key=lambda name: name != found["accuracy"]["chosen"])
    return [(WAYS[name], f"{percent(told[name]['value'])} {within(told[name]['low'], told[name]['high'])}",
             told[name]["assumes"]) for name in order]  # fmt: skip


def strangest(found: dict[str, Any]) -> list[tuple[str, ...]]:
    """A row a picture, the strangest first."""
    return [(one["name"], f"{one['distance']:.3f}", f"{one['p']:.3f}", one["guess"], percent(one["confidence"]))
            for one in found["strange"]["pictures"]]  # fmt: skip
