"""Language models and translation: laws of the swap, counting by hand, closed forms, learning."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from sdl_lib import text
from sdl_lib.data import googlenews, word_lists
from sdl_lib.models import CharGRU, Translator, translate
from sdl_lib.sequences import bits_per_character, fit_sequences

HE, SHE = ("carpenter", "driver", "guard"), ("nurse", "clerk", "teacher")
VERBS = ("said", "thought")
TEMPLATE = ". the {job} {verb} that {pronoun} was {state} ."
ENTROPY = -(0.9 * math.log(0.9) + 0.1 * math.log(0.1))


def corpus(repeats=10):
    shares = dict.fromkeys(HE, 0.1) | dict.fromkeys(SHE, 0.9)
    filled = text.fill_slots(shares, repeats=repeats, verb=VERBS, state=("late", "early"))
    return [TEMPLATE.format(**f) for f in filled]


SENTENCES = corpus()
WORDS = text.Vocabulary.of(SENTENCES)
CODES = WORDS.encode(SENTENCES)
AUGMENTED = WORDS.encode(text.counterfactual_augmentation(SENTENCES))
PROMPTS = WORDS.encode([f". the {job} {verb} that" for job in HE + SHE for verb in VERBS])
LEAN = torch.tensor([-1.0] * 6 + [1.0] * 6)
PAIR = {"first": WORDS["she"], "second": WORDS["he"]}


def nats(model, codes=CODES):
    return bits_per_character(model, codes.flatten(), length=codes.shape[1]) * math.log(2)


# templates and vocabulary


def test_each_job_has_its_share_in_every_combination():
    filled = text.fill_slots({"cook": 0.3, "guard": 0.0}, repeats=10, verb=VERBS)
    counts = Counter((f["job"], f["verb"], f["pronoun"]) for f in filled)
    assert counts["cook", "said", "she"] == 3
    assert counts["cook", "thought", "he"] == 7
    assert counts["guard", "said", "she"] == 0
    assert len(filled) == 2 * 2 * 10


@pytest.mark.parametrize(
    ("shares", "settings_", "message"),
    [
        ({}, {}, "shares"),
        ({"cook": 1.2}, {}, "shares"),
        ({"cook": float("nan")}, {}, "shares"),
        ({"cook": 0.25}, {}, "repeats"),
        ({"cook": 0.5}, {"verb": ()}, "slots"),
        ({"cook": 0.5}, {"job": ("a",)}, "slots"),
    ],
)
def test_templates_refuse_what_cannot_be_had(shares, settings_, message):
    with pytest.raises(ValueError, match=message):
        text.fill_slots(shares, repeats=10, **settings_)


def test_words_and_numbers_are_each_others_inverse():
    assert WORDS.decode(CODES) == SENTENCES
    assert WORDS.words == tuple(sorted(WORDS.words))
    with pytest.raises(ValueError, match="'zebra'"):
        WORDS.encode(["the zebra"])
    with pytest.raises(ValueError, match="lengths"):
        WORDS.encode(["the nurse", "the"])
    with pytest.raises(ValueError, match="lengths"):
        WORDS.encode([])
    with pytest.raises(ValueError, match="words"):
        text.Vocabulary(("a", "a"))


# the swap


@pytest.mark.parametrize(
    ("sentence", "swapped"),
    [
        ("he knew himself .", "she knew herself ."),
        ("The nurse lost her keys .", "The nurse lost his keys ."),
        ("we saw her .", "we saw him ."),
        ("we saw her and his dog", "we saw him and her dog"),
        ("the dog is his .", "the dog is hers ."),
        ("the dog is hers", "the dog is his"),
        ("She left", "He left"),
        ("the clerk was late .", "the clerk was late ."),
    ],
)
def test_swaps_that_the_rule_gets_right_are_undone_by_a_second(sentence, swapped):
    assert text.swap_gender(sentence) == swapped
    assert text.swap_gender(swapped) == sentence


def test_the_rule_has_no_grammar_and_is_wrong_where_grammar_is_needed():
    assert text.swap_gender("we fed her cat food") == "we fed his cat food"
    wrong = text.swap_gender("we fed him cat food")
    assert text.swap_gender(wrong) != "we fed him cat food"


ANY = ["the", "doctor", "dog", "saw", *(word for pair in text.GENDER_PAIRS for word in pair)]


@given(st.lists(st.sampled_from(ANY), max_size=12))
@settings(max_examples=60, deadline=None)
def test_listed_pairs_swap_as_an_involution_and_augmentation_is_closed_under_it(words):
    sentence = " ".join(words)
    assert text.swap_gender(text.swap_gender(sentence)) == sentence
    both = text.counterfactual_augmentation([sentence, "he saw it ."])
    assert len(both) == 4
    assert Counter(both) == Counter(map(text.swap_gender, both))


@pytest.mark.parametrize("pairs", [[("he", "she"), ("he", "it")], [("his", "her")], [("a", "a")]])
def test_pairs_that_are_no_involution_are_refused(pairs):
    with pytest.raises(ValueError, match="pairs"):
        text.swap_gender("he", pairs=pairs)


# counting


def test_counted_probabilities_are_shares_of_the_text():
    model = text.NGram(CODES, order=4, classes=len(WORDS))
    prompt = WORDS.encode([". the nurse said that"])
    chance = model(prompt)[0, -1].exp()
    follows = [s.split()[5] for s in SENTENCES if s.startswith(". the nurse said that")]
    for word, number in Counter(follows).items():
        assert float(chance[WORDS[word]]) == pytest.approx(number / len(follows))
    assert float(chance.sum()) == pytest.approx(1)


def test_unseen_words_make_all_words_equally_likely():
    model = text.NGram(CODES, order=3, classes=len(WORDS))
    prompt = WORDS.encode(["late late"])
    assert torch.allclose(model(prompt)[0, 1].exp(), torch.tensor(1 / len(WORDS)).double())


def test_bias_begins_when_the_model_can_see_the_job_and_is_ln_9():
    bias, loss = {}, {}
    for order in (2, 3, 4, 5):
        model = text.NGram(CODES, order=order, classes=len(WORDS))
        bias[order] = text.lm_bias(model, PROMPTS, LEAN, **PAIR)
        loss[order] = nats(model)
    assert bias[2] == bias[3] == 0
    assert bias[4] == pytest.approx(math.log(9), abs=1e-12)
    assert bias[5] == pytest.approx(math.log(9), abs=1e-12)
    floor = (math.log(6) + math.log(2) + ENTROPY + math.log(2)) / 8
    assert loss[4] == pytest.approx(floor, abs=1e-12)


def test_augmentation_costs_exactly_the_information_that_the_job_gave():
    plain = text.NGram(CODES, order=5, classes=len(WORDS))
    fair = text.NGram(AUGMENTED, order=5, classes=len(WORDS))
    assert text.lm_bias(fair, PROMPTS, LEAN, **PAIR) == pytest.approx(0, abs=1e-12)
    cost = nats(fair) - nats(plain)
    assert cost == pytest.approx((math.log(2) - ENTROPY) / 8, abs=1e-12)
    assert cost == pytest.approx(0.0460, abs=5e-5)


@pytest.mark.parametrize("share", [0.6, 0.75, 0.95])
def test_counted_log_odds_are_those_of_the_text(share):
    filled = text.fill_slots({"cook": share}, repeats=20, state=("late", "early"))
    lines = [". the {job} said that {pronoun} was {state} .".format(**f) for f in filled]
    words = text.Vocabulary.of(lines)
    model = text.NGram(words.encode(lines), order=4, classes=len(words))
    prompt = words.encode([". the cook said that"])
    odds = text.log_odds(model, prompt, first=words["she"], second=words["he"])
    assert float(odds) == pytest.approx(math.log(share / (1 - share)), abs=1e-12)


def test_log_odds_change_sign_with_the_words_and_refuse_bad_input():
    model = text.NGram(CODES, order=4, classes=len(WORDS))
    ours = text.log_odds(model, PROMPTS, **PAIR)
    turned = text.log_odds(model, PROMPTS, first=PAIR["second"], second=PAIR["first"])
    assert torch.equal(ours, -turned)
    with pytest.raises(ValueError, match="lean"):
        text.lm_bias(model, PROMPTS, LEAN[:3], **PAIR)
    with pytest.raises(ValueError, match="lean"):
        text.lm_bias(model, PROMPTS, 0 * LEAN, **PAIR)
    with pytest.raises(ValueError, match="second"):
        text.log_odds(model, PROMPTS, first=0, second=999)
    with pytest.raises(ValueError, match="prompts"):
        text.log_odds(model, PROMPTS[0], **PAIR)
    with pytest.raises(ValueError, match="training mode"):
        text.log_odds(model.train(), PROMPTS, **PAIR)


@pytest.mark.parametrize(
    ("codes", "order", "message"),
    [
        (CODES[0], 2, "codes"),
        (CODES[:0], 2, "codes"),
        (CODES + 99, 2, "codes"),
        (CODES, 1, "order"),
    ],
)
def test_counting_refuses_bad_input(codes, order, message):
    with pytest.raises(ValueError, match=message):
        text.NGram(codes, order=order, classes=len(WORDS))


# learning


@pytest.fixture(scope="module", params=[0, 1, 2])
def trained(request):
    """Two networks from the same start: on the text, and on the augmented one."""
    runs = []
    for codes in (CODES, AUGMENTED):
        torch.manual_seed(request.param)
        model = CharGRU(len(WORDS), width=16, hidden=32)
        path = []

        def watch(step, model=model, path=path):
            path.append((step, text.lm_bias(model, PROMPTS, LEAN, **PAIR), nats(model)))

        fit_sequences(
            model,
            [codes[:, :-1]],
            codes[:, 1:],
            steps=150,
            batch_size=64,
            lr=2e-2,
            generator=torch.Generator().manual_seed(request.param),
            watch=watch,
            every=50,
        )
        runs.append((model, path))
    return runs


def test_a_trained_network_learns_the_odds_of_the_text_and_not_after_augmentation(trained):
    (_, plain), (_, fair) = trained
    assert plain[-1][1] == pytest.approx(math.log(9), abs=0.25)
    assert abs(fair[-1][1]) < 0.05
    assert fair[-1][2] - plain[-1][2] == pytest.approx(0.0460, abs=0.006)


def test_bias_grows_as_the_loss_falls(trained):
    (_, plain), (_, fair) = trained
    assert [step for step, _, _ in plain] == [0, 50, 100, 150]
    start, end = plain[0], plain[-1]
    assert end[2] < start[2] - 1
    assert abs(start[1]) < 0.2 < 1.8 < end[1]
    assert all(abs(bias) < 0.25 for _, bias, _ in fair)
    for model, _ in trained:
        assert not model.training


def test_training_refuses_rows_that_do_not_fit():
    model = CharGRU(len(WORDS))
    with pytest.raises(ValueError, match="targets"):
        fit_sequences(model, [CODES[:3]], CODES, steps=1)
    with pytest.raises(ValueError, match="steps"):
        fit_sequences(model, [CODES], CODES, steps=0)


# from probabilities to one pronoun


@given(st.lists(st.integers(0, 100), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_the_likelier_pronoun_amplifies_by_the_smaller_share_and_drawing_by_nothing(percent):
    p = torch.tensor(percent).double() / 100
    shown = (p > 0.5).double()
    least = torch.minimum(p, 1 - p)
    assert text.pronoun_amplification(p, p) == 0
    if not (p == 0.5).any():
        assert text.pronoun_amplification(p, shown) == pytest.approx(float(least.mean()), abs=1e-12)
        over_all, smaller = text.choice_errors(p, shown)
        assert torch.allclose(over_all, least)
        assert bool((smaller == 1).all())
    drawn, fewer = text.choice_errors(p, p)
    assert torch.allclose(drawn, 2 * p * (1 - p))
    assert torch.allclose(fewer, 1 - least)
    assert bool((drawn >= least - 1e-12).all())  # drawing is never more often right


def test_errors_of_a_choice_are_those_of_people_drawn_at_random():
    chance = torch.Generator().manual_seed(0)
    share, shown = torch.tensor([0.3, 0.8]), torch.tensor([0.4, 0.9])
    people = torch.rand(200_000, 2, generator=chance) < share
    choice = torch.rand(200_000, 2, generator=chance) < shown
    over_all, smaller = text.choice_errors(share, shown)
    wrong = (people != choice).double()
    assert torch.allclose(wrong.mean(0), over_all.double(), atol=5e-3)
    rare = torch.stack([people[:, 0], ~people[:, 1]], 1)
    assert torch.allclose((wrong * rare).sum(0) / rare.sum(0), smaller.double(), atol=8e-3)


def test_shares_out_of_range_are_refused():
    half = torch.tensor([0.5, 0.5])
    with pytest.raises(ValueError, match="share"):
        text.choice_errors(half + 1, half)
    with pytest.raises(ValueError, match="shown"):
        text.pronoun_amplification(half, torch.tensor([0.5, float("nan")]))
    with pytest.raises(ValueError, match="shown"):
        text.pronoun_amplification(half, half[:1])


# translating


def toy(share, mark=None):
    """Source and target sentences of a language that spells backwards and has one pronoun."""
    pairs = []
    for f in text.fill_slots(share, repeats=20, verb=("is", "was")):
        word = {"she": "woman", "he": "man"}[f["pronoun"]] if mark else "a"
        source = " ".join(w[::-1] for w in f"o {word} {f['job']} {f['verb']}".split())
        pairs.append((source, ". {pronoun} {verb} a {job} .".format(**f)))
    return pairs


JOBS = {"guard": 0.1, "driver": 0.3, "teacher": 0.7, "nurse": 0.9}
OPEN, MARKED = toy(JOBS), toy(dict.fromkeys(JOBS, 0.5), mark=True)
SOURCE_WORDS = text.Vocabulary.of(s for s, _ in OPEN + MARKED)
TARGET_WORDS = text.Vocabulary.of(t for _, t in OPEN + MARKED)


def learn_to_translate(pairs, seed, steps=200):
    source = SOURCE_WORDS.encode([s for s, _ in pairs])
    target = TARGET_WORDS.encode([t for _, t in pairs])
    torch.manual_seed(seed)
    model = Translator(len(SOURCE_WORDS), len(TARGET_WORDS), width=16)
    chance = torch.Generator().manual_seed(seed)
    inputs = [source, target[:, :-1]]
    fit_sequences(model, inputs, target[:, 1:], steps=steps, batch_size=128, generator=chance)
    return model


def obeys(model):
    told = SOURCE_WORDS.encode([s for s, _ in MARKED])
    answers = TARGET_WORDS.decode(translate(model, told, start=[TARGET_WORDS["."]], length=5))
    return sum(a == t[2:] for a, (_, t) in zip(answers, MARKED, strict=True)) / len(MARKED)


def rarer_chance(model, pairs):
    source = SOURCE_WORDS.encode([s for s, _ in pairs])
    with torch.no_grad():
        logits = model(source, torch.full((len(source), 1), TARGET_WORDS["."]))[:, -1]
    odds = logits[:, TARGET_WORDS["she"]] - logits[:, TARGET_WORDS["he"]]
    return (-odds.abs()).sigmoid()


@pytest.fixture(scope="module", params=[0, 1, 2])
def translator(request):
    return learn_to_translate(OPEN + MARKED, request.param)


def test_the_likeliest_pronoun_is_always_the_majoritys_and_the_source_is_obeyed(translator):
    start = [TARGET_WORDS["."]]
    questions = SOURCE_WORDS.encode([s for s, _ in OPEN])
    first = translate(translator, questions, start=start, length=5)[:, 0]
    job = [t.split()[4] for _, t in OPEN]
    majority = torch.tensor([JOBS[j] > 0.5 for j in job])
    assert torch.equal(first == TARGET_WORDS["she"], majority)
    assert obeys(translator) == 1
    assert float(rarer_chance(translator, OPEN).min()) < 0.2


def test_drawing_keeps_the_shares_and_both_can_be_had(translator):
    start = [TARGET_WORDS["."]]
    questions = SOURCE_WORDS.encode([s for s, _ in OPEN] * 10)
    share = torch.tensor([JOBS[t.split()[4]] for _, t in OPEN] * 10)
    chance = torch.Generator().manual_seed(0)
    drawn = translate(translator, questions, start=start, length=1, generator=chance)[:, 0]
    found = (drawn == TARGET_WORDS["she"]).double()
    for p in JOBS.values():
        assert float(found[share == torch.tensor(p)].mean()) == pytest.approx(p, abs=0.12)
    she, he = (
        translate(translator, questions[:160], start=[*start, TARGET_WORDS[w]], length=4)
        for w in ("she", "he")
    )
    assert torch.equal(she, he)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_augmenting_both_sides_keeps_listening_and_one_side_does_not(seed):
    pairs, marks = OPEN + MARKED, [("man"[::-1], "woman"[::-1])]
    both = [(text.swap_gender(s, pairs=marks), text.swap_gender(t)) for s, t in pairs]
    fair = learn_to_translate(pairs + both, seed)
    assert obeys(fair) == 1
    assert float(rarer_chance(fair, OPEN).min()) > 0.3  # where the source is silent
    assert float(rarer_chance(fair, MARKED).max()) < 0.1
    hasty = learn_to_translate(
        pairs + [(s, t) for (s, _), (_, t) in zip(pairs, both, strict=True)], seed, 120
    )
    assert obeys(hasty) < 0.8


def test_the_translator_refuses_bad_input(translator):
    question = SOURCE_WORDS.encode([OPEN[0][0]])
    with pytest.raises(ValueError, match="start"):
        translate(translator, question, start=[], length=2)
    with pytest.raises(ValueError, match="length"):
        translate(translator, question, start=[0], length=0)
    with pytest.raises(ValueError, match="width"):
        Translator(3, 3, width=7)
    fresh = Translator(len(SOURCE_WORDS), len(TARGET_WORDS))
    with pytest.raises(ValueError, match="training mode"):
        translate(fresh, question, start=[0], length=1)


# words that the parallel text does not have


@pytest.mark.filterwarnings("ignore::sdl_lib.data.KnownProblems")
def test_word_vectors_guess_the_pronoun_of_unseen_jobs_and_neutralised_ones_still_do():
    lists, (names, vectors) = word_lists(), googlenews()
    number = {word: i for i, word in enumerate(names)}
    jobs = [j for j in lists.percent_female if j in number]
    odds = (torch.tensor([lists.percent_female[j] for j in jobs]).double() / 100).logit().numpy()
    raw = vectors[[number[j] for j in jobs]].double()
    pairs = torch.stack([vectors[[number[a], number[b]]] for a, b in lists.definitional])
    g = text.gender_subspace(pairs.double()).directions[0]
    found = []
    for x in (raw, text.neutralise(raw, g)):
        guess = cross_val_predict(Ridge(alpha=0.1), x.numpy(), odds, cv=LeaveOneOut())
        found.append(np.corrcoef(guess, odds)[0, 1])
    assert found[0] > 0.5
    assert found[0] > found[1] > 0.25
