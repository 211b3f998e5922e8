"""A state comes back as it was: every kind of value, to the bit, the memory's layout and what was shared included."""

import json
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

from linne.core.errors import RunError
from linne.engine.checkpoint import load, save
from linne.engine.pack import pack, unpack


def through(value: Any) -> Any:
    """Packed, written as JSON, read and unpacked."""
    packed, pieces = pack(value)
    again = json.loads(json.dumps(packed, allow_nan=False))
    return unpack(
        again, lambda name: torch.from_numpy(np.frombuffer(bytes(pieces[name].data()) or b"", np.uint8).copy())
    )


def same(a: Any, b: Any) -> bool:
    """Equal in type, structure and bits."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return struct.pack(">d", a) == struct.pack(">d", b)
    if isinstance(a, (np.ndarray, np.generic)):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, torch.Tensor):
        bits = [t.detach().resolve_conj().contiguous().reshape(-1).view(torch.uint8) for t in (a, b)]
        return a.dtype == b.dtype and a.shape == b.shape and torch.equal(*bits)
    return a == b


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | st.binary(max_size=20)
    | st.builds(np.float32, st.floats(width=32))
)
KEYS = st.text(st.characters(exclude_categories=()), max_size=5) | st.integers(-3, 2**70) | st.none()
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.lists(inner, max_size=3).map(lambda items: tuple(items))
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, TREES, max_size=4))
def test_any_tree(tree: dict[Any, Any]) -> None:
    assert same(through(tree), tree)


TENSORS = {
    "float32": torch.tensor([math.nan, -0.0, math.inf, 1e-45, 1 / 3]),
    "bf16": torch.randn(3, 5).bfloat16(),
    "f16": torch.randn(7).half(),
    "f64": torch.randn(2, 3, dtype=torch.float64),
    "f8": torch.randn(9).to(torch.float8_e4m3fn),
    "f8 of a kind that safetensors has no name for": torch.ones(9).to(torch.float8_e5m2fnuz),
    "bool": torch.tensor([True, False, True]),
    "int64": torch.tensor([-(2**63), 2**63 - 1]),
    "uint16": torch.tensor([65535], dtype=torch.uint16),
    "complex": torch.randn(3, dtype=torch.complex64),
    "complex128": torch.randn(3, dtype=torch.complex128).conj(),
    "0-d": torch.tensor(7),
    "0-d bf16": torch.tensor(7.0).bfloat16(),
    "empty": torch.empty(0, 3, 0),
    "a slice": torch.arange(20).reshape(4, 5)[::2, 1:4],
    "expanded": torch.randn(3, 1).expand(3, 4),
    "transposed": torch.randn(3, 4, 5).permute(2, 0, 1),
    "channels last": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
    "a parameter": nn.Parameter(torch.randn(4)),
}


@pytest.mark.parametrize("name", TENSORS)
def test_any_tensor(name: str) -> None:
    value = TENSORS[name]
    back = through({"t": value})["t"]
    assert same(back, value.detach())
    assert back.is_contiguous() == torch.empty_like(value).is_contiguous()
    assert back.stride() == torch.empty_like(value).stride(), "the memory format is kept: kernels round by it"
    assert back.data_ptr() % 64 == 0 or not back.numel(), "aligned as torch aligns its own"


@pytest.mark.parametrize(
    "value",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)),
        np.arange(12).reshape(3, 4)[:, ::2],
        np.array(3, dtype=np.int8),
        np.zeros((0, 4), dtype=np.float16),
        np.array(["a", "bcd", ""]),
        np.array([b"x", b"yz"]),
        np.array(["2026-11-22"], dtype="datetime64[s]"),
        np.arange(3, dtype=">f4"),
        np.array([True, False]),
        np.array([1 + 2j], dtype=np.complex128),
        np.array([2**64 - 1], dtype=np.uint64),
    ],
    ids=lambda value: f"{value.dtype}{value.shape}",
)
def test_any_array(value: np.ndarray) -> None:
    back = through({"a": value})["a"]
    assert same(back, value)
    assert np.isfortran(back) == np.isfortran(value)
    assert back.flags.writeable


@pytest.mark.parametrize("value", [np.float32(0.1), np.float64("nan"), np.int64(-1), np.bool_(True), np.str_("a")])
def test_any_scalar(value: np.generic) -> None:
    assert same(through([value]), [value])


def test_what_was_one_is_one() -> None:
    """Tied weights are written once and are one tensor again; parts of one memory come back apart."""
    whole = torch.arange(1000.0)
    array = np.arange(5)
    state = {"a": whole, "b": whole.view(1000), "half": whole[:500], "x": array, "y": [array]}
    _, pieces = pack(state)
    assert sorted(pieces) == ["a", "half", "x"]
    back = through(state)
    assert back["a"] is back["b"]
    assert back["x"] is back["y"][0]
    back["half"][0] = -1
    assert back["a"][0] == 0


def test_conjugate_views_are_not_one() -> None:
    value = torch.randn(4, dtype=torch.complex64)
    state = {"a": value, "b": value.conj()}
    assert same(through(state), state)


def test_other_tools_read_it(tmp_path: Path) -> None:
    """Names are places in the state; colliding ones are told apart."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    state = {"model": model.state_dict(), "a/b": torch.ones(1), "a": {"b": torch.zeros(1)}, "__metadata__": {}}
    state["__metadata__"] = torch.ones(2)
    path = save(tmp_path, 1, state)
    read = load_file(path / "tensors.safetensors")
    assert all(torch.equal(read[f"model/{name}"], value) for name, value in model.state_dict().items())
    assert {"a/b", "a/b+", "__metadata__+"} <= set(read)
    with safe_open(path / "tensors.safetensors", framework="np") as file:
        assert file.get_tensor("model/0.weight").shape == (4, 3, 3, 3)
    assert same(load(tmp_path, print)[1], {**state, "model": dict(state["model"])})  # type: ignore[index]


