"""What every optimizer keeps: the closure's contract, the state's, and that it makes losses smaller."""

import io

import numpy as np
import pytest
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find, names
from linne.engine.checkpoint import load, save
from linne.engine.parameters import parameter_groups

MORE = (
    "sgd(momentum=0, nesterov=false)", "rmsprop(momentum=.9, centred=true)", "adaboundw(ams=true)", "lamb(always=true)",
    "lookahead(base=adamw, k=3)", "lookahead(k=2, pullback=pullback)", "lookahead(base=sam, k=3)",
    "lookahead(base=centralise(base=radam), k=3)", "sam(base=lookahead(k=3))", "sam(base=muon)",
    "asam(variant=davda54)", "centralise(base=schedulefree)", "schedulefree(base=sgd)", "lbfgs(3, search=false)",
    *(f"ranger(variant={variant}, k=3)" for variant in ("2020", "913a", "qh")),
)  # fmt: skip
EVERY = (*(name.replace("lbfgs", "lbfgs(3)") for name in names("optimizer")), *MORE)
RATES = {
    "lbfgs(3, search=false)": 0.1,
    "lbfgs(3)": 1.0,
    "lion": 0.003,
    "lars": 1.0,
    "rmsprop(momentum=.9, centred=true)": 0.002,
}
RATES |= {
    spec: 0.1 for spec in EVERY if spec.startswith(("ranger", "schedulefree(base=sgd", "lookahead(base=centralise"))
}


