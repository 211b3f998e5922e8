"""Jobs: Linne's own commands, run beside the studio as a person would run them, one after the other.

A job is a process: a network's memory is never the server's, stopping it is a signal, and what it did is a command that
anybody can give again.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...core.errors import OptionError
from ...core.leash import NAME

LINES = 200
"""Lines of what a job said that are kept."""
GRACE = 10.0
"""Seconds that a job has to end by itself once it is told to."""
WAITING, RUNNING, DONE, FAILED, STOPPED = "waiting", "running", "done", "failed", "stopped"


@dataclass(eq=False)
class Job:
    """A command. words: without `linne`. then: called with its JSON when it is done, in a thread of the jobs. shown:
    the words as a person would give them, where those differ."""

    number: int
    kind: str
    words: tuple[str, ...]
    then: "Callable[[Any], None] | None" = None
    state: str = WAITING
    begun: float = 0.0
    ended: float = 0.0
    why: str = ""
    progress: dict[str, Any] = field(default_factory=dict)
    lines: "deque[str]" = field(default_factory=lambda: deque(maxlen=LINES))
    result: Any = None
    shown: tuple[str, ...] = ()
    process: "subprocess.Popen[str] | None" = None

    @property
    def command(self) -> str:
        """What does the same on a command line."""
        return " ".join(["linne", *map(shlex.quote, self.shown or self.words)])

    def data(self) -> dict[str, Any]:
        """JSON-ready: what it is, how far, what it said last, why it failed; not its result."""
        end = self.ended or time.time()
        return {
            "id": self.number, "kind": self.kind, "command": self.command, "state": self.state, "why": self.why,
            "seconds": round(end - self.begun, 1) if self.begun else 0.0, "progress": dict(self.progress),
            "lines": list(self.lines)[-12:],
        }  # fmt: skip


class Jobs:
    """A queue of jobs, of which one runs at a time. `at`: the folder that commands are given in."""

    def __init__(self, at: "str | Path" = ".") -> None:
        self.at = Path(at)
        self._jobs: dict[int, Job] = {}
        self._wake = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def start(
        self, kind: str, words: Sequence[str], then: "Callable[[Any], None] | None" = None, *, shown: Sequence[str] = ()
    ) -> Job:
        """Begin a command, or give the one of this kind that is on its way with the same words."""
        with self._wake:
            for job in self._jobs.values():
                if job.kind == kind and job.words == tuple(words) and job.state in (WAITING, RUNNING):
                    return job
            job = Job(len(self._jobs) + 1, kind, tuple(words), then, shown=tuple(shown))
            self._jobs[job.number] = job
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
                self._thread.start()
            self._wake.notify()
            return job

    def get(self, number: int) -> Job:
        """The job. Raises OptionError."""
        if number not in self._jobs:
            raise OptionError(f"There is no job {number}.")
        return self._jobs[number]

    def all(self) -> list[Job]:
        """Every job, the newest first."""
        return sorted(self._jobs.values(), key=lambda job: -job.number)

    def last(self, kind: str, state: str = DONE) -> "Job | None":
        """The newest job of this kind in this state."""
        return next((job for job in self.all() if job.kind == kind and job.state == state), None)

    def stop(self, number: int) -> Job:
        """End it, as Ctrl-C would; what is there of its work stays, and the same command goes on from there."""
        job = self.get(number)
        with self._wake:
            if job.state == WAITING:
                job.state = STOPPED
            process = job.process if job.state == RUNNING else None
            job.why = "stopped" if process else job.why
        if process is not None:
            _end(process)
        return job

    def close(self) -> None:
        """End what runs; nothing is begun any more."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        for job in self.all():
            if job.state in (WAITING, RUNNING):
                self.stop(job.number)

    def _work(self) -> None:
        while True:
            with self._wake:
                while not (ready := [job for job in self._jobs.values() if job.state == WAITING]) and not self._closed:
                    self._wake.wait()
                if self._closed:
                    return
                job = ready[0]
                job.state, job.begun = RUNNING, time.time()
            self._run(job)

    def _run(self, job: Job) -> None:
        words = [sys.executable, "-m", "linne", *job.words, "--json"]
        env = {**os.environ, "LINNE_PROGRESS": "json", "PYTHONUNBUFFERED": "1", NAME: "stdin"}
        try:
            job.process = subprocess.Popen(
                words, cwd=self.at, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                text=True, errors="replace", start_new_session=True,
            )  # fmt: skip
            with job.process:
                out = _read(job.process, job)
            code = job.process.returncode
        except OSError as error:
            job.state, job.why, job.ended = FAILED, str(error), time.time()
            return
        job.ended = time.time()
        if job.why == "stopped":
            job.state = STOPPED
            return
        self._finish(job, code, out)

    def _finish(self, job: Job, code: int, out: str) -> None:
        """What came of it; a gate that is closed (1) is a result, a mistake (2) or a crash is none."""
        try:
            job.result = json.loads(out) if code in (0, 1) else None
            if job.result is not None and job.then is not None:
                job.then(job.result)
        except Exception as error:  # whatever became of it, the next job runs
            job.why = f"what it gave cannot be used: {error}"
        said = [line for line in job.lines if line.strip()]
        job.why = job.why or ("" if job.result is not None else (said[-1] if said else f"ended with {code}"))
        job.state = DONE if not job.why else FAILED


def _read(process: "subprocess.Popen[str]", job: Job) -> str:
    """The standard output, while what is said beside it goes to the job."""
    out: list[str] = []
    reader = threading.Thread(target=lambda: out.append(process.stdout.read() if process.stdout else ""), daemon=True)
    reader.start()
    for line in process.stderr or ():
        told = _progress(line)
        if told is None:
            job.lines.append(line.rstrip().removeprefix("linne: "))
        else:
            job.progress = told
    reader.join()
    return "".join(out)


def _progress(line: str) -> "dict[str, Any] | None":
    """A line that says how far a command is: {"what", "done", "total"}; None for any other."""
    if not line.startswith('{"progress":'):
        return None
    with suppress(ValueError):
        return dict(json.loads(line)["progress"])
    return None


def _end(process: "subprocess.Popen[str]") -> None:
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGINT) if hasattr(os, "killpg") else process.terminate()

    def last() -> None:
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()

    threading.Thread(target=last, daemon=True).start()
