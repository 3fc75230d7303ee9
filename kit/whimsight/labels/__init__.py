"""People's work on features: kept, undoable, mergeable."""

from whimsight.labels.agreement import agreement
from whimsight.labels.home import data_folder, find_home
from whimsight.labels.merging import Merged
from whimsight.labels.store import LabelStore

__all__ = ["LabelStore", "Merged", "agreement", "data_folder", "find_home"]
