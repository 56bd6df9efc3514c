"""The claims of the chapter on audits, on published rates, COMPAS and Adult."""

import itertools
import warnings

import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from sdl_lib.data import KnownProblems, adult, compas, fit_encoding
from sdl_lib.fairness import (
    conjunctions,
    gender_shades,
    group_metrics,
    permutation_audit,
    rate_difference,
    same_rate_p,
    subgroup,
    subgroup_audit,
)
from sdl_lib.fairness.gender_shades import ERRORS, FACES, MARGINS
from sdl_lib.models import ADULT_FEATURES

COLUMNS = ["race", "sex", "age_cat", "c_charge_degree"]


@pytest.fixture(scope="module")
def people():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", KnownProblems)
        return compas()


@pytest.mark.parametrize("system", sorted(ERRORS))
def test_published_rates_agree_with_their_margins(system):
    table = gender_shades(system)
    assert int(table.n.sum()) == FACES
    assert (100 * table.rate("error")).tolist() == pytest.approx(ERRORS[system], abs=0.2)
    label, skin = (table.by(a).rate("error").tolist() for a in ("label", "skin"))
    found = [100 * r for r in (table.overall("error"), *label, *skin)]
    assert found == pytest.approx(MARGINS[system], abs=0.5)
    wrong = (table.counts[:, 1] + table.counts[:, 2]).tolist()
    pairs = list(zip(wrong, table.n.tolist(), strict=True))
    assert min(rate_difference(pairs[0], pair).low for pair in pairs[1:]) >= 0.05
    assert 0.6 <= wrong[0] / sum(wrong) <= 0.75


def test_the_other_figure_for_one_cell_does_not_fit_the_margins():
    table = gender_shades("Face++")
    wrong = (table.counts[:, 1] + table.counts[:, 2]).double()
    wrong[2] = 0.06 * table.n[2]
    female = float((wrong[0] + wrong[2]) / (table.n[0] + table.n[2]))
    assert abs(100 * female - MARGINS["Face++"][1]) > 1


def test_an_unknown_system_is_named():
    with pytest.raises(ValueError, match=r"^system: "):
        gender_shades("nobody's")


def test_intervals_widen_with_every_attribute(people):
    widths = []
    for k in range(1, 5):
        table = group_metrics(people.two_year_recid, people.decile_score >= 5, people[COLUMNS[:k]])
        ends = table.interval("fpr")
        widths.append(float((ends[:, 1] - ends[:, 0]).nanmedian()))
    assert all(b >= 1.2 * a for a, b in itertools.pairwise(widths))


@pytest.mark.parametrize("seed", range(3))
def test_alarms_on_tossed_decisions(people, seed):
    chance = torch.Generator().manual_seed(seed)
    naive = corrected = 0
    for _ in range(12):
        tossed = torch.rand(len(people), generator=chance) < 0.46
        table = group_metrics(people.two_year_recid, tossed, people[COLUMNS[:3]])
        every = conjunctions(table).members.long()
        part, whole = table.counts[:, [1, 3]].sum(1), table.n
        k, n = every @ part, every @ whole
        p = same_rate_p(k, n, part.sum() - k, whole.sum() - n)
        naive += bool((p <= 0.05).any())
        corrected += bool((p <= 0.05 / len(p)).any())
    assert naive >= 7
    assert corrected <= 3


@pytest.mark.parametrize("seed", range(3))
def test_what_is_found_in_one_half_of_compas_holds_in_the_other(people, seed):
    chance = torch.Generator().manual_seed(seed)
    first = (torch.rand(len(people), generator=chance) < 0.5).numpy()
    levels = {c: sorted(people[c].unique()) for c in COLUMNS[:3]}
    flagged = people.decile_score >= 5
    seen, unseen = (
        group_metrics(
            people.two_year_recid[part],
            flagged[part],
            people.loc[part, COLUMNS[:3]],
            levels=levels,
        )
        for part in (first, ~first)
    )
    found = permutation_audit(seen, "fpr", auditor="tree", draws=99, generator=chance)
    assert found.p_value <= 0.01
    assert found.found.rule == "neither African-American nor Less than 25"
    assert subgroup(unseen, found.found.cells, "fpr").violation >= 0.02
    single = max(subgroup_audit(seen.by(a), "fpr", auditor="cells").violation for a in COLUMNS[:3])
    assert found.found.violation >= 1.05 * single


def test_a_model_that_sees_neither_sex_nor_race_still_violates_parity():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", KnownProblems)
        known, census = adult("train"), adult("test")
    encode = fit_encoding(known, [c for c in ADULT_FEATURES if c not in ("sex", "race")])
    model = LogisticRegression(max_iter=500)
    model.fit(encode(known).double().numpy(), known.over_50k)
    rich = model.predict(encode(census).double().numpy())
    census["band"] = pd.cut(census.age, [0, 30, 45, 60, 120], labels=["a", "b", "c", "d"])
    cells = group_metrics(census.over_50k, rich, census[["sex", "race", "band"]])
    found = subgroup_audit(cells, "selection", auditor="tree")
    assert cells.overall("accuracy") >= 0.84
    assert found.rule == "neither Female nor a"
    assert found.violation >= 0.05
    best = max(
        subgroup_audit(cells.by(a), "selection", auditor="cells").violation
        for a in cells.attributes
    )
    assert found.violation >= 1.1 * best
