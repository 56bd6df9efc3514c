"""Repairs: laws, closed forms, and fairlearn and scikit-learn as oracles."""

import numpy as np
import pandas as pd
import pytest
import torch
from fairlearn.postprocessing import ThresholdOptimizer
from fairlearn.reductions import DemographicParity, EqualizedOdds, TruePositiveRateParity
from scipy.spatial import ConvexHull
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_curve

from sdl_lib.fairness import (
    REPAIRABLE,
    GroupThresholds,
    adversarial_debiasing,
    expected_rates,
    exponentiated_gradient,
    fit_repair,
    group_metrics,
    group_moments,
    pareto_front,
    reweigh,
    roc_hull,
    threshold_optimizer,
    weighted_logistic,
)
from sdl_lib.fairness.adversarial_debiasing import projected

RATES = {
    "demographic parity": ("selection",),
    "equal opportunity": ("tpr",),
    "equalised odds": ("tpr", "fpr"),
}
FAIRLEARN = {
    "demographic parity": "demographic_parity",
    "equal opportunity": "true_positive_rate_parity",
    "equalised odds": "equalized_odds",
}


def people(n=1500, seed=0, groups=2, digits=2):
    """Label, score (with ties) and group, where base rates and informativeness differ."""
    chance = torch.Generator().manual_seed(seed)
    group = torch.randint(groups, (n,), generator=chance)
    base = 0.2 + 0.5 * group / groups
    y = (torch.rand(n, generator=chance) < base).long()
    spread = 1 + 0.5 * group
    score = y + 0.4 * group + spread * torch.randn(n, generator=chance)
    return y, score.double().round(decimals=digits), group


def features(n=1200, seed=0):
    """Rows of which some tell the group, which tells the label."""
    chance = torch.Generator().manual_seed(seed)
    group = torch.randint(2, (n,), generator=chance)
    x = torch.randn(n, 4, generator=chance)
    x[:, 0] += 1.5 * group
    y = (x[:, 0] + x[:, 1] + 0.5 * torch.randn(n, generator=chance) > 0.8).long()
    return x, y, group


# Reweighing


@pytest.mark.parametrize("seed", range(3))
def test_reweighing_makes_label_and_group_independent(seed):
    y, _, group = people(seed=seed)
    w = reweigh(y, group)
    assert float(w.sum()) == pytest.approx(len(y))
    for g in (0, 1):
        own = group == g
        assert float(w[own].sum()) == pytest.approx(int(own.sum()))
        rate = float(w[own & (y == 1)].sum() / w[own].sum())
        assert rate == pytest.approx(float(y.double().mean()), abs=1e-12)


def test_reweighing_by_hand_and_of_names():
    y = np.array([1, 1, 0, 1, 0, 0])
    group = pd.Series(["m", "m", "m", "f", "f", "f"])
    expected = [3 * 3 / (6 * 2)] * 2 + [3 * 3 / 6] + [3 * 3 / 6] + [3 * 3 / (6 * 2)] * 2
    assert reweigh(y, group).tolist() == pytest.approx(expected)


# Repair


@pytest.mark.parametrize("seed", range(3))
def test_repaired_groups_have_the_same_distribution(seed):
    chance = torch.Generator().manual_seed(seed)
    group = torch.arange(900) % 3
    value = torch.randn(900, generator=chance).exp() * (1 + group) + group
    before = value.clone()
    repaired = fit_repair(value, group)(value, group)
    first, *others = (repaired[group == g].sort().values for g in range(3))
    for other in others:
        torch.testing.assert_close(first, other, rtol=0, atol=1e-12)
    for g in range(3):  # nobody overtakes anybody of the same group
        own = group == g
        assert torch.equal(value[own].argsort(), repaired[own].argsort())
    assert torch.equal(value, before)


def test_repair_of_two_shifted_groups_is_the_middle_and_amounts_are_linear():
    value = torch.arange(10).double().repeat(2)
    group = torch.arange(20) // 10
    value = value + 4 * group
    fitted = fit_repair(value, group)
    expected = torch.arange(10).double().repeat(2) + 2
    torch.testing.assert_close(fitted(value, group), expected)
    torch.testing.assert_close(fitted(value, group, amount=0), value)
    torch.testing.assert_close(fitted(value, group, amount=0.25), 0.75 * value + 0.25 * expected)


