"""An ablation's tables: as text for a terminal, and as one HTML page that loads nothing."""

import shlex
from pathlib import Path
from typing import Any

from . import charts, say
from .home import dressed, environment
from .plainly import plainly


def text(found: dict[str, Any], page: "str | Path") -> str:
    """The tables for a terminal. page: where that is."""
    from ..engine.figures import align

    facts, base = found["facts"], found["base"]
    how = f"{facts['network']} after {facts['cut']}, {facts['epochs']:g} epochs, {facts['rounds']} rounds"
    share = f"{facts['metric']} {shown(base)}"
    out = [f"plain: {share} of {base['n']:,} learning pictures, out of fold; {how}"]
    for title, lines in (("added to the plain recipe", found["added"]), ("left out of the full one", found["spared"])):
        if lines:
            rows = [_row(line, base["percent"]) for line in lines]
            gains = "gain in points" if base["percent"] else f"gain in {facts['metric']}"
            out += ["", title, *align([("", gains, "verdict", "time", "memory"), *rows])]
    out += ["", *(f"{name}: {why}" for name, why in found["left_out"].items() if why != "it hurts")]
    kept = ", ".join(found["kept"])
    told = f"earned their place: {kept}" if kept else "nothing earned its place: the plain recipe stays"
    here, words = Path(page).parent, shlex.split(found["command"])
    out += [told, f"the page: {page}", f"next: linne train {shlex.quote(words[2])} --recipe {here / 'recipe.toml'}"]
    return "\n".join(out).replace("\n\n\n", "\n\n")


def _row(line: dict[str, Any], percent: bool) -> tuple[str, str, str, str, str]:
    known, (value, low, high) = line["found"]["verdict"], ends(line["found"], percent)
    verdict = f"{known} (would have seen {seen(line['found'], percent)})" if known == "cannot tell" else known
    return line["name"], f"{value} [{low}, {high}]", verdict, say.times(line["seconds"]), say.times(line["bytes"])


def shown(base: dict[str, Any]) -> str:
    """'89.8 % [88.1, 91.3]', or the plain numbers of a figure that is no share."""
    if base["percent"]:
        return f"{say.percent(base['value'])} {say.within(base['low'], base['high'])}"
    return f"{base['value']:.3f} [{base['low']:.3f}, {base['high']:.3f}]"


def ends(one: dict[str, Any], percent: bool) -> list[str]:
    """A gain and its interval's ends, in points, or as they are where the figure is no share; more is better."""
    return [say.signed(one[end]) if percent else f"{one[end]:+.3f}" for end in ("value", "low", "high")]


def seen(one: dict[str, Any], percent: bool) -> str:
    """The smallest gain that would have been told."""
    return f"{100 * one['seen']:.1f}" if percent else f"{one['seen']:.3f}"


def render(found: dict[str, Any], lang: str = "en") -> str:
    """The page of what `linne ablate` came to, as one HTML text; `lang`, en or zh, is shown first."""
    return environment(lang).get_template("ablation.html.jinja").render(lang=lang, found=parts(found), **dressed("css"))


def parts(found: dict[str, Any]) -> dict[str, Any]:
    """What `linne ablate` came to as its page's macros take it: its tables with titles, and how far an axis reaches."""
    found = plainly(found)
    tables = [(title, lines) for title, lines in (
        ("Added to the plain recipe", found["added"]), ("Left out of the full one", found["spared"]),
    ) if lines]  # fmt: skip
    for line in (line for _, lines in tables for line in lines):
        percent = found["base"]["percent"]
        line |= {"said": ends(line["found"], percent), "seen": seen(line["found"], percent)}
    every = [end for _, lines in tables for line in lines for end in (line["found"]["low"], line["found"]["high"])]
    value, _, interval = shown(found["base"]).rpartition(" [")
    return found | {"tables": tables, "reach": charts.reach(every), "shown": (value, f"[{interval}")}
