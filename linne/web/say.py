"""How the page says numbers, names of figures and what is known of one picture."""

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from .words import ZH, Word, both
from .words_of_checks import in_chinese

TITLES = {
    "auc": "AUC", "ece": "calibration error (ECE)", "brier": "Brier score", "mcc": "Matthews correlation",
    "hamming": "Hamming loss", "proxy_auc": "proxy AUC",
}  # fmt: skip
"""Figures whose file's name is no word."""
FIXED = ("assumes", "figure", "on", "why")
"""Places of sentences that are filled by fixed words."""
BARS = {"train": "a", "validation": "b", "test": "v", "not used": "x"}
"""CSS classes of the splits' bars."""


def num(value: float) -> str:
    """A count with thousands set apart."""
    return f"{value:,}"


def percent(share: "float | None", digits: int = 1) -> str:
    """A share in percent; "-" where it is not known."""
    return "-" if share is None else f"{100 * share:.{digits}f} %"


def signed(share: "float | None") -> str:
    """A difference of shares in points, with its sign."""
    return "-" if share is None else f"{100 * share:+.1f}"


def within(low: "float | None", high: "float | None") -> str:
    """'[85.1, 91.5]' of two shares."""
    return f"[{', '.join(percent(end).removesuffix(' %') for end in (low, high))}]"


def times(value: float) -> str:
    """How many times as much: '1.30 x'; "-" where it is not known."""
    return f"{value:.2f} x" if value else "-"


def size(count: float) -> str:
    """Bytes as B, kB, MB or GB."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} GB"


def titled(name: str, spec: str = "") -> str:
    """HTML of a figure's name in both languages; topk says its k."""
    found = re.fullmatch(r"topk\((?:k=)?(\d+)\)", spec or name)
    return (
        both("top {k}", k=found[1]) if found else both(TITLES.get(name, name.replace("_", " ").replace(" f1", " F1")))
    )


def sentence(line: Any) -> str:
    """HTML of a sentence: text, fixed words, or (fixed words, what fills them); FIXED places are fixed words too."""
    if isinstance(line, str):
        return told(line)
    return both(line[0], **{key: Word(value) if key in FIXED else value for key, value in line[1].items()})


def told(text: str) -> str:
    """HTML of a sentence that a check or a run made, in both languages; where its Chinese is not known, the English one
    for both, marked as English."""
    if text in ZH:
        return both(text)
    english, chinese = escape(text), escape(in_chinese(text))
    if not chinese:
        return f'<span lang="en" class="only">{english}</span>'
    return f'<span lang="en">{english}</span><span lang="zh">{chinese}</span>'


def total(row: dict[str, Any]) -> int:
    """All pictures of a class."""
    return sum(row[part] for part in BARS)


def bars(row: dict[str, Any], parts: Sequence[str]) -> list[tuple[str, int]]:
    """(CSS class, count) of each split of a class."""
    return [(BARS[part], row[part]) for part in parts]


def about(data: dict[str, Any], found: dict[str, Any], row: int) -> str:
    """HTML below a picture of a finding: its class, the one suggested instead, and its split."""
    from markupsafe import Markup

    picture = data["pictures"][str(row)]
    label, other = picture["label"], found["suggested"].get(str(row))
    said = Markup("<b><bdi>{}</bdi></b>").format(label)
    if other:
        said += Markup(' <span aria-hidden="true">→</span> <span class="to"><bdi>{}</bdi></span>').format(other)
    if picture["split"]:
        said += Markup(' <span class="soft">{}</span>').format(Markup(both(picture["split"])))
    return said


def prepared(model: dict[str, Any]) -> str:
    """HTML of what is done to a picture before the network."""
    cut, _, rest = preprocessing(model).partition(", ")
    share = cut.removeprefix("centre crop of ").removesuffix(" of the short side")
    said = both(cut) if share == cut else both("centre crop of {share} of the short side", share=share)
    return f"{said}, {both(rest)}"


def preprocessing(model: dict[str, Any]) -> str:
    """What is done to a picture before the network, in one line."""
    geometry = model["geometry"]
    fit = geometry["fit"]
    cut = f"centre crop of {geometry['crop']:.4g} of the short side" if fit == "crop" else fit
    ends = ", ".join(f"{name} {'/'.join(f'{x:.4g}' for x in model[name])}" for name in ("mean", "std"))
    return f"{cut}, {geometry['size']} x {geometry['size']} px, {geometry['interpolation']}, {ends}"
