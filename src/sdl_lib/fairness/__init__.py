"""Fairness between groups: where bias comes from, rates, criteria, audits and repairs."""

from sdl_lib.fairness.adversarial_debiasing import adversarial_debiasing
from sdl_lib.fairness.bias_amplification import (
    Behaviour,
    bayes_rule,
    bias_amplification,
    linear_behaviour,
)
from sdl_lib.fairness.bootstrap import bootstrap_gap, bootstrap_rate
from sdl_lib.fairness.br_net import BRNet, br_net, correlation
from sdl_lib.fairness.calibration import Calibration, calibration_by_group
from sdl_lib.fairness.class_gaussians import ClassGaussians, draw_classes, weak_features
from sdl_lib.fairness.confounded_squares import ConfoundedSquares, confounded_squares, paint_squares
from sdl_lib.fairness.counterfactual import Effects, counterfactual_gap, mediation
from sdl_lib.fairness.criteria import (
    CRITERIA,
    Gap,
    criterion,
    demographic_parity,
    equal_opportunity,
    equalised_odds,
    predictive_parity,
)
from sdl_lib.fairness.distance_correlation import distance_correlation
from sdl_lib.fairness.earth_mover import earth_mover, largest_parity_gap
from sdl_lib.fairness.expected_rates import ExpectedRates, expected_rates
from sdl_lib.fairness.exponentiated_gradient import Mixture, exponentiated_gradient, group_moments
from sdl_lib.fairness.feature_selection import experts, feature_parity
from sdl_lib.fairness.feedback import feedback_urn
from sdl_lib.fairness.four_fifths import chance_of_low_ratio
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
from sdl_lib.fairness.linear_model import fit_linear_model, linear_model
from sdl_lib.fairness.linear_rule import LinearRule, fit_rule
from sdl_lib.fairness.lipschitz import LipschitzAudit, lipschitz_fairness
from sdl_lib.fairness.lipschitz_classifier import lipschitz_classifier
from sdl_lib.fairness.logistic import LinearScore, weighted_logistic
from sdl_lib.fairness.pareto_front import pareto_front
from sdl_lib.fairness.programs import (
    Program,
    choose,
    column,
    constant,
    every_part,
    over,
    tree_program,
    weighted_sum,
    with_part,
)
from sdl_lib.fairness.proxy_use import ProxyRepair, ProxyUse, association, proxy_repair, proxy_use
from sdl_lib.fairness.repair import Repair, fit_repair
from sdl_lib.fairness.reweigh import reweigh
from sdl_lib.fairness.roc_hull import RocHull, roc_hull
from sdl_lib.fairness.sgd_logistic import sgd_logistic
from sdl_lib.fairness.structural_model import Equation, StructuralModel, coin
from sdl_lib.fairness.subgroup_audit import (
    AUDITORS,
    PermutationAudit,
    permutation_audit,
    subgroup_audit,
)
from sdl_lib.fairness.subgroups import Conjunctions, Subgroup, conjunctions, subgroup
from sdl_lib.fairness.synthetic_cvs import Applications, synthetic_cvs
from sdl_lib.fairness.threshold_optimizer import REPAIRABLE, GroupThresholds, threshold_optimizer
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
    "REPAIRABLE",
    "Applications",
    "BRNet",
    "Balance",
    "Behaviour",
    "Calibration",
    "ClassGaussians",
    "ConfoundedSquares",
    "Conjunctions",
    "Effects",
    "EmptyGroup",
    "Equation",
    "ExpectedRates",
    "Gap",
    "GroupMetrics",
    "GroupThresholds",
    "LinearRule",
    "LinearScore",
    "LipschitzAudit",
    "Mixture",
    "PermutationAudit",
    "Program",
    "ProxyRepair",
    "ProxyUse",
    "Repair",
    "RocHull",
    "StructuralModel",
    "Subgroup",
    "adversarial_debiasing",
    "association",
    "balance",
    "bayes_rule",
    "bias_amplification",
    "bootstrap_gap",
    "bootstrap_rate",
    "br_net",
    "calibration_by_group",
    "chance_of_false_alarm",
    "chance_of_low_ratio",
    "choose",
    "chouldechova_residual",
    "coin",
    "column",
    "confounded_squares",
    "conjunctions",
    "constant",
    "correlation",
    "counterfactual_gap",
    "criterion",
    "demographic_parity",
    "distance_correlation",
    "draw_classes",
    "earth_mover",
    "equal_opportunity",
    "equalised_odds",
    "every_part",
    "expected_rates",
    "experts",
    "exponentiated_gradient",
    "feature_parity",
    "feedback_urn",
    "fit_linear_model",
    "fit_repair",
    "fit_rule",
    "gender_shades",
    "group_metrics",
    "group_moments",
    "implied_balance",
    "implied_fpr",
    "implied_ppv",
    "largest_parity_gap",
    "linear_behaviour",
    "linear_model",
    "lipschitz_classifier",
    "lipschitz_fairness",
    "mediation",
    "over",
    "paint_squares",
    "pareto_front",
    "people_needed",
    "permutation_audit",
    "predictive_parity",
    "proxy_repair",
    "proxy_use",
    "rate_difference",
    "reweigh",
    "roc_hull",
    "same_rate_p",
    "sgd_logistic",
    "subgroup",
    "subgroup_audit",
    "synthetic_cvs",
    "threshold_optimizer",
    "tree_program",
    "weak_features",
    "weighted_logistic",
    "weighted_sum",
    "with_part",
]
