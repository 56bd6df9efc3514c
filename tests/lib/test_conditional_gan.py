"""Conditional GANs: captions and their reader, wrong pairs, the equilibrium, sound to picture."""

import re

import pytest
import torch
from scipy.optimize import minimize
from scipy.stats import spearmanr
from torch import nn

from sdl_lib import gan
from sdl_lib.data import (
    all_captions,
    caption_words,
    captioned_shapes,
    captions,
    draw_captions,
    encode_captions,
    fountains,
    jet_height,
    jet_height_of,
    parse_caption,
    passports,
    sound_bands,
)
from sdl_lib.models import CaptionDiscriminator, CaptionGenerator, load, weights
from tools import make_data


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


# captions and pictures


def test_every_caption_is_parsed_back():
    every = all_captions()
    assert len(every) == 216
    assert len(every.unique(dim=0)) == 216
    texts = captions(every)
    assert "a small red circle left of a blue square" in texts
    assert torch.equal(torch.stack([parse_caption(text) for text in texts]), every)


def test_encoding_has_one_word_for_each_slot():
    every = all_captions()
    code = encode_captions(every)
    assert code.shape == (216, sum(len(slot) for slot in caption_words()))
    parts = code.split([len(slot) for slot in caption_words()], dim=1)
    for i, part in enumerate(parts):
        assert torch.equal(part.sum(1), torch.ones(216))
        assert torch.equal(part.argmax(1), every[:, i])


def test_pictures_follow_the_seed_and_stay_in_the_box():
    x, words = captioned_shapes(60, generator=chance(4))
    again, same = captioned_shapes(60, generator=chance(4))
    assert torch.equal(x, again)
    assert torch.equal(words, same)
    assert x.shape == (60, 3, 32, 32)
    assert 0 <= float(x.min()) <= float(x.max()) <= 1
    still = draw_captions(words, jitter=0)
    assert torch.equal(still, draw_captions(words, generator=chance(9), jitter=0))
    assert captioned_shapes(0)[0].shape == (0, 3, 32, 32)


def test_a_picture_is_what_the_caption_says():
    x = draw_captions(parse_caption("a small red circle left of a blue square")[None], jitter=0)[0]
    assert float(x[0, 16, 8]) > 0.8 > 0.3 > float(x[2, 16, 8])
    assert float(x[2, 16, 23]) > 0.8 > 0.3 > float(x[0, 16, 23])
    large = draw_captions(parse_caption("a large red circle above a blue square")[None], jitter=0)
    area = (large[0, 1] < 0.5).sum(1)[:16].sum()
    assert float(area) == pytest.approx(torch.pi * 49, rel=0.12)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_reader_reads_drawn_pictures(seed):
    x, words = captioned_shapes(200, generator=chance(seed))
    assert float((gan.read_captions(x) == words).all(1).double().mean()) >= 0.99


def test_the_reader_is_exact_without_jitter_and_bears_emptiness():
    every = all_captions()[::5]
    assert torch.equal(gan.read_captions(draw_captions(every, jitter=0)), every)
    assert gan.read_captions(torch.zeros(0, 3, 32, 32)).shape == (0, 6)
    for value in (0.0, 0.95, 1.0):
        assert gan.read_captions(torch.full((1, 3, 32, 32), value)).shape == (1, 6)


def test_the_shipped_words_are_those_of_the_maker():
    assert make_data.caption_words() == passports.shipped(make_data.DATA / "captions.txt")


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (lambda: parse_caption("a cat"), "text: expected a caption"),
        (lambda: parse_caption("a small red circle left of a red square"), "text"),
        (lambda: captions(torch.zeros(2, 6)), "words: .*int64"),
        (lambda: captions(torch.zeros(2, 5).long()), r"words: expected shape \(n, 6\)"),
        (lambda: captions(torch.zeros(1, 6).long()), "words: expected two colours"),
        (lambda: encode_captions(torch.tensor([[2, 0, 0, 0, 1, 0]])), "words: expected numbers"),
        (lambda: draw_captions(all_captions()[:1], jitter=-1), "jitter"),
        (lambda: captioned_shapes(-1), "n: "),
        (lambda: gan.read_captions(torch.zeros(1, 3, 28, 28)), r"x: expected shape"),
        (lambda: gan.read_captions(torch.full((1, 3, 32, 32), 2.0)), "x: expected pixel"),
    ],
)
def test_bad_captions_and_pictures_are_refused(bad, said):
    with pytest.raises(ValueError, match=said):
        bad()


