"""What every runtime is tested against: plain torch on the same pictures, whatever their number."""

from functools import cache

import numpy as np
import torch

from linne.core.lookup import find
from linne.engine.network import Network, resolve

SIDE = 224


def network() -> Network:
    return resolve("tf_efficientnet_lite0")


def pictures(n: int) -> np.ndarray:
    """Smooth random pictures (n, SIDE, SIDE, 3) uint8."""
    coarse = np.random.default_rng(0).integers(0, 255, (n, 7, 7, 3))
    return np.kron(coarse, np.ones((1, 32, 32, 1))).astype(np.uint8)


@cache
def answers(n: int) -> tuple[np.ndarray, np.ndarray]:
    """`reference` of so many pictures, once for all runtimes."""
    return reference(pictures(n))


def reference(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features and logits by the network's own layers, normalised by hand."""
    net = network()
    x = (torch.from_numpy(images).float().permute(0, 3, 1, 2) / 255 - 0.5) / 0.5
    with torch.inference_mode():
        body = net.module().body
        logits = body(x)
        features = body.global_pool(body.forward_features(x))
    return features.numpy(), logits.numpy()


def agrees(spec: str, tolerance: float, lowest: float) -> None:
    """The runtime gives torch's features and logits, in order, for any number of pictures."""
    runner = find("runtime", spec)(network(), SIDE)
    images = pictures(2 * runner.batch + 1)
    features, logits = answers(len(images))
    for count in (1, runner.batch, len(images)):
        got = list(runner.both(iter(images[:count])))
        assert len(got) == count
        ours = np.stack([one for one, _ in got])
        cosine = (
            (ours * features[:count]).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(features[:count], axis=1)
        )
        assert cosine.min() > lowest
        assert np.abs(np.stack([two for _, two in got]) - logits[:count]).max() < tolerance
    assert list(runner([])) == []