def test_optimizers_go_through(tmp_path: Path) -> None:
    """An optimizer of a channels_last network goes on to the same bits."""

    def steps(net: nn.Module, optimizer: torch.optim.Optimizer, first: int) -> None:
        for step in range(first, first + 3):
            x = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(step))
            optimizer.zero_grad()
            net(x.to(memory_format=torch.channels_last)).square().mean().backward()
            optimizer.step()

    def fresh() -> tuple[nn.Module, torch.optim.Optimizer]:
        torch.manual_seed(0)
        net = nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.Conv2d(5, 2, 3))
        net = net.to(memory_format=torch.channels_last)
        return net, torch.optim.AdamW(net.parameters(), lr=0.1, amsgrad=True)

    net, optimizer = fresh()
    steps(net, optimizer, 0)
    save(tmp_path, 3, {"net": net.state_dict(), "optimizer": optimizer.state_dict()})
    steps(net, optimizer, 3)
    net2, optimizer2 = fresh()
    _, state = load(tmp_path, print) or (0, {})
    net2.load_state_dict(state["net"])
    optimizer2.load_state_dict(state["optimizer"])
    steps(net2, optimizer2, 3)
    assert same(dict(net2.state_dict()), dict(net.state_dict()))
    assert same(optimizer2.state_dict(), optimizer.state_dict())


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1, 2},
        np.array([None]),
        nn.parameter.UninitializedParameter(),
        torch.empty(2, device="meta"),
        Path(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_refuses_by_place(value: Any) -> None:
    with pytest.raises(RunError, match="at hooks/0/average"):
        pack({"hooks": [{"average": value}]})


@pytest.mark.parametrize(
    "value",
    [
        {"tensor": ["t", "float32", [2**62], [1]]},
        {"tensor": ["t", "float32", [-1, -4], [1, 1]]},
        {"tensor": ["t", "float32", [2], [10**9]]},
        {"tensor": ["t", "load", [4], [1]]},
        {"array": ["t", "O", [1], "C"]},
        {"array": ["t", "<f4", [9], "C"]},
        {"float": "00"},
        {"scalar": ["<f8", "00"]},
        {"call": ["os.system"]},
        {},
        {"int": "0x1", "float": "0x2"},
    ],
    ids=str,
)
def test_hostile_json_is_an_error(value: Any) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, RuntimeError, AttributeError, struct.error)):
        unpack(value, lambda name: torch.zeros(16, dtype=torch.uint8))
