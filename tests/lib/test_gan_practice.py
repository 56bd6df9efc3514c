"""GANs in practice: losses, penalties, the loop, and the tricks against laws and closed forms."""

import copy
import json
import math

import pytest
import torch
from scipy.optimize import brentq
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from torch.nn.utils.parametrizations import spectral_norm

from experiments import gan_tricks
from sdl_lib.gan import (
    MappingNetwork,
    MinibatchDiscrimination,
    adagan,
    adagan_weights,
    adain,
    batch_similarity,
    clip_weights,
    density_ratio,
    discriminator_loss,
    feature_matching,
    generator_loss,
    gradient_norms,
    gradient_penalty,
    mode_coverage,
    ring_centres,
    ring_networks,
    ring_of_gaussians,
    train_gan,
    truncate,
)
from sdl_lib.gan.player import Player
from sdl_lib.gan.tricks import RECORD, TRICKS, balance, networks, run_trick, tricks_record


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)


def small_game(**options):
    generator, discriminator = ring_networks(seed=1, hidden=8, pack=options.get("pack", 1))
    data = ring_of_gaussians(64, chance=seeded())
    history = train_gan(
        generator,
        discriminator,
        data,
        **{"steps": 6, "latent": 2, "batch_size": 8, "chance": seeded(3), **options},
    )
    return generator, discriminator, history


# Losses


@pytest.mark.parametrize("label", [1.0, 0.9, 0.7])
def test_the_loss_of_the_discriminator_is_torchs_cross_entropy(label):
    real, fake = noise(20), noise(15, seed=1)
    expected = cross_entropy(real, torch.full_like(real, label))
    expected = expected + cross_entropy(fake, torch.zeros_like(fake))
    torch.testing.assert_close(discriminator_loss(real, fake, smoothing=label), expected)


def test_the_losses_of_the_generator():
    fake = noise(15)
    d = fake.sigmoid()
    expected = {
        "minimax": (1 - d).log().mean(),
        "non-saturating": -d.log().mean(),
        "wasserstein": -fake.mean(),
        "hinge": -fake.mean(),
    }
    for kind, value in expected.items():
        torch.testing.assert_close(generator_loss(fake, kind=kind), value)


def test_hinge_and_wasserstein():
    real, fake = torch.tensor([2.0, 0.0]), torch.tensor([-3.0, 1.0])
    assert float(discriminator_loss(real, fake, kind="hinge")) == 0.5 + 1
    assert float(discriminator_loss(real, fake, kind="wasserstein")) == -2


def test_minimax_starves_a_generator_that_is_seen_through():
    slope = {}
    for kind in ("minimax", "non-saturating"):
        fake = torch.tensor([-10.0], requires_grad=True)
        (slope[kind],) = torch.autograd.grad(generator_loss(fake, kind=kind), fake)
    assert abs(float(slope["minimax"])) < 1e-4
    assert abs(float(slope["non-saturating"])) > 0.99


@pytest.mark.parametrize("label", [1.0, 0.9, 0.6])
def test_the_best_discriminator_under_smoothing_tops_at_the_label(label):
    """D* = a p / (p + q): the minimum of the loss in a single point, found by its zero slope."""
    for p, q in ((0.5, 0.5), (0.9, 0.1), (1.0, 1e-9), (0.2, 0.8)):

        def slope(logit, p=p, q=q):
            z = torch.tensor([logit], dtype=torch.float64, requires_grad=True)
            far = torch.tensor([-800.0], dtype=torch.float64)
            called_real = discriminator_loss(z, far, smoothing=label)
            called_fake = discriminator_loss(-far, z)
            (g,) = torch.autograd.grad(p * called_real + q * called_fake, z)
            return float(g)

        best = 1 / (1 + math.exp(-brentq(slope, -30, 30, xtol=1e-12)))
        assert best == pytest.approx(label * p / (p + q), abs=1e-8)
        assert best <= label + 1e-8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "least squares"}, "kind"),
        ({"smoothing": 0.0}, "smoothing"),
        ({"smoothing": 1.2}, "smoothing"),
        ({"kind": "hinge", "smoothing": 0.9}, "smoothing"),
    ],
)
def test_bad_losses(options, message):
    with pytest.raises(ValueError, match=message):
        discriminator_loss(noise(3), noise(3), **options)