class Net(nn.Module):
    """A filter bank with its norm, a matrix and a head; a drawn mask in the way, and memory in channels_last."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.body = nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(96, 5))
        self.head = nn.Linear(5, 3)
        self.to(memory_format=torch.channels_last)

    def forward(self, x):
        return self.head(torch.tanh(self.body(x)))


def written(state) -> bytes:
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


class Run:
    """A net, an optimizer, and steps whose batch and draws depend on nothing but the step."""

    def __init__(self, spec: str) -> None:
        self.net = Net()
        groups = parameter_groups(self.net, RATES.get(spec, 0.02), 0.01)
        self.optimizer = find("optimizer", spec)(groups)
        self.calls = 0

    def closure(self, step: int, fails_at: int = 0):
        draw = torch.Generator().manual_seed(step % 4)
        x, targets = torch.randn(8, 3, 6, 6, generator=draw), torch.randint(3, (8,), generator=draw)
        x[:, 0] += targets[:, None, None]
        self.calls = 0

        def run():
            self.calls += 1
            self.net.zero_grad()
            loss = nn.functional.cross_entropy(self.net(x), targets)
            loss.backward()
            if self.calls == fails_at:
                for p in self.net.parameters():
                    p.grad.fill_(torch.inf)
                raise FloatingPointError("a gradient overflowed in f16")
            return loss.detach()

        return run

    def steps(self, first: int, last: int) -> list[float]:
        return [float(self.optimizer.step(self.closure(step))) for step in range(first, last)]

    def all(self) -> list[np.ndarray]:
        return [p.detach().numpy().copy() for p in self.net.parameters()]

    def state(self) -> bytes:
        return written({"state": self.optimizer.state_dict(), "weights": list(self.net.parameters())})


def row_major(saved):
    """A state as a file keeps it that knows no layouts."""
    state = {
        place: {key: value.contiguous() if torch.is_tensor(value) else value for key, value in each.items()}
        for place, each in saved["state"].items()
    }
    return {**saved, "state": state}


@pytest.mark.parametrize("spec", EVERY)
def test_goes_on_to_the_same_bytes_from_its_state(spec, tmp_path) -> None:
    """Ten steps, or five, saved (as torch does, as checkpoints do, all tensors row-major), and five by fresh ones."""
    straight = Run(spec)
    straight.steps(0, 10)
    half = Run(spec)
    half.steps(0, 5)
    save(tmp_path, 5, {"optimizer": half.optimizer.state_dict()})
    found = load(tmp_path, print)
    assert found is not None
    saved = torch.load(io.BytesIO(written(half.optimizer.state_dict())), weights_only=True)
    for state in (saved, found[1]["optimizer"], row_major(saved)):
        fresh = Run(spec)
        fresh.net.load_state_dict(half.net.state_dict())
        fresh.optimizer.load_state_dict(state)
        before = written(state)
        fresh.steps(5, 10)
        assert written(state) == before, "what was loaded is not written to"
        for one, other in zip(straight.all(), fresh.all(), strict=True):
            np.testing.assert_array_equal(one, other)
        if hasattr(fresh.optimizer, "evaluating"):
            for run in (straight, fresh):
                run.optimizer.evaluating(True)
            assert all(np.array_equal(a, b) for a, b in zip(straight.all(), fresh.all(), strict=True))
            straight.optimizer.evaluating(False)


@pytest.mark.parametrize("spec", EVERY)
def test_overflow_leaves_weights_and_state_bit_by_bit(spec) -> None:
    """In any of a step's passes, before the first step and between syncs; and the way goes on as if nothing was."""
    untouched, run = Run(spec), Run(spec)
    for step in (0, 1, 2):
        untouched.steps(step, step + 1)
        for call in range(1, untouched.calls + 1):
            before, buffers = run.state(), [b.clone() for b in run.net.buffers()]
            with pytest.raises(FloatingPointError):
                run.optimizer.step(run.closure(step, fails_at=call))
            assert run.state() == before, (step, call)
            for buffer, kept in zip(run.net.buffers(), buffers, strict=True):
                buffer.copy_(kept)
        run.steps(step, step + 1)
        for one, other in zip(untouched.all(), run.all(), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("spec", EVERY)
def test_makes_the_loss_smaller(spec) -> None:
    run = Run(spec)
    told = run.steps(0, 16)
    assert np.mean(told[-4:]) < 0.9 * np.mean(told[:4]), told


@pytest.mark.parametrize("spec", names("optimizer"))
def test_refuses_half_precision_and_bad_groups(spec) -> None:
    half = nn.Parameter(torch.ones(2, 2).bfloat16())
    single = nn.Parameter(torch.ones(2, 2))
    build = find("optimizer", spec)
    with pytest.raises(OptionError, match="float32"):
        build([{"params": [half], "lr": 0.1, "param_names": ["weight"]}])
    for wrong in ({}, {"lr": -1.0}, {"lr": float("nan")}, {"lr": 0.1, "weight_decay": -0.1}):
        with pytest.raises(OptionError, match="a group's"):
            build([{"params": [single], "param_names": ["weight"], **wrong}])
    with pytest.raises(OptionError, match="no parameters"):
        build([])


@pytest.mark.parametrize("spec", names("optimizer"))
def test_leaves_the_given_groups_alone(spec) -> None:
    groups = parameter_groups(Net(), 0.1, 0.01)
    before = [dict(group) for group in groups]
    optimizer = find("optimizer", spec)(groups)
    assert groups == before
    assert [group["name"] for group in optimizer.param_groups] == [group["name"] for group in groups]
    assert [group["lr"] for group in optimizer.param_groups] == [0.1] * len(groups)


@pytest.mark.parametrize("spec", ["sgd", "adam", "adamw", "amsgrad", "adabound", "sam", "centralise(base=adamw)"])
def test_gradients_of_another_layout_step_right(spec) -> None:
    """torch's fused kernels walk memory: a channels_last weight with a row-major gradient gets the wrong numbers."""

    def run(layout):
        torch.manual_seed(0)
        p = nn.Parameter(torch.randn(4, 3, 3, 3).to(memory_format=layout))
        grads = torch.randn(3, 4, 3, 3, 3)
        optimizer = find("optimizer", spec)([{"params": [p], "lr": 0.1}])
        for grad in grads:

            def closure(grad=grad):
                p.grad = grad.clone()
                return torch.tensor(0.0)

            optimizer.step(closure)
        return p.detach()

    rows, last = run(torch.contiguous_format), run(torch.channels_last)
    assert last.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(rows, last, rtol=1e-5, atol=1e-6)
