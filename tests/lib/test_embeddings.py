"""Word vectors: laws of debiasing, analogies by brute force, association tests by enumeration."""

import itertools
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans

from sdl_lib import live, text
from sdl_lib.data import KnownProblems, googlenews, word_lists
from sdl_lib.live import neutralise as lab

pytestmark = pytest.mark.filterwarnings("ignore::sdl_lib.data.KnownProblems")

assert KnownProblems  # the category that the mark above names


def cloud(n, width=7, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, width, generator=generator, dtype=torch.float64)


def unit(x):
    return torch.nn.functional.normalize(x, dim=-1)


# the direction


def test_parallel_differences_give_their_direction_and_all_of_the_variance():
    direction = unit(cloud(1, seed=1))[0]
    middle = cloud(6, seed=2)
    pairs = torch.stack([middle + direction, middle - direction], 1)
    found = text.gender_subspace(pairs)
    assert torch.allclose(found.directions[0], direction)  # points to the first words
    assert float(found.explained[0]) == pytest.approx(1)


def test_the_subspace_is_that_of_a_principal_component_analysis():
    pairs = cloud(16, seed=3).reshape(8, 2, 7)
    found = text.gender_subspace(pairs, k=2)
    centred = (pairs - pairs.mean(1, keepdim=True)).reshape(-1, 7)
    values, rows = torch.linalg.eigh(centred.T @ centred)
    assert torch.allclose(found.explained[:7], values.flip(0) / values.sum(), atol=1e-12)
    for ours, theirs in zip(found.directions, rows.T.flip(0), strict=False):
        assert float((ours @ theirs).abs()) == pytest.approx(1)
    assert torch.allclose(found.directions @ found.directions.T, torch.eye(2).double())


