"""Forged pictures: projection, spectra, laundering, marks, seals and borrowed manners."""

import json

import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

from sdl_lib import forgery, gan
from sdl_lib.data import mnist10k, photograph
from sdl_lib.forgery import blur, detect_watermark, eight_bit, embed_watermark, jpeg
from sdl_lib.models import load
from sdl_lib.training import predict


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def chance(seed):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def drawer():
    return load("dcgan")


def drawn(drawer, n, seed):
    with torch.no_grad():
        return eight_bit(drawer.pictures(torch.randn(n, 32, generator=chance(seed))))


# --- projection


class Linear(nn.Module):
    """Pictures .5 + A z with A of orthonormal columns: the projection has a closed form."""

    def __init__(self):
        super().__init__()
        self.a = torch.linalg.qr(torch.randn(16, 3, generator=chance(0)))[0]

    def pictures(self, z):
        return (0.5 + z @ self.a.T).unflatten(1, (1, 4, 4))


@pytest.mark.parametrize("proximity", [0.0, 0.5])
def test_a_linear_generator_is_projected_onto_by_least_squares(proximity):
    linear = Linear().eval()
    x = torch.rand(5, 1, 4, 4, generator=chance(1))
    anchor = torch.randn(5, 3, generator=chance(2)) * 0.1
    starts = torch.randn(2, 5, 3, generator=chance(3)) * 0.1
    found = gan.project(
        linear.pictures, x, starts, anchor=anchor, proximity=proximity, steps=250, lr=0.05
    )
    right = ((x.flatten(1) - 0.5) @ linear.a + proximity * anchor) / (1 + proximity)
    torch.testing.assert_close(found.z, right, atol=1e-4, rtol=0)


def test_pixels_outside_the_mask_do_not_count_and_the_best_start_wins(drawer):
    z = torch.randn(3, 32, generator=chance(4))
    x = drawer.pictures(z).detach()
    mask = torch.zeros_like(x)
    mask[..., :14] = 1
    other = torch.where(mask == 1, x, torch.rand(x.shape, generator=chance(5)))
    starts = torch.stack([torch.randn(3, 32, generator=chance(6)), z])
    here, there = (
        gan.project(drawer.pictures, v, starts, mask=mask, proximity=0.0, steps=2, lr=1e-6)
        for v in (x, other)
    )
    torch.testing.assert_close(here.z, there.z)
    torch.testing.assert_close(here.z, z, atol=1e-5, rtol=0)
    assert float(here.error.max()) < 1e-6
    assert all(p.grad is None for p in drawer.parameters())


def test_a_bar_across_a_one_becomes_a_seven(drawer):
    lenet, (x, y) = load("lenet5"), mnist10k("test")
    ones = x[y == 1]
    shares = []
    for seed in range(3):
        real = ones[12 * seed : 12 * seed + 12]
        guess = torch.randn(2, 12, 32, generator=chance(seed))
        at = gan.project(drawer.pictures, real, guess, steps=80).z
        before = drawer.pictures(at).detach()
        wish, mask = before.clone(), torch.zeros_like(before)
        mask[..., 4:7, 8:14] = wish[..., 4:7, 8:14] = 1
        near = at + torch.randn(6, 12, 32, generator=chance(seed + 9))
        edit = gan.project(
            drawer.pictures, wish, near, mask=mask, anchor=at, proximity=0.1, steps=80
        )
        left = (mask * (before - wish)).square().flatten(1).sum(1)
        assert edit.error.mean() < 0.6 * left.mean()
        read = predict(lenet, drawer.pictures(edit.z).detach()).argmax(1)
        shares.append(float((read == 7).double().mean()))
    assert sum(shares) / 3 > 0.45, shares


def test_what_was_not_trained_on_is_changed_the_most(drawer):
    x, y = mnist10k("test")
    odd = x[torch.isin(y, torch.tensor([2, 3, 4, 5, 6, 7, 9]))]
    for seed in range(3):
        usual = odd[8 * seed : 8 * seed + 8]
        guess = torch.randn(3, 8, 32, generator=chance(seed))
        here, there = (
            gan.project(drawer.pictures, v, guess, steps=80).error.mean()
            for v in (usual, usual.flip(3))
        )
        assert there > 1.2 * here


