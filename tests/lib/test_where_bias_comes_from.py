"""Where bias comes from: amplification, selection, leaking words, and a loop that feeds itself."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from sdl_lib import fairness
from sdl_lib.data import KnownProblems, googlenews, word_lists
from sdl_lib.fairness import (
    bayes_rule,
    bias_amplification,
    draw_classes,
    experts,
    feature_parity,
    feedback_urn,
    linear_behaviour,
    sgd_logistic,
    synthetic_cvs,
    weak_features,
)
from sdl_lib.text import gender_subspace

LEAN = torch.tensor([0.34, 0.23, 0.2, 0.27, 0.15, -0.002, -0.09, -0.11, -0.2])


assert KnownProblems  # the category that the marks below name


def chance(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# bias, and the rules whose bias is known


def test_bias_is_false_positives_less_false_negatives() -> None:
    y, said = torch.randint(2, (2, 400), generator=chance(0))
    wrong = int(((said == 1) & (y == 0)).sum()) - int(((said == 0) & (y == 1)).sum())
    assert float(bias_amplification(said, y)) == pytest.approx(wrong / 400, abs=1e-15)
    assert float(bias_amplification(y, y)) == 0


def test_bias_refuses_what_does_not_fit() -> None:
    for said in (torch.ones(3), torch.full((2,), 0.5), torch.ones(0)):
        with pytest.raises(ValueError, match="predicted"):
            bias_amplification(said, torch.zeros(2))
    with pytest.raises(ValueError, match="y"):
        bias_amplification(torch.zeros(2), torch.full((2,), 7))


def test_the_closed_form_is_what_a_large_sample_shows() -> None:
    on = weak_features(6)
    w = torch.randn(3, 7, generator=chance(1), dtype=torch.float64)
    b = torch.tensor([0.0, -1.0, 0.5]).double()
    exact = linear_behaviour(w, b, on)
    x, y = draw_classes(on, 200_000, generator=chance(2))
    said = (x @ w.T + b > 0)[0].T
    for k in range(3):
        assert float(bias_amplification(said[k], y[0])) == pytest.approx(
            float(exact.bias[k]), abs=5e-3
        )
        right = float((said[k] == y[0]).double().mean())
        assert right == pytest.approx(float(exact.accuracy[k]), abs=5e-3)


def test_bayes_rule_is_the_ratio_of_densities_and_beats_its_neighbours() -> None:
    on = weak_features(4)
    w, b = bayes_rule(on)
    x, _ = draw_classes(on, 50, generator=chance(0))
    normal = [
        stats.norm(m.numpy(), on.sd.numpy()).logpdf(x[0].numpy()).sum(1)
        for m in (on.negative, on.positive)
    ]
    expected = normal[1] - normal[0] + math.log(on.prior / (1 - on.prior))
    assert np.allclose((x[0] @ w + b).numpy(), expected, atol=1e-10)
    best = linear_behaviour(w, b, on).accuracy
    moved = w + 0.05 * torch.randn(200, 5, generator=chance(3)).double()
    assert bool((linear_behaviour(moved, b.expand(200), on).accuracy <= best).all())


def test_bayes_rule_on_the_strong_feature_alone_has_a_bias_that_is_unavoidable() -> None:
    rule = linear_behaviour(*bayes_rule(weak_features(0)), weak_features(0))
    assert 0.02 <= float(rule.bias) <= 0.04


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: weak_features(-1), "count"),
        (lambda: weak_features(3, prior=1.0), "prior"),
        (lambda: weak_features(3, sd=0.0), "sd"),
        (lambda: draw_classes(weak_features(1), 0, generator=chance(0)), "n"),
        (lambda: linear_behaviour(torch.zeros(2), torch.zeros(()), weak_features(1)), "weights"),
        (lambda: linear_behaviour(torch.ones(3), torch.zeros(()), weak_features(1)), "weights"),
    ],
)
def test_bad_input_is_named(call: object, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        call()  # type: ignore[operator]


# stochastic gradient descent


def test_sgd_is_torchs_step_by_step() -> None:
    x, y = draw_classes(weak_features(3), 25, generator=chance(0), samples=2)
    w, b = sgd_logistic(x, y, lr=0.1, epochs=3, batch=10)
    for s in range(2):
        line = nn.Linear(4, 1).double()
        nn.init.zeros_(line.weight)
        nn.init.zeros_(line.bias)
        step = torch.optim.SGD(line.parameters(), lr=0.1)
        for _ in range(3):
            for rows, truth in zip(x[s].split(10), y[s].split(10), strict=True):
                step.zero_grad()
                nn.functional.binary_cross_entropy_with_logits(line(rows)[:, 0], truth).backward()
                step.step()
        assert torch.allclose(w[s], line.weight[0].detach(), atol=1e-12)
        assert float(b[s]) == pytest.approx(line.bias.item(), abs=1e-12)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"y": torch.zeros(1, 3)}, "y"),
        ({"y": torch.full((1, 4), 2.0)}, "y"),
        ({"lr": 0.0}, "lr"),
        ({"epochs": 0}, "epochs"),
        ({"batch": 0}, "batch"),
        ({"x": torch.full((1, 4, 2), math.nan)}, "x"),
    ],
)
def test_sgd_refuses_bad_input(change: dict[str, object], name: str) -> None:
    arguments = {"x": torch.ones(1, 4, 2), "y": torch.zeros(1, 4)} | change
    x, y = arguments.pop("x"), arguments.pop("y")
    with pytest.raises(ValueError, match=name):
        sgd_logistic(x, y, **arguments)  # type: ignore[arg-type]


# amplification: the claims of the page


def measured(n: int, count: int, *, samples: int, seed: int = 0) -> fairness.Behaviour:
    on = weak_features(count)
    x, y = draw_classes(on, n, generator=chance(seed), samples=samples)
    return linear_behaviour(*sgd_logistic(x, y), on)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_few_data_and_many_weak_features_amplify(seed: int) -> None:
    few = float(measured(200, 100, samples=20, seed=seed).bias.mean())
    fewer_features = float(measured(200, 10, samples=20, seed=seed).bias.mean())
    many = float(measured(5000, 100, samples=4, seed=seed).bias.mean())
    assert few == pytest.approx(0.107, abs=0.012)
    assert few >= 2 * fewer_features
    assert many <= 0.02
    assert few >= 3 * many


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_selection_removes_most_at_no_cost_and_parity_at_a_cost(seed: int) -> None:
    on = weak_features(100)
    x, y = draw_classes(on, 200, generator=chance(seed), samples=60)
    w, b = sgd_logistic(x, y)
    before = linear_behaviour(w, b, on)
    kept = torch.stack([experts(row, positive=1, negative=0) for row in w])
    after = linear_behaviour(*sgd_logistic(x * kept[:, None], y), on)
    assert float(after.bias.mean()) <= 0.5 * float(before.bias.mean())
    assert float(after.accuracy.mean()) >= float(before.accuracy.mean()) - 0.01
    even = torch.stack([feature_parity(row) for row in w])
    parity = linear_behaviour(w * even, b, on)
    assert float(parity.bias.mean()) <= 0.5 * float(before.bias.mean())
    assert float(parity.accuracy.mean()) <= float(before.accuracy.mean()) - 0.05


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_with_centred_features_the_bias_changes_its_sign(seed: int) -> None:
    on = weak_features(100)
    x, y = draw_classes(on, 200, generator=chance(seed), samples=20)
    middle = x.mean(1, keepdim=True)
    w, b = sgd_logistic(x - middle, y)
    centred = linear_behaviour(w, b - (w * middle[:, 0]).sum(1), on)
    assert float(centred.bias.mean()) <= -0.05


def test_experts_are_the_largest_of_either_sign() -> None:
    w = torch.tensor([0.1, -0.5, 2.0, 0.0, -0.1, 0.7])
    assert experts(w, positive=2, negative=1).nonzero()[:, 0].tolist() == [1, 2, 5]
    assert feature_parity(w).nonzero()[:, 0].tolist() == [1, 2, 4, 5]
    assert not experts(w, positive=0, negative=0).any()
    with pytest.raises(ValueError, match="positive"):
        experts(w, positive=4, negative=0)
    with pytest.raises(ValueError, match="negative"):
        experts(w, positive=0, negative=-1)
    with pytest.raises(ValueError, match="weights"):
        feature_parity(w[None])


# words that leak


def fitted(cvs: fairness.Applications, columns: Tensor) -> LogisticRegression:
    rows = torch.cat([cvs.skills, cvs.words[:, columns]], 1)
    return LogisticRegression().fit(rows.numpy(), cvs.hired.numpy())


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_deleting_the_word_moves_its_weight_to_correlates(seed: int) -> None:
    source = chance(seed)
    cvs = synthetic_cvs(LEAN, n=4000, generator=source)
    new = synthetic_cvs(LEAN, n=20_000, generator=source)
    gaps, sums = [], []
    for columns in (torch.arange(9), torch.arange(1, 9), torch.arange(0)):
        model = fitted(cvs, columns)
        rows = torch.cat([new.skills, new.words[:, columns]], 1).numpy()
        invited = torch.from_numpy(model.predict(rows))
        gaps.append(float(invited[~new.woman].mean() - invited[new.woman].mean()))
        weights = dict(zip(columns.tolist(), model.coef_[0][6:], strict=True))
        sums.append(sum(weights.get(j, 0.0) for j in range(1, 5)))
    assert sums[1] <= 1.1 * sums[0] < 0
    assert gaps[1] >= 0.7 * gaps[0] >= 0.1
    assert abs(gaps[2]) <= 0.03


def test_cvs_follow_their_rates() -> None:
    cvs = synthetic_cvs(LEAN, n=100_000, generator=chance(0))
    assert float(cvs.woman.double().mean()) == pytest.approx(0.3, abs=0.01)
    assert torch.allclose(cvs.skills.mean(0), torch.full((6,), 0.5).double(), atol=0.01)
    for sign, group in ((1, cvs.woman), (-1, ~cvs.woman)):
        expected = torch.sigmoid(-2 + sign * 8 * LEAN.double())
        assert torch.allclose(cvs.words[group].mean(0), expected, atol=0.012)
    assert float(cvs.hired[cvs.woman].mean()) <= float(cvs.hired[~cvs.woman].mean()) - 0.2
    again = synthetic_cvs(LEAN, n=100_000, generator=chance(0))
    assert all(torch.equal(a, b) for a, b in zip(cvs, again, strict=True))


def test_without_a_penalty_nobody_is_held_back() -> None:
    cvs = synthetic_cvs(LEAN, n=100_000, generator=chance(0), penalty=0)
    gap = cvs.hired[~cvs.woman].mean() - cvs.hired[cvs.woman].mean()
    assert abs(float(gap)) <= 0.015


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"lean": LEAN[None]}, "lean"),
        ({"n": 0}, "n"),
        ({"women": 1.1}, "women"),
        ({"slant": -1.0}, "slant"),
        ({"penalty": math.inf}, "penalty"),
    ],
)
def test_cvs_refuse_bad_input(change: dict[str, object], name: str) -> None:
    arguments = {"lean": LEAN, "n": 5} | change
    with pytest.raises(ValueError, match=name):
        synthetic_cvs(arguments.pop("lean"), generator=chance(0), **arguments)  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore::sdl_lib.data.KnownProblems")
def test_the_vectors_tell_the_two_lists_of_occupations_apart() -> None:
    men = "manager engineer coach executive surveyor secretary architect driver police caretaker"
    women = "housekeeper nurse therapist bartender psychologist designer pharmacist supervisor"
    words, vectors = googlenews()
    place = {word: i for i, word in enumerate(words)}
    pairs = [[place[a], place[b]] for a, b in word_lists().definitional]
    g = gender_subspace(torch.stack([vectors[pair] for pair in pairs])).directions[0]
    sides = [vectors[[place[w] for w in side.split()]] @ g for side in (men, women)]
    above = (sides[1][:, None] > sides[0]).double().mean()
    assert float(above) >= 0.9


# a loop that feeds itself


def test_equal_districts_drift_as_polyas_urn() -> None:
    shares = feedback_urn(
        torch.tensor([1.0, 1.0]), start=torch.ones(2), steps=400, runs=4000, generator=chance(0)
    )
    assert torch.allclose(shares.sum(2), torch.ones(401, 4000).double())
    last = shares[-1, :, 0]
    assert stats.kstest(last.numpy(), "uniform").statistic <= 0.03  # Beta(1, 1) in the limit


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_small_difference_runs_away_unless_corrected(seed: int) -> None:
    rates, start = torch.tensor([0.55, 0.45]), torch.tensor([10.0, 10.0])
    final = [
        feedback_urn(
            rates, start=start, steps=5000, runs=200, generator=chance(seed), corrected=fixed
        )[-1, :, 0]
        for fixed in (False, True)
    ]
    assert float(final[0].mean()) >= 0.65
    assert float(final[1].mean()) == pytest.approx(0.55, abs=0.02)
    assert float(final[1].std()) <= 0.3 * float(final[0].std())


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"rates": torch.tensor([0.5, 1.5])}, "rates"),
        ({"start": torch.tensor([1.0, 0.0])}, "start"),
        ({"start": torch.ones(3)}, "start"),
        ({"steps": 0}, "steps"),
        ({"runs": 0}, "runs"),
        ({"rates": torch.ones(3), "start": torch.ones(3), "corrected": True}, "rates"),
    ],
)
def test_the_urn_refuses_bad_input(change: dict[str, object], name: str) -> None:
    arguments = {"rates": torch.ones(2), "start": torch.ones(2), "steps": 2, "runs": 2} | change
    with pytest.raises(ValueError, match=name):
        feedback_urn(arguments.pop("rates"), generator=chance(0), **arguments)  # type: ignore[arg-type]
