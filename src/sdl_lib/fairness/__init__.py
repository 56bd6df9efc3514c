"""Fairness between groups: rates and their intervals, criteria, and what excludes what."""

from sdl_lib.fairness.bias_amplification import (
    Behaviour,
    bayes_rule,
    bias_amplification,
    linear_behaviour,
)
from sdl_lib.fairness.bootstrap import bootstrap_gap, bootstrap_rate
from sdl_lib.fairness.calibration import Calibration, calibration_by_group
from sdl_lib.fairness.class_gaussians import ClassGaussians, draw_classes, weak_features
from sdl_lib.fairness.criteria import (
    CRITERIA,
    Gap,
    criterion,
    demographic_parity,
    equal_opportunity,
    equalised_odds,
    predictive_parity,
)
from sdl_lib.fairness.feature_selection import experts, feature_parity
from sdl_lib.fairness.feedback import feedback_urn
from sdl_lib.fairness.group_metrics import RATES, EmptyGroup, GroupMetrics, group_metrics
from sdl_lib.fairness.impossibility import (
    Balance,
    balance,
    chouldechova_residual,
    implied_balance,
    implied_fpr,
    implied_ppv,
)
from sdl_lib.fairness.sgd_logistic import sgd_logistic
from sdl_lib.fairness.synthetic_cvs import Applications, synthetic_cvs

__all__ = [
    "CRITERIA",
    "RATES",
    "Applications",
    "Balance",
    "Behaviour",
    "Calibration",
    "ClassGaussians",
    "EmptyGroup",
    "Gap",
    "GroupMetrics",
    "balance",
    "bayes_rule",
    "bias_amplification",
    "bootstrap_gap",
    "bootstrap_rate",
    "calibration_by_group",
    "chouldechova_residual",
    "criterion",
    "demographic_parity",
    "draw_classes",
    "equal_opportunity",
    "equalised_odds",
    "experts",
    "feature_parity",
    "feedback_urn",
    "group_metrics",
    "implied_balance",
    "implied_fpr",
    "implied_ppv",
    "linear_behaviour",
    "predictive_parity",
    "sgd_logistic",
    "synthetic_cvs",
    "weak_features",
]