def test_repair_keeps_ties_and_reads_new_people():
    value = pd.Series([0, 0, 0, 5, 0, 0, 7, 9], dtype="float32")
    group = pd.Series(["a"] * 4 + ["b"] * 4)
    fitted = fit_repair(value, group)
    same = fitted(value, group)
    assert len(set(same[:3].tolist())) == 1
    beyond = fitted(pd.Series([100.0, -100.0]), pd.Series(["b", "a"]))
    assert beyond.tolist() == pytest.approx([7, 0])


# ROC hull


@pytest.mark.parametrize("digits", [0, 1, 6])
def test_hull_is_that_of_the_roc_curve(digits):
    y, score, _ = people(400, digits=digits)
    hull = roc_hull(y, score)
    fpr, tpr, _ = roc_curve(y, score, drop_intermediate=False)
    points = np.stack([np.append(fpr, 1), np.append(tpr, 0)], 1)
    upper = [i for i in ConvexHull(points).vertices if tuple(points[i]) != (1, 0)]
    expected = points[sorted(upper, key=lambda i: (points[i][0], points[i][1]))]
    np.testing.assert_allclose(torch.stack([hull.fpr, hull.tpr], 1), expected, atol=1e-12)
    for at, f, t in zip(*hull, strict=True):
        assert float((score[y == 0] >= at).double().mean()) == pytest.approx(float(f))
        assert float((score[y == 1] >= at).double().mean()) == pytest.approx(float(t))


# Thresholds


@pytest.mark.parametrize("criterion", REPAIRABLE)
@pytest.mark.parametrize(("seed", "groups"), [(0, 2), (1, 3), (2, 4)])
def test_criterion_holds_to_the_last_digits(criterion, seed, groups):
    y, score, group = people(seed=seed, groups=groups)
    rule = threshold_optimizer(y, score, group, criterion=criterion)
    rates = expected_rates(y, rule.probability(score, group), group)
    assert max(rates.gap(name) for name in RATES[criterion]) < 1e-9
    assert all(float(w.sum()) == pytest.approx(1) for w in rule.weights)


@pytest.mark.parametrize("criterion", REPAIRABLE)
@pytest.mark.parametrize("seed", range(3))
def test_at_least_as_accurate_as_fairlearn_with_no_larger_gap(criterion, seed):
    y, score, group = people(seed=seed)
    ours, theirs = both(y, score, group, criterion)
    for name in RATES[criterion]:
        assert ours.gap(name) <= theirs.gap(name) + 1e-9
    assert ours.accuracy >= theirs.accuracy - 1e-9
    assert ours.accuracy == pytest.approx(theirs.accuracy, abs=5e-3)  # the same optimum, to a grid


class Given(ClassifierMixin, BaseEstimator):
    """A fitted estimator whose scores are its only feature."""

    def fit(self, x, y):
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, x):
        return np.asarray(x)[:, 0]


def both(y, score, group, criterion):
    column, a = score.numpy()[:, None], group.numpy()
    theirs = ThresholdOptimizer(
        estimator=Given().fit(column, y.numpy()),
        constraints=FAIRLEARN[criterion],
        prefit=True,
        predict_method="decision_function",
    )
    theirs.fit(column, y.numpy(), sensitive_features=a)
    chance = theirs._pmf_predict(column, sensitive_features=a)[:, 1].clip(0, 1)
    rule = threshold_optimizer(y, score, group, criterion=criterion)
    mine = expected_rates(y, rule.probability(score, group), group)
    return mine, expected_rates(y, torch.tensor(chance), group)


def test_slack_trades_accuracy_for_the_gap_concavely():
    y, score, group = people()
    slacks = [0, 0.05, 0.1, 0.15, 0.2, 0.6]
    found = []
    for slack in slacks:
        rule = threshold_optimizer(y, score, group, slack=slack)
        found.append(expected_rates(y, rule.probability(score, group), group))
        assert found[-1].gap("selection") <= slack + 1e-9
    right = torch.tensor([r.accuracy for r in found])
    assert bool((right.diff() >= -1e-9).all())
    assert bool((right[:5].diff().diff() <= 1e-7).all())
    best = [max_accuracy(y[group == g], score[group == g]) for g in (0, 1)]
    share = torch.bincount(group) / len(group)
    assert found[-1].accuracy == pytest.approx(float(share @ torch.tensor(best)), abs=1e-6)


