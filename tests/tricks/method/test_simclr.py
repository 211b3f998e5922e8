"""simclr: its loss is equation 1 in loops, over labelled pictures and the pool; a warm start helps few labels."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from toys import Net, clusters, even, learn, make

from linne.core.batch import Batch
from linne.core.errors import OptionError


def batch(n: int, free: int, wide: int = 10) -> Batch:
    draw = torch.Generator().manual_seed(0)
    rows = [torch.randn(m, wide, generator=draw) for m in (n, n, free, free)]
    made = Batch(rows[0], torch.eye(3)[torch.arange(n) % 3], torch.arange(n), {"second": rows[1]})
    if free:
        made.others["unlabelled"] = Batch(rows[2], torch.zeros(free, 3), torch.arange(free), {"second": rows[3]})
    return made


@pytest.mark.parametrize("free", [0, 3])
def test_equation_1_in_loops(free: int) -> None:
    method = make("simclr(temperature=.4)", Net(10), even(9))
    rows = batch(2, free)
    found = method(rows, 0.0).loss
    every = [rows, *rows.others.values()]
    with torch.no_grad():
        one, two = (F.normalize(method.model.project(torch.cat(parts))).double().numpy() for parts in (
            [each.images for each in every], [each.views["second"] for each in every]))  # fmt: skip
    z, n = np.concatenate([one, two]), 2 + free
    likeness = np.exp(z @ z.T / 0.4)
    np.fill_diagonal(likeness, 0)
    each = [-np.log(likeness[i, (i + n) % (2 * n)] / likeness[i].sum()) for i in range(2 * n)]
    wanted = (np.array(each[:n]) + each[n:]) / 2
    assert set(found) == ({"train", "unlabelled"} if free else {"train"})
    np.testing.assert_allclose(torch.cat(list(found.values())).detach(), wanted, rtol=1e-4)


@pytest.mark.parametrize("then", ["head", "all"])
def test_labels_teach_in_the_end(then: str) -> None:
    known = clusters(even(96), 0)
    method = make(f"simclr(view='.5',then={then})", Net(10), known.labels)
    states: list[dict[str, torch.Tensor]] = []

    class Keep:
        def on_step(self, loop: object, record: object) -> None:
            states.append({name: value.clone() for name, value in method.model.state_dict().items()})

    learn(method, {"train": known}, steps=10, hooks=(Keep(),))
    last = {name for name in states[0] if not torch.equal(states[-1][name], states[-2][name])}
    head = {"network.head.weight", "network.head.bias"}
    body = {f"network.{name}" for name, _ in method.network.named_parameters()}
    assert last == (head if then == "head" else body)


def test_a_picture_comes_to_be_known_again() -> None:
    """Of 500 new points, each seen twice: how often the nearest of all others is the point itself."""
    known, new = clusters(even(300), 0), clusters(even(500), 9)
    noise = np.random.default_rng(0).standard_normal((2, *new.values.shape)) / 2
    method = make("simclr(view='.5',then=head,temperature=.2)", Net(10), known.labels)

    def again() -> float:
        with torch.no_grad():
            z = [F.normalize(method.model.project(torch.from_numpy(new.values + one).float())) for one in noise]
        return float((z[0] @ z[1].T).argmax(1).eq(torch.arange(500)).float().mean())

    before = again()
    learn(method, {"train": known, "unlabelled": clusters(np.full(300, -1), 1)}, steps=100)
    assert again() > 1.25 * before


def test_refuses_what_cannot_be() -> None:
    for options in ("temperature=0", "share=1", "out=1", "mu=0", "then=tail"):
        with pytest.raises(OptionError, match="simclr"):
            make(f"simclr({options})", Net(10), even(9))
