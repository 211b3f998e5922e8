"""What is asked of MLflow, by a stand-in of its client; and, where it is installed, what it holds afterwards."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from linne.core.errors import MissingExtra, OptionError
from linne.core.lookup import find


class Client:
    """MLflow's client as far as the hook knows it; all of them share one server."""

    server: dict[str, Any]

    def __init__(self, uri: str) -> None:
        self.server = SERVER
        self.server["uris"].append(uri)

    def get_experiment_by_name(self, name: str) -> Any:
        found = self.server["experiments"].get(name)
        return SimpleNamespace(experiment_id=found) if found else None

    def create_experiment(self, name: str) -> str:
        self.server["experiments"][name] = f"e-{name}"
        return f"e-{name}"

    def create_run(self, experiment: str, run_name: str | None = None) -> Any:
        name = f"r{len(self.server['runs'])}"
        self.server["runs"][name] = {"experiment": experiment, "name": run_name, "status": "RUNNING", "metrics": []}
        return SimpleNamespace(info=SimpleNamespace(run_id=name))

    def update_run(self, run: str, status: str) -> None:
        self.server["runs"][run]["status"] = status

    def set_terminated(self, run: str) -> None:
        self.server["runs"][run]["status"] = "FINISHED"

    def log_batch(self, run: str, metrics: list[Any]) -> None:
        assert 0 < len(metrics) <= 1000
        self.server["runs"][run]["metrics"] += metrics


SERVER: dict[str, Any] = {}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    module, entities = ModuleType("mlflow"), ModuleType("mlflow.entities")
    module.MlflowClient = Client  # type: ignore[attr-defined]
    entities.Metric = lambda key, value, timestamp, step: (key, value, step)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mlflow", module)
    monkeypatch.setitem(sys.modules, "mlflow.entities", entities)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    SERVER.clear()
    SERVER.update(uris=[], experiments={}, runs={})
    return SERVER


def test_one_run_over_a_restart(server: dict[str, Any], watched: Any, network: Any, tmp_path: Path) -> None:
    first, loop = find("hook", "mlflow")(), watched(network(), 100, tmp_path)
    first.on_start(loop)
    loop.run(first, 70)
    kept = first.state()
    assert kept == {"run": "r0"}
    assert server["runs"]["r0"]["metrics"][-1] == ("epoch/loss", 2.0, 70), "written before the checkpoint"
    second, loop = find("hook", "mlflow")(), watched(network(), 100, tmp_path)
    second.on_start(loop)
    second.load(kept)
    loop.step = 70
    loop.run(second, 100)
    second.on_end(loop)
    (run,) = server["runs"].values()
    assert (run["experiment"], run["name"], run["status"]) == ("e-linne", tmp_path.name, "FINISHED")
    losses = [(step, value) for key, value, step in run["metrics"] if key == "loss"]
    assert losses == [(step, pytest.approx(1 / step)) for step in range(1, 101)]
    assert [step for key, _, step in run["metrics"] if key == "epoch/figure"] == list(range(10, 101, 10))
    assert server["uris"] == [f"sqlite:///{tmp_path.resolve().as_posix()}/mlflow.db"] * 2


def test_options(server: dict[str, Any], watched: Any, network: Any) -> None:
    for _ in range(2):
        hook, loop = find("hook", "mlflow(experiment='birds', uri='http://tracking')")(), watched(network(), 5)
        hook.on_start(loop)
        loop.run(hook, 5)
        hook.on_end(loop)
    assert server["uris"] == ["http://tracking"] * 2
    assert server["experiments"] == {"birds": "e-birds"}
    assert [run["experiment"] for run in server["runs"].values()] == ["e-birds", "e-birds"]


def test_needs_a_folder(server: dict[str, Any], watched: Any, network: Any) -> None:
    with pytest.raises(OptionError, match="uri="):
        find("hook", "mlflow")().on_start(watched(network(), 1))


def test_only_the_first_process_writes(server: dict[str, Any], watched: Any, network: Any, tmp_path: Path) -> None:
    hook, loop = find("hook", "mlflow")(), watched(network(), 20, tmp_path)
    loop.where = SimpleNamespace(main=False)
    loop.run(hook, 20)
    hook.on_end(loop)
    assert not server["uris"]


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingExtra, match=r"pip install 'linne\[mlflow\]'"):
        find("hook", "mlflow")()


@pytest.mark.filterwarnings("ignore")  # of the database library that MLflow stands on
def test_the_real_one(watched: Any, network: Any, tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    hook, loop = find("hook", "mlflow")(), watched(network(), 30, tmp_path)
    hook.on_start(loop)
    loop.run(hook, 20)
    again = find("hook", "mlflow")()
    again.load(hook.state())
    loop.run(again, 30)
    again.on_end(loop)
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    run = client.get_run(hook.run)
    assert run.info.status == "FINISHED"
    assert sorted((m.step, m.value) for m in client.get_metric_history(hook.run, "epoch/epoch")) == [
        (10, 1.0),
        (20, 2.0),
        (30, 3.0),
    ]
    assert sorted(m.step for m in client.get_metric_history(hook.run, "loss")) == list(range(1, 31))
