"""fmix: how much a mask covers, which waves it is made of, and that picture and label agree."""

import importlib

import numpy as np
import pytest
import torch
from scipy import stats

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

HIGH, WIDE = 17, 24
FLAT = torch.arange(16.0)[:, None, None, None].expand(16, 3, HIGH, WIDE).contiguous()
TARGETS = torch.eye(16)
inside = importlib.import_module("linne.tricks.mix.fmix")


def test_the_mask_covers_lambda_up_to_a_pixel() -> None:
    shares = []
    for seed in range(200):
        images, targets = find("mix", "fmix(alpha=.8)")(FLAT, TARGETS, rng(seed))
        for row in range(16):
            covered = float((images[row, 0] == row).float().mean())
            own = float(targets[row, row])
            assert set(images[row].unique().tolist()) <= set(range(16))
            if own < 1:
                assert abs(covered - own) < 1 / (HIGH * WIDE) + 1e-6
                shares.append(own)
                break
        torch.testing.assert_close(targets.sum(1), torch.ones(16))
        torch.testing.assert_close(targets.sum(0), torch.ones(16))
    assert stats.kstest(shares, stats.beta(0.8, 0.8).cdf).pvalue > 0.001


def test_rounding_is_even_handed() -> None:
    """k = ceil or floor of lambda n, equally often: over many masks the mean is lambda, not half a pixel off."""
    draw, ground = rng("mask"), rng("ground").standard_normal((5, 5))
    means = [inside._mask(draw, ground, 0.3, 0.0).mean() for _ in range(4000)]
    assert set(np.round(np.unique(means), 6)) == {7 / 25, 8 / 25}
    assert np.mean(means) == pytest.approx(0.3, abs=0.0015)


@pytest.mark.parametrize("share", [0.0, 1e-4, 0.3, 0.5, 0.97, 1.0])
def test_soft_masks_keep_the_mean_and_the_order(share: float) -> None:
    ground = inside._landscape(rng("soft"), 32, 32, 3.0, False)
    hard, soft = (inside._mask(rng(0), ground, share, width) for width in (0.0, 0.5))
    assert hard.mean() == pytest.approx(share, abs=1 / 1024)
    assert soft.mean() == pytest.approx(share, abs=1.5 / 1024)
    assert soft.min() >= 0
    assert soft.max() <= 1
    assert (np.diff(soft.ravel()[np.argsort(ground, axis=None)]) >= 0).all(), "higher ground is never covered less"
    assert set(np.unique(hard)) <= {0, 1}


def power(legacy: bool) -> tuple[float, float, np.ndarray]:
    """(share of the power outside the mean with |kx| <= 1, the same for ky, the power) over 400 masks of 32 x 32."""
    total = np.zeros((32, 32))
    for seed in range(400):
        ground = inside._landscape(rng("power", seed), 32, 32, 3.0, legacy)
        total += np.abs(np.fft.fft2(ground)) ** 2
    total[0, 0] = 0
    wave = np.abs(np.fft.fftfreq(32) * 32)
    whole = total.sum()
    return total[:, wave <= 1].sum() / whole, total[wave <= 1].sum() / whole, total


def test_the_papers_spectrum_is_isotropic() -> None:
    """Measured of the intended program: 0.9686 of the power within |kx| <= 1 and 0.9741 within |ky| <= 1."""
    along, across, total = power(legacy=False)
    assert along == pytest.approx(0.97, abs=0.012)
    assert across == pytest.approx(0.97, abs=0.012)
    wave = np.fft.fftfreq(32) * 32
    angle = np.arctan2(wave[:, None], wave)
    radius = np.hypot(wave[:, None], wave)
    ring = (radius > 1.5) & (radius < 6) & (angle >= 0)
    scaled = total * radius**6  # what is left of 1 / f^3, squared
    near = scaled[ring & (angle < np.pi / 4)].mean()
    others = [scaled[ring & (a * np.pi / 4 <= angle) & (angle < (a + 1) * np.pi / 4)].mean() for a in range(1, 4)]
    assert others == pytest.approx([near] * 3, rel=0.15)


def test_the_legacy_spectrum_is_the_published_programs() -> None:
    along, across, _ = power(legacy=True)
    assert along == pytest.approx(1.0, abs=1e-9)
    assert across == pytest.approx(0.9844, abs=0.01)


def test_a_larger_decay_gives_fewer_edges() -> None:
    def edges(decay: float) -> float:
        masks = [inside._mask(rng(s), inside._landscape(rng(s), 32, 32, decay, False), 0.5, 0.0) for s in range(40)]
        return float(np.mean([np.abs(np.diff(mask, axis=a)).mean() for mask in masks for a in (0, 1)]))

    assert edges(0) == pytest.approx(0.5, abs=0.02)  # white noise: neighbours differ half the time
    assert edges(0) > 2 * edges(1.5) > 3 * edges(3)


def test_a_share_p_of_the_cells_is_mixed_by_one_mask() -> None:
    trick = find("mix", "fmix(p=.3)")
    mixed = []
    for seed in range(300):
        images, _ = trick(FLAT, TARGETS, rng(seed))
        moved = (images[:, 0] != FLAT[:, 0]).float()
        mixed.append(bool(moved.any()))
        whole = moved[moved.flatten(1).any(1)]
        assert len(whole) == 0 or torch.equal(whole, whole[:1].expand_as(whole))
    assert 0.2 < np.mean(mixed) < 0.4


@pytest.mark.parametrize("options", ["alpha=0", "decay=-1", "soft=.6", "soft=-.1", "p=0"])
def test_refuses(options: str) -> None:
    with pytest.raises(OptionError, match="fmix"):
        find("mix", f"fmix({options})")(FLAT, TARGETS, rng(0))


def test_refuses_what_is_no_map() -> None:
    with pytest.raises(OptionError, match=r"fmix cuts pictures or maps .* Take mixup"):
        find("mix", "fmix")(torch.zeros(16, 5), TARGETS, rng(0))
    with pytest.raises(OptionError, match="legacy_spectrum takes two rows"):
        find("mix", "fmix(legacy_spectrum=true)")(torch.zeros(16, 5, 1, 9), TARGETS, rng(0))
