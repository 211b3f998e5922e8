import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find


def centred(g, least=2):
    return g - g.mean(axis=tuple(range(1, g.ndim)), keepdims=True) if g.ndim >= least else g


def ahead(t, w, s, k=6, alpha=0.5):
    if t % k == 0:
        s["slow"] = s["slow"] + alpha * (w - s["slow"])
        return s["slow"]
    return w


def moments(g, s, b1, b2):
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0) + (1 - b2) * g**2


def rectified(t, b1, b2, threshold=5):
    most = 2 / (1 - b2) - 1
    n = most - 2 * t * b2**t / (1 - b2**t)
    if n <= threshold:
        return 1 / (1 - b1**t), False
    c = np.sqrt((1 - b2**t) * (n - 4) / (most - 4) * (n - 2) / n * most / (most - 2))
    return c / (1 - b1**t), True


@pytest.mark.parametrize(("centre", "least"), [("all", 2), ("conv", 4), ("no", 9)])
def test_version_20_4(walk, centre, least) -> None:
    used = []

    def formula(t, w, g, rate, s):
        s.setdefault("slow", w)
        moments(centred(g, least), s, 0.95, 0.9)
        c, adaptive = rectified(t, 0.95, 0.9)
        used.append(adaptive)
        w = w - 0.1 * rate * w
        w = w - c * rate * (s["m"] / (np.sqrt(s["v"]) + 1e-5) if adaptive else s["m"])
        return ahead(t, w, s)

    walk.check(f"ranger(betas=(.95,.9), centre={centre})", formula)
    assert len(set(used)) == 2


@pytest.mark.parametrize(("centre", "before", "after"), [("all", 2, 9), ("direction", 9, 2), ("direction-conv", 9, 4)])
def test_version_2020(walk, centre, before, after) -> None:
    def formula(t, w, g, rate, s):
        s.setdefault("slow", w)
        moments(centred(g, before), s, 0.95, 0.9)
        c, adaptive = rectified(t, 0.95, 0.9, 4.5)
        way = s["m"] / (np.sqrt(s["v"]) + 1e-3) if adaptive else s["m"]
        return ahead(t, w - c * rate * centred(way + 0.1 * w, after), s, 4, 0.8)

    spec = f"ranger(variant=2020, k=4, alpha=.8, betas=(.95,.9), eps=1e-3, threshold=4.5, centre={centre})"
    walk.check(spec, formula)


def test_version_913a(walk) -> None:
    """One update of the second moment a step; the public file does two."""

    def formula(t, w, g, rate, s):
        s.setdefault("slow", w)
        moments(g, s, 0.95, 0.6)
        s["most"] = np.maximum(s.get("most", 0), s["v"])
        root = np.sqrt(s["most"])
        below = np.where(50 * root > 20, root, np.log1p(np.exp(50 * root)) / 50)
        w = w - 0.1 * rate * w
        return ahead(t, w - rate * np.sqrt(1 - 0.6**t) / (1 - 0.95**t) * s["m"] / below, s)

    walk.check("ranger(variant=913a, betas=(.95,.6))", formula)


def test_version_qh(walk) -> None:
    """QHAdam by its running sums of weights, as its authors keep them."""

    def formula(t, w, g, rate, s):
        s.setdefault("slow", w)
        g = g + 0.1 * w
        for key, beta, value in (("m", 0.9, g), ("v", 0.999, g**2)):
            s[key + "w"] = 1 + beta * s.get(key + "w", 0)
            share = 1 / s[key + "w"]
            s[key] = (1 - share) * s.get(key, 0) + share * value
        return ahead(t, w - rate * (0.7 * s["m"] + 0.3 * g) / (np.sqrt(s["v"]) + 1e-8), s)

    walk.check("ranger(variant=qh)", formula)


def test_groups_with_other_betas_keep_their_own(walk, agree) -> None:
    """The public files share ten cached steps between groups."""

    def run(first, second):
        groups = walk.groups(0.0)
        optimizer = find("optimizer", "ranger")(groups)
        optimizer.param_groups[0]["betas"], optimizer.param_groups[1]["betas"] = first, second
        for t in range(1, 7):
            for place, p in enumerate(p for group in groups for p in group["params"]):
                p.grad = torch.from_numpy(walk.slope(t, place, p.detach().numpy()))
            optimizer.step()
        return [[p.detach().numpy() for group in groups for p in group["params"]]]

    a, b = (0.95, 0.999), (0.9, 0.8)
    mixed, one, other = run(a, b), run(a, a), run(b, b)
    agree([mixed[0][:2]], [one[0][:2]], 1e-15)
    agree([mixed[0][2:]], [other[0][2:]], 1e-15)


@pytest.mark.parametrize(("spec", "told"), [
    ("ranger(variant=21)", "21"), ("ranger(variant=913a, eps=1e-5)", "eps"),
    ("ranger(variant=qh, threshold=5)", "thres"),
    ("ranger(centre=direction)", "centre"), ("ranger(threshold=3)", "threshold"), ("ranger(k=0)", "k=0"),
])  # fmt: skip
def test_refuses(walk, spec, told) -> None:
    with pytest.raises(OptionError, match=told):
        find("optimizer", spec)(walk.groups(0))
