"""co_teaching: whose rows are learnt by whom, by hand; planted noise that it leaves out."""

from typing import Any

import numpy as np
import pytest
import torch
from tiny import Stopper
from toys import Net, Points, clusters, even, learn, make, recall

from linne.core.batch import Batch
from linne.core.errors import OptionError
from linne.core.lookup import offer


def batch(step: int = 3) -> Batch:
    draws = torch.Generator().manual_seed(step)
    targets = torch.eye(3)[torch.randint(3, (20,), generator=draws)]
    return Batch(torch.randn(20, 10, generator=draws), targets, torch.arange(20), step=step)


def losses(net: Net, rows: Batch) -> np.ndarray:
    with torch.no_grad():
        logits = net.eval()(rows.images).numpy()
    net.train()
    sure = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    return -(sure * rows.targets.numpy()).sum(1)


def pair(spec: str, **options: Any) -> Any:
    method = make(spec, Net(10, seed=1, **options), even(60))
    method.peer = Net(10, seed=2, **options)
    return method


@pytest.mark.parametrize("progress", [0.0, 0.1, 0.2, 0.9])
def test_each_learns_the_rows_that_are_easy_for_the_other(progress: float) -> None:
    method, rows = pair("co_teaching(forget=.4,gradual=.2)"), batch()
    count = {0.0: 20, 0.1: 16, 0.2: 12, 0.9: 12}[progress]
    for own, other in (("model", "peer"), ("peer", "model")):
        chosen = sorted(range(20), key=lambda row: losses(getattr(method, other), rows)[row])[:count]
        wanted = np.zeros(20)
        wanted[chosen] = losses(getattr(method, own), rows)[chosen] * 20 / count
        np.testing.assert_allclose(method(rows, progress, own).loss.detach(), wanted, atol=1e-5)


def test_both_choose_before_either_steps_and_once_a_step() -> None:
    method, rows = pair("co_teaching(forget=.4,gradual=.2)"), batch()
    learnt = method(rows, 0.5, "model").loss.detach() > 0
    with torch.no_grad():
        for p in (*method.model.parameters(), *method.peer.parameters()):
            p.mul_(-1)
    assert torch.equal(method(rows, 0.5, "model").loss.detach() > 0, learnt)
    after = method(batch(4), 0.5, "model").loss.detach() > 0
    fresh = pair("co_teaching(forget=.4,gradual=.2)")
    with torch.no_grad():
        for p in (*fresh.model.parameters(), *fresh.peer.parameters()):
            p.mul_(-1)
    assert torch.equal(after, fresh(batch(4), 0.5, "model").loss.detach() > 0)


def test_choosing_draws_nothing_and_moves_no_statistic() -> None:
    method, rows = pair("co_teaching", bn=True, drop=0.5), batch()
    before = {name: value.clone() for name, value in method.peer.named_buffers()}
    torch.manual_seed(7)
    logits = method(rows, 0.5, "model").logits
    torch.manual_seed(7)
    assert torch.equal(logits, method.model.train()(rows.images))
    assert all(torch.equal(value, before[name]) for name, value in method.peer.named_buffers())
    assert all(part.training for net in (method.model, method.peer) for part in net.modules())


@pytest.mark.parametrize("precision", ["f32", "bf16"])
def test_both_networks_learn_throughout(precision: str) -> None:
    """In half precision too, where torch before 2.11 kept weights from choosing that know no gradient."""
    known = clusters(even(128), 0)
    method = make("co_teaching(fresh=all)", Net(10), known.labels)
    kept: list[dict[str, Any]] = []

    class Keep:
        def on_step(self, loop: Any, record: Any) -> None:
            state = loop.modules["model"].state_dict() | {
                f"peer.{k}": v for k, v in loop.modules["peer"].state_dict().items()
            }
            kept.append({name: value.clone() for name, value in state.items()})  # fmt: skip

    learn(method, {"train": known}, steps=3, precision=precision, hooks=(Keep(),))
    assert not any(torch.equal(kept[0][name], kept[2][name]) for name in kept[0])


@pytest.mark.parametrize(("fresh", "same"), [("head", {"stem", "block"}), ("all", set())])
def test_the_two_begin_apart(fresh: str, same: set[str]) -> None:
    known = clusters(even(128), 0)
    method = make(f"co_teaching(fresh={fresh})", Net(10), known.labels)
    learn(method, {"train": known}, steps=1, rate=0.0)
    pairs = zip(method.model.named_parameters(), method.peer.parameters(), strict=True)
    assert {name.removeprefix("body.").split(".")[0] for (name, a), b in pairs if torch.equal(a, b)} == same


def noisy(seed: int) -> tuple[Points, np.ndarray]:
    """300 points, 40 % of whose labels are drawn anew; and whose labels are wrong."""
    labels, draws = even(300), np.random.default_rng(seed)
    given = np.where(draws.random(300) < 0.4, draws.integers(0, 3, 300), labels)
    return Points(clusters(labels, seed, gap=5.0).values, given), given != labels


def test_leaves_planted_noise_out_and_learns_better_for_it() -> None:
    known, wrong = noisy(0)
    judged = clusters(even(3000), 99, gap=5.0)
    plain = learn(make("supervised", Net(10, hidden=200), known.labels), {"train": known}, steps=250)
    method = make("co_teaching(forget=.27,gradual=.3,fresh=all)", Net(10, hidden=200), known.labels)
    learnt: list[np.ndarray] = []

    class Listen:
        scope, players, stages, loss = method.scope, method.players, method.stages, method.loss
        model, peer, classes = method.model, method.peer, 3

        def __call__(self, batch: Batch, progress: float, player: str) -> Any:
            step = offer(method, batch=batch, progress=progress, player=player)
            learnt.append(batch.rows[step.loss.detach() > 0].numpy()) if progress > 0.5 else None
            return step

    taught = learn(Listen(), {"train": known}, steps=250)
    rows = np.concatenate(learnt)
    assert wrong.mean() > 0.2
    assert wrong[rows].mean() < wrong.mean() / 2
    assert recall(taught.module, judged).mean() > recall(plain.module, judged).mean() + 0.05


def test_refuses_parts_of_a_batch_and_networks_that_cannot_differ() -> None:
    known = clusters(even(128), 0)
    with pytest.raises(OptionError, match="the method looks at the whole batch"):
        learn(make("co_teaching", Net(10), known.labels), {"train": known}, micro=16)
    net = Net(10)
    net.classifier, net.head = net.head, torch.nn.Identity()
    net.forward = lambda x: net.classifier(net.features(x))
    with pytest.raises(OptionError, match="begins with head"):
        learn(make("co_teaching", net, known.labels), {"train": known}, hooks=(Stopper(1),))


@pytest.mark.parametrize("options", ["forget=0", "forget=1", "gradual=0", "fresh=tail"])
def test_refuses_what_has_no_effect(options: str) -> None:
    with pytest.raises(OptionError, match="co_teaching"):
        make(f"co_teaching({options})", Net(10), even(9))
