"""An ablation's tables: as text for a terminal, and as one HTML page that loads nothing."""

from pathlib import Path
from typing import Any

from . import charts, say
from .home import dressed, environment
from .plainly import plainly


def text(found: dict[str, Any], shown: "str | Path") -> str:
    """The tables for a terminal. shown: where the page is."""
    from ..engine.figures import align

    facts, base = found["facts"], found["base"]
    how = f"{facts['network']} after {facts['cut']}, {facts['epochs']:g} epochs, {facts['rounds']} rounds"
    share = f"{say.percent(base['value'])} {say.within(base['low'], base['high'])}"
    out = [f"plain: {share} of {base['n']:,} learning pictures, out of fold; {how}"]
    for title, lines in (("added to the plain recipe", found["added"]), ("left out of the full one", found["spared"])):
        if lines:
            out += ["", title, *align([("", "gain in points", "verdict", "time", "memory"), *map(_row, lines)])]
    out += ["", *(f"{name}: {why}" for name, why in found["left_out"].items() if why != "it hurts")]
    kept = ", ".join(found["kept"])
    told = f"earned their place: {kept}" if kept else "nothing earned its place: the plain recipe stays"
    return "\n".join([*out, f"{told}; recipe.toml beside {shown}"]).replace("\n\n\n", "\n\n")


def _row(line: dict[str, Any]) -> tuple[str, str, str, str, str]:
    one = line["found"]
    gain = f"{say.signed(one['value'])} [{say.signed(one['low'])}, {say.signed(one['high'])}]"
    return line["name"], gain, verdict(one), say.times(line["seconds"]), say.times(line["bytes"])


def verdict(one: dict[str, Any]) -> str:
    """'helps', or 'cannot tell (would have seen 1.8)'."""
    if one["verdict"] != "cannot tell":
        return one["verdict"]
    return f"cannot tell (would have seen {100 * one['seen']:.1f})"


def render(found: dict[str, Any], lang: str = "en") -> str:
    """The page of what `linne ablate` came to, as one HTML text; `lang`, en or zh, is shown first."""
    return environment(lang).get_template("ablation.html.jinja").render(lang=lang, found=parts(found), **dressed("css"))


def parts(found: dict[str, Any]) -> dict[str, Any]:
    """What `linne ablate` came to as its page's macros take it: its tables with titles, and how far an axis reaches."""
    found = plainly(found)
    tables = [(title, lines) for title, lines in (
        ("Added to the plain recipe", found["added"]), ("Left out of the full one", found["spared"]),
    ) if lines]  # fmt: skip
    every = [end for _, lines in tables for line in lines for end in (line["found"]["low"], line["found"]["high"])]
    return found | {"tables": tables, "reach": charts.reach(every)}
