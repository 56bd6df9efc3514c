"""Fairness between groups: rates and their intervals, criteria, and what excludes what."""

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
from sdl_lib.fairness.group_metrics import RATES, EmptyGroup, GroupMetrics, group_metrics
from sdl_lib.fairness.impossibility import (
    Balance,
    balance,
    chouldechova_residual,
    implied_balance,
    implied_fpr,
    implied_ppv,
)

__all__ = [
    "CRITERIA",
    "RATES",
    "Balance",
    "Calibration",
    "EmptyGroup",
    "Gap",
    "GroupMetrics",
    "balance",
    "bootstrap_gap",
    "bootstrap_rate",
    "calibration_by_group",
    "chouldechova_residual",
    "criterion",
    "demographic_parity",
    "equal_opportunity",
    "equalised_odds",
    "group_metrics",
    "implied_balance",
    "implied_fpr",
    "implied_ppv",
    "predictive_parity",
]
