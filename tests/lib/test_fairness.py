"""Rates of groups: laws, fairlearn and scikit-learn as oracles, identities to the last digits."""

import math
import warnings

import fairlearn.metrics as fl
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as skm

from sdl_lib.fairness import (
    RATES,
    EmptyGroup,
    balance,
    bootstrap_gap,
    bootstrap_rate,
    calibration_by_group,
    chouldechova_residual,
    criterion,
    demographic_parity,
    equal_opportunity,
    equalised_odds,
    group_metrics,
    implied_balance,
    implied_fpr,
    implied_ppv,
    predictive_parity,
)
from sdl_lib.fairness.bootstrap import redrawn
from sdl_lib.intervals import wilson

THEIRS = {
    "selection": fl.selection_rate,
    "accuracy": skm.accuracy_score,
    "error": skm.zero_one_loss,
    "tpr": fl.true_positive_rate,
    "fnr": fl.false_negative_rate,
    "fpr": fl.false_positive_rate,
    "tnr": fl.true_negative_rate,
    "ppv": skm.precision_score,
}
PEOPLE = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.integers(0, 2), st.integers(0, 1)),
    min_size=1,
    max_size=60,
)


def people(n=400, seed=0, groups=3):
    """Random truth, decision and two attributes; every cell of every group is taken."""
    generator = torch.Generator().manual_seed(seed)
    y, p = torch.randint(2, (2, n), generator=generator)
    a = torch.randint(groups, (n,), generator=generator)
    b = torch.randint(2, (n,), generator=generator)
    return y, p, {"a": a, "b": b}


@pytest.mark.parametrize("seed", range(3))
def test_rates_are_exactly_those_of_fairlearn(seed):
    y, p, attributes = people(seed=seed)
    ours = group_metrics(y, p, attributes)
    frame = fl.MetricFrame(
        metrics={**THEIRS, "n": fl.count},
        y_true=y.numpy(),
        y_pred=p.numpy(),
        sensitive_features=pd.DataFrame({k: v.numpy() for k, v in attributes.items()}),
    )
    assert ours.groups == tuple((str(a), str(b)) for a, b in frame.by_group.index)
    assert ours.n.tolist() == frame.by_group["n"].tolist()
    for name in THEIRS:
        theirs = frame.by_group[name].to_numpy(dtype=np.float64)
        if name == "error":  # scikit-learn has 1 - accuracy, which rounds
            assert np.allclose(ours.rate(name).numpy(), theirs, rtol=0, atol=1e-15)
        else:
            assert ours.rate(name).tolist() == theirs.tolist()
            assert ours.overall(name) == frame.overall[name]
            assert ours.difference(name) == frame.difference()[name]
            assert ours.ratio(name) == frame.ratio()[name]


@pytest.mark.parametrize("seed", range(3))
def test_criteria_are_exactly_those_of_fairlearn(seed):
    y, p, attributes = people(seed=seed)
    ours = group_metrics(y, p, {"a": attributes["a"]})
    given_ = (y.numpy(), p.numpy())
    group = {"sensitive_features": attributes["a"].numpy()}
    pairs = [
        (demographic_parity, fl.demographic_parity_difference, fl.demographic_parity_ratio),
        (equalised_odds, fl.equalized_odds_difference, fl.equalized_odds_ratio),
        (equal_opportunity, fl.equal_opportunity_difference, fl.equal_opportunity_ratio),
    ]
    for mine, difference, ratio in pairs:
        assert mine(ours).difference == difference(*given_, **group)
        assert mine(ours).ratio == ratio(*given_, **group)
    ppv = ours.rate("ppv")
    assert predictive_parity(ours) == (float(ppv.max() - ppv.min()), float(ppv.min() / ppv.max()))


@given(PEOPLE)
def test_laws_of_the_rates(rows):
    y, p, a, b = (torch.tensor(column) for column in zip(*rows, strict=True))
    table = group_metrics(y, p, {"a": a, "b": b}, levels={"a": "xyz", "b": "uv"})
    assert int(table.counts.sum()) == len(rows)
    assert len(table.groups) == 6  # nobody's group is there too
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EmptyGroup)
        rate = {name: table.rate(name) for name in RATES}
        assert torch.equal(
            table.by("a").counts, group_metrics(y, p, {"a": a}, levels={"a": "xyz"}).counts
        )
    pairs = [("tpr", "fnr"), ("fpr", "tnr"), ("ppv", "fdr"), ("npv", "for"), ("accuracy", "error")]
    for one, other in pairs:
        total = (rate[one] + rate[other])[~rate[one].isnan()]
        torch.testing.assert_close(total, torch.ones_like(total))
    selected = rate["base"] * rate["tpr"] + (1 - rate["base"]) * rate["fpr"]
    known = ~selected.isnan()
    torch.testing.assert_close(selected[known], rate["selection"][known])


