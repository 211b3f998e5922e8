"""Which runtime: the fastest here for this amount of work, preparation counted, and only if it gives the same answer.

A runtime is accepted after a probe batch of real pictures runs and agrees with float32 eager: mean cosine of the
features > 0.998, first percentile > 0.99, and the same top class wherever the reference's margin is > 0.1. What was
measured is kept beside the converted network, for this processor and these versions, so a warm start asks no torch.
"""

import hashlib
import importlib.util
import json
import os
import platform
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import LinneError
from ..core.files import aside_of
from ..core.lookup import declared, find, names, offer
from ..core.predictions import softmax
from ..core.spec import parse
from .log import Log
from .network import Network

PROBE = 16
_HELD: "ContextVar[dict[Any, tuple[Any, str]] | None]" = ContextVar("held", default=None)


@dataclass(frozen=True)
class Trial:
    """What a runtime showed on this machine: what ran, seconds to prepare, pictures a second, agreement."""

    spec: str
    ran: str
    prepare: float
    rate: float
    cosine: float = 1.0
    lowest: float = 1.0
    flips: int = 0
    refused: str = ""


def choose(
    network: Network, size: int, spec: str, count: int, samples: Sequence[np.ndarray], log: Log
) -> tuple[Any, str]:
    """(a Runner for `count` pictures, its spec). samples: prepared uint8 (size, size, 3), at most PROBE are used.

    spec: "auto", or one runtime, which is then checked as well but kept with a warning. Raises LinneError with every
    reason when nothing runs.
    """
    held, key = _HELD.get(), (network.id, size, spec)
    if held is not None and key in held:
        return held[key]
    found = _chosen(network, size, spec, count, samples, log)
    if held is not None:
        held |= {key: found, (network.id, size, found[1]): found}
    return found


@contextmanager
def holding(runners: dict[Any, Any]) -> Iterator[None]:
    """Inside, networks that were made ready are kept in `runners` and taken from there: for what answers again and
    again. One thread at a time may use them."""
    before = _HELD.set(runners)
    try:
        yield
    finally:
        _HELD.reset(before)


def _chosen(
    network: Network, size: int, spec: str, count: int, samples: Sequence[np.ndarray], log: Log
) -> tuple[Any, str]:
    asked = spec != "auto"
    failures: list[str] = []
    best: tuple[Any, Trial] | None = None
    for candidate, estimate in [(spec, 0.0)] if asked else _order(network, size, count):
        if best and estimate >= count / best[1].rate:
            break
        tried = _attempt(network, size, candidate, samples, asked, failures, log)
        if tried and (best is None or tried[1].rate > best[1].rate):
            best = tried
    if best is None:
        raise LinneError("No runtime runs here. " + "; ".join(failures))
    runner, trial = best
    log.say(
        f"runtime {runner}: about {trial.rate:,.0f} pictures/s, ready in {trial.prepare:.1f} s, features agree with "
        f"float32 (mean cosine {trial.cosine:.4f}, lowest {trial.lowest:.4f})",
        runtime=asdict(trial),
    )
    return runner, trial.spec


