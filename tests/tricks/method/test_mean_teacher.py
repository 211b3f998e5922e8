"""mean_teacher: the teacher's weights over steps, the loss and its ramp by hand; fewer errors from the same labels."""

from math import exp

import numpy as np
import pytest
import torch
from free import errors
from toys import CLASSES, Net, even, make

from linne.core.batch import Batch
from linne.core.errors import OptionError


def batch(at: int) -> Batch:
    draw = torch.Generator().manual_seed(at)
    rows = [torch.randn(4, 10, generator=draw) for _ in range(3)]
    made = Batch(rows[0], torch.eye(3)[[0, 1, 2, 0]], torch.arange(4), step=at)
    made.others["unlabelled"] = Batch(rows[1], torch.zeros(4, 3), torch.arange(4), {"strong": rows[2]}, step=at)
    return made


def test_the_teacher_follows_by_hand() -> None:
    """d = min(.6, 1 - 1 / (step + 1)) is 0, 1/2, 0.6, 0.6, ...; seen twice in a step it moves once."""
    method = make("mean_teacher(decay=.6)", Net(10), even(9))
    draw, wanted = np.random.default_rng(0), np.zeros(())
    weight = method.model.head.bias
    for at, decay in enumerate([0, 0.5, 0.6, 0.6]):
        now = draw.standard_normal(CLASSES)
        with torch.no_grad():
            weight.copy_(torch.from_numpy(now))
        for _ in range(2):
            method(batch(at), 0.5)
        wanted = decay * wanted + (1 - decay) * now
        np.testing.assert_allclose(method.teacher.module.head.bias, wanted, rtol=1e-5)


def test_the_loss_by_hand_and_no_gradient_in_the_teacher() -> None:
    method = make("mean_teacher(decay=0,weight=4,ramp=.5)", Net(10), even(9))
    rows = batch(3)
    found = method(rows, 0.25)
    with torch.no_grad():
        student, teacher = (method.model(one).softmax(1) for one in (rows["unlabelled"].views["strong"],
                                                                     rows["unlabelled"].images))  # fmt: skip
    wanted = 4 * exp(-5 * 0.25) * (student - teacher).square().sum(1)
    torch.testing.assert_close(found.loss["unlabelled"].detach(), wanted)
    found.loss["unlabelled"].sum().backward()
    assert all(parameter.grad is None for parameter in method.teacher.module.parameters())
    assert [method.share(at) for at in (0, 0.5, 1)] == pytest.approx([4 * exp(-5), 4, 4])
    assert make("mean_teacher(ramp=0)", Net(10), even(9)).share(0) == 10


def test_the_teacher_drops_and_measures_as_the_student_does() -> None:
    method = make("mean_teacher", Net(10, bn=True, drop=0.5), even(9))
    method.model.train()
    method(batch(0), 0.5)
    method.model.body.stem[1].eval()
    method(batch(1), 0.5)
    modes = [[part.training for part in one.modules()] for one in (method.model, method.teacher.module)]
    assert modes[0] == modes[1]
    assert len(set(modes[0])) == 2


@pytest.mark.parametrize("seed", [0, 1])
def test_errs_less_than_learning_from_the_same_few_labels_alone(seed: int) -> None:
    alone, both = errors("mean_teacher(mu=8,decay=.8,strong='1',weight=5,ramp=.5)", seed)
    assert both < alone / 3


def test_a_teacher_that_was_never_made_is_kept_too() -> None:
    method = make("mean_teacher", Net(10), even(9))
    method.load(method.state())
    method(batch(0), 0.0)
    assert torch.equal(method.teacher.module.head.weight, method.model.head.weight)


@pytest.mark.parametrize("options", ["mu=0", "weight=0", "decay=1", "ramp=1"])
def test_refuses_what_cannot_be(options: str) -> None:
    with pytest.raises(OptionError, match="mean_teacher: "):
        make(f"mean_teacher({options})", Net(10), even(9))
