"""Quantitative input influence: closed forms, laws, and the chapter's claims over seeds."""

import math

import pytest
import torch

from sdl_lib.attribution import (
    all_coalitions,
    feature_game,
    group_disparity,
    kept_decisions,
    kernel_shap,
    lime_kernel,
    linear_surrogate,
    marginal_qii,
    qii_game,
    set_qii,
    shapley_exact,
    shapley_qii,
    shapley_sampling,
    unary_qii,
)
from sdl_lib.data import adult, fit_encoding
from sdl_lib.models import ADULT_FEATURES, load


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def mean(outputs):
    return outputs.mean()


@pytest.fixture
def people():
    return torch.randn(300, 4, generator=seeded(1), dtype=torch.double)


def bent(x):
    return x[:, 0] * x[:, 1] + x[:, 2].relu() - x[:, 3]


COINS = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


@pytest.mark.parametrize(
    ("gate", "single", "both"), [(torch.amax, 0.0, 1 / 4), (torch.amin, 1 / 2, 3 / 4)]
)
def test_two_sensors(gate, single, both):
    """The alarm that needs one, and the alarm that needs both."""
    game = qii_game(
        lambda x: gate(x, 1), torch.ones(1, 2), background=COINS, quantity=mean, draws=40_000
    )
    torch.testing.assert_close(
        unary_qii(game, 2), torch.full((2,), single).double(), rtol=0, atol=0.01
    )
    assert float(set_qii(game, 2, [0, 1])) == pytest.approx(both, abs=0.01)
    assert float(marginal_qii(game, 2, [1], given=[0])) == pytest.approx(both - single, abs=0.02)
    torch.testing.assert_close(
        shapley_qii(game, 2), torch.full((2,), both / 2).double(), rtol=0, atol=0.01
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_proxy_is_associated_and_has_no_influence(seed):
    source, n = seeded(seed), 20_000
    group = torch.rand(n, generator=source) < 0.5
    same = torch.rand(n, generator=source) < 0.9
    district = torch.where(same, group, ~group).double()
    income = district + torch.randn(n, generator=source, dtype=torch.double)
    x = torch.stack([district, income], 1)

    def bank(x):
        return (x[:, 1] > 0.5).double()

    association = torch.corrcoef(torch.stack([bank(x), group.double()]))[0, 1]
    theory = 0.8 * (2 * 0.5 * (1 + math.erf(0.5 / math.sqrt(2))) - 1)
    assert theory == pytest.approx(0.3063, abs=1e-4)
    assert float(association) == pytest.approx(theory, abs=0.03)
    for quantity, wanted in (
        (kept_decisions(bank(x)), 0.5),
        (group_disparity(group), float(bank(x)[group].mean() - bank(x)[~group].mean())),
    ):
        game = qii_game(bank, x, background=x, quantity=quantity, draws=5, generator=source)
        found = unary_qii(game, 2)
        assert float(found[0]) == 0
        assert float(found[1]) == pytest.approx(wanted, abs=0.02)
        assert float(shapley_qii(game, 2)[0]) == 0


def test_the_family_is_one_game(people):
    game = qii_game(bent, people, background=people, quantity=mean, draws=3)
    unary = unary_qii(game, 4)
    for j in range(4):
        torch.testing.assert_close(unary[j], set_qii(game, 4, [j]))
        torch.testing.assert_close(unary[j], marginal_qii(game, 4, [j], given=[]))
    chain = sum(marginal_qii(game, 4, [j], given=list(range(j))) for j in range(4))
    torch.testing.assert_close(chain, set_qii(game, 4, [0, 1, 2, 3]))
    shared = shapley_qii(game, 4)
    torch.testing.assert_close(shared.sum(), chain)
    few = shapley_qii(game, 4, permutations=2, generator=seeded(5))
    torch.testing.assert_close(few.sum(), chain)


def test_shapley_of_being_drawn_is_shapley_of_being_kept(people):
    """The game of influences is the dual of the game of worths: both have the same value."""
    game = qii_game(bent, people, background=people, quantity=mean, draws=2)
    every = torch.ones(1, 4, dtype=torch.bool)

    def influence(drawn):
        return game(every) - game(~drawn)

    torch.testing.assert_close(shapley_exact(influence, 4), shapley_qii(game, 4))


def test_one_person_and_the_mean_is_the_feature_game():
    rows = torch.randn(30, 3, generator=seeded(), dtype=torch.double)
    w = torch.tensor([1.0, -2.0, 0.5], dtype=torch.double)
    x = torch.ones(1, 3, dtype=torch.double)
    game = qii_game(lambda z: z @ w, x, background=rows, quantity=mean, draws=20_000)
    exact = shapley_exact(feature_game(lambda z: z @ w, x[0], rows), 3)
    torch.testing.assert_close(shapley_qii(game, 3), exact, rtol=0, atol=0.05)


def test_draws_keep_the_marginals_and_break_the_ties(people):
    tied = people.clone()
    tied[:, 1] = tied[:, 0]
    seen = []

    def record(x):
        seen.append(x.clone())
        return x[:, 0]

    game = qii_game(record, tied, background=tied, quantity=mean, draws=40)
    game(torch.tensor([[False, False, True, True]]))
    drawn = seen[-1]
    assert torch.equal(drawn[:300, 2:], tied[:, 2:])
    assert abs(float(drawn[:, 0].mean() - tied[:, 0].mean())) < 0.05
    assert abs(float(torch.corrcoef(drawn[:, :2].T)[0, 1])) < 0.05
    assert set(drawn[:, 0].tolist()) <= set(tied[:, 0].tolist())


def test_groups_are_drawn_whole():
    rows = torch.eye(3).repeat(20, 1)
    rows = torch.cat([rows, torch.randn(60, 1, generator=seeded())], 1)
    groups = torch.tensor([0, 0, 0, 1])
    seen = []

    def record(x):
        seen.append(x.clone())
        return x[:, 0]

    game = qii_game(record, rows, background=rows, quantity=mean, draws=4, groups=groups)
    game(torch.tensor([[False, True]]))
    assert torch.equal(seen[-1][:, :3].sum(1), torch.ones(240))


def test_nothing_is_changed(people):
    before, state = people.clone(), torch.get_rng_state()
    game = qii_game(bent, people, background=people, quantity=mean, draws=2)
    first = game(all_coalitions(4))
    assert torch.equal(first, game(all_coalitions(4)))  # the same draws for every question
    assert torch.equal(people, before)
    assert torch.equal(torch.get_rng_state(), state)


def test_bad_arguments(people):
    def game(**changes):
        settings = {"background": people, "quantity": mean, "draws": 2} | changes
        x = settings.pop("x", people)
        return qii_game(bent, x, **settings)

    cases = [
        ("x", lambda: game(x=people[0])),
        ("x", lambda: game(x=people[:0])),
        ("x", lambda: game(x=people.long())),
        ("draws", lambda: game(draws=0)),
        ("background", lambda: game(background=people[:0])),
        ("masks", lambda: game()(torch.ones(1, 4))),
        ("inputs", lambda: set_qii(game(), 4, [4])),
        ("inputs", lambda: marginal_qii(game(), 4, [1], given=[1])),
        ("features", lambda: unary_qii(game(), 0)),
        ("group", lambda: group_disparity(torch.ones(3).bool())),
        ("group", lambda: group_disparity(torch.ones(3))),
        ("decisions", lambda: kept_decisions(torch.tensor([0.5]))),
    ]
    for name, call in cases:
        with pytest.raises(ValueError, match=f"^{name}"):
            call()


# Adult


@pytest.fixture(scope="module")
def census():
    known, others = adult("train"), adult("test")
    encode = fit_encoding(known, ADULT_FEATURES)
    return encode, encode(known), encode(others), others


def chance(x):
    return _net()(x).softmax(1)[:, 1]


def _net():
    return load("adult-mlp")


def test_network_is_as_good_as_its_passport_says(census):
    _, _, x, people = census
    truth = torch.tensor(people["over_50k"].to_numpy())
    assert float(((chance(x) > 0.5) == truth).double().mean()) == pytest.approx(0.8519, abs=2e-3)
    assert not _net().training


@pytest.mark.parametrize("seed", range(3))
def test_claims_about_a_person(census, seed):
    """Efficiency, LIME's sign, KernelSHAP against orders: for three backgrounds."""
    encode, known, x, _ = census
    rows = known[torch.randperm(len(known), generator=seeded(seed))[:100]]
    game = feature_game(chance, x[39], rows, groups=torch.tensor(encode.column_of))
    masks = all_coalitions(12)
    worths = game(masks)
    exact = shapley_exact(lambda _: worths, 12)
    assert abs(float(exact.sum() - (worths[-1] - worths[0]))) <= 1e-10
    _, narrow = linear_surrogate(masks, worths, lime_kernel(masks, 0.4))
    _, default = linear_surrogate(masks, worths, lime_kernel(masks))
    assert narrow[10] > 0.02
    assert default[10] < -0.005
    places = 2 ** torch.arange(11, -1, -1)

    def table(masks):
        return worths[(masks.long() * places).sum(1)]

    for n in (220, 1100):
        orders, fit = (
            sum(float((run(s) - exact).abs().mean()) for s in range(5))
            for run in (
                lambda s, n=n: shapley_sampling(
                    table, 12, permutations=n // 11, generator=seeded(s)
                ),
                lambda s, n=n: kernel_shap(table, 12, samples=n, generator=seeded(s)),
            )
        )
        assert orders > 1.2 * fit


@pytest.mark.parametrize("seed", range(3))
def test_marital_status_moves_the_gap_more_than_sex(census, seed):
    encode, known, x, people = census
    rows = torch.randperm(len(x), generator=seeded(seed))[:2000]
    male = torch.tensor((people["sex"] == "Male").to_numpy())[rows]
    game = qii_game(
        chance,
        x[rows],
        background=known,
        quantity=group_disparity(male),
        draws=3,
        groups=torch.tensor(encode.column_of),
        generator=seeded(seed),
    )
    shared = shapley_qii(game, 12, permutations=10, generator=seeded(seed))
    assert shared[3] > shared[7] > 0.02
    every = game(torch.ones(1, 12, dtype=torch.bool)) - game(torch.zeros(1, 12, dtype=torch.bool))
    assert abs(float(shared.sum() - every)) <= 1e-10


def test_coalitions_ask_about_people_who_do_not_exist(census):
    encode, known, x, _ = census
    column = {name: i for i, name in enumerate(encode.names)}

    def impossible(x):
        husband, wife, man, woman = (
            x[:, column[name]] > 0
            for name in ("relationship=Husband", "relationship=Wife", "sex=Male", "sex=Female")
        )
        return ((husband & woman) | (wife & man)).double()

    assert float(impossible(known).mean()) < 1e-3
    game = feature_game(impossible, x[39], known[:50], groups=torch.tensor(encode.column_of))
    assert float(game(all_coalitions(12)).mean()) > 0.15
