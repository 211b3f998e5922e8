"""crt: the second stage changes the head and nothing else, and evens out what the first one leaned to."""

from typing import Any

import numpy as np
import pytest
import torch
from toys import Net, clusters, even, learn, make, recall, tail

from linne.core.errors import OptionError


class Keep:
    """The network's state after some steps, and what it calls the judged points then."""

    def __init__(self, *at: int) -> None:
        self.at, self.states = at, {}

    def on_step(self, loop: Any, record: Any) -> None:
        if loop.step in self.at:
            self.states[loop.step] = {name: value.clone() for name, value in loop.module.state_dict().items()}


@pytest.mark.parametrize("drop", [0.0, 0.5])
def test_the_second_stage_changes_the_head_alone(drop: float) -> None:
    """Batch-norm statistics and weight decay included; and the trunk drops nothing, so its features stand still."""
    known = clusters(tail(), 0)
    keep = Keep(10, 11, 20)
    seen: list[torch.Tensor] = []
    method = make("crt(share=.5)", Net(10, bn=True, drop=drop), known.labels)
    method.model.head.register_forward_pre_hook(lambda _, given: seen.append(given[0].detach()))
    learn(method, {"train": known}, steps=20, decay=0.1, hooks=(keep,))
    one, two, last = (keep.states[step] for step in (10, 11, 20))
    moved = {name for name in one if not torch.equal(one[name], last[name])}
    assert moved == {"head.weight", "head.bias"}
    assert float((one["head.weight"] - two["head.weight"]).norm()) > 0.5  # drawn anew, not a step away
    method.model.eval()
    x = torch.from_numpy(known.values).float()
    with torch.no_grad():
        still = method.model.features(x)
    for part in seen[10:20]:
        gaps = torch.cdist(part, still, compute_mode="donot_use_mm_for_euclid_dist")
        assert float(gaps.min(1).values.max()) < 1e-4


def test_the_second_stage_s_draws_are_balanced() -> None:
    known = clusters(tail(), 0)
    method = make("crt(share=.5)", Net(10), known.labels)
    seen: list[np.ndarray] = []
    loss = method.loss

    def listening(logits: torch.Tensor, targets: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        seen.append(targets.sum(0).numpy())
        return loss(logits, targets, rows)

    method.loss = listening
    learn(method, {"train": known}, steps=60)
    first, second = sum(seen[:30]), sum(seen[30:])
    np.testing.assert_allclose(first / first.sum(), np.bincount(tail()) / len(tail()), atol=0.02)
    np.testing.assert_allclose(second / second.sum(), [1 / 3] * 3, atol=0.04)


def test_evens_out_what_plain_learning_leans_to() -> None:
    known, judged = clusters(tail(), 0), clusters(even(3000), 99)
    plain, two = (
        recall(learn(make(name, Net(10), known.labels), {"train": known}, steps=120).module, judged)
        for name in ("supervised", "crt(share=.3)")
    )
    assert plain.mean() < 0.5
    assert two.mean() > 0.65
    assert two.min() > 0.5


def test_a_run_too_short_for_both_stages_is_refused() -> None:
    known = clusters(tail(), 0)
    with pytest.raises(OptionError, match="4 steps leave none for the stage 'head'"):
        learn(make("crt", Net(10), known.labels), {"train": known}, steps=4)


@pytest.mark.parametrize("share", [0, 1])
def test_refuses_a_stage_of_nothing(share: float) -> None:
    with pytest.raises(OptionError, match="second stage"):
        make(f"crt(share={share})", Net(10), even(9))
