"""Jobs: Linne's own commands, run beside the studio as a person would run them, one after the other.

A job is a process: a network's memory is never the server's, stopping it is a signal, and what it did is a command that
anybody can give again. It ends with the studio, but for one that may outlast it and that a person wants to: that says
what it has to say to files, and the next studio of the project finds it by what is written about it beside them.
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

from ...core.errors import OptionError, RunError
from ...core.files import write_json
from ...core.leash import END, NAME, STAY
from .left import alive, born, tailed

COMMAND = (sys.executable, "-m", "linne")
LINES = 200
"""Lines of what a job said that are kept."""
GRACE = 10.0
"""Seconds that a job has to end by itself once it is told to."""
WAITING, RUNNING, DONE, FAILED, STOPPED = "waiting", "running", "done", "failed", "stopped"


def written(words: "Sequence[str]") -> str:
    """A command as a person would write it: what lies below the folder that the studio was started in is named from
    there."""
    below = f"{Path.cwd()}{os.sep}"
    short = (word.removeprefix(below) for word in words)
    near = (one if one[:1] not in ("", "-") else word for one, word in zip(short, words, strict=True))
    return " ".join(["linne", *map(shlex.quote, near)])


@dataclass(eq=False)
class Job:
    """A command. words: without `linne`. then: called with its JSON when it is done, in a thread of the jobs. shown:
    the words as a person would give them, where those differ. lasts: it may outlast the studio; stays: it is to. born:
    when the process of an earlier studio began, as `left.born` says it."""

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
    lasts: bool = False
    stays: bool = False
    process: "subprocess.Popen[str] | None" = None
    pid: int = 0
    born: str = ""

    @property
    def command(self) -> str:
        """What does the same on a command line."""
        return written(self.shown or self.words)

    def goes_on(self) -> bool:
        """Whether its process runs."""
        if self.process:
            return self.process.poll() is None
        return alive(self.pid) and born(self.pid) == self.born  # else the number is another's by now

    def data(self) -> dict[str, Any]:
        """JSON-ready: what it is, how far, what it said last, why it failed; not its result."""
        end = self.ended or time.time()
        return {
            "id": self.number, "kind": self.kind, "command": self.command, "state": self.state, "why": self.why,
            "seconds": round(end - self.begun, 1) if self.begun else 0.0, "progress": dict(self.progress),
            "lines": list(self.lines)[-12:], "lasts": self.lasts, "stays": self.stays,
        }  # fmt: skip


class Jobs:
    """A queue of jobs, of which one runs at a time. `at`: the folder that commands are given in. home: a folder for
    those that may outlast the studio; without it none does."""

    def __init__(self, at: "str | Path" = ".", home: "Path | None" = None) -> None:
        self.at, self.home = Path(at), home
        self._jobs: dict[int, Job] = {}
        self._wake = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def start(
        self, kind: str, words: Sequence[str], then: "Callable[[Any], None] | None" = None, *,
        shown: Sequence[str] = (), lasts: bool = False, stays: bool = False,
    ) -> Job:  # fmt: skip
        """Begin a command, or give the one of this kind that is on its way with the same words."""
        with self._wake:
            for job in self._jobs.values():
                if job.kind == kind and job.words == tuple(words) and job.state in (WAITING, RUNNING):
                    return job
            lasts = lasts and self.home is not None
            job = Job(len(self._jobs) + 1, kind, tuple(words), then, shown=tuple(shown), lasts=lasts)
            job.stays = stays and lasts
            return self._queued(job)

    def again(self, then: Callable[[Any], None]) -> "Job | None":
        """The command that an earlier studio of this project left running, where one did; watched from here on."""
        record = self._record()
        try:
            told = json.loads(record.read_text(encoding="utf-8")) if record else {}
            if not told or (alive(told["pid"]) and born(told["pid"]) != told["born"]):
                return None
            words = tuple(map(str, told["words"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        with self._wake:
            job = Job(len(self._jobs) + 1, str(told["kind"]), words, then, begun=float(told["begun"]), lasts=True)
            job.stays, job.pid, job.born = True, int(told["pid"]), str(told["born"])
            return self._queued(job)

    def _queued(self, job: Job) -> Job:
        self._jobs[job.number] = job
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
            self._thread.start()
        self._wake.notify()
        return job

    def stay(self, number: int, stays: bool) -> Job:
        """Whether it goes on once the studio is closed. Raises OptionError for one that cannot."""
        job = self.get(number)
        if not job.lasts:
            raise OptionError(f"Job {number} ends with the studio.")
        job.stays = stays
        self._tell(job)
        return job

    def _tell(self, job: Job) -> None:
        pipe = job.process.stdin if job.process else None
        with suppress(OSError, ValueError):
            if pipe is not None:
                pipe.write(STAY if job.stays else END)
                pipe.flush()

    def left(self) -> list[Job]:
        """What goes on when the studio is closed now."""
        return [job for job in self.all() if job.stays and job.state == RUNNING]

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
            job.why = "stopped" if job.state == RUNNING else job.why
        if job.state == RUNNING and job.pid:
            _end(job)
        return job

    def close(self) -> None:
        """End what runs and is not to go on; nothing is begun any more."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        for job in self.all():
            if job.state in (WAITING, RUNNING) and not (job.stays and job.state == RUNNING):
                self.stop(job.number)

    def _work(self) -> None:
        while True:
            with self._wake:
                while not (ready := [job for job in self._jobs.values() if job.state == WAITING]) and not self._closed:
                    self._wake.wait()
                if self._closed:
                    return
                job = ready[0]
                job.state, job.begun = RUNNING, job.begun or time.time()
            self._run(job)

    def _run(self, job: Job) -> None:
        try:
            told = self._lasting(job) if job.lasts else self._piped(job)
        except (OSError, RunError) as error:
            job.state, job.why, job.ended = FAILED, str(error), time.time()
            return
        if told is None:
            return  # it goes on without us
        job.ended = time.time()
        if job.why == "stopped":
            job.state = STOPPED
            return
        self._finish(job, *told)

    def _begun(self, job: Job, out: Any, err: Any) -> "subprocess.Popen[str]":
        words = [*COMMAND, *job.words, "--json"]
        env = {**os.environ, "LINNE_PROGRESS": "json", "PYTHONUNBUFFERED": "1", NAME: "stdin"}
        job.process = subprocess.Popen(
            words, cwd=self.at, env=env, stdin=subprocess.PIPE, stdout=out, stderr=err,
            text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
        job.pid = job.process.pid
        if job.why == "stopped":  # while it was being begun
            _end(job)
        return job.process

    def _piped(self, job: Job) -> tuple[int, str]:
        """(exit code, standard output) of a command that ends with the studio."""
        with self._begun(job, subprocess.PIPE, subprocess.PIPE) as process:
            out = _read(process, job)
        return process.returncode, out

    def _lasting(self, job: Job) -> "tuple[int, str] | None":
        """The same of one that may outlast it; None where it does."""
        home, record = self.home or Path(), self._record()
        out, err = home / "lasting.out", home / "lasting.err"
        if not job.pid:
            with open(out, "w", encoding="utf-8") as said, open(err, "w", encoding="utf-8") as beside:
                self._begun(job, said, beside)
            self._tell(job)
            if record:
                write_json(record, {"kind": job.kind, "words": list(job.words), "begun": job.begun, "pid": job.pid,
                                    "born": born(job.pid)})  # fmt: skip
        for line in tailed(err, lambda: job.goes_on() and not (self._closed and job.stays)):
            _heard(job, line)
        if self._closed and job.stays and job.goes_on():
            return None
        if record:
            record.unlink(missing_ok=True)
        if job.process and job.process.stdin:
            with suppress(OSError):
                job.process.stdin.close()
        text = out.read_text(encoding="utf-8", errors="replace")
        return (job.process.returncode if job.process else 0 if text.strip() else 1), text

    def _record(self) -> "Path | None":
        """The file that says what may have been left running."""
        return self.home / "lasting.json" if self.home else None

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
        _heard(job, line)
    reader.join()
    return "".join(out)


def _heard(job: Job, line: str) -> None:
    """A line beside the standard output: how far it is, or what it says."""
    told = _progress(line)
    if told is None:
        job.lines.append(line.rstrip().removeprefix("linne: "))
    else:
        job.progress = told


def _progress(line: str) -> "dict[str, Any] | None":
    """A line that says how far a command is: {"what", "done", "total"}; None for any other."""
    if not line.startswith('{"progress":'):
        return None
    with suppress(ValueError):
        return dict(json.loads(line)["progress"])
    return None


def _end(job: Job) -> None:
    def send(group: str) -> None:
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(job.pid, getattr(signal, group))
            else:
                os.kill(job.pid, signal.SIGTERM)

    def last() -> None:
        ends = time.monotonic() + GRACE
        while job.goes_on():
            if time.monotonic() > ends:
                return send("SIGKILL")
            time.sleep(0.1)
        return None

    if job.goes_on():
        send("SIGINT")
    threading.Thread(target=last, daemon=True).start()
