"""Auditing intersections: laws, enumeration and scipy as oracles, planted groups, false alarms."""

import itertools
import math

import numpy as np
import pytest
import scipy.stats
import torch
from sklearn.linear_model import LinearRegression

from sdl_lib.fairness import (
    AUDITORS,
    chance_of_false_alarm,
    conjunctions,
    group_metrics,
    people_needed,
    permutation_audit,
    rate_difference,
    same_rate_p,
    subgroup,
    subgroup_audit,
)
from sdl_lib.intervals import wilson

LEVELS = {"a": ("a0", "a1"), "b": ("b0", "b1"), "c": ("c0", "c1", "c2")}


def people(n=1500, seed=0):
    chance = torch.Generator().manual_seed(seed)
    columns = {
        name: torch.randint(len(levels), (n,), generator=chance) for name, levels in LEVELS.items()
    }
    return columns, chance


def table(columns, decision, y=None):
    truth = torch.zeros(len(decision), dtype=torch.int64) if y is None else y
    return group_metrics(truth, decision, columns, levels=LEVELS)


def xor(n=400):
    a, b = torch.tensor([0, 0, 1, 1]).repeat(n // 4), torch.tensor([0, 1]).repeat(n // 2)
    return {"a": a, "b": b, "c": torch.zeros(n, dtype=torch.int64)}, a ^ b


def by_hand(columns, decision, y, name, member):
    """The violation as the paper writes it, person by person."""
    among = torch.ones(len(y), dtype=torch.bool) if name == "selection" else y == 0
    alpha = (member & among).double().mean()
    if alpha == 0:
        return 0.0
    inside = decision[member & among].double().mean()
    return float(alpha * (inside - decision[among].double().mean()).abs())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["selection", "fpr"])
def test_conjunction_auditor_is_the_enumeration_by_hand(seed, name):
    columns, chance = people(300, seed)
    y, decision = torch.randint(2, (2, 300), generator=chance)
    best = 0.0
    for levels in itertools.product((None, 0, 1), (None, 0, 1), (None, 0, 1, 2)):
        if levels == (None, None, None):
            continue
        member = torch.ones(300, dtype=torch.bool)
        for column, level in zip(columns.values(), levels, strict=True):
            member &= torch.tensor(True) if level is None else column == level
        best = max(best, by_hand(columns, decision, y, name, member))
    found = subgroup_audit(table(columns, decision, y), name, auditor="conjunction")
    assert found.violation == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_cells_auditor_is_the_best_of_all_unions(seed):
    columns, chance = people(200, seed)
    metrics = table(columns, torch.randint(2, (200,), generator=chance))
    unions = itertools.product((False, True), repeat=len(metrics.groups))
    best = max(subgroup(metrics, torch.tensor(u), "selection").violation for u in unions if any(u))
    found = {a: subgroup_audit(metrics, "selection", auditor=a).violation for a in AUDITORS}
    assert found["cells"] == pytest.approx(best, abs=1e-12)
    assert max(found.values()) <= found["cells"] + 1e-12


@pytest.mark.parametrize("seed", range(3))
def test_tree_auditor_is_the_best_of_all_pairs_of_questions(seed):
    columns, chance = people(250, seed)
    metrics = table(columns, torch.randint(2, (250,), generator=chance))
    asked = [(i, level) for i, levels in enumerate(LEVELS.values()) for level in levels]
    best = 0.0
    for (i, v), (j, w) in itertools.combinations(asked, 2):
        answer = [2 * (g[i] == v) + (g[j] == w) for g in metrics.groups]
        for union in itertools.product((False, True), repeat=4):
            cells = torch.tensor([union[k] for k in answer])
            best = max(best, subgroup(metrics, cells, "selection").violation)
    found = subgroup_audit(metrics, "selection", auditor="tree")
    assert found.violation == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_linear_auditor_is_a_regression_of_people_and_its_best_cut(seed):
    columns, chance = people(800, seed)
    decision = torch.randint(2, (800,), generator=chance)
    x = np.stack([(columns[k] == i).numpy() for k in LEVELS for i in range(len(LEVELS[k]))], 1)
    score = LinearRegression().fit(x, decision.double()).predict(x).round(9)
    best = max(
        by_hand(columns, decision, decision, "selection", torch.from_numpy(score >= cut))
        for cut in np.unique(score)
    )
    found = subgroup_audit(table(columns, decision), "selection")
    assert found.violation == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("auditor", sorted(AUDITORS))
