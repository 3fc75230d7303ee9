"""People's work on features: kept, undoable, mergeable."""

from whimsight.labels.home import find_home
from whimsight.labels.store import LabelStore

__all__ = ["LabelStore", "find_home"]
