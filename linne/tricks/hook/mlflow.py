"""mlflow: figures of every step and evaluation as an MLflow run (Zaharia et al. 2018), in a file or on a server."""

import os
from typing import Any

from ...core.errors import MissingExtra, OptionError
from ._curves import Curves, Page

AT_ONCE = 1000
"""Metrics that MLflow takes in one call."""


class mlflow(Curves):
    """Writes the loss and rate of every step and the figures of every evaluation (as epoch/...) into one MLflow run.

    experiment: its name there. uri: the tracking server or database; "" is `mlflow.db` in the run's folder, which needs
    no network (MLflow's own telemetry is switched off unless MLFLOW_DISABLE_TELEMETRY says otherwise). After a restart
    the same MLflow run goes on. Look with: mlflow ui --backend-store-uri sqlite:///FOLDER/mlflow.db. Raises
    MissingExtra without the extra `mlflow`, OptionError where there is no folder.
    """

    def __init__(self, *, experiment: str = "linne", uri: str = "") -> None:
        super().__init__()
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        try:
            from mlflow import MlflowClient  # type: ignore[attr-defined]
            from mlflow.entities import Metric
        except ImportError as error:
            raise MissingExtra("The hook 'mlflow'", "mlflow") from error
        self.experiment, self.uri, self._connect, self._metric = experiment, uri, MlflowClient, Metric
        self.run = ""

    def on_start(self, loop: Any) -> None:
        """See that there is somewhere to write."""
        if not self.uri and loop.place is None:
            raise OptionError("mlflow writes into the run's folder, and this run has none. Give uri=....")

    def state(self) -> dict[str, Any]:
        """Which MLflow run this is."""
        self._flush()
        return {"run": self.run}

    def load(self, state: dict[str, Any]) -> None:
        """Go on in the same MLflow run."""
        self.run = state["run"]

    def _begin(self, loop: Any) -> None:
        self._client: Any = self._connect(self.uri or f"sqlite:///{(loop.place / 'mlflow.db').resolve().as_posix()}")
        if self.run:
            self._client.update_run(self.run, status="RUNNING")
            return
        known = self._client.get_experiment_by_name(self.experiment)
        home = known.experiment_id if known else self._client.create_experiment(self.experiment)
        name = loop.place.name if loop.place is not None else None
        self.run = self._client.create_run(home, run_name=name).info.run_id

    def _write(self, pages: list[Page]) -> None:
        made = [
            self._metric(name, value, int(at * 1000), step)
            for step, at, figures in pages
            for name, value in figures.items()
        ]
        for start in range(0, len(made), AT_ONCE):
            self._client.log_batch(self.run, made[start : start + AT_ONCE])

    def _close(self) -> None:
        self._client.set_terminated(self.run)