def test_logits_have_one_dimension():
    with pytest.raises(ValueError, match="fake"):
        generator_loss(noise(3, 1))
    with pytest.raises(ValueError, match="real"):
        discriminator_loss(noise(0), noise(3))


# Slopes


def test_the_penalty_on_an_affine_critic_is_in_closed_form():
    w = torch.tensor([3.0, 4.0], dtype=torch.float64)
    found = gradient_penalty(lambda x: x @ w + 1, noise(9, 2), noise(9, 2, seed=1), weight=10)
    assert float(found) == pytest.approx(10 * (5 - 1) ** 2)
    assert gradient_norms(lambda x: x @ w, noise(4, 2)).tolist() == pytest.approx([5.0] * 4)


def test_the_penalty_can_be_differentiated_twice():
    _, critic = ring_networks(seed=0, hidden=6)
    critic.double()
    real, fake = noise(5, 2), noise(5, 2, seed=1)

    def value(chance):
        return gradient_penalty(critic, real, fake, chance=seeded(chance))

    (slope,) = torch.autograd.grad(value(2), critic[0].weight)
    both = []
    for move in (1e-6, -2e-6):
        with torch.no_grad():
            critic[0].weight[0, 0] += move
        both.append(value(2).item())
    up, down = both
    assert (up - down) / 2e-6 == pytest.approx(float(slope[0, 0]), abs=1e-5)


def test_clipping_bounds_each_weight_and_so_the_slope():
    _, critic = ring_networks(seed=0)
    clip_weights(critic, c=0.1)
    assert max(float(p.detach().abs().max()) for p in critic.parameters()) <= 0.1 + 1e-7
    bound = math.prod(
        float(torch.linalg.matrix_norm(layer.weight.detach(), 2))
        for layer in critic
        if isinstance(layer, nn.Linear)
    )
    assert float(gradient_norms(critic, torch.randn(200, 2)).max()) <= bound + 1e-6
    with pytest.raises(ValueError, match="c:"):
        clip_weights(critic, c=-1)


def test_torchs_spectral_norm_is_the_top_singular_value_and_makes_a_critic_1_lipschitz():
    _, critic = ring_networks(seed=0)
    for layer in critic:
        if isinstance(layer, nn.Linear):
            before = layer.weight.detach().clone()
            spectral_norm(layer, n_power_iterations=50)
            top = torch.linalg.svdvals(before)[0]
            torch.testing.assert_close(layer.weight, before / top, atol=2e-3, rtol=0)
    critic.eval()
    assert float(gradient_norms(critic, torch.randn(200, 2)).max()) <= 1.001


def test_bad_penalties():
    with pytest.raises(ValueError, match="fake"):
        gradient_penalty(lambda x: x.sum(1), noise(3, 2), noise(4, 2))
    with pytest.raises(ValueError, match="weight"):
        gradient_penalty(lambda x: x.sum(1), noise(3, 2), noise(3, 2), weight=-1)


# Ring and coverage


def test_the_ring_has_the_means_and_deviations_that_it_is_given():
    x = ring_of_gaussians(20000, modes=5, radius=3.0, sd=0.1, chance=seeded())
    centres = ring_centres(5, radius=3.0)
    distance, which = torch.cdist(x, centres).min(1)
    assert torch.bincount(which).min() > 3700
    for k in range(5):
        torch.testing.assert_close(x[which == k].mean(0), centres[k], atol=0.01, rtol=0)
    assert float(distance.square().mean().sqrt()) == pytest.approx(0.1 * 2**0.5, rel=0.02)