def test_a_group_and_its_complement_have_the_same_violation(auditor):
    columns, chance = people()
    y, decision = torch.randint(2, (2, 1500), generator=chance)
    metrics = table(columns, decision, y)
    found = subgroup_audit(metrics, "fpr", auditor=auditor)
    rest = subgroup(metrics, ~found.cells, "fpr")
    assert rest.violation == pytest.approx(found.violation, abs=1e-12)
    assert found.weight == pytest.approx(float(((y == 0).double().mean()) - rest.weight), abs=1e-12)


def test_xor_hides_from_margins_and_from_a_linear_auditor():
    columns, decision = xor()
    metrics = table(columns, decision)
    for attribute in ("a", "b"):
        assert metrics.by(attribute).rate("selection").tolist() == [0.5, 0.5]
    assert sorted(metrics.by("a", "b").rate("selection").tolist()) == [0, 0, 1, 1]
    violation = {a: subgroup_audit(metrics, "selection", auditor=a).violation for a in AUDITORS}
    assert violation == {"linear": 0, "tree": 0.25, "conjunction": 0.125, "cells": 0.25}


def planted(shape, seed, n=3000, low=0.42, high=0.58):
    """People of whom an unnamed half or so is selected more often; who they are; the table."""
    columns, chance = people(n, seed)
    a, b, c = (columns[k] for k in LEVELS)
    member = {"checkerboard": a == b, "two of three": (a + b + (c == 0).long()) >= 2}[shape]
    rate = torch.where(member, high, low)
    metrics = table(columns, torch.rand(n, generator=chance) < rate)
    cells = {
        "checkerboard": [g[0][1] == g[1][1] for g in metrics.groups],
        "two of three": [
            (g[0] == "a1") + (g[1] == "b1") + (g[2] == "c0") >= 2 for g in metrics.groups
        ],
    }[shape]
    return metrics, torch.tensor(cells), chance


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("shape", "auditor"), [("checkerboard", "tree"), ("two of three", "linear")]
)
def test_auditor_finds_a_planted_group(shape, auditor, seed):
    metrics, cells, chance = planted(shape, seed)
    for attribute in LEVELS if shape == "checkerboard" else ():
        assert metrics.by(attribute).difference("selection") <= 0.06
    result = permutation_audit(metrics, "selection", auditor=auditor, draws=99, generator=chance)
    same = result.found.cells == cells
    agree = float(metrics.n[same].sum() / metrics.n.sum())
    assert max(agree, 1 - agree) >= 0.9
    assert result.p_value == 0.01


@pytest.mark.parametrize("auditor", ["linear", "tree"])
def test_few_false_alarms_on_fair_data(auditor):
    alarms = 0
    for seed in range(60):
        columns, chance = people(600, seed)
        metrics = table(columns, torch.randint(2, (600,), generator=chance))
        found = permutation_audit(metrics, "selection", auditor=auditor, draws=39, generator=chance)
        alarms += found.p_value <= 0.05
    assert alarms <= scipy.stats.binom.ppf(0.999, 60, 0.05)


def test_looking_at_every_subgroup_without_a_correction_rings_often():
    naive = corrected = 0
    for seed in range(60):
        columns, chance = people(600, seed)
        metrics = table(columns, torch.randint(2, (600,), generator=chance))
        every = conjunctions(metrics)
        part, whole = metrics.counts[:, 1], metrics.n
        k, n = (every.members.long() @ v for v in (part, whole))
        p = same_rate_p(k, n, part.sum() - k, whole.sum() - n)
        naive += bool((p <= 0.05).any())
        corrected += bool((p <= 0.05 / len(every)).any())
    assert naive >= 30
    assert corrected <= 8


def test_permuted_outcomes_keep_everybody():
    columns, chance = people(500)
    metrics = table(columns, torch.randint(2, (500,), generator=chance))
    before = torch.random.get_rng_state()
    one = permutation_audit(metrics, "selection", draws=5, generator=chance.manual_seed(3))
    two = permutation_audit(metrics, "selection", draws=5, generator=chance.manual_seed(3))
    assert one.by_chance.tolist() == two.by_chance.tolist()
    assert torch.equal(before, torch.random.get_rng_state())
    all_of_them = subgroup(metrics, torch.ones(12, dtype=torch.bool), "selection")
    assert all_of_them.violation == pytest.approx(0, abs=1e-15)
    assert subgroup(metrics, torch.zeros(12, dtype=torch.bool), "selection").violation == 0


