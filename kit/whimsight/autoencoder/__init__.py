"""Discovered features: embedding differences to sparse signed codes, exactly odd.

`SparseAutoencoder` learns a small dictionary of directions in which the responses of a pair differ;
`stability` says how far each of them recurs when the prompts change.
"""

from whimsight.autoencoder.model import SparseAutoencoder
from whimsight.autoencoder.recurrence import stability

__all__ = ["SparseAutoencoder", "stability"]