def test_projection_says_what_does_not_fit(drawer):
    x, starts = torch.rand(2, 1, 28, 28), torch.zeros(1, 2, 32)
    with pytest.raises(ValueError, match="starts"):
        gan.project(drawer.pictures, x, torch.zeros(1, 3, 32))
    with pytest.raises(ValueError, match="mask"):
        gan.project(drawer.pictures, x, starts, mask=-torch.ones_like(x))
    with pytest.raises(ValueError, match="anchor"):
        gan.project(drawer.pictures, x, starts, anchor=torch.zeros(2, 3))
    with pytest.raises(ValueError, match="target"):
        gan.project(drawer.pictures, 2 * x + 1, starts)
    with pytest.raises(ValueError, match="training mode"):
        gan.project(nn.Sequential(nn.Linear(32, 4)).train(), x, starts)


# --- spectra


def test_a_wave_lies_in_its_ring_and_parseval_holds():
    x = torch.rand(2, 1, 16, 16, generator=chance(0), dtype=torch.float64)
    whole = torch.fft.fft2(x[:, 0]).abs().square().sum((1, 2))
    torch.testing.assert_close(whole, 256 * x.square().sum((1, 2, 3)))
    t = torch.arange(16).double() / 16
    wave = torch.cos(2 * torch.pi * 5 * t).expand(1, 1, 16, 16)
    power = gan.radial_power(wave)
    assert power.shape == (1, 9)
    assert power[0].argmax() == 5
    assert power[0].sum() - power[0, 5] < 1e-20
    turned = gan.radial_power(wave.mT)
    torch.testing.assert_close(turned, power, atol=1e-9, rtol=0)


def test_zeros_in_between_repeat_the_spectrum_and_a_kernel_only_weighs_the_copies():
    x = torch.randn(1, 1, 14, 14, generator=chance(1), dtype=torch.float64)
    spread = torch.zeros(1, 1, 28, 28, dtype=torch.float64)
    spread[..., ::2, ::2] = x
    torch.testing.assert_close(torch.fft.fft2(spread), torch.fft.fft2(x).repeat(1, 1, 2, 2))
    layer = nn.ConvTranspose2d(1, 1, 4, stride=2, padding=1, bias=False).double()
    kernel = torch.zeros(1, 1, 28, 28, dtype=torch.float64)
    kernel[..., :4, :4] = layer.weight.detach()
    product = torch.fft.ifft2(torch.fft.fft2(kernel) * torch.fft.fft2(spread)).real
    # the layer pads by one and does not wrap around: away from the edges they agree
    torch.testing.assert_close(
        layer(x).detach()[..., 4:-4, 4:-4], product.roll((-1, -1), (2, 3))[..., 4:-4, 4:-4]
    )


def test_matched_spectra_match():
    x = torch.rand(3, 1, 12, 12, generator=chance(2))
    wanted = gan.radial_power(torch.rand(3, 1, 12, 12, generator=chance(3)))
    matched = gan.match_spectrum(x, wanted)
    torch.testing.assert_close(gan.radial_power(matched)[:, 1:], wanted[:, 1:], rtol=1e-3, atol=0)
    torch.testing.assert_close(matched.mean((2, 3)), x.mean((2, 3)))
    torch.testing.assert_close(gan.match_spectrum(x, gan.radial_power(x)), x)


def auc(real, fake):
    truth = [0] * len(real) + [1] * len(fake)
    return roc_auc_score(truth, torch.cat([real, fake]).tolist())


@pytest.fixture(scope="module")
def digits():
    return mnist10k("train")[0], mnist10k("test")[0]


@pytest.mark.parametrize("seed", [0, 10, 20])
def test_the_developed_spectrum_tells_and_jpeg_and_cleaning_hide(drawer, digits, seed):
    train, real = digits[0][seed * 50 : seed * 50 + 1000], digits[1][:1000]
    fakes, fake = drawn(drawer, 1000, seed), drawn(drawer, 1000, seed + 1)
    plain = gan.fit_spectral_detector(train, fakes, develop=False)
    ear = gan.fit_spectral_detector(train, fakes)
    assert auc(plain.scores(real), plain.scores(fake)) < 0.8
    heard = ear.scores(real)
    assert auc(heard, ear.scores(fake)) > 0.93
    assert auc(ear.scores(jpeg(real)), ear.scores(jpeg(fake))) < 0.7
    limit = heard.quantile(0.99)
    assert (ear.scores(jpeg(fake)) > limit).double().mean() < 0.02
    assert (ear.scores(blur(real)) > limit).double().mean() > 0.9
    cleaned = torch.where(fake < 8 / 255, torch.zeros_like(fake), fake)
    assert auc(heard, ear.scores(cleaned)) < 0.7
    wanted = gan.radial_power((digits[0][-1000:] + 1 / 255).log())
    matched = gan.match_spectrum((fake + 1 / 255).log(), wanted)
    matched = eight_bit((matched.exp() - 1 / 255).clamp(0, 1))
    assert (ear.scores(matched) > limit).double().mean() < 0.05


