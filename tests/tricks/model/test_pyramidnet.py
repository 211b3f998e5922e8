from collections.abc import Callable

import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.tricks.model.pyramidnet import ShakeDrop, has

# parameters and multiply-adds (M) on CIFAR-10: osmr/imgclsmob, pytorch/README.md, which counts norms and ReLUs too;
# the paper's tables: 1.7 M, 3.8 M, 28.3 M, 27.0 M, 26.6 M, 26.8 M, 26.0 M
PUBLISHED = {
    "pyramidnet110_a48": (1772706, 408.37), "pyramidnet110_a84": (3904446, 778.15),
    "pyramidnet110_a270": (28485477, 4730.60), "pyramidnet164_a270": (27216021, 4608.81),
    "pyramidnet200_a240": (26752702, 4563.40), "pyramidnet236_a220": (26969046, 4631.32),
    "pyramidnet272_a200": (26210842, 4541.36),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_counts(name: str, counted: Callable[..., tuple[int, float]]) -> None:
    parameters, macs = counted(name, light=True)
    assert parameters == PUBLISHED[name][0]
    assert macs == pytest.approx(PUBLISHED[name][1] * 1e6, rel=0.01)


def test_shakedrop_forwards_and_backwards() -> None:
    """Each picture is multiplied by one alpha in -1..1 and its gradient by another number in 0..1; kept ones by 1."""
    torch.manual_seed(0)
    layer = ShakeDrop(0.4)
    kept, forwards, backwards = 0, [], []
    for _ in range(400):
        x = torch.rand(5, 2, 3, 3, requires_grad=True)
        y = layer(x)
        y.sum().backward()
        ratio, grad = (y / x)[:, 0, 0, 0].detach(), x.grad[:, 0, 0, 0]
        torch.testing.assert_close((y / x).detach(), ratio.view(-1, 1, 1, 1).expand_as(x))
        if torch.equal(y, x):
            kept += 1
            assert torch.equal(grad, torch.ones(5))
        else:
            forwards.append(ratio)
            backwards.append(grad)
    alpha, beta = torch.cat(forwards), torch.cat(backwards)
    assert 0.53 < kept / 400 < 0.67  # 1 - p, within three standard errors
    assert -1 <= alpha.min() < -0.9
    assert 0.9 < alpha.max() <= 1
    assert abs(alpha.mean()) < 0.05
    assert abs(beta.mean() - 0.5) < 0.03
    assert beta.min() >= 0
    assert beta.max() <= 1
    assert abs(torch.corrcoef(torch.stack([alpha, beta]))[0, 1]) < 0.1


def test_shakedrop_in_evaluation_is_the_expected_value() -> None:
    torch.manual_seed(0)
    layer, x = ShakeDrop(0.4), torch.ones(2000, 1, 1, 1)
    mean = torch.stack([layer(x).mean() for _ in range(500)]).mean()
    assert torch.equal(layer.eval()(x), x * 0.6)
    assert mean == pytest.approx(0.6, abs=0.07)


def test_the_chance_rises_with_the_depth() -> None:
    net = find("model", "pyramidnet20_a12(shakedrop=0.5)")(classes=3)
    chances = [module.p for module in net.modules() if isinstance(module, ShakeDrop)]
    assert chances == pytest.approx([0.5 * block / 9 for block in range(1, 10)])
    with pytest.raises(OptionError, match="between 0 and 1, got 2"):
        find("model", "pyramidnet20_a12(shakedrop=2)")(classes=3)


def test_it_widens_at_every_block() -> None:
    net = find("model", "pyramidnet20_a18")(classes=3)
    assert [block.width for stage in (net.body.layer1, net.body.layer2, net.body.layer3) for block in stage] == list(
        range(18, 36, 2)
    )


def test_names() -> None:
    assert has("pyramidnet272_a200")
    assert not any(has(name) for name in ("pyramidnet", "pyramidnet272", "pyramidnet109_a48", "pyramidnet170_a48"))