def test_coverage_counts_modes_with_a_part_of_their_share():
    centres = ring_centres()
    everything = mode_coverage(centres.repeat(10, 1), centres)
    assert (everything.covered, everything.near) == (8, 1.0)
    assert everything.counts.tolist() == [10] * 8
    one = mode_coverage(centres[:1].repeat(10, 1), centres)
    assert (one.covered, one.near) == (1, 1.0)
    nowhere = mode_coverage(torch.zeros(10, 2), centres)
    assert (nowhere.covered, nowhere.near) == (0, 0.0)
    few = torch.cat([centres[:1].repeat(98, 1), centres[1:2].repeat(2, 1)])
    assert mode_coverage(few, centres).covered == 1  # 2 of 100 is less than a quarter of 12.5
    assert mode_coverage(few, centres, least=0.1).covered == 2


def test_bad_rings():
    with pytest.raises(ValueError, match="modes"):
        ring_centres(0)
    with pytest.raises(ValueError, match="samples"):
        mode_coverage(torch.zeros(3, 3), ring_centres())
    with pytest.raises(ValueError, match="within"):
        mode_coverage(torch.zeros(3, 2), ring_centres(), within=-1)
    with pytest.raises(ValueError, match="sd"):
        ring_of_gaussians(3, sd=-1.0, chance=seeded())


# The loop


def test_one_step_is_the_textbooks():
    """Against a loop written out with torch's Adam, network for network."""
    generator, discriminator = ring_networks(seed=1, hidden=8)
    data = ring_of_gaussians(64, chance=seeded())
    chance = seeded(3)
    adams = [
        torch.optim.Adam(net.parameters(), lr=1e-3, betas=(0.5, 0.999))
        for net in (generator, discriminator)
    ]
    for _ in range(3):
        real = data[torch.randint(64, (8,), generator=chance)]
        fake = generator(torch.randn(8, 2, generator=chance)).detach()
        ones, zeros = torch.ones(8), torch.zeros(8)
        loss = cross_entropy(discriminator(real), ones)
        loss = loss + cross_entropy(discriminator(fake), zeros)
        adams[1].zero_grad()
        loss.backward()
        adams[1].step()
        verdict = discriminator(generator(torch.randn(8, 2, generator=chance)))
        adams[0].zero_grad()
        cross_entropy(verdict, ones).backward()
        adams[0].step()
    ours, theirs, history = small_game(steps=3)
    for expected, found in ((generator, ours), (discriminator, theirs)):
        for a, b in zip(expected.parameters(), found.parameters(), strict=True):
            torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5)
    assert history.d_loss[-1] == pytest.approx(float(loss.detach()), abs=1e-6)


def test_a_resumed_training_is_the_uninterrupted_one():
    whole, _, _ = small_game(steps=10)
    generator, discriminator, history = small_game(steps=4)
    saved = copy.deepcopy(history)
    options = {"latent": 2, "batch_size": 8}
    data = ring_of_gaussians(64, chance=seeded())
    more = train_gan(generator, discriminator, data, steps=6, resume=history, **options)
    for a, b in zip(whole.parameters(), generator.parameters(), strict=True):
        assert torch.equal(a, b)
    assert more.steps == len(more.d_loss) == len(more.g_loss) == 10
    assert (history.steps, history.d_loss) == (saved.steps, saved.d_loss)


def test_the_loop_touches_nothing_but_the_two_networks():
    state = torch.random.get_rng_state()
    data = ring_of_gaussians(64, chance=seeded())
    before = data.clone()
    generator, discriminator = ring_networks(seed=1, hidden=8)
    train_gan(generator, discriminator, data, steps=3, latent=2, batch_size=8)
    assert torch.equal(data, before)
    assert torch.equal(torch.random.get_rng_state(), state)
    for net in (generator, discriminator):
        assert not net.training
        assert all(p.grad is None for p in net.parameters())


