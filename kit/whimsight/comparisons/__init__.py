"""What several datasets, or slices of one, measure and express, side by side."""

from whimsight.comparisons._comparison import Comparison
from whimsight.comparisons.matching import match
from whimsight.comparisons.run import compare
from whimsight.comparisons.slices import Slice
from whimsight.comparisons.topics import topics

__all__ = ["Comparison", "Slice", "compare", "match", "topics"]
