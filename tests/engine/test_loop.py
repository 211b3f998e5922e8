"""The loop: same bytes however it is cut, stopped or fed; each rule of its own against a hand computation."""

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import CLASSES, N, Stopper, apart, feed, go, labels, mark, network, sgd
from torch import nn

from linne.core.batch import Player, Stage, Step, Stream
from linne.core.errors import OptionError, RunError
from linne.engine import device
from linne.engine.criterion import Criterion
from linne.engine.loop import fit
from linne.engine.settings import Diverged, Settings


@pytest.fixture(scope="module")
def whole() -> Any:
    return go(mix="mixup")


def test_learns() -> None:
    fitted = go(steps=40, chain="", evaluate=accuracy)
    assert fitted.history[-1] > 0.95
    assert len(fitted.history) == len(fitted.records) == math.ceil(40 * 48 / N)


def accuracy(module: nn.Module) -> float:
    known = feed()
    places = np.arange(N)
    pixels = torch.from_numpy(known.batch(places, places * 0, places * 0, "plain", "", 0))
    logits = module((pixels.permute(0, 3, 1, 2) / 255 - 0.5) / 0.25)
    return float((logits.argmax(1).numpy() == labels()).mean())


@pytest.mark.parametrize(("workers", "kind"), [(1, "threads"), (4, "threads"), (2, "processes")])
def test_workers_change_nothing(whole: Any, workers: int, kind: str) -> None:
    assert mark(go(mix="mixup", workers=workers, worker_kind=kind)) == mark(whole)


