"""What features do to the choice, and how well they predict it."""

from whimsight.effects.adjust import benjamini_hochberg, bonferroni
from whimsight.effects.joint import joint_effects
from whimsight.effects.lasso import lasso_path
from whimsight.effects.position import PositionBias, position_bias
from whimsight.effects.prediction import prediction
from whimsight.effects.prevalence import prevalence
from whimsight.effects.table import effects

__all__ = [
    "PositionBias",
    "benjamini_hochberg",
    "bonferroni",
    "effects",
    "joint_effects",
    "lasso_path",
    "position_bias",
    "prediction",
    "prevalence",
]
