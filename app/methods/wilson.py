"""Wilson's interval of a share, once for all that tell shares. Without numpy."""

from math import sqrt

NORMAL = 1.959963984540054  # of a 95 % interval


def wilson(share: float, n: float) -> tuple[float, float]:
    """At 95 %; it holds the share itself. share: 0 to 1. n: above 0, may be an effective one.

    Source: Wilson (1927), Probable Inference, the Law of Succession.
    """
    square = NORMAL**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = NORMAL * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))
