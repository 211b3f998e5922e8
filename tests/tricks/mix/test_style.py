"""style: each channel's mean and deviation are blends of two pictures', and what is drawn with them stays."""

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng
from linne.tricks.mix.style import _restyled

TARGETS = torch.eye(16)


def pictures() -> torch.Tensor:
    draws = torch.Generator().manual_seed(0)
    return torch.randn(16, 3, 7, 5, generator=draws) * (1 + torch.rand(16, 3, 1, 1, generator=draws)) + torch.randn(
        16, 3, 1, 1, generator=draws
    )


def statistics(images: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    values = images.double().numpy()
    return values.mean((2, 3)), values.std((2, 3))


def test_statistics_afterwards_are_the_blended_ones() -> None:
    x, order, shares = pictures(), torch.arange(16).roll(3), torch.linspace(0, 1, 16)
    got = _restyled(x, order, shares.view(-1, 1, 1, 1))
    s = shares.double().numpy()[:, None]
    for mine, theirs, found in zip(statistics(x), statistics(x[order]), statistics(got), strict=True):
        np.testing.assert_allclose(found, s * mine + (1 - s) * theirs, atol=1e-5)
    torch.testing.assert_close(got[15], x[15], atol=1e-5, rtol=0)  # a share of 1 is the picture itself


def test_what_is_shown_stays() -> None:
    x = pictures()
    mixed, targets = find("mix", "style(p=1,alpha=1)")(x, TARGETS, rng(2))
    assert torch.equal(targets, TARGETS)
    assert not torch.allclose(mixed, x, atol=1e-2)
    plain = [(part - part.mean((2, 3), keepdim=True)) / part.std((2, 3), keepdim=True) for part in (x, mixed)]
    torch.testing.assert_close(*plain, atol=1e-4, rtol=0)


def test_small_alpha_takes_one_of_the_two() -> None:
    """Beta(0.01, 0.01) is nearly 0 or 1, so a picture's mean is its own or, just as often, another's."""
    x = pictures()
    means = statistics(x)[0]
    own = []
    for seed in range(40):
        found = statistics(find("mix", "style(p=1,alpha=.01)")(x, TARGETS, rng(seed))[0])[0]
        near = np.abs(found[:, None] - means).max(2)
        own += (near.argmin(1) == np.arange(16)).tolist()
        assert np.median(near.min(1)) < 1e-3
    assert 0.45 < np.mean(own) < 0.65  # half, and a sixteenth of the rest, whose partner is itself


def test_a_flat_channel_takes_the_mean_alone() -> None:
    x = pictures()
    x[0] = 2.0
    got = _restyled(x, torch.arange(16).roll(1), torch.zeros(16, 1, 1, 1))
    assert torch.isfinite(got).all()
    torch.testing.assert_close(got[0].std((1, 2)), torch.zeros(3))
    torch.testing.assert_close(got[0].mean((1, 2)), x[15].mean((1, 2)))


@pytest.mark.parametrize("options", ["alpha=0", "p=0", "p=1.5"])
def test_refuses_what_has_no_effect(options: str) -> None:
    with pytest.raises(OptionError, match="style"):
        find("mix", f"style({options})")(pictures(), TARGETS, rng(0))