@given(st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_direct_bias_lies_between_its_bounds_and_vanishes_after_neutralising(seed):
    words, g = cloud(9, seed=seed), cloud(1, seed=seed + 1)[0]
    assert 0 <= float(text.direct_bias(words, g)) <= 1
    assert float(text.direct_bias(words, -5 * g)) == pytest.approx(
        float(text.direct_bias(words, g))
    )
    clean = text.neutralise(words, g)
    assert float(text.direct_bias(clean, g)) < 1e-12
    assert torch.allclose(clean.norm(dim=1), torch.ones(9).double())
    assert torch.allclose(text.neutralise(clean, g), clean)  # once is enough


def test_strictness_is_a_power():
    words = torch.tensor([[0.6, 0.8], [0.0, 1.0], [-0.8, 0.6]])
    g = torch.tensor([1.0, 0.0])
    assert float(text.direct_bias(words, g)) == pytest.approx(1.4 / 3)
    assert float(text.direct_bias(words, g, strictness=2)) == pytest.approx(1 / 3)


# debiasing


@given(st.integers(0, 1000), st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_equalised_pairs_are_equally_near_to_every_neutral_word(seed, k):
    subspace = cloud(k, seed=seed)
    pairs = cloud(10, seed=seed + 1).reshape(5, 2, 7)
    neutral = text.neutralise(cloud(20, seed=seed + 2), subspace)
    equal = text.equalise(pairs, subspace)
    assert torch.allclose(equal.norm(dim=2), torch.ones(5, 2).double())
    a, b = equal.unbind(1)
    assert float((neutral @ (a - b).T).abs().max()) < 1e-12
    before = unit(pairs)
    rest = before.mean(1) - before.mean(1) @ torch.linalg.pinv(subspace) @ subspace
    outside = a - a @ torch.linalg.pinv(subspace) @ subspace
    assert torch.allclose(outside, rest)  # the part that the two words share is their mean's


def test_a_share_of_neutralising_goes_from_nothing_to_all():
    words, g = unit(cloud(5)), unit(cloud(1, seed=4))[0]
    assert torch.allclose(text.neutralise(words, g, share=0), words)
    half = text.neutralise(words, g, share=0.5)
    ratio = (half @ g) / (half - (half @ g)[:, None] * g).norm(dim=1)
    was = (words @ g) / (words - (words @ g)[:, None] * g).norm(dim=1)
    assert torch.allclose(ratio, was / 2)


def test_soft_debiasing_is_a_minimum_and_trades_one_term_for_the_other():
    words, g = unit(cloud(60)), unit(cloud(1, seed=4))[0]
    neutral = words[:40]

    def terms(T):
        gram = T.T @ T
        kept = (words @ (gram - torch.eye(7)) @ words.T).pow(2).sum()
        return float(kept), float((neutral @ gram @ g).pow(2).sum())

    assert torch.allclose(
        text.soft_debias(words, neutral, g, strength=0), torch.eye(7).double(), atol=1e-9
    )
    kept, leaked = zip(
        *(terms(text.soft_debias(words, neutral, g, strength=s)) for s in (0.5, 5.0, 500.0)),
        strict=True,
    )
    assert kept[0] < kept[1] < kept[2]
    assert leaked[0] > leaked[1] > leaked[2]
    best = text.soft_debias(words, neutral, g, strength=5.0)
    value = terms(best)[0] + 5 * terms(best)[1]
    for seed in range(5):  # no neighbour is better
        other = best + 0.01 * cloud(7, seed=seed)
        assert terms(other)[0] + 5 * terms(other)[1] > value


# analogies


def test_analogies_are_those_of_a_plain_search():
    words = cloud(40)
    questions = torch.tensor(list(itertools.islice(itertools.permutations(range(40), 3), 0, 900)))
    found = text.analogies(words, questions)
    u = unit(words)
    for (a, b, c), answer in list(zip(questions.tolist(), found.tolist(), strict=True))[::37]:
        point = u[b] - u[a] + u[c]
        scores = {i: float(point @ u[i]) for i in range(40) if i not in (a, b, c)}
        assert answer == max(scores, key=scores.__getitem__)


def test_pairs_are_those_of_a_plain_search():
    words, difference = cloud(30, width=3), cloud(1, width=3, seed=9)[0]
    found = text.pair_analogies(words, difference, top=5)
    u, g = unit(words), unit(difference)
    best = max(
        (float(g @ (u[i] - u[j]) / (u[i] - u[j]).norm()), i, j)
        for i in range(30)
        for j in range(30)
        if i != j and float((u[i] - u[j]).norm()) <= 1
    )
    assert tuple(found.words[0].tolist()) == best[1:]
    assert float(found.scores[0]) == pytest.approx(best[0])
    assert bool((found.scores[:-1] >= found.scores[1:]).all())
    assert len(set(found.words[:, 1].tolist())) == len(found.words)


# the association test


def plain_weat(x, y, a, b):
    """Effect and exact p, word by word."""

    def s(w):
        return np.mean([w @ v for v in unit(a).numpy()]) - np.mean([w @ v for v in unit(b).numpy()])

    values = [s(w) for w in unit(torch.cat([x, y])).numpy()]
    n = len(x)
    effect = (np.mean(values[:n]) - np.mean(values[n:])) / np.std(values, ddof=1)
    total = sum(values)
    found = np.mean(values[:n]) - np.mean(values[n:])
    count = splits = 0
    for chosen in itertools.combinations(values, n):
        one = sum(chosen)
        count += one / n - (total - one) / len(y) >= found - 1e-12
        splits += 1
    return effect, count / splits, splits


@pytest.mark.parametrize("sizes", [(4, 4, 3, 5), (5, 3, 2, 2), (1, 6, 4, 1)])
def test_weat_is_its_definition(sizes):
    sets = [cloud(n, seed=10 + i) for i, n in enumerate(sizes)]
    found = text.weat(*sets)
    effect, p, splits = plain_weat(*sets)
    assert found.exact
    assert found.partitions == splits
    assert found.effect == pytest.approx(effect, abs=1e-12)
    assert found.p == pytest.approx(p, abs=1e-12)


def test_weat_in_closed_form():
    # x lies on a, y on b: every s is 1 or -1, and only the split that was found is as large
    a, b = torch.eye(4)[:1], torch.eye(4)[1:2]
    found = text.weat(a.repeat(4, 1), b.repeat(4, 1), a, b)
    assert found.effect == pytest.approx(2 / (8 / 7) ** 0.5)
    assert found.p == pytest.approx(1 / 70)
    assert text.weat(b.repeat(4, 1), a.repeat(4, 1), a, b).effect == pytest.approx(-found.effect)


def test_drawn_partitions_agree_with_all_partitions(monkeypatch):
    sets = [cloud(n, seed=20 + i) for i, n in enumerate((7, 7, 4, 4))]
    exact = text.weat(*sets)
    monkeypatch.setattr(sys.modules["sdl_lib.text.weat"], "_MOST_PARTITIONS", 0)
    drawn = text.weat(*sets, samples=40_000, generator=torch.Generator().manual_seed(0))
    assert not drawn.exact
    assert drawn.effect == exact.effect
    assert drawn.p == pytest.approx(exact.p, abs=4 * (0.25 / 40_000) ** 0.5)
    again = text.weat(*sets, samples=40_000, generator=torch.Generator().manual_seed(0))
    assert again == drawn


# bad input


def test_bad_input_is_named():
    good, g = cloud(4), cloud(1)[0]
    with pytest.raises(ValueError, match="vectors: expected a tensor of floats"):
        text.direct_bias(torch.ones(3, 7, dtype=torch.int64), g)
    with pytest.raises(ValueError, match="zero vector"):
        text.neutralise(torch.zeros(2, 7).double(), g)
    with pytest.raises(ValueError, match="not finite"):
        text.neutralise(good * float("nan"), g)
    with pytest.raises(ValueError, match="lies in the subspace"):
        text.neutralise(g[None], g)
    with pytest.raises(ValueError, match="directions of length 7"):
        text.neutralise(good, g[:3])
    with pytest.raises(ValueError, match="linearly dependent"):
        text.neutralise(good, torch.stack([g, 2 * g]))
    with pytest.raises(ValueError, match="share"):
        text.neutralise(good, g, share=1.5)
    with pytest.raises(ValueError, match="strictness"):
        text.direct_bias(good, g, strictness=-1)
    with pytest.raises(ValueError, match="do not differ"):
        text.equalise(torch.stack([good, good], 1), g)
    with pytest.raises(ValueError, match="pairs: expected shape"):
        text.equalise(good, g)
    with pytest.raises(ValueError, match="at least k=3 pairs"):
        text.gender_subspace(good.reshape(2, 2, 7), k=3)
    with pytest.raises(ValueError, match="strength"):
        text.soft_debias(good, good, g, strength=-1)
    with pytest.raises(ValueError, match="questions: expected shape"):
        text.analogies(good, torch.zeros(3, 2, dtype=torch.long))
    with pytest.raises(ValueError, match="questions: expected class numbers from 0 to 3"):
        text.analogies(good, torch.tensor([[0, 1, 4]]))
    with pytest.raises(ValueError, match="b: expected shape"):
        text.weat(good, good, good, good[:0])
    with pytest.raises(ValueError, match="samples"):
        text.weat(good, good, good, good, samples=0)


# the claims of the page, on the real vectors


@pytest.fixture(scope="module")
def real():
    words, vectors = googlenews()
    lists = word_lists()
    number = {word: i for i, word in enumerate(words)}
    pairs = torch.stack([vectors[[number[a], number[b]]] for a, b in lists.definitional])
    gendered = {w for pair in lists.definitional + lists.equalise for w in pair}
    gendered |= set(lists.specific)
    neutral = torch.tensor([word not in gendered for word in words])
    g = text.gender_subspace(pairs).directions[0]
    debiased = vectors.clone()
    debiased[neutral] = text.neutralise(vectors[neutral], g)
    twins = [p for p in lists.equalise if all(w in number for w in p)]
    places = torch.tensor([[number[a], number[b]] for a, b in twins])
    debiased[places] = text.equalise(vectors[places], g)
    return words, vectors, debiased, g, neutral, number, lists


def test_the_direct_bias_of_professions_is_the_known_one_and_goes(real):
    _, vectors, debiased, g, _, number, lists = real
    jobs = [w for w in lists.professions if w not in set(lists.specific)]
    jobs = torch.tensor([number[w] for w in jobs if w in number])
    assert float(text.direct_bias(vectors[jobs], g)) == pytest.approx(0.073, abs=0.002)
    assert float(text.direct_bias(debiased[jobs], g)) <= 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_clusters_find_gender_after_debiasing(real, seed):
    _, vectors, debiased, g, neutral, _, _ = real
    candidates = neutral.nonzero()[:, 0]
    ranking = candidates[(vectors[candidates] @ g).argsort()]
    extremes = torch.cat([ranking[:500], ranking[-500:]])
    found = KMeans(2, n_init=5, random_state=seed).fit_predict(debiased[extremes].numpy())
    share = float((found == np.repeat([0, 1], 500)).mean())
    assert max(share, 1 - share) > 0.7


def test_science_against_arts_changes_its_sign(real):
    _, vectors, debiased, _, _, number, lists = real
    test = lists.weat[7]
    sides = (
        test.first_target,
        test.second_target,
        test.first_attribute,
        test.second_attribute,
    )
    places = [torch.tensor([number[w] for w in side if w in number]) for side in sides]
    before = text.weat(*(vectors[i] for i in places))
    after = text.weat(*(debiased[i] for i in places))
    assert before.exact
    assert before.effect == pytest.approx(1.35, abs=0.005)
    assert before.p < 0.01
    assert after.effect < 0


# the lab


def test_the_lab_shows_what_the_library_computes():
    words, vectors, he, she, g = lab.known()
    assert len(words) >= lab.COUNT
    assert set(lab.SHOWN) <= set(words)
    before, after = lab.look(0, "doctor"), lab.look(1, "doctor")
    assert before.bias == pytest.approx(float(text.direct_bias(vectors, g)))
    assert after.bias < 1e-6
    places = torch.cat([vectors, he[None], she[None]])
    own = words.index("doctor")
    asked = torch.tensor([[len(words), own, len(words) + 1]])
    assert words[int(text.analogies(places, asked))] == before.answers.words[0] == "nurse"
    assert after.answers.words[0] == "physician"


def test_the_control_says_what_it_sees():
    control = live.show("neutralise")
    control.share.value, control.word.value = 100, "surgeon"
    assert "With 100% of the gender component gone, the direct bias is 0.0000" in (
        control.verdict.value
    )
    assert "he : surgeon :: she : doctor" in control.lists.value
    assert control.picture.value[:4] == b"\x89PNG"
    with pytest.raises(ValueError, match="word"):
        lab.look(0, "unknown")
