"""feature_noise: each feature's noise is normal, independent, and as large as the feature varies."""

import numpy as np
import pytest
import torch
from scipy import stats

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

TARGETS = torch.eye(16)


def features() -> torch.Tensor:
    draws = torch.Generator().manual_seed(0)
    return torch.randn(16, 4, generator=draws) * torch.tensor([0.1, 1.0, 5.0, 0.0])


def test_the_noise_is_the_feature_s_deviation_times_the_strength() -> None:
    x, trick = features(), find("mix", "feature_noise(strength=.4)")
    found = [trick(x, TARGETS, rng(seed)) for seed in range(150)]
    assert all(torch.equal(targets, TARGETS) for _, targets in found)
    added = torch.stack([mixed - x for mixed, _ in found]).double().numpy()
    scale = 0.4 * x.double().numpy().std(0)
    assert np.abs(added[..., 3]).max() == 0, "a feature that does not vary gets none"
    for place in range(3):
        assert stats.kstest(added[..., place].ravel() / scale[place], "norm").pvalue > 0.001
    together = np.corrcoef(added[..., :3].reshape(-1, 3).T)
    assert np.abs(together - np.eye(3)).max() < 0.08


def test_maps_have_one_deviation_a_channel() -> None:
    draws = torch.Generator().manual_seed(1)
    x = torch.randn(16, 2, 3, 3, generator=draws) * torch.tensor([1.0, 4.0]).view(1, 2, 1, 1)
    added = torch.stack([find("mix", "feature_noise")(x, TARGETS, rng(seed))[0] - x for seed in range(60)])
    wanted = 0.5 * x.double().numpy().std((0, 2, 3))
    np.testing.assert_allclose(added.double().numpy().std((0, 1, 3, 4)), wanted, rtol=0.05)


def test_a_share_p_of_the_cells() -> None:
    x = features()
    mixed = [not torch.equal(find("mix", "feature_noise(p=.3)")(x, TARGETS, rng(seed))[0], x) for seed in range(300)]
    assert 0.2 < np.mean(mixed) < 0.4


@pytest.mark.parametrize("options", ["strength=0", "strength=-1", "p=0"])
def test_refuses_what_has_no_effect(options: str) -> None:
    with pytest.raises(OptionError, match="feature_noise"):
        find("mix", f"feature_noise({options})")(features(), TARGETS, rng(0))