# the networks and their parts


def test_conditional_batch_norm_starts_as_batch_norm_and_is_the_formula():
    x, c = torch.randn(16, 5, 3, 3, generator=chance()), torch.randn(16, 4, generator=chance(1))
    layer, plain = gan.ConditionalBatchNorm2d(5, 4), nn.BatchNorm2d(5, affine=False)
    torch.testing.assert_close(layer(x, c), plain(x))
    with torch.no_grad():
        layer.style.weight.copy_(torch.randn(10, 4, generator=chance(2)))
        layer.style.bias.copy_(torch.randn(10, generator=chance(3)))
    scale, shift = layer.style(c)[..., None, None].chunk(2, dim=1)
    mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)
    normal = (x - mean[:, None, None]) / (variance[:, None, None] + 1e-5).sqrt()
    torch.testing.assert_close(layer(x, c), (1 + scale) * normal + shift)
    with pytest.raises(ValueError, match=r"c: expected shape \(16, 4\)"):
        layer(x, c[:, :3])
    with pytest.raises(ValueError, match="channels"):
        gan.ConditionalBatchNorm2d(0, 4)


def test_the_loss_is_that_of_the_paper():
    real, fake, wrong = torch.randn(3, 50, generator=chance()).double()
    s = torch.sigmoid
    paper = -(s(real).log() + ((1 - s(wrong)).log() + (1 - s(fake)).log()) / 2).mean()
    torch.testing.assert_close(gan.matching_aware_loss(real, fake, wrong), paper)
    hinge = gan.matching_aware_loss(real, fake, fake, kind="hinge")
    torch.testing.assert_close(hinge, gan.discriminator_loss(real, fake, kind="hinge"))
    with pytest.raises(ValueError, match="kind"):
        gan.matching_aware_loss(real, fake, wrong, kind="other")


def test_wrong_pairs_are_wrong_and_even():
    c = torch.eye(4)[torch.arange(4).repeat_interleave(500)]
    other = gan.mismatched(c, generator=chance())
    assert not (other == c).all(1).any()
    table = torch.stack([other[c[:, k] == 1].sum(0) for k in range(4)])
    assert (table[~torch.eye(4).bool()] - 500 / 3).abs().max() < 60
    with pytest.raises(ValueError, match="c: expected at least two"):
        gan.mismatched(torch.ones(5, 3))


def test_networks_have_their_shapes_and_sizes():
    drawer, judge = CaptionGenerator(), CaptionDiscriminator()
    c = encode_captions(all_captions()[:5])
    drawn = drawer(torch.randn(5, 8, generator=chance()), c)
    assert drawn.shape == (5, 3, 32, 32)
    assert float(drawn.detach().abs().max()) <= 1
    assert judge(drawn, c).shape == (5,)
    assert 2 * sum(p.numel() for p in drawer.parameters()) <= 250_000
    # the logit of a caption is a sum over its words: the difference of two that share all but
    # one does not depend on the others
    h = torch.rand(1, 3, 32, 32, generator=chance()).expand(4, -1, -1, -1)
    words = torch.tensor([[0, 0, 0, 0, 1, 0], [1, 0, 0, 0, 1, 0], [0, 2, 1, 1, 1, 2]])
    words = torch.cat([words, torch.tensor([[1, 2, 1, 1, 1, 2]])])
    found = judge.eval()(h, encode_captions(words)).detach().double()
    assert float(found[1] - found[0]) == pytest.approx(float(found[3] - found[2]), abs=1e-5)


