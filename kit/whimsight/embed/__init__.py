"""Texts to unit vectors, with a cache that survives."""

from whimsight.embed.base import Embedder, Template
from whimsight.embed.factory import embedder

__all__ = ["Embedder", "Template", "embedder"]
