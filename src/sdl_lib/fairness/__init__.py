"""Fairness between groups: rates and their intervals, criteria, what excludes what, repairs."""

from sdl_lib.fairness.adversarial_debiasing import adversarial_debiasing
from sdl_lib.fairness.bootstrap import bootstrap_gap, bootstrap_rate
from sdl_lib.fairness.calibration import Calibration, calibration_by_group
from sdl_lib.fairness.criteria import (
    CRITERIA,
    Gap,
    criterion,
    demographic_parity,
    equal_opportunity,
    equalised_odds,
    predictive_parity,
)
from sdl_lib.fairness.expected_rates import ExpectedRates, expected_rates
from sdl_lib.fairness.exponentiated_gradient import (
    Mixture,
    exponentiated_gradient,
    group_moments,
)
from sdl_lib.fairness.group_metrics import RATES, EmptyGroup, GroupMetrics, group_metrics
from sdl_lib.fairness.impossibility import (
    Balance,
    balance,
    chouldechova_residual,
    implied_balance,
    implied_fpr,
    implied_ppv,
)
from sdl_lib.fairness.logistic import LinearScore, weighted_logistic
from sdl_lib.fairness.pareto_front import pareto_front
from sdl_lib.fairness.repair import Repair, fit_repair
from sdl_lib.fairness.reweigh import reweigh
from sdl_lib.fairness.roc_hull import RocHull, roc_hull
from sdl_lib.fairness.threshold_optimizer import (
    REPAIRABLE,
    GroupThresholds,
    threshold_optimizer,
)

__all__ = [
    "CRITERIA",
    "RATES",
    "REPAIRABLE",
    "Balance",
    "Calibration",
    "EmptyGroup",
    "ExpectedRates",
    "Gap",
    "GroupMetrics",
    "GroupThresholds",
    "LinearScore",
    "Mixture",
    "Repair",
    "RocHull",
    "adversarial_debiasing",
    "balance",
    "bootstrap_gap",
    "bootstrap_rate",
    "calibration_by_group",
    "chouldechova_residual",
    "criterion",
    "demographic_parity",
    "equal_opportunity",
    "equalised_odds",
    "expected_rates",
    "exponentiated_gradient",
    "fit_repair",
    "group_metrics",
    "group_moments",
    "implied_balance",
    "implied_fpr",
    "implied_ppv",
    "pareto_front",
    "predictive_parity",
    "reweigh",
    "roc_hull",
    "threshold_optimizer",
    "weighted_logistic",
]
