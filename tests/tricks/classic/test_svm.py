import numpy as np
import pytest
from sklearn.metrics.pairwise import linear_kernel, rbf_kernel
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC

from linne.core.errors import InputError, OptionError
from linne.tricks.classic import svm as module
from linne.tricks.classic._linear import scaled
from linne.tricks.classic.svm import svm
from tests.tricks.classic._clouds import clouds, keeps_the_contract


def rows(features, fresh):
    centre, scale = scaled(features)
    return (features - centre) * scale, (fresh - centre) * scale


@pytest.mark.parametrize("c", [0.3, 10.0])
@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_it_is_scikit_learns_on_the_same_products(kernel, c):
    features, targets, fresh = clouds()
    seen, new = rows(features, fresh)
    products = (lambda a, b=None: rbf_kernel(a, b, 1.0)) if kernel == "rbf" else linear_kernel
    model = OneVsRestClassifier(SVC(kernel="precomputed", C=c)).fit(products(seen), targets)
    ours = svm(features, targets, kernel=kernel, c=c)(fresh)
    assert np.abs(ours - model.decision_function(products(new, seen))).max() < 1e-6


def test_two_classes_are_one_border():
    features, targets, fresh = clouds(k=2)
    seen, new = rows(features, fresh)
    model = SVC(kernel="precomputed").fit(rbf_kernel(seen, gamma=1.0), targets)
    ours = svm(features, targets)(fresh)
    assert np.allclose(ours[:, 1] - ours[:, 0], model.decision_function(rbf_kernel(new, seen, 1.0)), atol=1e-6)
    assert np.allclose(ours.sum(1), 0, atol=1e-9)


def test_gamma_1_is_scikit_learns_own_scale():
    """Its solver stops at 1e-3, so the same problem with kernels summed otherwise agrees to about that."""
    features, targets, fresh = clouds()
    seen, new = rows(features, fresh)
    theirs = OneVsRestClassifier(SVC(gamma="scale")).fit(seen, targets).decision_function(new)
    ours = svm(features, targets)(fresh)
    assert np.abs(ours - theirs).max() < 5e-3
    assert np.abs(svm(features, targets, gamma=0.2)(fresh) - ours).max() > 0.05


def test_only_support_vectors_are_kept():
    features, targets, _ = clouds()
    kept = svm(features, targets, c=10.0).arrays()
    assert len(kept["vectors"]) < 240
    assert (kept["dual"] != 0).any(0).all()
    assert all(any(np.array_equal(vector, row) for row in features) for vector in kept["vectors"][:5])


def test_it_keeps_the_contract():
    keeps_the_contract("svm")
    keeps_the_contract("svm", kernel="linear")


def test_what_cannot_be_says_so(monkeypatch):
    features, targets, _ = clouds()
    for options, said in (
        ({"kernel": "rfb"}, "'rbf' or 'linear'"), ({"c": 0.0}, "svm: c=0.0"), ({"gamma": -1.0}, "svm: gamma=-1.0"),
        ({"kernel": "linear", "gamma": 1.0}, "no effect with kernel='linear'"),
    ):  # fmt: skip
        with pytest.raises(OptionError, match=said):
            svm(features, targets, **options)
    monkeypatch.setattr(module, "MOST", 100)
    with pytest.raises(InputError, match="at most 100 pictures, got 240"):
        svm(features, targets)