def test_the_detector_is_a_logistic_regression(drawer, digits):
    real, fake = digits[0][:300], drawn(drawer, 300, 0)
    ear = gan.fit_spectral_detector(real, fake)
    rows = torch.cat([gan.radial_power((x + 1 / 255).log()) for x in (real, fake)])
    logs = (rows + 1e-3).log10()
    by_hand = (logs - logs.mean(0)) @ ear.weight + ear.bias
    torch.testing.assert_close(torch.cat([ear.scores(real), ear.scores(fake)]), by_hand)
    for bad, name in ((real[:1], "real"), (real[..., :20], "square"), (real + 1, "pixel")):
        with pytest.raises(ValueError, match=name):
            gan.fit_spectral_detector(bad, bad)
    with pytest.raises(ValueError, match="fake"):
        gan.fit_spectral_detector(real, fake[..., :20, :20])


# --- laundering


def test_laundering_keeps_the_range_and_eight_bits(digits):
    x = digits[1][:20]
    torch.testing.assert_close(eight_bit(x), x)
    for y in (jpeg(x, quality=50), blur(x, sigma=0.7)):
        torch.testing.assert_close(eight_bit(y), y)
        assert y.shape == x.shape
        assert float(y.min()) >= 0
        assert float(y.max()) <= 1
    error = [(jpeg(x, quality=q) - x).square().mean() for q in (95, 50, 10)]
    assert error[0] < error[1] < error[2]
    colour = photograph("cat", 64)
    assert (jpeg(colour, quality=95) - colour).abs().mean() < 0.02
    flat = torch.full((1, 3, 20, 20), 0.4)
    torch.testing.assert_close(blur(flat), flat)
    assert jpeg(x[:0]).shape == (0, 1, 28, 28)


def test_a_gaussian_blur_is_scipys():
    from scipy.ndimage import gaussian_filter

    x = eight_bit(torch.rand(1, 1, 24, 24, generator=chance(0)))
    ours = blur(x, sigma=1.0)[0, 0].numpy()
    theirs = gaussian_filter(x[0, 0].numpy(), 1.0, truncate=3.0, mode="mirror")
    assert abs(ours - theirs).max() <= 0.5 / 255 + 1e-6


def test_laundering_says_what_does_not_fit():
    x = torch.rand(1, 1, 8, 8)
    with pytest.raises(ValueError, match="quality"):
        jpeg(x, quality=96)
    with pytest.raises(ValueError, match="1 or 3"):
        jpeg(x.expand(-1, 2, -1, -1))
    with pytest.raises(ValueError, match="sigma"):
        blur(x, sigma=0)
    with pytest.raises(ValueError, match="larger"):
        blur(x, sigma=3)


# --- marks


def test_signs_are_coins_and_depend_on_the_key():
    signs = forgery.watermark_signs(b"key", (112, 112))
    assert set(signs.unique().tolist()) == {-1.0, 1.0}
    assert abs(float(signs.mean())) < 3 / 112
    other = forgery.watermark_signs(b"Key", (112, 112))
    assert abs(float((signs * other).mean())) < 3 / 112
    torch.testing.assert_close(signs, forgery.watermark_signs(b"key", (112, 112)))


def test_over_all_keys_the_score_of_any_picture_has_mean_0_and_variance_1():
    x = photograph("coffee", 16)
    grid = forgery.watermark_residual(x, block=8)[0].flatten()
    signs = torch.tensor([[1.0 if i >> b & 1 else -1.0 for b in range(4)] for i in range(16)])
    z = signs.double() @ grid / grid.norm()
    torch.testing.assert_close(z.mean(), torch.zeros((), dtype=torch.float64))
    torch.testing.assert_close(z.square().mean(), torch.ones((), dtype=torch.float64))
    cat = photograph("cat", 32)
    many = torch.stack([detect_watermark(cat, bytes([k]))[0] for k in range(200)])
    assert abs(float(many.mean())) < 0.25
    assert 0.8 < float(many.std()) < 1.2


