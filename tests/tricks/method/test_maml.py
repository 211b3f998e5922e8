"""maml: the gradient through a step by finite differences, first order by hand, and that it learns."""

import numpy as np
import pytest
import torch
from torch import nn
from toys import Net, clusters, even, learn, make, recall

from linne.core.batch import Batch
from linne.core.errors import OptionError


def task(spec, dtype=torch.float64):
    """A small method and the pictures of one task, in double precision."""
    model = Net(4, hidden=5)
    model.body = nn.Sequential(nn.Linear(4, 5), nn.Tanh())
    method = make(spec, model, even(30))
    method.whole.to(dtype)
    x = torch.randn(9, 4, dtype=dtype, generator=torch.Generator().manual_seed(0))
    return method, x, (torch.tensor([0, 1, 2]), torch.tensor([3, 4, 5, 6, 7, 8])), torch.tensor([0, 1, 2] * 3)


@pytest.mark.parametrize("steps", [1, 2])
def test_the_gradient_through_the_steps_is_the_loss_s(steps):
    method, x, rows, slots = task(f"maml(rate=.5, steps={steps})")
    weight = method.whole.network.body[0].weight
    method.asked(x, rows, slots).mean().backward()
    for at in ((0, 0), (3, 2)):
        values = []
        for move in (1e-5, -1e-5):
            with torch.no_grad():
                weight[at] += move
            values.append(method.asked(x, rows, slots).mean().item())
            with torch.no_grad():
                weight[at] -= move
        assert float(weight.grad[at]) == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-4)


def test_first_order_is_the_gradient_where_the_steps_end():
    """One plain step by autograd on copies; the gradient there, of the rows asked, is the beginning's."""
    method, x, (teach, ask), slots = task("maml(rate=.5, first_order=true)")
    named = [p for name, p in method.whole.named_parameters() if "head" not in name]
    start = [p.detach().clone() for p in named]
    loss = nn.functional.cross_entropy(method.whole(x[teach]), slots[teach])
    slopes = torch.autograd.grad(loss, named)
    with torch.no_grad():
        for p, slope in zip(named, slopes, strict=True):
            p -= 0.5 * slope
    loss = nn.functional.cross_entropy(method.whole(x[ask]), slots[ask])
    wanted = torch.autograd.grad(loss, named)
    with torch.no_grad():
        for p, value in zip(named, start, strict=True):
            p.copy_(value)
    found = method.asked(x, (teach, ask), slots)
    assert found.mean().item() == pytest.approx(loss.item())
    found.mean().backward()
    assert all(torch.allclose(p.grad, slope) for p, slope in zip(named, wanted, strict=True))


@pytest.mark.parametrize("spec", ["maml(ways=2, rate=1.0)", "maml(rate=1.0, first_order=true)"])
def test_it_names_its_own_classes_and_a_step_is_enough(spec):
    known = clusters(even(300), 0)
    method = make(spec, Net(10), known.labels)
    fitted = learn(method, {"train": known}, steps=150, batch=60, rate=0.1)
    judged = clusters(even(600, 2), 3)
    assert recall(fitted.module, judged).mean() > 0.65
    first = make(spec, Net(10), known.labels)
    x, labels = torch.from_numpy(judged.values).float(), torch.from_numpy(judged.labels)
    own = labels < method.ways
    rows = torch.nonzero(own)[:, 0]
    cut = (rows[:30], rows[30:])
    assert method.asked(x, cut, labels).mean().item() < first.asked(x, cut, labels).mean().item() - 0.1


def test_each_task_has_its_own_places_and_all_classes_their_turn():
    method = make("maml(ways=2, shots=1)", Net(10), even(60))
    seen = []
    method.asked = lambda images, rows, slots: (seen.append(slots.clone()), torch.ones(len(rows[1])))[1]
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    for step in range(40):
        given = Batch(torch.zeros(6, 10), torch.eye(3)[labels], torch.arange(6), step=step)
        assert method(given).loss.mean().item() > 1
    assert len(seen) == 40, "the third class is alone in its task, which asks nothing"
    assert {tuple(slots[:4].tolist()) for slots in seen} == {(0, 0, 1, 1), (1, 1, 0, 0)}


@pytest.mark.parametrize(
    ("spec", "said"),
    [("maml(ways=4)", "cannot be drawn from 3"), ("maml(steps=0)", "from 1"), ("maml(rate=0)", "rate above 0")],
)
def test_what_cannot_be_says_so(spec, said):
    with pytest.raises(OptionError, match=said):
        make(spec, Net(10), even(60))
    method = make("maml", Net(10), even(60))
    with pytest.raises(OptionError, match="no two classes"):
        method(Batch(torch.zeros(3, 10), torch.eye(3), torch.arange(3)))
    assert np.isfinite(method.rate)
