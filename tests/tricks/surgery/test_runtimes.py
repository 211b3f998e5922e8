"""Every surgery and head: what a runtime makes of the network by tracing gives its answers for other pictures."""

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find, names, offer

openvino = pytest.importorskip("openvino")
SPECS = [f"surgery:{name}" for name in names("surgery")] + [f"head:{name}" for name in names("head")]
SPECS += [f"surgery:{spec}" for spec in ("norm(standardised)", "attention(cbam)", "attention(nonlocal,last=1)",
                                         "pooling(beside)", "bilinear(sketch=64)", "two_scales(scale=1.5)",
                                         "spatial_transformer(kind=attention)")]  # fmt: skip


@pytest.mark.filterwarnings("ignore")  # tracing says at length what it makes constant
@pytest.mark.parametrize("spec", SPECS)
def test_openvino_gives_the_same(spec: str, make) -> None:
    kind, _, trick = spec.partition(":")
    net = make("resnet8_cifar", 32)
    if kind == "head":
        net.head = offer(find("head", trick), width=net.width, classes=3)
    else:
        try:
            net = find("surgery", trick)(net)
        except OptionError:
            net = find("surgery", trick)(make("toy"))
    torch.manual_seed(3)
    with torch.no_grad():
        for p in net.eval().parameters():
            p.add_(0.02 * torch.randn_like(p))
        side = int(net.preprocess["size"])
        x = torch.randn(5, 3, side, side)
        model = openvino.convert_model(net, example_input=x[:2].flip(2))
        run = openvino.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        wanted = net(x).numpy()
    assert np.abs(run(x.numpy())[0] - wanted).max() < 1e-4 * np.abs(wanted).max()
