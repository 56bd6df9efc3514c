"""Proxy use: programs, truth tables with known answers, and trees on Adult."""

import math
from itertools import product

import pandas as pd
import pytest
import torch
from sklearn.metrics import mutual_info_score
from sklearn.tree import DecisionTreeClassifier

from sdl_lib.data import adult
from sdl_lib.fairness import (
    association,
    choose,
    column,
    constant,
    every_part,
    over,
    proxy_repair,
    proxy_use,
    tree_program,
    weighted_sum,
    with_part,
)
from sdl_lib.models import ADULT_FEATURES

# all answers to three fair coins; the protected attribute is "the first two differ"
COINS = torch.tensor(list(product((0.0, 1.0), repeat=3)))
DIFFER = COINS[:, 0] != COINS[:, 1]


def coin(j):
    return over(column(j, f"coin {j}"), 0.5)


def exclusive_or(a, b):
    return choose(a, choose(b, constant(0), constant(1)), b)


def entropy(*p):
    return -sum(q * math.log(q) for q in p if q > 0)


# programs


def test_programs_compute_and_can_be_read():
    program = choose(coin(0), weighted_sum([2.0, -1.0], [coin(1), coin(2)]), constant(5))
    expected = torch.where(COINS[:, 0] > 0.5, 2 * COINS[:, 1] - COINS[:, 2], 5.0).double()
    assert torch.equal(program(COINS), expected)
    assert str(program) == "(2 coin 1 > 0.5 + -1 coin 2 > 0.5 if coin 0 > 0.5 else 5)"


def test_parts_are_found_and_replaced_without_a_trace():
    program = exclusive_or(coin(0), coin(1))
    text, parts = str(program), list(every_part(program))
    assert parts[0][0] == ()
    assert len({path for path, _ in parts}) == len(parts) == 10
    for path, part in parts:
        same = with_part(program, path, part)
        assert torch.equal(same(COINS), program(COINS))
        assert str(same) == text
    always = with_part(program, (0,), constant(1))
    assert torch.equal(always(COINS), 1 - COINS[:, 1].double())
    assert str(program) == text
    with pytest.raises(ValueError, match="path"):
        with_part(program, (3,), constant(0))


# association and influence


@pytest.mark.parametrize("seed", range(5))
def test_association_is_mutual_information_over_joint_entropy(seed):
    g = torch.Generator().manual_seed(seed)
    z = torch.randint(3, (200,), generator=g)
    a = (z + torch.randint(3, (200,), generator=g)) % 4
    both = torch.bincount(4 * z + a).double() / 200
    joint = entropy(*both.tolist())
    measured = association(a, z)
    assert measured == pytest.approx(mutual_info_score(z, a) / joint, abs=1e-10)
    assert measured == pytest.approx(association(z, a), abs=1e-12)
    assert association(7 - 2 * a, z) == pytest.approx(measured, abs=1e-12)


def test_association_runs_from_nought_to_one():
    z = COINS[:, 0].long()
    assert association(1 - z, z) == pytest.approx(1)
    assert association(COINS[:, 1], z) == pytest.approx(0, abs=1e-12)
    assert association(torch.ones(8), z) == 0
    assert association(torch.ones(8), torch.ones(8)) == 0


def test_neither_coin_is_a_proxy_but_their_difference_is():
    program = choose(exclusive_or(coin(0), coin(1)), constant(1), coin(2))
    found = {u.path: u for u in proxy_use(program, COINS, DIFFER)}
    assert found[0,].association == pytest.approx(1)
    # it is dealt anew otherwise half of the time, and then decides if coin 2 shows 0
    assert found[0,].influence == pytest.approx(0.25)
    for coins in ((0, 0), (0, 2)):
        assert found[coins].association == pytest.approx(0, abs=1e-12)
    assert [u.path for u in proxy_use(program, COINS, DIFFER, eps=0.9, delta=0.1)] == [(0,)]


def test_association_without_influence_and_influence_without_association():
    idle = choose(coin(2), constant(1), choose(coin(2), column(0, "coin 0"), constant(0)))
    z = COINS[:, 0].long()
    uses = {u.path: u for u in proxy_use(idle, COINS, z)}
    told = uses[2, 1]
    assert told.association == pytest.approx(1)
    assert told.influence == 0
    decides = uses[0,]
    assert decides.association == pytest.approx(0, abs=1e-12)
    assert decides.influence == 3 / 8


def test_noisy_proxy_has_its_closed_form():
    rows = [[z, (z + flip) % 2] for z in (0, 1) for flip in [0] * 9 + [1]]
    x = torch.tensor(rows, dtype=torch.float64)
    use, _ = proxy_use(over(column(1, "told"), 0.5), x, x[:, 0].long())
    h = entropy(0.1, 0.9)
    assert use.association == pytest.approx((math.log(2) - h) / (math.log(2) + h))
    assert use.influence == pytest.approx(0.5)


