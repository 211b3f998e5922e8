"""fourier: phases stay, amplitudes are blended as numpy blends them, and normalising does not matter."""

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng
from linne.tricks.mix.fourier import _blended

TARGETS = torch.eye(16)


def pixels(seed: int = 0, side: tuple[int, int] = (9, 12)) -> torch.Tensor:
    return torch.rand(16, 3, *side, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).float() + 0.2


def spectrum(images: torch.Tensor) -> np.ndarray:
    return np.fft.fft2(images.double().numpy())


@pytest.mark.parametrize("spec", ["fourier(p=1)", "fourier(p=1,alpha=.3)", "fourier(p=1,low=.4)"])
def test_phases_stay_and_labels_too(spec: str) -> None:
    x = pixels()
    mixed, targets = find("mix", spec)(x, TARGETS, rng(1))
    assert torch.equal(targets, TARGETS)
    assert not torch.allclose(mixed, x, atol=1e-3)
    before, after = spectrum(x), spectrum(mixed)
    turned = np.abs(np.angle(after / before)) * (np.abs(after) > 1e-3)
    assert turned.max() < 3e-2
    assert np.isclose(np.abs(np.fft.ifft2(after).imag).max(), 0, atol=1e-6), "what comes out is real"


@pytest.mark.parametrize("low", [1.0, 0.5])
def test_amplitudes_by_numpy(low: float) -> None:
    x, y = pixels(0), pixels(1)
    shares = torch.linspace(0, 1, 16)
    got = spectrum(_blended(x, y, shares.view(-1, 1, 1, 1), low))
    inside = np.abs(np.fft.fftfreq(9))[:, None] <= low / 2
    inside = inside & (np.abs(np.fft.fftfreq(12)) <= low / 2)
    s = shares.double().numpy()[:, None, None, None] * inside
    wanted = (1 - s) * np.abs(spectrum(x)) + s * np.abs(spectrum(y))
    np.testing.assert_allclose(np.abs(got), wanted, atol=2e-4)


def test_a_share_of_none_is_the_identity_and_of_all_the_other_s() -> None:
    x, y = pixels(0), pixels(1)
    torch.testing.assert_close(_blended(x, y, torch.zeros(16, 1, 1, 1), 1.0), x, atol=1e-5, rtol=0)
    swapped = _blended(x, y, torch.ones(16, 1, 1, 1), 1.0)
    np.testing.assert_allclose(np.abs(spectrum(swapped)), np.abs(spectrum(y)), atol=2e-4)
    small = find("mix", "fourier(p=1,alpha=1e-7)")(x, TARGETS, rng(0))[0]
    torch.testing.assert_close(small, x, atol=1e-5, rtol=0)


def test_normalising_first_or_afterwards_is_the_same() -> None:
    """Where zero lies must not matter: means are blended as numbers, not as amplitudes with a sign."""
    x, y = pixels(0), pixels(1)
    shares = torch.linspace(0, 1, 16).view(-1, 1, 1, 1)
    after = (_blended(x, y, shares, 1.0) - 0.7) / 0.25
    torch.testing.assert_close(_blended((x - 0.7) / 0.25, (y - 0.7) / 0.25, shares, 1.0), after, atol=1e-4, rtol=0)


def test_the_lowest_alone_swap_light() -> None:
    """With low so small that only the constant part is inside, a picture takes another's mean and nothing else."""
    x = pixels(0)
    mixed, _ = find("mix", "fourier(p=1,least=1,low=.01)")(x, TARGETS, rng(3))
    torch.testing.assert_close(mixed - mixed.mean((2, 3), keepdim=True), x - x.mean((2, 3), keepdim=True),
                               atol=1e-5, rtol=0)  # fmt: skip
    found = mixed.mean((2, 3)).sort(0).values
    torch.testing.assert_close(found, x.mean((2, 3)).sort(0).values)


def test_a_share_p_of_the_cells() -> None:
    trick = find("mix", "fourier(p=.3)")
    x = pixels(0)
    mixed = [not torch.equal(trick(x, TARGETS, rng(seed))[0], x) for seed in range(300)]
    assert 0.2 < np.mean(mixed) < 0.4


@pytest.mark.parametrize("options", ["alpha=0", "alpha=1.1", "least=.6,alpha=.5", "low=0", "p=0"])
def test_refuses_what_has_no_effect(options: str) -> None:
    with pytest.raises(OptionError, match="fourier"):
        find("mix", f"fourier({options})")(pixels(), TARGETS, rng(0))


def test_refuses_features_without_places() -> None:
    with pytest.raises(OptionError, match=r"\(16, 5\)"):
        find("mix", "fourier")(torch.rand(16, 5), TARGETS, rng(0))
