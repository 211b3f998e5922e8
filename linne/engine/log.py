"""What a run says while it works: lines and progress for a person, `log.jsonl` for a machine."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from ..core.files import writes

OFTEN = 0.5
"""Seconds between lines of progress, for a program that reads them (LINNE_PROGRESS=json)."""


class Log:
    """say(): a line to the terminal (stderr) and to the run's log. track(): progress with done, rate and time left."""

    def __init__(self, quiet: bool = False, stream: TextIO | None = None) -> None:
        self.quiet, self.stream = quiet, stream or sys.stderr
        self.start, self._file, self._early = time.time(), None, []

    def keep(self, path: Path) -> None:
        """From now on write to this file too, and what was said before with it."""
        if not writes():
            return
        self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115 - lives as long as the run
        early, self._early = self._early, []
        for line in early:
            self._write(line)

    def close(self) -> None:
        """Stop writing to the run's file."""
        if self._file:
            self._file.close()
        self._file = None

    def say(self, text: str, **data: Any) -> None:
        """One line for a person; `data` goes beside it into the log."""
        if not self.quiet:
            print(text, file=self.stream, flush=True)
        self._write({"at": round(time.time() - self.start, 3), "say": text, **data})

    def _write(self, line: dict[str, Any]) -> None:
        if self._file is None:
            self._early.append(line)
            return
        self._file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
        self._file.flush()

    @contextmanager
    def track(self, what: str, total: int) -> Iterator[Any]:
        """A function to call with the number done since the last call."""
        begun, done = time.monotonic(), 0
        bar = _bar(what, total, self.stream) if not self.quiet and self.stream.isatty() and total > 32 else None
        told = begun if not self.quiet and os.environ.get("LINNE_PROGRESS") == "json" else None

        def step(count: int = 1) -> None:
            nonlocal done, told
            done += count
            if bar:
                bar[0].update(bar[1], advance=count)
            if told is not None and time.monotonic() - told > OFTEN:
                told = time.monotonic()
                one = {"what": what, "done": done, "total": total}
                print(json.dumps({"progress": one}), file=self.stream, flush=True)

        try:
            yield step
        finally:
            if bar:
                bar[0].stop()
            took = time.monotonic() - begun
            if done:
                rate = done / max(took, 1e-9)
                pace = f"{rate:,.0f} a second" if rate >= 10 else f"{took / done:,.1f} s each"
                self.say(f"{what}: {done:,} in {took:.1f} s, {pace}", done=done, seconds=round(took, 3))


def _bar(what: str, total: int, stream: TextIO) -> tuple[Any, Any]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Any) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="progress.data.speed")

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn()
    bar = Progress(*columns, console=Console(file=stream), transient=True)
    bar.start()
    return bar, bar.add_task(what, total=total)
