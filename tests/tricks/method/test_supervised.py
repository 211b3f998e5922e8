"""supervised: the loop around it is plain gradient descent."""

import numpy as np
import torch
from toys import Net, clusters, even, learn, make


def plain(groups: list) -> torch.optim.Optimizer:
    return torch.optim.SGD(groups, lr=0.1)


def test_whole_batches_are_gradient_descent_on_the_mean_loss() -> None:
    known = clusters(even(96), 0)
    fitted = learn(
        make("supervised", Net(10), known.labels), {"train": known}, batch=96, steps=5, rate=0.2, optimizer=plain,
        schedule=lambda progress: 1 - progress,
    )  # fmt: skip
    net = Net(10)
    x, y = torch.from_numpy(known.values).float(), torch.from_numpy(known.labels)
    for step in range(5):
        gradients = torch.autograd.grad(torch.nn.functional.cross_entropy(net(x), y), list(net.parameters()))
        with torch.no_grad():
            for p, gradient in zip(net.parameters(), gradients, strict=True):
                p -= 0.2 * (1 - step / 5) * gradient
    for ours, theirs in zip(fitted.module.parameters(), net.parameters(), strict=True):
        np.testing.assert_allclose(ours.detach(), theirs.detach(), atol=2e-6)
