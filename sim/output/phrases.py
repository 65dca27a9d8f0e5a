"""Words for probabilities: the scale of Intelligence Community Directive 203 (2015)."""

import math

WORDS = (
    (0.01, "less than 1 in 100"),
    (0.05, "almost no chance"),
    (0.20, "very unlikely"),
    (0.45, "unlikely"),
    (0.55, "roughly even chance"),
    (0.80, "likely"),
    (0.95, "very likely"),
    (math.nextafter(0.99, 1), "almost certain"),
)
"""Words for probabilities below each edge and not below the one before."""

HIGHEST = "more than 99 in 100"


def word_for(p: float) -> str:
    """The words for a probability; none for NaN."""
    if math.isnan(p):
        return ""
    return next((word for edge, word in WORDS if p < edge), HIGHEST)


def phrase(p: float, band: tuple[float, float]) -> str:
    """The words for a probability, ``a to b`` where its epistemic band crosses an edge."""
    low, high = band
    if math.isnan(p) or math.isnan(low) or math.isnan(high):
        return word_for(p)
    first, last = word_for(low), word_for(high)
    return first if first == last else f"{first} to {last}"