def test_conjunctions_are_all_of_them_once():
    columns, _ = people(100)
    metrics = table(columns, columns["a"])
    every = conjunctions(metrics)
    assert len(every) == 3 * 3 * 4 - 1 == len(set(every.rules))
    assert len(conjunctions(metrics, most=1)) == 7
    one = every.rules.index("a1, c2")
    assert [metrics.groups[i] for i in every.members[one].nonzero().flatten()] == [
        ("a1", "b0", "c2"),
        ("a1", "b1", "c2"),
    ]


@pytest.mark.parametrize(
    ("k", "n", "j", "m"), [(10, 50, 20, 60), (0, 9, 4, 9), (300, 700, 350, 900)]
)
def test_same_rate_is_the_chi_squared_test(k, n, j, m):
    theirs = scipy.stats.chi2_contingency([[k, n - k], [j, m - j]], correction=False).pvalue
    ours = same_rate_p(*(torch.tensor([v]) for v in (k, n, j, m)))
    assert float(ours) == pytest.approx(theirs, rel=1e-9)


def test_same_rate_of_nobody_is_no_news():
    zero, five = torch.tensor([0]), torch.tensor([5])
    assert same_rate_p(zero, zero, five, five).tolist() == [1]
    assert same_rate_p(five, five, five, five).tolist() == [1]


def test_newcombes_published_example_and_a_cover_by_simulation():
    assert rate_difference((56, 70), (48, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert rate_difference((0, 10), (0, 20)) == pytest.approx((-0.1611, 0.2775), abs=5e-5)
    rng = np.random.default_rng(0)
    cover = [
        low <= 0.2 <= high
        for a, b in zip(rng.binomial(60, 0.5, 400), rng.binomial(40, 0.3, 400), strict=True)
        for low, high in [rate_difference((int(a), 60), (int(b), 40))]
    ]
    assert 0.92 <= np.mean(cover) <= 0.98


def test_people_needed_gives_the_power_it_promises():
    for a, b in ((0.3, 0.4), (0.1, 0.2), (0.5, 0.55)):
        n = people_needed(rate=a, other=b)
        rng = np.random.default_rng(1)
        k, j = (torch.from_numpy(rng.binomial(n, r, 4000)) for r in (a, b))
        many = torch.full((4000,), n)
        power = float((same_rate_p(k, many, j, many) <= 0.05).double().mean())
        assert power == pytest.approx(0.8, abs=0.03)
        half = people_needed(rate=a, other=a + (b - a) / 2)
        assert 3 <= half / n <= 5  # half the gap, about four times the people


def test_false_alarms_of_many_tests():
    assert chance_of_false_alarm(0) == 0
    assert chance_of_false_alarm(1) == pytest.approx(0.05)
    assert chance_of_false_alarm(14) == pytest.approx(1 - 0.95**14)


def test_intervals_widen_as_groups_shrink():
    for rate in (0.1, 0.3, 0.5):
        widths = [
            high - low
            for n in (1000, 250, 60, 20, 10)
            for low, high in [wilson(round(rate * n), n)]
        ]
        assert widths == sorted(widths)
        assert widths[1] / widths[0] == pytest.approx(2, abs=0.1)  # a quarter of the people


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda m: subgroup_audit(m, "selection", auditor="forest"), "auditor"),
        (lambda m: subgroup_audit(m, "no rate"), "name"),
        (lambda m: subgroup_audit(m, "tpr"), "name"),
        (lambda m: subgroup(m, torch.ones(3, dtype=torch.bool), "fpr"), "cells"),
        (lambda m: subgroup(m, torch.ones(12), "fpr"), "cells"),
        (lambda m: conjunctions(m, most=0), "most"),
        (lambda m: permutation_audit(m, "fpr", draws=0, generator=torch.Generator()), "draws"),
        (lambda m: people_needed(rate=0.3, other=0.3), "other"),
        (lambda m: people_needed(rate=1.3, other=0.3), "rate"),
        (lambda m: people_needed(rate=0.2, other=0.3, level=0), "level"),
        (lambda m: people_needed(rate=0.2, other=0.3, power=1), "power"),
        (lambda m: chance_of_false_alarm(-1), "tests"),
        (lambda m: chance_of_false_alarm(2, level=math.nan), "level"),
        (lambda m: rate_difference((3, 2), (1, 2)), "successes"),
        (lambda m: rate_difference((0, 0), (1, 2)), "n"),
        (lambda m: same_rate_p(*(torch.tensor([v]) for v in (3, 2, 1, 2))), "part"),
    ],
)
def test_bad_input_is_named(call, name):
    columns, chance = people(50)
    metrics = table(columns, torch.randint(2, (50,), generator=chance))
    with pytest.raises(ValueError, match=f"^{name}: "):
        call(metrics)
