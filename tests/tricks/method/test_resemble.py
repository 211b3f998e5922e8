"""resemble: similarities against numpy, and features that come to resemble the teacher's."""

from typing import Any

import numpy as np
import pytest
import torch
from toys import Net, clusters, even, learn

from linne.core.batch import Batch
from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.engine import device
from linne.engine.criterion import Criterion
from linne.tricks.method.resemble import unlike


def made(spec: str, told: Any = None, loss: str = "cross_entropy", model: Any = None) -> Any:
    labels = np.arange(30) % 3
    criterion = Criterion(loss, labels, 3, device.device("cpu"))
    return find("method", spec)(model or Net(10), criterion, lambda name, features=False: told)


def test_similarities_against_numpy() -> None:
    """Within cells of 16, whatever comes after; the same features up to a rotation and a length teach nothing."""
    draw = np.random.default_rng(0)
    t, s = draw.normal(size=(40, 6)), draw.normal(size=(40, 4))
    wanted = np.zeros(40)
    for cell in (slice(0, 16), slice(16, 32), slice(32, 40)):
        g, h = s[cell] @ s[cell].T, t[cell] @ t[cell].T
        apart = g / np.linalg.norm(g, axis=1, keepdims=True) - h / np.linalg.norm(h, axis=1, keepdims=True)
        wanted[cell] = (apart**2).sum(1)
    found = unlike(torch.from_numpy(t), torch.from_numpy(s))
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    np.testing.assert_allclose(unlike(torch.from_numpy(t[:16]), torch.from_numpy(s[:16])), wanted[:16], rtol=1e-12)
    turned = 3 * t @ np.linalg.qr(draw.normal(size=(6, 6)))[0]
    np.testing.assert_allclose(unlike(torch.from_numpy(t), torch.from_numpy(turned)), 0, atol=1e-25)


def test_features_come_to_resemble_the_teacher_s() -> None:
    """The features that the student's head is given, through the loop, with micro-batches or without."""
    torch.manual_seed(0)
    told = torch.nn.Linear(10, 5).requires_grad_(False)
    feed = {"train": clusters(even(320), 10)}
    before = made("resemble(teacher=a)", told)
    x = torch.from_numpy(feed["train"].values).float()
    far = unlike(told(x), before.model.features(x)).mean()
    one = learn(made("resemble(teacher=a)", told), feed, steps=60)
    near = unlike(told(x), one.module.features(x)).mean()
    assert near < 0.5 * far
    one, two = (learn(made("resemble(teacher=a)", told), feed, steps=4, micro=micro) for micro in (0, 16))
    for a, b in zip(one.module.state_dict().values(), two.module.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_the_weight_by_hand_and_no_other() -> None:
    told, model = torch.nn.Linear(10, 5).requires_grad_(False), Net(10)
    x = torch.randn(20, 10)
    batch = Batch(x, torch.eye(3)[torch.arange(20) % 3], torch.arange(20), {}, {}, 0, 0, 0)
    step = made("resemble(teacher=a,weight=3)", told, model=model)(batch)
    own = torch.nn.functional.cross_entropy(model(x), batch.targets, reduction="none")
    torch.testing.assert_close(step.loss, own + 3 * unlike(told(x), model.features(x)))
    with pytest.raises(OptionError, match="weight must be above 0"):
        made("resemble(teacher=a,weight=0)")
    with pytest.raises(OptionError, match="name a teacher"):
        made("resemble")
