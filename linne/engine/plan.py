"""What is measured before a run and then fixed, and what the clock decided: `plan.json`, obeyed by every restart.

A measurement differs from one start to the next, so none may be made twice: it is written down before it has an
effect, and a resumed run, or one that is given `--plan`, reads it instead.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..core.errors import RunError
from ..core.files import write_json


class Plan:
    """Decisions by name, kept in a file where there is a place for one."""

    def __init__(self, path: "Path | None" = None, pinned: "str | Path | None" = None) -> None:
        self.path = path
        self.known: dict[str, Any] = {}
        for file in (pinned, path):
            if file is not None and Path(file).exists():
                self.known = _read(Path(file))
        if pinned is not None and not Path(pinned).exists():
            raise RunError(f"There is no plan {pinned}. A finished run's is plan.json in its folder.")

    def decide(self, name: str, measure: Callable[[], Any]) -> Any:
        """What was decided about `name`; where nothing was, what `measure` finds, written down before it is used."""
        if name not in self.known:
            self.record(name, measure())
        return self.known[name]

    def record(self, name: str, value: Any) -> None:
        """Write a decision down."""
        self.known[name] = value
        if self.path is not None:
            write_json(self.path, self.known)

    def get(self, name: str, default: Any = None) -> Any:
        return self.known.get(name, default)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{path} is damaged ({error}). Delete it to measure again; the run may then differ.") from error
    if not isinstance(found, dict):
        raise RunError(f"{path} is no plan: expected an object of decisions by name.")
    return found


def timed(work: Callable[[], Any], wait: Callable[[], Any], times: int = 3) -> float:
    """Seconds that `work` takes: the least of some calls after one that warms up."""
    work()
    wait()
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        wait()
        took.append(time.perf_counter() - begun)
    return min(took)