def test_frozen_weights_stay():
    generator, discriminator = ring_networks(seed=1, hidden=8)
    generator[0].requires_grad_(False)
    frozen = generator[0].weight.clone()
    data = ring_of_gaussians(64, chance=seeded())
    train_gan(generator, discriminator, data, steps=3, latent=2, batch_size=8)
    assert torch.equal(generator[0].weight, frozen)
    assert not generator[0].weight.requires_grad


def test_the_watcher_sees_the_start_each_interval_and_the_end():
    modes = []

    def watch(net, step):
        modes.append(net.training)
        return step

    _, _, history = small_game(steps=5, watch=watch, every=2)
    assert history.seen == [(0, 0), (2, 2), (4, 4), (5, 5)]
    assert not any(modes)


def test_steps_of_each_player_and_schedules():
    counts = []
    small_game(steps=4, d_steps=3, constrain=lambda d: counts.append(1))
    assert len(counts) == 12
    asked = []

    def schedule(step, d_loss, g_loss):
        asked.append((step, d_loss, g_loss))
        return (1, 0)

    generator, _, history = small_game(steps=3, schedule=schedule)
    start, _ = ring_networks(seed=1, hidden=8)
    assert torch.equal(generator[0].weight, start[0].weight)  # the generator was never updated
    assert asked[1][1] == pytest.approx(history.d_loss[0])
    assert balance(1, 2.0, 0.5) == (1, 0)
    assert balance(1, 0.5, 2.0) == (0, 1)


def test_pack_joins_examples_along_the_second_dimension():
    seen = []

    class Judge(nn.Linear):
        def forward(self, x):
            seen.append(tuple(x.shape))
            return super().forward(x)[:, 0]

    generator, _ = ring_networks(seed=0)
    data = ring_of_gaussians(64, chance=seeded())
    train_gan(generator, Judge(6, 1), data, steps=1, latent=2, batch_size=8, pack=3)
    assert set(seen) == {(8, 6)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": -1}, "steps"),
        ({"d_steps": 0}, "d_steps"),
        ({"pack": 0}, "pack"),
        ({"loss": "mse"}, "loss"),
        ({"smoothing": 2.0}, "smoothing"),
    ],
)
def test_bad_games(options, message):
    with pytest.raises(ValueError, match=message):
        small_game(**options)


# Tricks


def test_minibatch_discrimination_of_a_collapsed_batch_is_n_minus_1_exactly():
    same = noise(1, 3, 2).expand(12, -1, -1)
    assert bool((batch_similarity(same) == 11).all())
    layer = MinibatchDiscrimination(5, rows=3, columns=2).double()
    out = layer(noise(1, 5).expand(12, -1)).detach()
    assert out.shape == (12, 8)  # equal rows of a product may differ in their last digit
    torch.testing.assert_close(out[:, 5:], torch.full((12, 3), 11.0, dtype=torch.float64))


def test_similarity_is_the_formula():
    m = noise(6, 3, 2)
    apart = (m[:, None] - m[None]).abs().sum(-1)
    expected = torch.exp(-apart).sum(1) - 1
    torch.testing.assert_close(batch_similarity(m), expected)
    far = 1e3 * torch.arange(4.0)[:, None, None]
    assert bool((batch_similarity(far) == 0).all())
    with pytest.raises(ValueError, match="projected"):
        batch_similarity(noise(3, 3))


def test_feature_matching():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)).double()
    x, y = noise(7, 2), noise(9, 2, seed=1)
    assert float(feature_matching(net, x, x[torch.randperm(7)], depth=2).detach()) < 1e-20
    expected = (net[0](x).mean(0) - net[0](y).mean(0)).square().sum()
    torch.testing.assert_close(feature_matching(net, x, y, depth=1), expected)
    with pytest.raises(ValueError, match="depth"):
        feature_matching(net, x, y, depth=4)