def test_an_empty_group_is_nan_and_is_named():
    y, p = torch.tensor([0, 1, 1, 0]), torch.tensor([0, 1, 0, 1])
    table = group_metrics(y, p, {"g": ["x", "x", "y", "y"]}, levels={"g": ["x", "y", "z"]})
    with pytest.warns(EmptyGroup, match="tpr is not defined for z"):
        rates = table.rate("tpr")
    assert rates[2].isnan()
    assert rates[:2].tolist() == [1.0, 0.0]
    assert table.interval("tpr")[2].isnan().all()
    # a group of people of whom nobody is positive is empty for this rate alone
    table = group_metrics(y, p, {"g": ["x", "y", "y", "x"]})
    with pytest.warns(EmptyGroup, match="tpr is not defined for x"):
        assert table.difference("tpr") != table.difference("tpr")  # one group is left: nan
    assert table.rate("selection").tolist() == [0.5, 0.5]


def test_people_can_come_as_tables_arrays_or_tensors():
    y, p, attributes = people()
    words = np.array(["red", "green", "blue"])[attributes["a"].numpy()]
    frame = pd.DataFrame({"y": y, "p": p.bool(), "a": words, "b": attributes["b"].numpy()})
    frame["b"] = frame["b"].map({0: "no", 1: "yes"}).astype("category")
    table = group_metrics(frame.y, frame.p, frame[["a", "b"]])
    assert table.names[:2] == ["blue, no", "blue, yes"]
    codes = group_metrics(y, p, attributes)
    assert torch.equal(table.only("red, yes").counts, codes.only("0, 1").counts)
    floats = group_metrics(y.float().numpy(), p.double(), {"a": words.tolist()})
    assert torch.equal(floats.counts, table.by("a").counts)


def test_intervals_are_wilsons():
    y, p, attributes = people()
    table = group_metrics(y, p, {"a": attributes["a"]})
    _, fp, fn, tp = table.counts[1].tolist()
    assert table.interval("fnr")[1].tolist() == list(wilson(fn, fn + tp))
    narrow = table.interval("ppv", confidence=0.5)[1].tolist()
    assert narrow == list(wilson(tp, fp + tp, confidence=0.5))


def test_bootstrap_redraws_rows():
    counts = torch.tensor([[5, 0, 20, 15], [30, 10, 0, 20]])
    drawn = redrawn(counts, draws=20_000, generator=torch.Generator().manual_seed(1))
    assert (drawn.sum((1, 2)) == 100).all()
    assert (drawn >= 0).all()
    share = counts.double() / 100
    torch.testing.assert_close(drawn.mean(0) / 100, share, rtol=0, atol=2e-3)
    torch.testing.assert_close(drawn.var(0) / 100, share * (1 - share), rtol=0.05, atol=0)
    cross = ((drawn[:, 0, 0] - 5) * (drawn[:, 1, 0] - 30)).mean() / 100
    assert abs(float(cross) + 0.05 * 0.3) < 5e-3


@pytest.mark.parametrize("seed", range(3))
def test_bootstrap_agrees_with_wilson_for_one_rate(seed):
    y, p, attributes = people(4000, seed=seed)
    table = group_metrics(y, p, {"a": attributes["a"]})
    generator = torch.Generator().manual_seed(seed)
    ours = bootstrap_rate(table, "fpr", generator=generator)
    torch.testing.assert_close(ours, table.interval("fpr"), rtol=0, atol=0.005)
    low, high = bootstrap_gap(table, "fpr", generator=generator)
    assert 0 <= low <= table.difference("fpr") <= high
    low, high = bootstrap_gap(table, "fpr", kind="ratio", generator=generator)
    assert low <= table.ratio("fpr") <= high <= 1


