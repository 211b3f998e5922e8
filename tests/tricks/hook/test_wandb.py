"""What is asked of Weights & Biases, by a stand-in; and, where it is installed, that a run is kept offline."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from linne.core.errors import MissingExtra, OptionError
from linne.core.lookup import find


class Run:
    """A run that notes what is logged; like the real one it takes no step twice nor backwards."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options, self.id, self.rows, self.over = options, options.get("id", "new1"), {}, False

    def log(self, figures: dict[str, float], step: int) -> None:
        assert not self.over
        assert step >= max(self.rows, default=0)
        self.rows.setdefault(step, {}).update(figures)

    def finish(self) -> None:
        self.over = True


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    made: list[Run] = []
    module = ModuleType("wandb")

    def init(**options: Any) -> Run:
        made.append(Run(options))
        return made[-1]

    module.init = init  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "wandb", module)
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    return made


def test_one_run_over_a_restart(runs: list[Run], watched: Any, network: Any, tmp_path: Path) -> None:
    first, loop = find("hook", "wandb")(), watched(network(), 100, tmp_path)
    loop.run(first, 75)
    kept = first.state()
    assert kept == {"run": "new1"}
    assert max(runs[0].rows) == 75, "written before the checkpoint"
    second, loop = find("hook", "wandb")(), watched(network(), 100, tmp_path)
    second.load(kept)
    loop.step = 75
    loop.run(second, 100)
    second.on_end(loop)
    same = {"project": "linne", "mode": "offline", "name": tmp_path.name, "dir": str(tmp_path), "reinit": "create_new"}
    assert runs[0].options == same
    assert runs[1].options == {**same, "id": "new1", "resume": "allow"}
    assert runs[1].over
    rows = {**runs[0].rows, **runs[1].rows}
    assert list(rows) == list(range(1, 101))
    assert rows[40] == {
        "loss": pytest.approx(1 / 40),
        "rate": 0.1,
        "epoch/epoch": 4.0,
        "epoch/figure": 0.5,
        "epoch/loss": 2.0,
    }


def test_options(runs: list[Run], watched: Any, network: Any) -> None:
    hook, loop = find("hook", "wandb(project='birds', mode='online')")(), watched(network(), 5)
    loop.run(hook, 5)
    hook.on_end(loop)
    assert runs[0].options == {"project": "birds", "mode": "online", "reinit": "create_new"}
    with pytest.raises(OptionError, match="offline, online"):
        find("hook", "wandb(mode='shared')")()


def test_only_the_first_process_writes(runs: list[Run], watched: Any, network: Any) -> None:
    hook, loop = find("hook", "wandb")(), watched(network(), 20)
    loop.where = SimpleNamespace(main=False)
    loop.run(hook, 20)
    hook.on_end(loop)
    assert not runs


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(MissingExtra, match=r"pip install 'linne\[wandb\]'"):
        find("hook", "wandb")()


@pytest.mark.filterwarnings("ignore")
def test_the_real_one(watched: Any, network: Any, tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    hook, loop = find("hook", "wandb")(), watched(network(), 20, tmp_path)
    loop.run(hook, 20)
    hook.on_end(loop)
    (file,) = tmp_path.glob(f"wandb/offline-run-*-{hook.run}/run-{hook.run}.wandb")
    assert file.stat().st_size > 500
    assert b"epoch/figure" in file.read_bytes()
