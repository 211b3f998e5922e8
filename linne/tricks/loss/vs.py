"""vs: a factor and a shift for each class's logit, vector scaling (Kini et al. 2021, arXiv:2103.01550)."""

from torch import Tensor

from ...core.errors import OptionError
from ._shift import shifted
from ._weights import inhabited


def vs(logits: Tensor, targets: Tensor, counts: Tensor, *, gamma: float = 0.3, tau: float = 1.0) -> Tensor:
    """(B,) cross-entropy of (n_k / n_largest)^gamma z_k + tau log(n_k / n) (equation 2), n the counts (K,).

    gamma: at least 0; with tau = 0 this is `cdt`. tau: at least 0; with gamma = 0 this is `logit_adjusted`. Both 0 is
    cross-entropy. The defaults are the authors' code's. Raises OptionError below 0 and where a class has no picture.
    """
    if not gamma >= 0 or not tau >= 0:
        raise OptionError(f"vs(gamma={gamma}, tau={tau}): both are at least 0.")
    inhabited("vs", counts)
    return shifted(logits * (counts / counts.max()) ** gamma, targets, tau * (counts / counts.sum()).log())