@pytest.mark.parametrize("beta", [0.1, 0.5, 1.0])
def test_adagan_weights_sum_to_one_and_are_those_of_a_root_finder(beta):
    ratio = 3 * torch.rand(50, generator=seeded(), dtype=torch.float64)
    found = adagan_weights(ratio, beta=beta)

    def weights(level):
        return (level - (1 - beta) * ratio).clamp(min=0) / (50 * beta)

    level = brentq(lambda v: float(weights(v).sum()) - 1, 0, 10, xtol=1e-14)
    torch.testing.assert_close(found, weights(level), atol=1e-10, rtol=0)
    assert float(found.sum()) == pytest.approx(1)
    order = ratio.argsort()
    assert bool((found[order].diff() <= 1e-15).all())  # the better covered, the lighter
    same = adagan_weights(torch.ones(10), beta=beta)
    torch.testing.assert_close(same, torch.full((10,), 0.1))


def test_adagan_looks_for_what_is_missing():
    centres = ring_centres()
    data = ring_of_gaussians(2000, chance=seeded())
    half = data[data[:, 1] > 0]
    ratio = density_ratio(half, data, epochs=10)
    weights = adagan_weights(ratio, beta=0.5)
    assert float(weights[data[:, 1] < -0.5].sum()) > 0.6
    assert float(weights[data[:, 1] > 0.5].sum()) < 0.1

    class Copy(nn.Module):
        """A "GAN" that knows only the heaviest mode."""

        def __init__(self, x):
            super().__init__()
            which = torch.cdist(x, centres).argmin(1)
            self.x = x[which == torch.bincount(which, minlength=8).argmax()]

        def forward(self, z):
            return self.x[: len(z)] if len(z) <= len(self.x) else self.x.repeat(99, 1)[: len(z)]

    found = adagan(data, lambda x, t: Copy(x), rounds=4, latent=2, chance=seeded())
    covered = [mode_coverage(m.sample(800, chance=seeded()), centres).covered for m in found]
    assert covered == sorted(covered)
    assert covered[-1] >= 3
    assert found[-1].weights == (0.25,) * 4


def test_bad_adagan():
    with pytest.raises(ValueError, match="ratio"):
        adagan_weights(torch.tensor([-1.0, 1]), beta=0.5)
    with pytest.raises(ValueError, match="beta"):
        adagan_weights(torch.ones(3), beta=0.0)


def test_truncation_scales_the_spread_by_psi():
    mapping = MappingNetwork(4).double()
    with torch.no_grad():
        w = mapping(noise(100, 4))
    mean = w.mean(0)
    torch.testing.assert_close(truncate(w, mean, psi=0.5).var(0), 0.25 * w.var(0))
    torch.testing.assert_close(truncate(w, mean, psi=1.0), w)
    assert torch.equal(truncate(w, mean, psi=0.0), mean.expand_as(w))
    torch.testing.assert_close(mapping(3 * noise(5, 4)), mapping(noise(5, 4)), atol=1e-5, rtol=1e-4)
    with pytest.raises(ValueError, match="mean"):
        truncate(w, mean[:2], psi=1)


def test_adain_gives_each_channel_its_mean_and_deviation():
    x, scale, shift = noise(3, 2, 8, 8), noise(3, 2, seed=1), noise(3, 2, seed=2)
    y = adain(x, scale, shift, eps=0.0)
    torch.testing.assert_close(y.mean((2, 3)), shift)
    torch.testing.assert_close(y.std((2, 3), correction=0), scale.abs())
    with pytest.raises(ValueError, match="scale"):
        adain(x, scale[:1], shift)


@pytest.mark.parametrize("name", list(TRICKS))
def test_each_trick_runs(name):
    run = run_trick(name, seed=0, updates=24)
    assert run.trick == name
    assert 0 <= run.modes <= 8