def test_bootstrap_draws_are_the_callers():
    y, p, attributes = people()
    table = group_metrics(y, p, attributes)
    a, b = (
        bootstrap_gap(table, "fpr", generator=torch.Generator().manual_seed(3)) for _ in range(2)
    )
    assert a == b


RATE = st.floats(0.01, 0.99)


@given(st.lists(st.integers(1, 500), min_size=4, max_size=4))
def test_chouldechovas_identity_holds_for_every_table(cells):
    y = torch.tensor([0, 0, 1, 1]).repeat_interleave(torch.tensor(cells))
    p = torch.tensor([0, 1, 0, 1]).repeat_interleave(torch.tensor(cells))
    table = group_metrics(y, p, {"g": torch.zeros(len(y), dtype=torch.int64)})
    assert abs(float(chouldechova_residual(table))) <= 1e-12 * cells[1]
    rates = {name: table.rate(name) for name in ("base", "fpr", "fnr")}
    torch.testing.assert_close(implied_ppv(**rates), table.rate("ppv"))


@given(RATE, RATE, RATE, RATE)
def test_equal_ppv_and_fnr_force_the_false_positives_apart(p, q, ppv, fnr):
    one, other = (float(implied_fpr(base=base, ppv=ppv, fnr=fnr)) for base in (p, q))
    assert math.isclose(one / other, (p / (1 - p)) / (q / (1 - q)), rel_tol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_kleinbergs_line_holds_for_a_calibrated_score(seed):
    generator = torch.Generator().manual_seed(seed)
    y, _, attributes = people(2000, seed=seed)
    bin_ = torch.randint(5, (2000,), generator=generator)
    found = calibration_by_group(y, bin_, {"a": attributes["a"]})
    score = found.rate[attributes["a"], bin_]  # calibrated within groups, exactly
    again = calibration_by_group(y, score, {"all": torch.zeros_like(y)})
    assert float(again.error) <= 1e-12
    b = balance(y, score, {"a": attributes["a"]})
    forced = implied_balance(base=b.base, negative=b.negative)
    torch.testing.assert_close(b.positive, forced, rtol=0, atol=1e-12)


def test_a_perfect_score_is_calibrated_and_balanced():
    y, _, attributes = people()
    b = balance(y, y, {"a": attributes["a"]})
    assert b.positive.tolist() == [1.0] * 3
    assert b.negative.tolist() == [0.0] * 3
    assert implied_balance(base=b.base, negative=b.negative).tolist() == [1.0] * 3


def test_balance_is_the_mean_score_of_each_class():
    y, _, attributes = people()
    score = torch.rand(len(y), generator=torch.Generator().manual_seed(2))
    b = balance(y, score, {"a": attributes["a"]})
    for group in range(3):
        mine = attributes["a"] == group
        assert float(b.positive[group]) == pytest.approx(
            float(score[mine & (y == 1)].mean()), abs=1e-6
        )
        assert float(b.negative[group]) == pytest.approx(
            float(score[mine & (y == 0)].mean()), abs=1e-6
        )


def test_calibration_is_pandas_groupby():
    y, _, attributes = people()
    score = torch.randint(1, 6, y.shape, generator=torch.Generator().manual_seed(4))
    ours = calibration_by_group(y, score, {"a": attributes["a"]})
    frame = pd.DataFrame({"y": y, "s": score, "a": attributes["a"]})
    theirs = frame.groupby(["a", "s"]).y.agg(["mean", "size"]).unstack()
    assert ours.rate.tolist() == theirs["mean"].to_numpy().tolist()
    assert ours.n.tolist() == theirs["size"].to_numpy().tolist()
    assert ours.score.tolist() == [1, 2, 3, 4, 5]
    weights = frame.groupby("s").size().to_numpy()
    spread = (theirs["mean"].max() - theirs["mean"].min()).to_numpy()
    assert ours.gap == pytest.approx((spread * weights).sum() / len(y))
    ends = ours.interval()[2, 3].tolist()
    assert ends == list(wilson(int(ours.positives[2, 3]), int(ours.n[2, 3])))


def test_calibration_in_bins_and_of_nobody():
    y = torch.tensor([0, 1, 1, 1])
    score = torch.tensor([0.0, 0.2, 0.9, 1.0])
    with pytest.warns(EmptyGroup, match="nobody has some of the scores in y"):
        found = calibration_by_group(y, score, {"g": ["x", "x", "y", "x"]}, bins=2)
    assert found.n.tolist() == [[2, 1], [0, 1]]
    assert found.rate[1, 0].isnan()
    assert found.interval()[1, 0].isnan().all()
    torch.testing.assert_close(found.error, torch.tensor([(2 * 0.4 + 0) / 3, 0.1]).double())
    assert found.difference[0].isnan()
    assert found.gap == 0
    flat = calibration_by_group(y, torch.ones(4), {"g": ["x"] * 4}, bins=3)
    assert flat.n.tolist() == [[4]]


GOOD = {"y": [0, 1, 1], "predicted": [1, 0, 1], "attributes": {"g": ["a", "b", "a"]}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": [0, 2, 1]}, "y: expected 0 and 1 alone, found 0 to 2"),
        ({"y": []}, "y: expected at least one"),
        ({"y": ["no", "yes", "no"]}, "y: expected numbers"),
        ({"predicted": [0.5, 0.0, 1.0]}, "predicted: expected 0 and 1"),
        ({"predicted": [float("nan"), 0.0, 1.0]}, "predicted: expected 0 and 1"),
        ({"predicted": [0, 1]}, "predicted: expected one value for each of 3"),
        ({"attributes": {}}, "attributes: expected at least one"),
        ({"attributes": {"g": ["a", "b"]}}, "g: expected one level for each of 3"),
        ({"attributes": {"g": ["a", None, "b"]}}, "g: has empty entries"),
        ({"attributes": {"g": torch.tensor([0, -1, 1])}}, "g: expected codes from 0, found -1"),
        ({"attributes": {"g": torch.rand(3)}}, "g: expected torch.int64"),
        ({"levels": {"g": ["a", "c"]}}, "g: expected one of a, c, found 'b'"),
        (
            {"attributes": {"g": torch.tensor([0, 2, 1])}, "levels": {"g": ["a", "b"]}},
            "g: expected codes from 0 to 1, found 0 to 2",
        ),
    ],
)
def test_bad_people_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        group_metrics(**{**GOOD, **change})


