"""The claims of the chapter on criteria, on the COMPAS data."""

import warnings

import pytest
import torch
from sklearn.metrics import roc_auc_score

from sdl_lib.data import KnownProblems, compas
from sdl_lib.fairness import (
    balance,
    bootstrap_gap,
    calibration_by_group,
    chouldechova_residual,
    criterion,
    group_metrics,
    implied_balance,
)

PAIR = ("African-American", "Caucasian")


@pytest.fixture(scope="module")
def people():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", KnownProblems)
        return compas()


def metrics(people, *attributes):
    return group_metrics(people.two_year_recid, people.decile_score >= 5, people[[*attributes]])


def test_published_rates(people):
    pair = metrics(people, "race").only(*PAIR)
    published = {"fpr": (0.4485, 0.2345), "fnr": (0.2799, 0.4772), "ppv": (0.630, 0.591)}
    for name, values in published.items():
        assert pair.rate(name).tolist() == pytest.approx(values, abs=5e-4)
    assert int(pair.n.sum()) == 3696 + 2454


def test_chouldechovas_identity(people):
    assert float(chouldechova_residual(metrics(people, "race")).abs().max()) <= 1e-12


@pytest.mark.parametrize("seed", range(3))
def test_odds_are_unequal_and_predictive_values_nearly_equal(people, seed):
    pair = metrics(people, "race").only(*PAIR)
    generator = torch.Generator().manual_seed(seed)
    assert criterion(pair, "equalised odds").difference >= 0.2
    assert criterion(pair, "predictive parity").difference <= 0.05
    assert bootstrap_gap(pair, "fpr", generator=generator).low >= 0.17
    assert bootstrap_gap(pair, "ppv", generator=generator).high <= 0.09


def test_deciles_mean_alike_between_races_and_not_between_sexes(people):
    two = people[people.race.isin(PAIR)]
    race = calibration_by_group(two.two_year_recid, two.decile_score, two[["race"]])
    low, high = race.interval().unbind(-1)
    assert bool(((low[0] <= high[1]) & (low[1] <= high[0])).all())
    assert race.gap <= 0.05
    sex = calibration_by_group(people.two_year_recid, people.decile_score, people[["sex"]])
    assert bool((sex.rate[0] < sex.rate[1]).all())
    assert sex.gap >= 2 * race.gap


def test_the_score_ranks_alike(people):
    auc = [
        roc_auc_score(rows.two_year_recid, rows.decile_score)
        for _, rows in people[people.race.isin(PAIR)].groupby("race", observed=True)
    ]
    assert abs(auc[0] - auc[1]) <= 0.01


def test_a_calibrated_score_is_not_balanced(people):
    two = people[people.race.isin(PAIR)]
    found = calibration_by_group(two.two_year_recid, two.decile_score, two[["race"]])
    code = torch.tensor((two.race == PAIR[1]).to_numpy()).long()
    score = found.rate[code, torch.tensor(two.decile_score.to_numpy()) - 1]
    means = balance(two.two_year_recid, score, two[["race"]])
    line = implied_balance(base=means.base, negative=means.negative)
    assert float((means.positive - line).abs().max()) <= 1e-12
    assert float((means.positive[0] - means.positive[1]).abs()) >= 0.08
    assert float((means.negative[0] - means.negative[1]).abs()) >= 0.08


def test_the_corrected_sample_moves_predictive_values_and_not_error_rates(people):
    early = people[people.screening_month.astype(str) < "2014-04"]
    assert early.two_year_recid.mean() == pytest.approx(0.362, abs=1e-3)
    assert people.two_year_recid.mean() == pytest.approx(0.451, abs=1e-3)
    before, after = (metrics(rows, "race").only(*PAIR) for rows in (people, early))
    assert float((after.rate("fpr") - before.rate("fpr")).abs().max()) <= 0.005
    assert float((after.rate("ppv") - before.rate("ppv")).max()) <= -0.08