def test_a_player_is_adam_bit_for_bit_and_goes_on_from_its_state():
    nets = [nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1)) for _ in range(2)]
    nets[1].load_state_dict(nets[0].state_dict())
    for net in nets:
        net.register_parameter("idle", nn.Parameter(torch.ones(3)))
    x = torch.randn(16, 2, generator=seeded())
    player, adam = (
        Player(nets[0], 0.1, (0.5, 0.999)),
        torch.optim.Adam(nets[1].parameters(), lr=0.1, betas=(0.5, 0.999), fused=True),
    )
    for step in range(6):
        if step == 3:
            state = copy.deepcopy(player.state())
            player = Player(nets[0], 0.1, (0.5, 0.999))
            player.resume(state)
        player.update(nets[0](x).square().mean())
        adam.zero_grad()
        nets[1](x).square().mean().backward()
        adam.step()
    for ours, torchs in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        assert torch.equal(ours, torchs)
    assert nets[0].idle.tolist() == [1, 1, 1]


def test_tricks_change_the_networks_as_they_say():
    plain, deeper = (networks(TRICKS[name], seed=0)[1] for name in ("plain", "deeper D"))
    assert len(deeper) == len(plain) + 2
    bounded, _ = networks(TRICKS["data in [-1, 1], tanh"], seed=0)
    assert float(bounded(100 * torch.randn(50, 2)).detach().abs().max()) <= 1


# Claims of the chapter, from the record (3 seeds each; the page runs one again)


def modes_of(name):
    found = [run.modes for run in tricks_record()[1] if run.trick == name]
    assert len(found) == 3
    return found


def test_five_generator_steps_collapse_and_one_does_not():
    assert sum(modes <= 2 for modes in modes_of("G 5 times a step")) >= 2
    assert sum(modes >= 7 for modes in modes_of("plain")) >= 2


def test_pacgan_helps():
    alone, packed = modes_of("G 5 times a step"), modes_of("5 times, PacGAN")
    assert sum(packed) > sum(alone)
    assert sum(b > a for a, b in zip(alone, packed, strict=True)) >= 2


def test_balancing_the_losses_ruins_the_game_and_bounded_critics_cover():
    assert max(modes_of("balanced losses")) <= 2
    assert min(modes_of("WGAN, penalty") + modes_of("hinge, spectral norm")) >= 7


def test_the_record_is_complete_and_one_of_its_runs_is_repeated():
    told, runs = tricks_record()
    assert {"device", "versions", "date", "updates", "command"} <= told.keys()
    assert [run.trick for run in runs] == [name for name in TRICKS for _ in range(3)]
    assert abs(run_trick("plain", seed=0).modes - modes_of("plain")[0]) <= 1


def test_the_results_give_the_shipped_record(tmp_path):
    out = tmp_path / "runs.jsonl"
    out.write_bytes(gan_tricks.OUT.read_bytes())
    gan_tricks.publish(out, tmp_path / "record.json")
    assert (tmp_path / "record.json").read_bytes() == RECORD.read_bytes()
    summary = json.loads(out.with_suffix(".json").read_text())
    assert {"commit", "device", "date", "seconds", "runs"} <= summary.keys()
    (tmp_path / "none.jsonl").touch()
    with pytest.raises(ValueError, match=r"^out:"):
        gan_tricks.publish(tmp_path / "none.jsonl", tmp_path / "record.json")


def test_a_restart_does_what_is_missing(tmp_path, monkeypatch):
    did = []

    def work(name, seed):
        did.append((name, seed))
        return {"trick": name, "seed": seed}

    monkeypatch.setattr(gan_tricks, "work", work)
    out = tmp_path / "runs.jsonl"
    tasks = [("plain", 0), ("deeper D", 0), ("plain", 1)]
    gan_tricks.run(tasks[:1], out, jobs=1, scheduler=None)
    gan_tricks.run(tasks, out, jobs=1, scheduler=None)
    assert did == tasks
    with out.open("a") as file:
        file.write('{"trick": "pl')  # a run that was cut off
    assert [one["seed"] for one in gan_tricks.read(out)] == [0, 0, 1]
    assert len(out.read_text().splitlines()) == 4
    assert json.loads(out.read_text().splitlines()[1])["trick"] == "deeper D"
