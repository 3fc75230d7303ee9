"""Pairs of responses with the choice between them: reading, checking, splitting, and shipped samples."""

from whimsight.pairs.read import read
from whimsight.pairs.report import ReadReport
from whimsight.pairs.samples import load, samples
from whimsight.pairs.table import Pairs, Texts

__all__ = ["Pairs", "ReadReport", "Texts", "load", "read", "samples"]
