"""byol: its loss and its average by hand, no gradient in the average, no collapse to one point."""

from math import cos, pi

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from toys import Net, clusters, even, learn, make, recall

from linne.core.batch import Batch
from linne.core.errors import OptionError


def batch(step: int = 0) -> Batch:
    draw = torch.Generator().manual_seed(step)
    rows = [torch.randn(6, 10, generator=draw) for _ in range(4)]
    made = Batch(rows[0], torch.eye(3)[[0, 1, 2, 0, 1, 2]], torch.arange(6), {"second": rows[1]}, step=step)
    made.others["unlabelled"] = Batch(rows[2], torch.zeros(6, 3), torch.arange(6), {"second": rows[3]}, step=step)
    return made


def test_the_loss_by_hand_both_ways_round() -> None:
    method = make("byol(out=4)", Net(10), even(9))
    rows = batch()
    method.model.eval()
    found = method(rows, 0.0).loss
    one, two = (
        torch.cat([rows.images, rows["unlabelled"].images]),
        torch.cat([rows.views["second"], rows["unlabelled"].views["second"]]),
    )
    with torch.no_grad():
        wanted = torch.zeros(12)
        for a, b in ((one, two), (two, one)):
            guess = F.normalize(method.model.projection.guess(method.model.project(a)))
            wanted += (guess - F.normalize(method.average.module.project(b))).square().sum(1)
    torch.testing.assert_close(torch.cat([found["train"], found["unlabelled"]]).detach(), wanted)
    sum(part.sum() for part in found.values()).backward()
    assert all(parameter.grad is None for parameter in method.average.module.parameters())
    assert all(p.grad is not None for p in method.model.projection.parameters())


def test_the_average_follows_by_hand() -> None:
    """d = 1 - (1 - decay)(cos(pi p) + 1) / 2 rises to 1 at the warm start's end."""
    method = make("byol(decay=.5,share=.5)", Net(10), even(9))
    bias, wanted = method.model.projection.guess[-1].bias, None
    for step, progress in enumerate([0.0, 0.2, 0.5]):
        with torch.no_grad():
            bias.add_(1)
        decay = 1 - 0.5 * (cos(pi * progress / 0.5) + 1) / 2
        wanted = bias.detach().clone() if wanted is None else decay * wanted + (1 - decay) * bias.detach()
        method(batch(step), progress)
        torch.testing.assert_close(method.average.module.projection.guess[-1].bias, wanted)


def test_views_are_recognised_and_do_not_fall_into_one_point() -> None:
    known, judged = clusters(even(200), 0, wide=20, gap=6.0), clusters(even(2000), 9, wide=20, gap=6.0)
    net = Net(20)
    spec = "byol(out=16,view='.5',decay=.9,then=head)"
    fitted = learn(make(spec, net, known.labels), {"train": known}, steps=120)
    with torch.no_grad():
        seen = F.normalize(net.eval().features(torch.from_numpy(judged.values).float()))
    assert float(seen.var(0).sum()) > 0.05
    assert recall(fitted.module, judged).mean() > 0.9
    assert np.isfinite([record["loss"] for record in fitted.records]).all()


def test_refuses_what_cannot_be() -> None:
    for options in ("decay=1", "share=0", "out=1", "mu=0", "then=tail"):
        with pytest.raises(OptionError, match="byol"):
            make(f"byol({options})", Net(10), even(9))
