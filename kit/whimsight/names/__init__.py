"""Names for features: who proposes them, who judges them, and how well they fit."""

from whimsight.names.drafting import UNNAMED, draft
from whimsight.names.fidelity import Fidelity, fidelity
from whimsight.names.formula import AttributeDescriber, FormulaJudge
from whimsight.names.phrases import PhraseDescriber, log_odds
from whimsight.names.protocols import Candidate, Describer, Evidence, Judge

__all__ = [
    "UNNAMED",
    "AttributeDescriber",
    "Candidate",
    "Describer",
    "Evidence",
    "Fidelity",
    "FormulaJudge",
    "Judge",
    "PhraseDescriber",
    "draft",
    "fidelity",
    "log_odds",
]
