"""What methods with a teacher share: what it says of a batch, and what contradicts one."""

from typing import Any

from torch import Tensor

from ...core.batch import Batch
from ...core.errors import OptionError


def told(name: str, teacher: Any, batch: Batch) -> Tensor:
    """What the teacher says of these pictures, or of these rows where it knows nothing else. Raises OptionError."""
    if not getattr(teacher, "by_rows", False):
        return teacher(batch.images)
    if (batch.targets.amax(1) < 1).any():
        raise OptionError(f"{name}(teacher=self) knows each picture's own label, of no blend of two. Drop mix.")
    return teacher(batch.rows)


def unsmoothed(name: str, loss: Any) -> None:
    """Raise OptionError for a loss of smoothed labels: they contradict a teacher's."""
    if getattr(getattr(loss, "loss", None), "keywords", {}).get("smoothing"):
        raise OptionError(f"{name}: a smoothed label contradicts the teacher's. Give loss='cross_entropy'.")