def max_accuracy(y, score):
    cuts = [*score.unique().tolist(), float("inf")]
    return max(float(((score >= c) == y.bool()).double().mean()) for c in cuts)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_pandas_and_float32_give_the_same(dtype):
    y, score, group = people(digits=6)
    plain = score.to(dtype)
    names = pd.Series(["f", "m"])[group.numpy()].reset_index(drop=True)
    first = threshold_optimizer(y, plain, group, criterion="equalised odds")
    frame = pd.DataFrame({"y": y.bool().numpy(), "s": plain.numpy(), "a": names.to_numpy()})
    frame.index = frame.index[::-1]
    second = threshold_optimizer(
        frame.y, frame.s, frame.a.astype("category"), criterion="equalised odds"
    )
    assert second.names == ("f", "m")
    one, two = first.probability(plain, group), second.probability(frame.s, frame.a)
    torch.testing.assert_close(one, two)
    # a person alone gets the same answer
    assert second.probability(frame.s[:1], frame.a[:1]).tolist() == two[:1].tolist()


def test_decisions_are_drawn_with_their_probability():
    rule = GroupThresholds(
        ("a", "b"),
        (torch.tensor([0.0, 1.0]).double(), torch.tensor([0.5]).double()),
        (torch.tensor([0.25, 0.75]).double(), torch.tensor([1.0]).double()),
    )
    score, group = torch.full((40_000,), 0.7), torch.arange(40_000) % 2
    drawn = rule.decide(score, group, generator=torch.Generator().manual_seed(0))
    assert drawn[group == 1].double().mean() == 1
    assert float(drawn[group == 0].double().mean()) == pytest.approx(0.25, abs=0.01)
    again = rule.decide(score, group, generator=torch.Generator().manual_seed(0))
    assert torch.equal(drawn, again)


def test_expected_rates_of_certain_decisions_are_the_counted_ones():
    y, score, group = people()
    rates = expected_rates(y, score > 0.5, group)
    counted = group_metrics(y, score > 0.5, {"g": group})
    for name in ("selection", "tpr", "fpr"):
        torch.testing.assert_close(getattr(rates, name), counted.rate(name))
        assert rates.gap(name) == pytest.approx(counted.difference(name))
    assert rates.accuracy == pytest.approx(counted.overall("accuracy"))


# Logistic regression and reductions


@pytest.mark.parametrize("seed", range(3))
def test_weighted_logistic_is_that_of_scikit_learn(seed):
    x, y, group = features(seed=seed)
    w = reweigh(y, group)
    model = weighted_logistic(x, y, weights=w, l2=0.5)
    theirs = LogisticRegression(C=2, tol=1e-10, max_iter=1000)
    theirs.fit(x.double().numpy(), y.numpy(), sample_weight=w.numpy())
    np.testing.assert_allclose(model.weight, theirs.coef_[0], atol=1e-5)
    assert float(model.bias) == pytest.approx(float(theirs.intercept_[0]), abs=1e-5)
    warm = weighted_logistic(x, y, weights=w, l2=0.5, start=model, most=1)
    torch.testing.assert_close(warm.weight, model.weight, atol=1e-6, rtol=0)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
def test_moments_are_those_of_fairlearn(seed):
    x, y, group = features(seed=seed)
    decision = (x[:, 1] + x[:, 0] > 0).double()
    kinds = {
        "demographic parity": DemographicParity,
        "equal opportunity": TruePositiveRateParity,
        "equalised odds": EqualizedOdds,
    }
    for criterion, kind in kinds.items():
        moment = kind(difference_bound=0.01)
        moment.load_data(x.numpy(), y.numpy(), sensitive_features=group.numpy())
        theirs = moment.gamma(lambda _: decision.numpy())["+"]
        ours = group_moments(y, group, criterion=criterion) @ decision
        assert sorted(ours.tolist()) == pytest.approx(sorted(theirs.tolist()), abs=1e-12)


