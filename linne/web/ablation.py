"""An ablation's tables: as text for a terminal, and as one HTML page that loads nothing."""

from functools import partial
from pathlib import Path
from typing import Any

from . import say
from .charts import place
from .plainly import plainly
from .report import dressed, environment, safe
from .words import Word, both

VERDICTS = {"helps": "helps", "hurts": "hurts", "cannot tell": "cannot tell"}


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
    return line["name"], gain, verdict(one), _times(line["seconds"]), _times(line["bytes"])


def verdict(one: dict[str, Any]) -> str:
    """'helps', or 'cannot tell (would have seen 1.8)'."""
    if one["verdict"] != "cannot tell":
        return one["verdict"]
    return f"cannot tell (would have seen {100 * one['seen']:.1f})"


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
    said = {each.__name__: each for each in (verdict, gain, scale, say.percent, say.signed, say.within, say.num)}
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


def scale(reach: float) -> str:
    """The axis' numbers in points, for the head of a column of `gain`."""
    from markupsafe import Markup

    ends = ((0, "start"), (25, "middle"), (50, "middle"), (75, "middle"), (100, "end"))
    words = (f'<text x="{x}%" y="12" text-anchor="{a}">{2 * reach * x - 100 * reach:+.3g}</text>' for x, a in ends)
    return Markup(f'<svg class="c ticks" height="16" aria-hidden="true">{"".join(words)}</svg>')
