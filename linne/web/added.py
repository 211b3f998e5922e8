"""What adding classes to a run came to: old classes before and after, side by side, and the new ones."""

from typing import Any

from ..engine.figures import align
from ..engine.figures import text as shown
from . import charts
from .say import num, percent

ROWS = 40
"""Old classes that the text and the page show: those told apart, then those that moved most."""
CALLED = "{n} old pictures are now called a new class; {right} of them were right before."
LOST = "Old pictures that were right and are not any more: {n} ({won} the other way round): {names}"
CONTRARY = "{n} new pictures show what old ones of other classes show, and are left out: see the findings."
ALREADY = "{n} new pictures were in the run already."
TUNED = "The network learned with {run} and stays; the head alone is new, and is as sure of old classes as it was."
READ = "The old judging pictures were read {n} times by now, both classifiers together."


def lines(found: dict[str, Any]) -> list[str]:
    """The verdict, old figures beside new ones, the old classes, the new classes, and who was lost."""
    old, head = found["old"], found["old"]["metric"].replace("_", " ")
    table = [("old pictures", "n", "before", "after", "gain"), (head, num(old["n"]), *both(old), gain(old["gain"]))]
    table += [(row["class"], num(row["n"]), percent(row["first"]), percent(row["second"]), gain(row) + told(row))
              for row in rows(old)]  # fmt: skip
    more = len(old["classes"]) - len(rows(old))
    new = [("new class", "learned", "judged", "recall", "precision")]
    new += [(row["class"], num(row["learned"]), num(row["n"]), shown(row["recall"]), shown(row["precision"]))
            for row in found["new"]]  # fmt: skip
    out = ["", found["sentence"], "", *align(table), *([f"... {more:,} more: figures.json"] if more else []), ""]
    return [*out, *align(new), "", *(text.format(**values) for text, values in sentences(found))]


def parts(found: "dict[str, Any] | None") -> "dict[str, Any] | None":
    """What the report shows of it: {"found", "rows", "said", "widest"}; None where nothing was added."""
    if found is None:
        return None
    shown = rows(found["old"])
    ends = [row[end] for row in (found["old"]["gain"], *shown) for end in ("low", "high")]
    return {"found": found, "rows": shown, "said": sentences(found), "widest": charts.reach(ends)}


def sentences(found: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """What else is worth saying, fixed words and what fills them: who is called a new class, lost, left out."""
    old, called = found["old"], found["old"]["called_new"]
    names = ", ".join(old["lost"]) + (", ..." if old["lost_n"] > len(old["lost"]) else "")
    counts = {"n": num(called["n"]), "right": num(called["right"])}
    lost = {"n": num(old["lost_n"]), "won": num(old["won_n"]), "names": names}
    said = [(called["n"], CALLED, counts), (old["lost_n"], LOST, lost),
            (found["contrary"], CONTRARY, {"n": num(found["contrary"])}),
            (found["already"], ALREADY, {"n": num(found["already"])}), (found["tuned"], TUNED, {"run": found["to"]}),
            (found["reads"], READ, {"n": num(found["reads"])})]  # fmt: skip
    return [(text, values) for there, text, values in said if there]


def both(old: dict[str, Any]) -> tuple[str, str]:
    """The headline before and after, each with its interval."""
    return shown(old["before"]), shown(old["after"])


def rows(old: dict[str, Any]) -> list[dict[str, Any]]:
    """The old classes that are shown, the worst first."""
    ordered = sorted(old["classes"], key=lambda row: (not row["told"], row["value"], -row["n"]))
    return ordered[:ROWS]


def gain(row: dict[str, Any]) -> str:
    """'-1.4 [-3.3, 0.3]' in points; '-' where there is no interval."""
    if row["low"] is None:
        return f"{100 * row['value']:+.1f}"
    return f"{100 * row['value']:+.1f} [{100 * row['low']:.1f}, {100 * row['high']:.1f}]"


def told(row: dict[str, Any]) -> str:
    """' worse', ' better', or nothing where the class is not told apart."""
    return "" if not row["told"] else " better" if row["value"] > 0 else " worse"
