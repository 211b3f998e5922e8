from pathlib import Path

import numpy as np
import pytest

from linne.core import lookup
from linne.core.errors import LinneError
from linne.engine import choose as choosing
from linne.engine.choose import Trial, choose, known
from linne.engine.log import Log
from linne.engine.network import Network

SAMPLES = [np.full((8, 8, 3), value, np.uint8) for value in range(16)]
TRUTH = np.random.default_rng(0).normal(size=(16, 12)).astype(np.float32)


class Fake:
    """A runtime that gives the true features, or wrong ones, or breaks."""

    def __init__(self, name: str, noise: float = 0.0, broken: bool = False, flip: bool = False) -> None:
        self.name, self.precision, self.batch = name, "f32", 4
        self.noise, self.broken, self.flip = noise, broken, flip

    def __str__(self) -> str:
        return f"{self.name} f32"

    def both(self, images: list) -> list:
        if self.broken:
            raise RuntimeError("no such instruction")
        features = TRUTH + self.noise * np.random.default_rng(1).normal(size=TRUTH.shape)
        logits = np.eye(12)[np.arange(16) % 12] * 9
        return list(zip(features, logits[::-1] if self.flip else logits, strict=True))

    def __call__(self, images: list) -> list:
        return [features for features, _ in self.both(images)]


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Network:
    monkeypatch.setenv("LINNE_CACHE", str(tmp_path))
    net = Network("fake", "f" * 24, "test", 12, 12, 8, 0.875, "bicubic", (0.5,) * 3, (0.5,) * 3)
    net.folder.mkdir(parents=True)
    return net


def offers(monkeypatch: pytest.MonkeyPatch, order: list[tuple[str, float]], **runtimes: Fake) -> None:
    def find(kind: str, spec: str) -> object:
        name = spec.split("(")[0]
        return lambda network, size: runtimes.get(name, Fake("eager"))

    monkeypatch.setattr(choosing, "find", find)
    monkeypatch.setattr(choosing, "offer", lambda trick, **offered: trick(**offered))
    monkeypatch.setattr(choosing, "_order", lambda *args: [
        pair for pair in order if not ((t := choosing._recall(*args[:2], pair[0])) and t.refused)
    ])  # fmt: skip
    monkeypatch.setattr(lookup, "declared", lambda *args: "numpy")
    monkeypatch.setattr(choosing, "declared", lambda kind, name, constant, default=None: "numpy")


def test_the_first_that_agrees_is_taken_and_remembered(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    offers(monkeypatch, [("fast", 1.0), ("slow", 1e9)], fast=Fake("fast"))
    assert known(network, 8, "auto", 1000) is None
    assert choose(network, 8, "auto", 1000, SAMPLES, Log(quiet=True))[0].name == "fast"
    trial = known(network, 8, "auto", 1000)
    assert trial is not None
    assert (trial.spec, trial.ran, trial.flips) == ("fast", "fast f32", 0)
    assert trial.cosine == pytest.approx(1.0)


@pytest.mark.parametrize("bad", [Fake("fast", noise=0.3), Fake("fast", broken=True), Fake("fast", flip=True)])
def test_a_wrong_or_broken_one_is_passed_over_aloud(
    network: Network, monkeypatch: pytest.MonkeyPatch, bad: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    offers(monkeypatch, [("fast", 1.0), ("slow", 1e9)], fast=bad, slow=Fake("slow"))
    assert choose(network, 8, "auto", 1000, SAMPLES, Log())[0].name == "slow"
    said = capsys.readouterr().err
    assert "fast" in said
    assert "trying the next" in said
    assert known(network, 8, "fast", 10) is None, "a refusal is remembered and never taken for an acceptance"


def test_what_was_asked_for_is_used_with_a_warning(
    network: Network, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    offers(monkeypatch, [], fast=Fake("fast", noise=0.3))
    assert choose(network, 8, "fast", 10, SAMPLES, Log())[0].name == "fast"
    assert "warning" in capsys.readouterr().err


def test_none_that_runs_is_an_error_with_every_reason(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    offers(monkeypatch, [("fast", 1.0), ("slow", 2.0)], fast=Fake("f", broken=True), slow=Fake("s", broken=True))
    with pytest.raises(LinneError, match=r"fast.*no such instruction.*slow"):
        choose(network, 8, "auto", 10, SAMPLES, Log(quiet=True))


def test_another_processor_is_another_trial(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    offers(monkeypatch, [])
    choosing._remember(network, 8, Trial("fast", "fast f32", 1.0, 100.0))
    assert choosing._recall(network, 8, "fast") is not None
    assert choosing._recall(network, 9, "fast") is None
    monkeypatch.setattr(choosing.os, "cpu_count", lambda: 99)
    assert choosing._recall(network, 8, "fast") is None
