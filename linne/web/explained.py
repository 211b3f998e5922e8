"""Why a run said what it said, picture by picture, as one page: the least sure answers first."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.images import Images
from ..engine.explain import Told
from .heat import heated, plain
from .home import dressed, environment
from .plainly import plainly
from .say import percent
from .thumbs import thumbs

TOP = 3
"""Classes of an answer that are named."""
SPOKEN = "The brighter, the more a place speaks for the class below it; a place that speaks against it is not lit."
CLASSLESS = "The brighter, the more a place stands out to the network, whatever the class."
NEAREST = "The learning pictures that are nearest in the network's features, each with its class and its likeness."
CHANNELS = "The network's last maps that add most to the class, each with its channel."
SEEN = "The first picture of each row is what the network saw: what was cut off could not count."


def page(
    images: Images, classes: Sequence[str], said: tuple[np.ndarray, np.ndarray, np.ndarray], told: Sequence[Told],
    how: str, known: "Images | None", notes: Sequence[str], command: str,
) -> str:  # fmt: skip
    """One HTML text. said: pictures (n, S, S, 3) uint8 as the network saw them, probabilities (n, K), and the classes
    that each of `told` explains, (T, n). known: the learning pictures, where rows of them were told."""
    pixels, chances, sides = said
    small = thumbs(known.items, told[0].found[0].ravel()) if known is not None else {}
    items = []
    for row in range(len(images)):
        best = np.argsort(-chances[row], kind="stable")[:TOP]
        tiles = [{"name": "", "lines": [], **plain(pixels[row])}]
        tiles += _tiles(row, pixels[row], told, [classes[int(k)] for k in sides[:, row]], known, small)
        items.append({"name": str(images.names[row]), "tiles": tiles,
                      "said": [(classes[k], percent(chances[row, k])) for k in best]})  # fmt: skip
    lead = [_lead(how, told[0], len(told)), SEEN, "The least sure pictures first.", *notes]
    words = {"n": f"{len(images):,}", "way": how, "lead": lead, "items": items, "command": command}
    home = environment("en").get_template("explained.html.jinja")
    return home.render(lang="en", **plainly(words), **dressed("css"))


def _lead(how: str, first: Told, sides: int) -> str:
    if first.gives != "heat":
        return NEAREST if first.gives == "rows" else CHANNELS
    return CLASSLESS if how == "eigen_cam" and sides == 1 else SPOKEN


def _tiles(
    row: int, pixels: np.ndarray, told: Sequence[Told], names: Sequence[str], known: "Images | None",
    small: dict[int, dict[str, Any]],
) -> list[dict[str, Any]]:  # fmt: skip
    """What explains one picture, beside it."""
    first = told[0]
    if first.gives == "heat":
        most = max(float(one.found[row].max()) for one in told)
        return [{"name": "", "lines": [name], **heated(pixels, one.found[row], most)}
                for one, name in zip(told, names, strict=True)]  # fmt: skip
    if first.gives == "maps":
        maps, channels = first.found[0][row], first.found[1][row]
        return [{"name": "", "lines": [f"{names[0]}: {channel}"], **heated(pixels, one)}
                for one, channel in zip(maps, channels, strict=True)]  # fmt: skip
    places, like = first.found[0][row], first.found[1][row]
    if known is None:
        return []
    label = [*known.classes, ""]
    return [{"name": str(known.names[place]), "lines": [f"{label[known.labels[place]]} {one:.2f}"], "jpeg": "",
             **small.get(int(place), {})} for place, one in zip(places, like, strict=True)]  # fmt: skip
