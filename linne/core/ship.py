"""Ship: how a run is exported, one documented field each."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from .errors import OptionError, nearest
from .recipe import setting

LIMIT = 1.0


@dataclass(frozen=True)
class Ship:
    """What a bundle is to hold beside the network."""

    precision: str = setting(
        "float32", "float32, float16 (weights of half the size), bfloat16 (faster where the processor has it) or int8 "
        "(calibrated by the run's own pictures); what it costs in accuracy is measured",
    )  # fmt: skip
    limit: float = setting(
        LIMIT, "points of accuracy that a lower precision may lose; int8 keeps layers until it holds"
    )
    coverage: float = setting(0.0, "of the sets of classes, e.g. 0.9; 0.95 where the run can promise it")

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Ship":
        """From settings by name. Raises OptionError for one that is not there."""
        allowed = [each.name for each in fields(cls)]
        for name in given:
            if name not in allowed:
                raise OptionError(f"linne export has no option {name!r}. {nearest(name, allowed)}")
        return cls(**given)
