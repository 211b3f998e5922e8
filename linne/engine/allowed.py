"""How far a bundle's golden answers may be from the run's: in float32, and at most in a lower precision.

A bundle states its own tolerance, which is what was measured where it was exported, widened; never more than this.
"""

from dataclasses import dataclass

CLOSE, STRANGENESS = 1e-3, 1e-3
"""Largest difference of a probability in float32, and of the score of strangeness as a share of its spread."""
WIDER = 1.5
"""How much further than here answers may lie elsewhere."""


@dataclass(frozen=True)
class Most:
    """The furthest that a precision may move a golden answer. apart: a probability; strange: the score of strangeness,
    as a share of its spread; own: both of them from what the features beside them give."""

    apart: float
    strange: float
    own: float

    @property
    def tolerance(self) -> float:
        """The widest tolerance of probabilities that a bundle may state."""
        return CLOSE + WIDER * self.apart

    @property
    def strangeness(self) -> float:
        """The widest tolerance of the score that a bundle may state."""
        return STRANGENESS + WIDER * self.strange


MOST = {
    "float32": Most(0.0, 0.0, CLOSE),
    "float16": Most(0.05, 0.05, CLOSE),
    "bfloat16": Most(0.5, 0.25, 0.01),
    "int8": Most(0.5, 0.25, CLOSE),
}
"""Measured on clothing with EfficientNet-Lite0, on golden pictures (the largest of 1,000 odd and ordinary ones):
probabilities moved by 0.006 (0.019) in float16, 0.16 (0.20) in bfloat16, 0.08 (0.23) in int8; vim's score by 0.002,
0.02 and 0.01 of its spread. From what their own features give, which carry all that a precision costs: by 1e-6 and
3e-7; by 2e-3 and 6e-4 where a runtime computes the head in bfloat16, too. Beyond half a sure answer becomes another."""