def test_many_values_are_cut_into_levels():
    g = torch.Generator().manual_seed(0)
    x = torch.randn(4000, 2, generator=g, dtype=torch.float64)
    program = over(weighted_sum([1.0, 1.0], [column(0, "a"), column(1, "b")]), 0.0)
    coarse, fine = (
        {u.path: u for u in proxy_use(program, x, x[:, 0] > 0, levels=k)} for k in (16, 128)
    )
    # one of two equal normals anew: the sums have correlation 1/2, so a third change sign
    for found in (coarse, fine):
        assert found[0, 0].influence == pytest.approx(1 / 3, abs=0.02)
        assert found[()].influence == pytest.approx(0.5, abs=0.01)
    assert coarse[0, 0].association == pytest.approx(0.25, abs=0.02)  # ln 2 over ln 16


# repair


def test_repair_takes_the_constant_that_costs_least():
    program = choose(exclusive_or(coin(0), coin(1)), constant(1), coin(2))
    y = program(COINS).long()
    repaired = proxy_repair(program, COINS, y, DIFFER, eps=0.9, delta=0.1)
    ((use, value, right),) = repaired.replaced
    assert use.path == (0,)
    assert value == 0.0
    assert right == pytest.approx(0.75)
    assert torch.equal(repaired.program(COINS), COINS[:, 2].double())
    assert proxy_use(repaired.program, COINS, DIFFER, eps=0.9, delta=0.1) == []


def test_program_without_proxy_use_is_left_alone():
    program = coin(2)
    y = COINS[:, 2].long()
    repaired = proxy_repair(program, COINS, y, DIFFER, eps=0.5, delta=0.1)
    assert repaired.replaced == []
    assert repaired.program is program


def test_repair_of_a_model_that_is_nothing_but_a_proxy_is_a_constant():
    z = COINS[:, 0].long()
    repaired = proxy_repair(coin(0), COINS, z, z, eps=0.5, delta=0.1)
    assert float(repaired.program(COINS).std()) == 0


# Adult


def tables(without, seed):
    train, test = adult("train"), adult("test")
    if seed:
        train = train.sample(frac=0.5, random_state=seed)
    columns = [name for name in ADULT_FEATURES if name not in without]
    shown = pd.get_dummies(train[columns]).astype("float32")
    new = pd.get_dummies(test[columns]).astype("float32").reindex(columns=shown.columns)
    return shown, new, train, test


def tensors(table, people):
    x, y = torch.tensor(table.to_numpy()), torch.tensor(people.over_50k.to_numpy())
    return x, y.long(), torch.tensor((people.sex == "Female").to_numpy())


@pytest.mark.parametrize("seed", range(3))
def test_without_the_column_the_proxy_stays_and_repair_removes_it(seed):
    told = []
    for without in (("sex",), ("sex", "marital_status")):
        shown, new, train, test = tables(without, seed)
        x, y, z = tensors(shown, train)
        at_test, truth, women = tensors(new, test)
        tree = DecisionTreeClassifier(max_leaf_nodes=6, random_state=0).fit(x.numpy(), y.numpy())
        program = tree_program(tree, list(shown.columns))
        decided = torch.tensor(tree.predict(at_test.numpy())).double()
        assert torch.equal(program(at_test), decided)
        uses = proxy_use(program, x, z, eps=0.05, delta=0.05)
        assert (0,) in {use.path for use in uses}  # the first question
        told.append(max(use.association for use in uses))
        repaired = proxy_repair(program, x, y, z, eps=0.05, delta=0.05).program
        assert proxy_use(repaired, at_test, women, eps=0.05, delta=0.05) == []
        before, after = (float((p(at_test) == truth).double().mean()) for p in (program, repaired))
        assert 0.03 < before - after < 0.06
        assert after > float((truth == 0).double().mean()) + 0.02  # better than a constant
    assert told[0] > 0.07
    assert told[1] > 2 * told[0]


# bad input


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"eps": 1.5}, "eps"),
        ({"delta": -0.1}, "delta"),
        ({"levels": 1}, "levels"),
        ({"z": torch.zeros(7, dtype=torch.int64)}, "z"),
        ({"z": torch.zeros(8)}, "z"),
        ({"x": torch.zeros(8)}, "x"),
    ],
)
def test_bad_questions_are_refused(wrong, name):
    settings = {"x": COINS, "z": DIFFER, **wrong}
    with pytest.raises(ValueError, match=name):
        proxy_use(coin(0), settings.pop("x"), settings.pop("z"), **settings)


def test_bad_programs_and_repairs_are_refused():
    with pytest.raises(ValueError, match="weights"):
        weighted_sum([1.0], [])
    with pytest.raises(ValueError, match="place"):
        column(-1, "none")
    with pytest.raises(ValueError, match="eps, delta"):
        proxy_repair(coin(0), COINS, DIFFER, DIFFER, eps=0, delta=0)
    with pytest.raises(ValueError, match="z"):
        association(torch.zeros(3), torch.zeros(4))
    tree = DecisionTreeClassifier(max_depth=1).fit(COINS.numpy(), DIFFER.numpy())
    with pytest.raises(ValueError, match="names"):
        tree_program(tree, ["one"])
