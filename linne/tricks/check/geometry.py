"""geometry: how much of each picture the network's centre crop leaves out."""

import numpy as np

from linne.core.facts import Facts
from linne.core.finding import Finding
from linne.core.images import Images

from ._words import share


def geometry(images: Images, facts: Facts, *, crop: float = 0.875, most: float = 0.3) -> list[Finding]:
    """One finding, "cropped", of medium severity when the median picture loses more than `most` (0 to 1) of its pixels.

    crop: side of the centre square over the short side, as `resize=crop` takes it (0.875 = 224 of 256). Rows: the
    pictures that lose more than half, the worst first.
    """
    known = np.flatnonzero(facts.readable & (facts["width"] > 0) & (facts["height"] > 0))
    if not len(known):
        return []
    wide, high = (facts[side][known].astype(float) for side in ("width", "height"))
    lost = 1 - (crop * np.minimum(wide, high)) ** 2 / (wide * high)
    median, worst = float(np.median(lost)), int(lost.argmax())
    if lost[worst] <= most:
        return []
    order = np.argsort(-lost, kind="stable")
    rows = known[order[lost[order] > 0.5]]
    return [
        Finding(
            tuple(rows.tolist()),
            "cropped",
            "medium" if median > most else "low",
            f"A centre crop leaves out {100 * median:.0f} % of the pixels of the median picture and "
            f"{100 * lost[worst]:.0f} % of the worst ({images.names[known[worst]]}, {wide[worst]:.0f} x "
            f"{high[worst]:.0f}); more than half of {share(len(rows), len(known))}.",
            "Compare --resize squash and --resize letterbox, which show the whole picture, with --resize crop.",
            details={
                "lost": {f"{q} %": round(float(np.quantile(lost, q / 100)), 4) for q in (5, 25, 50, 75, 95, 100)},
                "aspect": {f"{q} %": round(float(np.quantile(wide / high, q / 100)), 4) for q in (0, 5, 50, 95, 100)},
            },
        )
    ]
