"""augmix: the divergence by scipy, nothing where views are alike, and views that come to be called alike."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import entropy
from tiny import Stopper
from torch import nn
from toys import Net, clusters, even, learn, make, tail

from linne.core.batch import Batch
from linne.core.errors import OptionError
from linne.tricks.method.augmix import _divergence

SPEC = "augmix(weight=4,view='.7')"


def batch() -> Batch:
    draws = torch.Generator().manual_seed(0)
    views = [3 * torch.randn(5, 3, generator=draws) for _ in range(3)]
    return Batch(views[0], torch.eye(3)[[0, 1, 2, 0, 1]], torch.arange(5), {"one": views[1], "two": views[2]})


def test_the_divergence_is_the_entropy_of_the_mean_less_the_mean_entropy() -> None:
    logits = 4 * torch.randn(3, 20, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    p = logits.softmax(2).numpy()
    wanted = entropy(p.mean(0), axis=1) - entropy(p, axis=2).mean(0)
    np.testing.assert_allclose(_divergence(logits), wanted, atol=1e-12)


def test_it_lies_between_none_and_log_3() -> None:
    sure = torch.eye(3, dtype=torch.float64)[:, None] * 1e4
    assert float(_divergence(sure)) == pytest.approx(np.log(3))
    assert float(_divergence(sure[:1].repeat(3, 1, 1))) == 0
    assert torch.isfinite(_divergence(torch.tensor([[[-1e4, 0.0]], [[0.0, -1e4]], [[0.0, 0.0]]]))).all()


def test_the_slope_is_the_finite_difference() -> None:
    logits = torch.randn(3, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(_divergence, logits)


def test_the_loss_by_hand() -> None:
    """The logits are the pictures themselves."""
    given = batch()
    step = make("augmix(weight=2)", nn.Identity(), np.array([0, 1, 2]))(given)
    p = torch.stack([given.images, given.views["one"], given.views["two"]]).softmax(2).numpy()
    m = p.mean(0)
    apart = np.mean([[entropy(row, mean) for row, mean in zip(view, m, strict=True)] for view in p], 0)
    plain = -np.log(p[0][np.arange(5), [0, 1, 2, 0, 1]])
    np.testing.assert_allclose(step.loss, plain + 2 * apart, atol=1e-5)
    assert float(step.log["divergence"]) == pytest.approx(apart.mean(), abs=1e-6)
    assert torch.equal(step.logits, given.images)


def test_views_that_are_called_alike_add_nothing() -> None:
    """A network that only sees what all three have in common: the first number."""

    class First(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x[:, :1] * torch.tensor([1.0, -2.0, 3.0])

    given = batch()
    for view in given.views.values():
        view[:, 0] = given.images[:, 0]
    plain, more = (make(name, First(), np.array([0, 1, 2]))(given) for name in ("supervised", "augmix"))
    torch.testing.assert_close(more.loss, plain.loss)


def test_two_more_views_with_draws_of_their_own() -> None:
    method = make("augmix(view='flip')", nn.Identity(), np.array([0, 1]))
    assert dict(method.streams["train"].views) == {"images": None, "one": "flip", "two": "flip"}
    seen: list[Batch] = []
    known = clusters(even(64), 0)
    method = make(SPEC, Net(10), known.labels)

    class Listen:
        streams, model, loss = method.streams, method.model, method.loss

        def __call__(self, batch: Batch) -> Any:
            seen.append(batch)
            return method(batch)

    learn(Listen(), {"train": known}, steps=2, batch=32)
    one, two = seen[0].views["one"] - seen[0].images, seen[0].views["two"] - seen[0].images
    assert float(one.std()) == pytest.approx(0.7, abs=0.1)
    assert abs(float(torch.corrcoef(torch.stack([one.flatten(), two.flatten()]))[0, 1])) < 0.2


def test_views_come_to_be_called_alike() -> None:
    known = clusters(even(300), 0)
    last = {}
    for weight in (0.01, 12):
        fitted = learn(make(f"augmix(weight={weight},view='.7')", Net(10), known.labels), {"train": known}, steps=60)
        last[weight] = fitted.records[-1]["divergence"]
    assert last[12] < last[0.01] / 2


def test_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    def run(place: "Path | None", at: int, seed: int = 0) -> list[torch.Tensor]:
        known = clusters(tail(), 2)
        method = make(SPEC, Net(10, bn=True, drop=0.3), known.labels)
        learn(method, {"train": known}, place=place, hooks=(Stopper(at),), save=0.0, seed=seed)
        return list(method.model.state_dict().values())

    whole = run(None, -1)
    for at in (4, 9):
        with pytest.raises(SystemExit):
            run(tmp_path, at)
    assert all(torch.equal(a, b) for a, b in zip(whole, run(tmp_path, -1), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(whole, run(None, -1, seed=1), strict=True))


def test_refuses_what_would_compare_nothing() -> None:
    with pytest.raises(OptionError, match="weight is above 0"):
        make("augmix(weight=0)", nn.Identity(), np.array([0, 1]))
    known = clusters(even(64), 0)
    with pytest.raises(OptionError, match="Drop the mix"):
        learn(make(SPEC, Net(10), known.labels), {"train": known}, steps=2, batch=32, mix="mixup")
    with pytest.raises(OptionError, match="both views show the same"):
        learn(make("augmix(view='')", Net(10), known.labels), {"train": known}, steps=2, batch=32)
