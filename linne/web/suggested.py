"""What to label next, as text for a terminal and as a page with the pictures, the control and the learning curve."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from ..core.images import Images
from ..core.overlay import NONE
from ..engine.figures import align
from . import curved
from .page import page as plain_page
from .say import num, percent
from .thumbs import thumbs

ROWS, TILES = 20, 300
"""Suggestions that the text and the page show."""


@dataclass(frozen=True, eq=False)
class Suggested:
    """images: what is suggested, in order."""

    images: Images

    def text(self, found: dict[str, Any]) -> str:
        """The sentences, the first suggestions, and what the curve says of each class."""
        table = [("picture", "guess", "confidence", "score", "")]
        table += [(one["name"], *cells(one), note(one)) for one in found["rows"][:ROWS]]
        rest = len(found["rows"]) - ROWS
        lines = [*found["sentences"], "", *align(table), *([f"... {rest:,} more"] if rest > 0 else [])]
        lines += ["", *curved.sentences(found["curve"])] if found["curve"] else []
        lines += ["", *(f"note: {one}" for one in found["notes"])] if found["notes"] else []
        return "\n".join([*lines, *kept(found)])

    def page(self, found: dict[str, Any], lang: str = "en") -> str:
        """One HTML file. Raises OptionError for a language that is not there."""
        small = thumbs(self.images.items, range(min(len(self.images), TILES)))
        tiles = [
            {"name": one["name"], "lines": [f"{one['rank']}. {called(one)} {one['confidence']:.0%}",
                                            *([note(one)] if one["stranger"] else [])],
             "jpeg": "", **small.get(place, {})}
            for place, one in enumerate(found["rows"][:TILES])
        ]  # fmt: skip
        parts: list[dict[str, Any]] = [
            {"title": "Pictures to label next", "notes": ["The most wanted first, each with its guessed class."],
             "pictures": tiles},
            *control(found),
            *(curved.parts(found["curve"]) if found["curve"] else []),
            {"title": "What is not suggested", "columns": ["reason", "pictures"],
             "rows": [[why, num(count)] for why, count in found["left"].items()]},
        ]  # fmt: skip
        name = PurePath(found["pool"]).name or "pictures"
        lead = found["sentences"]
        return plain_page("to label next", name, [*lead, *found["notes"], *kept(found)], parts, lang, len(lead))


def control(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The part about what was replayed beside random choice, where it was."""
    told = found["replay"]
    if told is None:
        return []
    gain = f"{100 * told['value']:+.1f} [{100 * told['low']:+.1f}, {100 * told['high']:+.1f}]"
    why = "Replayed on labelled pictures: labels hidden, asked for, and learned from; the others judge."
    row = [told["query"], *(percent(one) for one in told["accuracy"]), gain]
    columns = ["query", "accuracy with it", "accuracy at random", "gain"]
    return [{"title": "Beside random choice", "notes": [why], "columns": columns, "rows": [row]}]


def cells(one: dict[str, Any]) -> tuple[str, str, str]:
    """The guess, how sure, and the score of a suggestion."""
    return called(one), percent(one["confidence"]), f"{one['score']:.4g}"


def called(one: dict[str, Any]) -> str:
    """The guess in words: an overlay's sign for none of several labels is no word."""
    return "none of the labels" if one["guess"] == NONE else one["guess"]


def note(one: dict[str, Any]) -> str:
    """What is to be said of a suggestion, "" for nothing."""
    return "resembles no labelled picture" if one["stranger"] else ""


def kept(found: dict[str, Any]) -> list[str]:
    """Where the suggestions are, and what to do there."""
    where = []
    if "overlay" in found:
        where.append(
            f"{found['written']:,} new rows wait in {found['overlay']}: write classes under 'to' or accept under "
            f"'decision', then: linne train ... --overlay {found['overlay']}"
        )
    return [*where, *([f"copies: {found['copies']}"] if "copies" in found else [])]
