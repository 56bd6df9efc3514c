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
from sdl_lib.fairness.gender_shades import gender_shades
from sdl_lib.fairness.group_metrics import RATES, EmptyGroup, GroupMetrics, group_metrics
from sdl_lib.fairness.impossibility import (
    Balance,
    balance,
    chouldechova_residual,
    implied_balance,
    implied_fpr,
    implied_ppv,
)
from sdl_lib.fairness.subgroup_audit import (
    AUDITORS,
    PermutationAudit,
    permutation_audit,
    subgroup_audit,
)
from sdl_lib.fairness.subgroups import Conjunctions, Subgroup, conjunctions, subgroup
from sdl_lib.fairness.two_rates import (
    chance_of_false_alarm,
    people_needed,
    rate_difference,
    same_rate_p,
)

__all__ = [
    "AUDITORS",
    "CRITERIA",
    "RATES",
    "Balance",
    "Calibration",
    "Conjunctions",
    "EmptyGroup",
    "Gap",
    "GroupMetrics",
    "PermutationAudit",
    "Subgroup",
    "balance",
    "bootstrap_gap",
    "bootstrap_rate",
    "calibration_by_group",
    "chance_of_false_alarm",
    "chouldechova_residual",
    "conjunctions",
    "criterion",
    "demographic_parity",
    "equal_opportunity",
    "equalised_odds",
    "gender_shades",
    "group_metrics",
    "implied_balance",
    "implied_fpr",
    "implied_ppv",
    "people_needed",
    "permutation_audit",
    "predictive_parity",
    "rate_difference",
    "same_rate_p",
    "subgroup",
    "subgroup_audit",
]