@pytest.mark.parametrize("at", [1, 7, 19])
def test_goes_on_to_the_same_bytes(whole: Any, at: int, tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        go(place=tmp_path, mix="mixup", hooks=(Stopper(at),))
    assert mark(go(place=tmp_path, mix="mixup", hooks=(Stopper(-1),))) == mark(whole)


def test_dropout_is_drawn_by_the_step(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        go(place=tmp_path, model=network(drop=0.3), hooks=(Stopper(9),))
    one, two = go(place=tmp_path, model=network(drop=0.3), hooks=(Stopper(-1),)), go(model=network(drop=0.3))
    assert mark(one) == mark(two) != mark(go(model=network(drop=0.3), seed=1))


def test_another_recipe_is_refused(tmp_path: Path) -> None:
    go(place=tmp_path, steps=4)
    with pytest.raises(RunError, match=r"rate=0\.1 \(now 0\.2\)"):
        go(place=tmp_path, steps=4, rate=0.2)


@pytest.mark.parametrize("micro", [16, 32])
def test_parts_of_a_batch_give_the_same_result(micro: int) -> None:
    model = network(bn=False)
    assert apart(go(model=network(bn=False)).module, go(model=model, micro=micro).module) < 1e-5


def test_memory_that_runs_out_halves_the_parts(tmp_path: Path) -> None:
    class Small(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = network(bn=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if len(x) > 20:
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 byte")
            return self.net(x)

    said: list[str] = []
    fitted = go(model=Small(), place=tmp_path, log=Listener(said))
    assert apart(fitted.module.net, go(model=network(bn=False)).module) < 1e-5
    assert any("memory ran out: 16 rows at a time" in line and "the result is the same" in line for line in said)
    assert '"micro": 16' in (tmp_path / "plan.json").read_text()


class Listener:
    def __init__(self, said: list[str]) -> None:
        from linne.engine.log import Log

        self.said, self.track = said, Log(quiet=True).track

    def say(self, text: str, **data: Any) -> None:
        self.said.append(text)


def test_a_loss_that_is_not_finite_names_its_rows_and_keeps_the_last_state(tmp_path: Path) -> None:
    def cursed(logits: torch.Tensor, targets: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        loss = -(targets * logits.log_softmax(1)).sum(1)
        return torch.where(rows == 1007, torch.inf, loss)

    with pytest.raises(Diverged, match="1007") as caught:
        go(place=tmp_path, loss=cursed)
    assert caught.value.rows == [1007]
    for file in (tmp_path / "checkpoints").rglob("*.safetensors"):
        from safetensors.torch import load_file

        assert all(value.isfinite().all() for value in load_file(file).values() if value.is_floating_point())


def test_a_gradient_that_is_not_finite_moves_no_weight() -> None:
    model = network()
    before = {name: value.clone() for name, value in model.named_parameters()}

    def steep(logits: torch.Tensor) -> torch.Tensor:
        return (logits - logits.detach()).abs().sqrt().sum(1)

    with pytest.raises(Diverged, match="step 0"):
        go(model=model, loss=steep)
    assert all(torch.equal(before[name], value) for name, value in model.named_parameters())


@pytest.mark.parametrize("optimizer", ["sgd", "sam"])
def test_half_precision_goes_the_same_way(optimizer: str) -> None:
    """The scaler's 65,536 must be gone from gradients before an optimizer sees them, in both of SAM's passes."""
    start = network(bn=False)
    pure = go(model=network(bn=False), optimizer=optimizer, clip=1.0, chain="")
    mixed = go(model=network(bn=False), optimizer=optimizer, clip=1.0, chain="", precision="f16")
    assert apart(pure.module, start) > 0.1
    assert apart(pure.module, mixed.module) < 0.01


def test_a_step_that_overflows_in_half_precision_is_skipped() -> None:
    scales: list[float] = []

    class Watch:
        def on_step(self, loop: Any, record: Any) -> None:
            scales.append(loop.updates.scaler.scale)

    def steep(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return -(2.0**8) * (targets * logits.log_softmax(1)).sum(1)

    fitted = go(loss=steep, precision="f16", hooks=(Watch(),), rate=1e-4, clip=1.0)
    assert scales[0] == 2.0**15
    assert scales[-1] == min(scales) >= 2.0**4
    assert all(value.isfinite().all() for value in fitted.module.state_dict().values())
    scaler = device.Scaler("f16", start=2.0**30)
    for _ in range(44):
        scaler.overflowed()
    with pytest.raises(FloatingPointError):
        scaler.overflowed()


def test_averaged_weights_are_kept_with_statistics_of_their_own(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"optimizer": "schedulefree(base=sgd)", "schedule": "constant", "rate": 0.5}
    whole = go(**asked)
    with pytest.raises(SystemExit):
        go(place=tmp_path, hooks=(Stopper(11),), **asked)
    assert mark(go(place=tmp_path, hooks=(Stopper(-1),), **asked)) == mark(whole)
    norm = whole.module[1]
    first = feed().batch(*(np.arange(N), np.zeros(N, int), np.zeros(N, int)), "plain", "", 0)
    seen = whole.module[0]((torch.from_numpy(first).permute(0, 3, 1, 2) / 255 - 0.5) / 0.25)
    assert torch.allclose(norm.running_mean, seen.mean((0, 2, 3)), atol=0.02)
    with pytest.raises(OptionError, match="takes the schedule's place"):
        go(optimizer="schedulefree", schedule="cosine")


def test_clip_is_the_norm_of_all_gradients() -> None:
    seen: list[float] = []

    class Watch(torch.optim.SGD):
        def step(self, closure: Any = None) -> Any:
            out = super().step(closure)
            parts = [p.grad for group in self.param_groups for p in group["params"] if p.grad is not None]
            seen.append(float(torch.nn.utils.get_total_norm(parts)))
            return out

    go(optimizer=lambda groups: Watch(groups, lr=0.1), clip=0.01, steps=3)
    assert seen == pytest.approx([0.01] * 3, rel=1e-3)


def test_rows_come_once_an_epoch_in_order_of_the_position() -> None:
    from linne.engine.loader import Order

    order = Order(feed(), "shuffle", 0, "train")
    places, epochs, turns = order.at(150, 100)
    assert sorted(np.concatenate([order.at(0, 150)[0], places[:50]])) == list(range(N))
    assert epochs.tolist() == [0] * 50 + [1] * 50
    assert not turns.any()


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(OptionError, match="larger than the 200 pictures"):
        go(batch=256)
    with pytest.raises(OptionError, match="batch of one"):
        go(batch=1)
    with pytest.raises(OptionError, match="there is none here"):
        device.device("cuda" if not torch.cuda.is_available() else "mps")
    with pytest.raises(OptionError, match="'train'"):
        fit(method(), {}, Settings(1, 16, 0.1))
    seldom = method()
    seldom.players = {"model": Player(every=2)}
    with pytest.raises(OptionError, match="needs every=1"):
        fit(seldom, {"train": feed()}, Settings(4, 16, 0.1))


def method() -> Any:
    from linne.core.lookup import find

    return find("method", "supervised")(network(), Criterion("cross_entropy", labels(), CLASSES, device.device("cpu")))


def test_stages_learn_what_they_say_and_nothing_else() -> None:
    made = method()
    made.stages = [Stage("head", 0.5, ("6.",), statistics=False), Stage("all", 0.5, rate=0.0)]
    before = {name: value.clone() for name, value in made.model.state_dict().items()}
    settings = Settings(10, 48, 0.1, sgd, lambda progress: 1.0, workers=0)
    after = fit(made, {"train": feed()}, settings).module.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert {name for name in changed if name.startswith("6.")} == {"6.weight", "6.bias"}
    assert changed - {"6.weight", "6.bias"} == {"1.running_mean", "1.running_var", "1.num_batches_tracked"}


def test_streams_are_views_of_one_step() -> None:
    seen: list[tuple[Any, Any]] = []

    class Two:
        streams = {"train": Stream(), "again": Stream(share=2.0, views={"images": None, "mirror": "flip(p=1)"})}

        def __init__(self) -> None:
            self.model = network()

        def __call__(self, batch: Any) -> Step:
            other = batch["again"]
            seen.append((batch, other))
            loss = torch.nn.functional.cross_entropy(self.model(other.images), other.targets, reduction="none")
            return Step({"again": loss})

    fit(Two(), {"train": feed()}, Settings(2, 32, 0.1, sgd, lambda progress: 1.0, workers=0))
    batch, other = seen[0]
    assert len(batch) == 32
    assert len(other) == 64
    assert torch.equal(other.views["mirror"], other.images.flip(-1))


def test_the_clock_ends_a_run_at_a_step_that_is_written_down(tmp_path: Path) -> None:
    fitted = go(place=tmp_path, steps=10_000, budget=0.3)
    assert fitted.ended
    assert fitted.steps < 10_000
    assert f'"end": {fitted.steps}' in (tmp_path / "plan.json").read_text()
    assert mark(go(place=tmp_path, steps=10_000, budget=0.3)) == mark(fitted)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return processes(tmp_path_factory.mktemp("two") / "two.pt", 2)


def processes(out: Path, count: int, *words: str) -> dict[str, list[torch.Tensor]]:
    """What tests/processes.py leaves."""
    run = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}", "--max-restarts=1"]
    script = str(Path(__file__).parents[1] / "processes.py")
    command = [sys.executable, *(run if count > 1 else []), script, str(out), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    return torch.load(out, weights_only=True)


def test_two_processes_are_one(two: Any, tmp_path: Path) -> None:
    one = processes(tmp_path / "one.pt", 1)
    assert set(one) == set(two) == {"plain", "ohem", "synchronised", "accumulated", "sharded"}
    for name in one:
        gap = max(float((a.float() - b.float()).abs().max()) for a, b in zip(one[name], two[name], strict=True))
        assert gap < 2e-5, f"{name}: {gap}"


def test_a_dead_process_is_started_again_and_the_bytes_are_the_same(two: Any, tmp_path: Path) -> None:
    found = processes(tmp_path / "dead.pt", 2, "die")
    assert all(torch.equal(a, b) for a, b in zip(found["plain"], two["plain"], strict=True))
