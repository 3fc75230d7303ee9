"""Widgets: views of one noun each. Importing this needs ipywidgets and anywidget; `import whimsight` does not."""

from whimsight.widgets.calibrator import Calibrator
from whimsight.widgets.comparison import DatasetComparison
from whimsight.widgets.labeler import FeatureLabeler
from whimsight.widgets.mixer import PreferenceMixer
from whimsight.widgets.report import FeatureReport

__all__ = ["Calibrator", "DatasetComparison", "FeatureLabeler", "FeatureReport", "PreferenceMixer"]