@pytest.mark.parametrize("criterion", REPAIRABLE)
@pytest.mark.parametrize("seed", range(3))
def test_reductions_close_the_gap(criterion, seed):
    x, y, group = features(seed=seed)
    plain = expected_rates(y, weighted_logistic(x, y)(x) >= 0, group)
    fair = exponentiated_gradient(x, y, group, criterion=criterion, eps=0.02, rounds=25, step=3)
    rates = expected_rates(y, fair.probability(x), group)
    for name in RATES[criterion]:
        assert rates.gap(name) <= 2 * 0.02 + 1e-6
    assert plain.gap(RATES[criterion][0]) > 0.06
    assert rates.accuracy > 0.55
    assert float(fair.weights.sum()) == pytest.approx(1)
    assert int((fair.weights > 1e-9).sum()) <= 2 * len(RATES[criterion]) + 1


# Adversary


def test_projected_gradient_never_helps_the_adversary():
    chance = torch.Generator().manual_seed(0)
    own, adversary = torch.randn(2, 6, generator=chance, dtype=torch.float64)
    free = projected(own, adversary, 0.0)
    assert float(free @ adversary) == pytest.approx(0, abs=1e-12)
    assert float(projected(own, adversary, 0.5) @ adversary) == pytest.approx(
        -0.5 * float(adversary @ adversary)
    )
    assert torch.equal(projected(own, torch.zeros(6).double(), 1.0), own)


@pytest.mark.parametrize("seed", range(3))
def test_adversary_shrinks_the_gap(seed):
    x, y, group = features(seed=seed)
    plain = weighted_logistic(x, y)
    before = expected_rates(y, plain(x) >= 0, group).gap("selection")
    state = torch.get_rng_state()
    fair = adversarial_debiasing(
        x,
        y,
        group,
        start=plain,
        epochs=40,
        lr=0.3,
        alpha=3.0,
        batch_size=64,
        generator=torch.Generator().manual_seed(seed),
    )
    after = expected_rates(y, fair(x) >= 0, group).gap("selection")
    assert after < before - 0.1
    assert torch.equal(state, torch.get_rng_state())


# Pareto front


def test_front_is_what_nobody_beats():
    chance = torch.Generator().manual_seed(1)
    gap, right = torch.randint(12, (2, 60), generator=chance).double()
    front = pareto_front(gap, right).tolist()
    for i in range(60):
        beaten = [
            j
            for j in range(60)
            if gap[j] <= gap[i]
            and right[j] >= right[i]
            and (gap[j], right[j]) != (gap[i], right[i])
        ]
        twins = [j for j in range(i) if gap[j] == gap[i] and right[j] == right[i]]
        assert (i in front) == (not beaten and not twins)
    assert gap[front].tolist() == sorted(gap[front].tolist())


# Bad input


def test_bad_input_names_the_argument():
    y, score, group = people(60)
    x = torch.randn(60, 2)
    alone = torch.where(group == 1, 0, y)
    chance = torch.Generator()
    bad = {
        "y": lambda: reweigh(y + 1, group),
        "group: '1' has nobody": lambda: reweigh(alone, group),
        "criterion": lambda: threshold_optimizer(y, score, group, criterion="justice"),
        "slack": lambda: threshold_optimizer(y, score, group, slack=-0.1),
        "score": lambda: threshold_optimizer(y, score[1:], group),
        "score: contains": lambda: threshold_optimizer(y, score / 0, group),
        "group": lambda: threshold_optimizer(y, score, group[1:]),
        "group: '1'": lambda: threshold_optimizer(alone, score, group),
        "amount": lambda: fit_repair(score, group)(score, group, amount=2),
        "feature": lambda: fit_repair(score[1:], group),
        "group: nobody": lambda: fit_repair(score, 2 * group),
        "probability": lambda: expected_rates(y, score + 5, group),
        "weights": lambda: weighted_logistic(x, y, weights=-torch.ones(60)),
        "rounds": lambda: exponentiated_gradient(x, y, group, rounds=0),
        "eps": lambda: exponentiated_gradient(x, y, group, eps=-1),
        "alpha": lambda: adversarial_debiasing(x, y, group, alpha=-1, generator=chance),
        "accuracy": lambda: pareto_front(score, score[1:]),
    }
    for message, call in bad.items():
        with pytest.raises(ValueError, match=message):
            call()
    rule = threshold_optimizer(y, score, pd.Series(["a", "b"] * 30))
    with pytest.raises(ValueError, match="group"):
        rule.probability(score[:1], pd.Series(["c"]))
