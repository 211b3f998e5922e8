"""How a method is fitted, and what fitting came to."""

from dataclasses import asdict, dataclass, field
from typing import Any

from ..core.errors import RunError


@dataclass(frozen=True)
class Settings:
    """How a method is fitted: what a Recipe says, in steps. Empty mix: none; it ends at the share
    `mix_until` of the steps; mix_at: where it acts, as `hidden.Hidden`. clip: largest gradient norm, 0 none.

    steps of `batch` rows over all processes; rate: the peak; warmup: share of each stage's steps; decay: weight decay;
    layer_decay, head_rate: multiples of the rate by depth, and of the head. sampler: of the main stream, where the
    method leaves it open; "" shuffles. micro: most rows in one pass, 0 all.
    channels_last, compile: see plan. save: seconds between checkpoints. budget: seconds, 0 no limit. every: epochs
    between evaluations. keep: "last" or "best" of the evaluated weights.
    """

    steps: int
    batch: int
    rate: float
    optimizer: Any = "sgd"
    schedule: Any = "cosine"
    warmup: float = 0.0
    decay: float = 0.0
    layer_decay: float = 1.0
    head_rate: float = 1.0
    clip: float = 0.0
    loss: Any = "cross_entropy"
    mix: Any = ""
    mix_until: float = 1.0
    mix_at: str = "input"
    sampler: str = ""
    precision: str = "f32"
    micro: int = 0
    channels_last: bool = False
    compile: bool = False
    synchronise: bool = False
    seed: int = 0
    workers: int = -1
    worker_kind: str = "threads"
    save: float = 60.0
    budget: float = 0.0
    every: float = 1.0
    keep: str = "last"

    def same(self) -> dict[str, Any]:
        """What must not change between a run and its resumption; workers and clocks may."""
        free = ("workers", "worker_kind", "save", "budget")
        return {name: _text(value) for name, value in asdict(self).items() if name not in free}


def _text(value: Any) -> str:
    """The same words for the same setting in every process: a callable by its name."""
    inner = getattr(value, "func", value)
    name = getattr(inner, "__qualname__", "")
    return f"{inner.__module__}.{name}{getattr(value, 'keywords', '') or ''}" if name else str(value)


@dataclass(eq=False)
class Fitted:
    """What fitting came to. module: with the weights that are to be used. ended: why before its time, or ""."""

    module: Any
    steps: int
    history: list[float]
    seconds: float
    ended: str = ""
    records: list[dict[str, Any]] = field(default_factory=list)


class Diverged(RunError):
    """The loss became infinite or not a number: at which step, and of which rows of the pictures."""

    def __init__(self, rows: list[int], step: int) -> None:
        self.rows, self.step = rows, step
        more = " ..." if len(rows) > 8 else ""
        super().__init__(
            f"The loss is not finite at step {step}, rows {rows[:8]}{more} of the pictures. The last good state is "
            "kept. Give a smaller --rate, or --clip 1; look at those pictures with linne check."
        )
