"""alternate: one of several mixes for each cell of 16 rows (ecs-vlc/FMix 2020 takes two in turns; here it is drawn)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from ...core.errors import OptionError
from ...core.lookup import find, offer


def alternate(
    images: Tensor, targets: Tensor, rng: np.random.Generator, *, first: Any = "mixup", second: Any = "cutmix",
    third: Any = "", fourth: Any = "", shares: Sequence[float] = (),
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Draw one of the mixes for images (B, ...) and targets (B, K), as in `alternate(mixup(alpha=1),cutmix,plain)`.

    first, second, third, fourth: mixes with their options; "plain" leaves the cell as it is, "" is none. shares: how
    often each is drawn, relative to one another; () is equally often. A draw does what strict turns do on average, and
    a batch has both. Raises OptionError for fewer than two, other shares than mixes, or a name that is not there.
    """
    given = [mix for mix in (first, second, third, fourth) if mix != ""]
    weights = np.asarray(shares or [1.0] * len(given), float)
    if len(given) < 2 or len(weights) != len(given) or (weights <= 0).any() or not np.isfinite(weights).all():
        raise OptionError(
            f"alternate: two to four mixes and a positive share for each, got {len(given)} mixes and "
            f"shares={tuple(shares)}."
        )
    tricks = [None if mix == "plain" else find("mix", mix) for mix in given]
    trick = tricks[int(np.searchsorted(np.cumsum(weights / weights.sum())[:-1], rng.random(), side="right"))]
    return (images, targets) if trick is None else offer(trick, images=images, targets=targets, rng=rng)
