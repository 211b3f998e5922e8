"""An ablation's tables: as text for a terminal, and as one HTML page that loads nothing."""

import shlex
from functools import partial
from pathlib import Path
from typing import Any

from . import say
from .charts import place
from .plainly import plainly
from .report import dressed, environment, safe
from .words import Word, both


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
    one, known = line["found"], line["found"]["verdict"]
    gain = f"{signed(one['value'], percent)} [{signed(one['low'], percent)}, {signed(one['high'], percent)}]"
    verdict = f"{known} (would have seen {seen(one, percent)})" if known == "cannot tell" else known
    return line["name"], gain, verdict, _times(line["seconds"]), _times(line["bytes"])


def shown(base: dict[str, Any]) -> str:
    """'89.8 % [88.1, 91.3]', or the plain numbers of a figure that is no share."""
    if base["percent"]:
        return f"{say.percent(base['value'])} {say.within(base['low'], base['high'])}"
    return f"{base['value']:.3f} [{base['low']:.3f}, {base['high']:.3f}]"


def signed(gain: float, percent: bool) -> str:
    """A gain in points, or as it is where the figure is no share; always more is better."""
    return say.signed(gain) if percent else f"{gain:+.3f}"


def seen(one: dict[str, Any], percent: bool) -> str:
    """The smallest gain that would have been told."""
    return f"{100 * one['seen']:.1f}" if percent else f"{one['seen']:.3f}"


def _times(value: float) -> str:
    return f"{value:.2f} x" if value else "-"


def render(found: dict[str, Any], lang: str = "en") -> str:
    """The page of what `linne ablate` came to, as one HTML text; `lang`, en or zh, is shown first."""
    from markupsafe import Markup

    found = plainly(found)
    tables = [(Word(title), lines) for title, lines in (
        ("Added to the plain recipe", found["added"]), ("Left out of the full one", found["spared"]),
    ) if lines]  # fmt: skip
    every = [end for _, lines in tables for line in lines for end in (line["found"]["low"], line["found"]["high"])]
    reach = max([0.01, *map(abs, every)])
    said = {each.__name__: each for each in (gain, scale, shown, signed, seen, say.num)}
    return environment(lang).get_template("ablation.html.jinja").render(
        lang=lang, both=partial(safe, both, Markup), times=_times, found=found, tables=tables, reach=reach,
        **said, **dressed("css"),
    )  # fmt: skip


def gain(one: dict[str, Any], reach: float) -> str:
    """A gain as a dot on its interval's line, between -reach and reach, with a dashed line where there is none."""
    from markupsafe import Markup

    low, value, high = (place(one[end], -reach, reach) for end in ("low", "value", "high"))
    kind = {"helps": "a", "hurts": "b"}.get(one["verdict"], "a")
    return Markup(
        f'<svg class="c g4" height="24" aria-hidden="true"><line x1="50%" x2="50%" y1="0" y2="24" class="base"/>'
        f'<line x1="{low}" x2="{high}" y1="12" y2="12" class="w {kind}"/>'
        f'<circle class="{kind}" cx="{value}" cy="12" r="4.5"/></svg>'
    )


def scale(reach: float, percent: bool) -> str:
    """The axis' numbers in points, or as the figure has them, for the head of a column of `gain`."""
    from markupsafe import Markup

    unit = 100 if percent else 1
    ends = ((0, "start"), (25, "middle"), (50, "middle"), (75, "middle"), (100, "end"))
    words = (f'<text x="{x}%" y="12" text-anchor="{a}">{unit * (x / 50 - 1) * reach:+.3g}</text>' for x, a in ends)
    return Markup(f'<svg class="c ticks" height="16" aria-hidden="true">{"".join(words)}</svg>')