def test_other_bad_arguments_are_named():
    table = group_metrics(**GOOD)
    generator = torch.Generator()
    for call, message in [
        (lambda: table.rate("recall"), "name: expected one of base"),
        (lambda: table.by("sex"), "attributes: expected one of g"),
        (lambda: table.only("c"), "names: expected one of a, b"),
        (lambda: criterion(table, "justice"), "name: expected one of demographic parity"),
        (lambda: bootstrap_gap(table, "fpr", kind="sum", generator=generator), "kind"),
        (lambda: bootstrap_gap(table, "fpr", draws=0, generator=generator), "draws"),
        (lambda: bootstrap_gap(table, "error", confidence=1, generator=generator), "confidence"),
        (lambda: implied_fpr(base=1, ppv=0.5, fnr=0.5), r"base: expected shares in \[0, 1\)"),
        (lambda: implied_fpr(base=0.5, ppv=0, fnr=0.5), r"ppv: expected shares in \(0, 1\]"),
        (lambda: implied_ppv(base=0.5, fpr=-0.1, fnr=0.5), "fpr: expected shares"),
        (lambda: implied_balance(base=0, negative=0.5), "base: expected shares"),
        (lambda: calibration_by_group([0, 1], [1.0], {"g": ["a", "b"]}), "score: expected one"),
        (lambda: calibration_by_group([0, 1], [1.0, np.inf], {"g": ["a", "b"]}), "not finite"),
        (lambda: calibration_by_group([0, 1], [1, 2], {"g": ["a", "b"]}, bins=0), "bins"),
        (lambda: balance([0, 1], ["x", "y"], {"g": ["a", "b"]}), "score: expected numbers"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()


def test_nothing_that_was_passed_is_changed():
    y, p, attributes = people()
    score = torch.rand(len(y), generator=torch.Generator().manual_seed(0))
    kept = [v.clone() for v in (y, p, score, *attributes.values())]
    state = torch.random.get_rng_state()
    table = group_metrics(y, p, attributes)
    bootstrap_gap(table, "fpr", generator=torch.Generator().manual_seed(0))
    calibration_by_group(y, score, attributes, bins=4)
    balance(y, score, attributes)
    for before, after in zip(kept, (y, p, score, *attributes.values()), strict=True):
        assert torch.equal(before, after)
    assert torch.equal(state, torch.random.get_rng_state())
