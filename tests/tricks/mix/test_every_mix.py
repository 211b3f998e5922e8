"""Every mix in the loop: labels stay whole, a lone row is left as it is, and a killed run ends with the same bytes."""

import pytest
import torch
from tiny import Stopper, apart, go, mark

from linne.core.errors import OptionError
from linne.core.lookup import find, names, offer
from linne.core.recipe import Recipe
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


def test_mixing_stops_where_it_is_told_to() -> None:
    """Targets of a step are blends up to it and plain ones from it on; a share of 1 is the whole run."""
    assert mixed(0.5) == [True] * 3 + [False] * 3
    assert mixed(1.0) == [True] * 6
    assert mixed(0.34) == [True] * 2 + [False] * 4


def mixed(until: float) -> list[bool]:
    """Whether a step's targets were blended, step by step."""
    seen: dict[int, bool] = {}

    def loss(logits: torch.Tensor, targets: torch.Tensor, progress: float) -> torch.Tensor:
        seen[round(progress * 6)] = bool((targets.amax(1) < 1).any())
        return -(targets * logits.log_softmax(1)).sum(1)

    go(mix="mixup(per=row)", mix_until=until, steps=6, loss=loss)
    return [seen[step] for step in range(6)]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"batch": 1, "mix": "cutmix"}, "cutmix mixes pictures of a batch, and a batch of 1 has none"),
        ({"mix_until": 0.5}, "Give a mix too"),
        ({"mix": "mixup", "mix_until": 0.0}, "above 0 up to 1"),
    ],
)
def test_refuses(settings: dict, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        go(**settings)
    if "mix_until" in settings:
        with pytest.raises(OptionError, match="mix_until"):
            Recipe(minutes=3, **settings)
