"""Every mix in the loop: labels stay whole, a lone row is left as it is, and a killed run ends with the same bytes."""

import pytest
import torch
from tiny import Stopper, apart, go, mark

from linne.core.lookup import find, names, offer
from linne.core.rng import rng

SPECS = [*names("mix"), "mixup(per=row)", "cutmix(p=1,per=row)", "fmix(soft=.2,legacy_spectrum=true)"]
SPECS.append("alternate(fmix,ricap,mosaic,plain,shares=(3,2,1,1))")


@pytest.mark.parametrize("spec", SPECS)
def test_labels_stay_whole_for_any_number_of_rows(spec) -> None:
    trick = find("mix", spec)
    for count in (1, 2, 5, 16):
        images, labels = torch.rand(count, 3, 9, 8, dtype=torch.float32), torch.eye(16)[:count]
        for seed in range(6):
            given = {"images": images, "targets": labels, "rng": rng(seed), "counts": torch.arange(1.0, 17)}
            mixed, targets = offer(trick, **given)
            assert mixed.shape == images.shape
            assert mixed.dtype == images.dtype
            torch.testing.assert_close(targets.sum(1), torch.ones(count))
            assert (targets >= -1e-6).all()
            if count == 1:
                torch.testing.assert_close(targets, labels)


@pytest.mark.parametrize("spec", SPECS)
def test_the_same_bytes_after_a_kill_and_the_same_in_parts(spec, tmp_path) -> None:
    whole = go(mix=spec, steps=4)
    with pytest.raises(SystemExit):
        go(mix=spec, steps=4, place=tmp_path, hooks=(Stopper(2),))
    assert mark(go(mix=spec, steps=4, place=tmp_path, hooks=(Stopper(99),))) == mark(whole)
    assert mark(go(mix="", steps=4)) != mark(whole)


def test_micro_batches_change_nothing() -> None:
    from tiny import network

    for spec in ("fmix", "ricap", "alternate"):
        one, two = (go(model=network(bn=False), mix=spec, steps=4, micro=micro) for micro in (0, 16))
        assert apart(one.module, two.module) < 1e-5