def _attempt(
    network: Network, size: int, spec: str, samples: Sequence[np.ndarray], asked: bool, failures: list[str], log: Log
) -> "tuple[Any, Trial] | None":
    """A runtime and its trial; None, said aloud, where it does not run or its answer differs."""
    try:
        runner, trial = _try(network, size, spec, samples)
    except Exception as error:
        if asked:
            raise
        failures.append(f"{spec}: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
        _remember(network, size, Trial(spec, "", 0, 0, refused=failures[-1]))
        log.say(f"runtime {spec} does not run here ({failures[-1]}); trying the next")
        return None
    if trial.refused and not asked:
        failures.append(f"{spec}: {trial.refused}")
        log.say(f"runtime {spec} refused: {trial.refused}; trying the next")
        return None
    if trial.refused:
        log.say(f"warning: runtime {spec} was asked for and is used although {trial.refused}")
    return runner, trial


def known(network: Network, size: int, spec: str, count: int) -> Trial | None:
    """What `choose` would take, where that was tried here before and accepted; None where it must be tried first."""
    first = spec if spec != "auto" else next(iter(_order(network, size, count)), ("", 0))[0]
    trial = _recall(network, size, first) if first else None
    return trial if trial and not trial.refused else None


def accepted(network: Network, size: int) -> list[Trial]:
    """Every runtime that was tried here before and gave the same answer, the best for one picture first."""
    trials = [_recall(network, size, spec) for spec, _ in _order(network, size, 1)]
    return [trial for trial in trials if trial and not trial.refused]


def runs(network: Network, size: int, spec: str) -> bool:
    """Whether this runtime gave the same answer here before, or can at least be tried."""
    name, plain = parse(spec)[0].name, "(" not in spec
    able = [candidate for candidate, _ in _order(network, size, 1)]
    return known(network, size, spec, 1) is not None or any(
        spec == one or (plain and parse(one)[0].name == name) for one in able
    )


def _order(network: Network, size: int, count: int) -> list[tuple[str, float]]:
    """Candidates with the estimated seconds for this many pictures, from measurement where there is one."""
    costs = {}
    for name in names("runtime"):
        package = declared("runtime", name, "package", "")
        if package and importlib.util.find_spec(package) is None:
            continue
        if declared("runtime", name, "compiler", False) and not (shutil.which("c++") or shutil.which("g++")):
            continue
        for candidate, (cold, warm, rate) in declared("runtime", name, "expected", {}).items():
            if candidate.endswith("(bf16)") and not _bf16():
                continue
            trial = _recall(network, size, candidate)
            if trial and trial.refused:
                continue
            if trial:
                rate, cold = trial.rate, warm
            on_gpu = name in ("eager", "compiled") and Path("/dev/nvidia0").exists()
            costs[candidate] = cold + count / (rate * (30 if on_gpu else 1))
    return sorted(costs.items(), key=lambda pair: pair[1])


def _try(network: Network, size: int, spec: str, samples: Sequence[np.ndarray]) -> tuple[Any, Trial]:
    begun = time.monotonic()
    runner = offer(find("runtime", spec), network=network, size=size)
    prepare = time.monotonic() - begun
    trial = _recall(network, size, spec)
    if trial:
        return runner, Trial(**{**asdict(trial), "prepare": prepare})
    pictures = [np.ascontiguousarray(picture) for picture in samples[:PROBE]]
    got = [np.stack(part) for part in zip(*runner.both(pictures), strict=True)]
    begun = time.monotonic()
    for _ in runner(pictures):
        pass
    rate = len(pictures) / max(time.monotonic() - begun, 1e-6)
    trial = _compare(network, size, spec, pictures, got, Trial(spec, str(runner), prepare, rate))
    _remember(network, size, trial)
    return runner, trial


def _compare(network: Network, size: int, spec: str, pictures: list, got: list[np.ndarray], trial: Trial) -> Trial:
    if parse(spec)[0].name == "eager" and "bf16" not in spec:
        return trial
    reference = find("runtime", "eager(precision=f32, device=cpu)")(network, size)
    features, logits = (np.stack(part) for part in zip(*reference.both(pictures), strict=True))
    norms = np.linalg.norm(features, axis=1) * np.linalg.norm(got[0], axis=1)
    cosine = (features * got[0]).sum(1) / np.maximum(norms, 1e-12)
    sure = np.sort(softmax(logits), axis=1)
    flips = int(((logits.argmax(1) != got[1].argmax(1)) & (sure[:, -1] - sure[:, -2] > 0.1)).sum())
    mean, lowest = float(cosine.mean()), float(np.percentile(cosine, 1))
    why = []
    if not mean > 0.998 or not lowest > 0.99:
        why.append(f"its features differ from float32 (mean cosine {mean:.4f}, first percentile {lowest:.4f})")
    if flips:
        why.append(f"{flips} of {len(pictures)} clear top classes differ from float32")
    return Trial(spec, trial.ran, trial.prepare, trial.rate, mean, lowest, flips, " and ".join(why))


def _bf16() -> bool:
    """Whether the processor says that it has bfloat16 instructions."""
    if platform.machine() == "arm64":
        return False
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return True
    return "avx512_bf16" in flags or "amx_bf16" in flags or "bf16" in flags.split()


def _record(network: Network, size: int, spec: str) -> Path:
    try:
        processor = Path("/proc/cpuinfo").read_text().split("\n\n")[0].split("flags")[-1].split("\n")[0]
    except OSError:
        processor = platform.processor()
    package = declared("runtime", parse(spec)[0].name, "package", "")
    what = f"{spec} {size} {version(package)} {os.cpu_count()} {platform.machine()} {processor}"
    return network.folder / f"trial-{hashlib.blake2b(what.encode(), digest_size=6).hexdigest()}.json"


def _recall(network: Network, size: int, spec: str) -> Trial | None:
    try:
        return Trial(**json.loads(_record(network, size, spec).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _remember(network: Network, size: int, trial: Trial) -> None:
    path = _record(network, size, trial.spec)
    aside = aside_of(path)
    aside.write_text(json.dumps(asdict(trial)))
    os.replace(aside, path)