# the game on eight modes: what the discriminator sees decides


def ring(sees, seed, steps=300):
    source, centres = chance(seed), gan.ring_centres()
    x = gan.ring_of_gaussians(4096, chance=source)
    c = torch.eye(8)[torch.cdist(x, centres).argmin(1)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        nets = [gan.Joined(mlp(10, out)) for out in (2, 1)]
    gan.train_conditional_gan(*nets, x, c, steps=steps, latent=2, sees=sees, lr=2e-3, chance=source)
    wanted = torch.arange(8).repeat(100)
    with torch.no_grad():
        drawn = nets[0](torch.randn(800, 2, generator=chance(9)), torch.eye(8)[wanted])
    return float((torch.cdist(drawn, centres).argmin(1) == wanted).double().mean())


def mlp(inputs, outputs, width=64):
    return nn.Sequential(
        *(nn.Linear(inputs, width), nn.ReLU()),
        *(nn.Linear(width, width), nn.ReLU()),
        nn.Linear(width, outputs),
    )


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_blind_discriminator_lets_the_condition_be_ignored(seed):
    assert ring("example", seed) <= 0.25
    assert ring("pair", seed) >= 0.8


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_wrong_pairs_make_the_condition_count_sooner(seed):
    assert ring("wrong pairs", seed, steps=90) >= 0.8
    assert ring("pair", seed, steps=90) <= 0.375


def test_training_is_repeated_by_its_seed_and_leaves_the_world_alone():
    before = torch.random.get_rng_state()
    assert ring("wrong pairs", 0, steps=5) == ring("wrong pairs", 0, steps=5)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_bad_settings_are_named():
    nets = gan.Joined(mlp(4, 2)), gan.Joined(mlp(4, 1))
    x, c = torch.randn(9, 2), torch.eye(2)[torch.arange(9) % 2]
    for said, options in (
        ("steps", {"steps": 0}),
        ("sees", {"sees": "all"}),
        ("loss", {"loss": "mse"}),
        ("c: expected one", {"c": c[:4]}),
        ("batch_size", {"batch_size": 0}),
    ):
        with pytest.raises(ValueError, match=said):
            gan.train_conditional_gan(*nets, **{"x": x, "c": c, "steps": 2, "latent": 2, **options})


# the equilibrium with wrong pairs


def test_without_overlap_the_equilibrium_is_the_data():
    p = torch.eye(3).double().repeat_interleave(2, 1) / 2
    torch.testing.assert_close(gan.matching_equilibrium(p), p)
    same = torch.tensor([[0.3, 0.7], [0.3, 0.7]]).double()
    torch.testing.assert_close(gan.matching_equilibrium(same), same)


def test_overlap_is_exaggerated():
    p = torch.tensor([[0.6, 0.4], [0.4, 0.6]]).double()
    expected = torch.tensor([[0.7, 0.3], [0.3, 0.7]]).double()
    torch.testing.assert_close(gan.matching_equilibrium(p), expected)
    p = torch.tensor([[0.8, 0.2], [0.2, 0.8]]).double()
    torch.testing.assert_close(gan.matching_equilibrium(p), torch.eye(2).double())


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_nothing_has_a_smaller_divergence(seed):
    p = torch.rand(3, 5, generator=chance(seed)).double().square()
    p = p / p.sum(1, keepdim=True)
    prior = torch.tensor([0.5, 0.3, 0.2]).double()
    joint, wrong = prior[:, None] * p, prior[:, None] * (prior @ p)

    def apart(q):
        mix = (prior[:, None] * q + wrong) / 2
        return gan.jsd(joint.flatten(), mix.flatten()).item()

    found = gan.matching_equilibrium(p, prior)
    torch.testing.assert_close(found.sum(1), torch.ones(3).double())

    def of(flat):
        return apart(torch.tensor(flat).view(3, 5).softmax(1))

    best = minimize(of, (p + 1e-3).log().flatten().numpy(), method="L-BFGS-B").fun
    assert apart(found) <= best + 1e-6
    assert best == pytest.approx(apart(found), abs=2e-4)
    assert apart(found) <= apart(p)


@pytest.mark.parametrize(
    ("p", "prior", "said"),
    [
        (torch.tensor([[0.5, 0.6]]).double(), None, "p: expected chances"),
        (torch.tensor([[1.5, -0.5]]).double(), None, "p: expected chances"),
        (torch.zeros(3).double(), None, "p: expected shape"),
        (torch.eye(2).double(), torch.ones(2).double(), "prior: expected chances"),
        (torch.eye(2).double(), torch.ones(3).double() / 3, "prior: expected shape"),
    ],
)
def test_equilibrium_refuses_what_is_no_distribution(p, prior, said):
    with pytest.raises(ValueError, match=said):
        gan.matching_equilibrium(p, prior)


# sound and picture


def test_the_jet_is_as_high_as_the_water_is_loud():
    made = fountains(400, generator=chance(2))
    again = fountains(400, generator=chance(2))
    assert all(torch.equal(a, b) for a, b in zip(made, again, strict=True))
    assert made.sound.shape == (400, 2000)
    assert float(made.sound.abs().max()) <= 1
    assert 0 <= float(made.x.min()) <= float(made.x.max()) <= 1
    assert (jet_height(made.x) - jet_height_of(made.db)).abs().max() <= 0.4
    level = 20 * made.sound.square().mean(1).sqrt().div(0.2).log10()
    torch.testing.assert_close(level, made.db, atol=0.05, rtol=0)


def test_ten_times_louder_is_one_more_in_each_band():
    sound = fountains(5, generator=chance(1)).sound / 10
    bands = sound_bands(torch.stack([sound[0], 10 * sound[0]]))
    assert bands.shape == (2, 80)
    loud = fountains(20).sound[fountains(20).db > -15] / 10
    change = sound_bands(10 * loud) - sound_bands(loud)
    torch.testing.assert_close(change, torch.ones_like(change), atol=0.02, rtol=0)
    with pytest.raises(ValueError, match="sound: expected shape"):
        sound_bands(torch.zeros(2, 100))
    with pytest.raises(ValueError, match="n: "):
        fountains(0)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_picture_follows_the_loudness(seed):
    source = chance(seed)
    made, fresh = fountains(2000, generator=source), fountains(300, generator=source)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        drawer = gan.Joined(nn.Sequential(mlp(84, 256, 96), nn.Tanh()))
        judge = gan.Joined(mlp(336, 1, 96))
    gan.train_conditional_gan(
        *(drawer, judge, 2 * made.x.flatten(1) - 1, sound_bands(made.sound)),
        **{"steps": 500, "latent": 4, "sees": "pair", "lr": 2e-3, "batch_size": 64},
        decay=True,
        chance=source,
    )
    with torch.no_grad():
        drawn = drawer(torch.randn(300, 4, generator=source), sound_bands(fresh.sound))
    seen = jet_height((drawn.view(-1, 1, 16, 16) + 1) / 2)
    assert spearmanr(seen, fresh.db).statistic >= 0.8


# the shipped generators


def rate(name, seed):
    model, every = load(name), all_captions()
    z = torch.randn(len(every), 8, generator=chance(seed))
    with torch.no_grad():
        drawn = model.pictures(z, encode_captions(every))
    return float((gan.read_captions(drawn) == every).all(1).double().mean())


@pytest.mark.parametrize("seed", [2, 3, 4])
@pytest.mark.parametrize("name", ["captions-matching", "captions-pair"])
def test_the_generator_follows_its_captions(name, seed):
    measured = rate(name, seed)
    assert measured >= 0.8
    if seed == 2:
        made = passports.read(weights._FOLDER / f"{name}.toml").made
        assert measured == pytest.approx(float(re.search(r"right in (0\.\d+)", made)[1]), abs=0.01)