def test_the_mark_is_found_after_laundering_and_lost_after_a_shift():
    names = ("cat", "coffee", "flower")
    x = eight_bit(torch.cat([photograph(name) for name in names]))
    marked = embed_watermark(x, b"studio")
    assert float((marked - x).abs().max()) <= 2 / 255 + 1e-6
    assert detect_watermark(x, b"studio").abs().max() < 4
    assert detect_watermark(marked, b"other").abs().max() < 4
    for y in (marked, jpeg(marked), eight_bit(0.7 * marked), blur(marked, sigma=0.8)):
        assert detect_watermark(y, b"studio").min() > 5.3
    assert detect_watermark(marked.roll((4, 4), (2, 3)), b"studio").abs().max() < 4
    assert float(detect_watermark(torch.full((1, 3, 8, 8), 0.5), b"studio")) == 0
    with pytest.raises(ValueError, match="divisible"):
        embed_watermark(x[..., :223], b"studio")


def test_five_marked_photographs_are_enough_to_copy_the_mark():
    names = ("coffee", "rocket", "motorcycle", "temple", "flower")
    x = eight_bit(torch.cat([photograph(name) for name in names]))
    marked = embed_watermark(x, b"studio")
    guess = forgery.watermark_residual(marked).clamp(-0.02, 0.02).mean(0).sign()
    cat = photograph("cat")
    forged = (cat + 2 / 255 * torch.kron(guess, torch.ones(2, 2))).clamp(0, 1).float()
    assert float(detect_watermark(cat, b"studio")) < 4
    assert float(detect_watermark(forged, b"studio")) > 5.3


# --- seals


def test_a_seal_breaks_with_any_pixel_word_or_key():
    x = eight_bit(photograph("cat", 32))[0]
    made = forgery.sign_manifest(x, b"secret", claim="camera 7")
    assert forgery.verify_manifest(x, made, b"secret") == "intact"
    touched = x.clone()
    touched[0, 0, 0] += 1 / 255
    assert forgery.verify_manifest(touched, made, b"secret") == "other pixels"
    assert forgery.verify_manifest(x, made, b"guess") == "forged manifest"
    lie = made._replace(statement=made.statement.replace("camera 7", "camera 8"))
    assert forgery.verify_manifest(x, lie, b"secret") == "forged manifest"
    assert forgery.verify_manifest(x, None, b"secret") == "no manifest"
    turned = x.flatten().reshape(3, 16, 64)
    assert forgery.verify_manifest(turned, made, b"secret") == "other pixels"


def test_an_edit_names_its_parent():
    x = eight_bit(photograph("cat", 32))[0]
    made = forgery.sign_manifest(x, b"a", claim="taken")
    cut = forgery.sign_manifest(x[:, :16], b"b", claim="cropped", parent=made)
    again = forgery.sign_manifest(x[:, :16], b"b", claim="cropped")
    assert json.loads(made.statement)["parent"] is None
    assert json.loads(cut.statement)["parent"] != json.loads(again.statement)["parent"]
    with pytest.raises(ValueError, match="one picture"):
        forgery.sign_manifest(x[None], b"a", claim="")


# --- borrowed manners


def test_gram_matrices_do_not_know_places():
    f = torch.randn(2, 3, 5, 4, generator=chance(0))
    shuffled = f.flatten(2)[..., torch.randperm(20, generator=chance(1))].reshape(2, 3, 5, 4)
    grams = forgery.gram_matrix(f)
    torch.testing.assert_close(grams, forgery.gram_matrix(shuffled))
    torch.testing.assert_close(grams, torch.einsum("nahw,nbhw->nab", f, f) / 20)


def test_a_manner_is_taken_over_and_the_motif_stays():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1))

    def features(x):
        first = net[1](net[0](x))
        return [first, net[2](first)]

    content, style = photograph("cat", 32), photograph("coffee", 32)
    made = forgery.style_transfer(features, content, style, steps=60)
    before = forgery.style_distance(features, content, style)
    after = forgery.style_distance(features, made, style)
    assert after < 0.3 * before
    with torch.no_grad():
        assert float(forgery.style_distance(features, style, style)) == 0
    kept = forgery.style_transfer(features, content, style, steps=60, content_weight=100.0)
    assert (kept - content).abs().mean() < (made - content).abs().mean()
    assert all(p.grad is None for p in net.parameters())
    with pytest.raises(ValueError, match="style"):
        forgery.style_transfer(features, content, style[0])
