"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

_RINGS = (
    "def my_rings(x):\n"
    "    h = x.shape[-1]\n"
    "    f = {freq}\n"
    "    ring = (f[:, None] ** 2 + f**2).sqrt().round()\n"
    "    power = torch.fft.fft2(x).abs(){square}\n"
    "    means = [power[:, ring == k].{pool}(1) for k in range(h // 2 + 1)]\n"
    "    return torch.stack(means, 1)"
)
_FREQ = "torch.fft.fftfreq(h, 1 / h)"
_SWAP = (
    "def my_swap_loss(encoder, decoder_a, decoder_b, x_a, x_b):\n"
    "    own_a = (decoder_a(encoder({into_a})) - x_a).square().mean()\n"
    "    own_b = (decoder_b(encoder({into_b})) - x_b).square().mean()\n"
    "    return {value}"
)

WRONG = {
    "ex-df-base-rate": [
        ("my_precision = 0.95", "share of fakes that are caught"),
        ("my_precision = 0.95 / (0.95 + 0.02)", "every second picture"),
        ("my_precision = 1 - 0.00095 / (0.00095 + 0.01998)", "false"),
        ("my_precision = 0.5", "hundred thousand"),
    ],
    "ex-df-wish": [
        ("my_pixels = (3, 6)", "without its price"),
        ("my_pixels = (3, 2)", "both pixels follow"),
        ("my_pixels = (2, 2)", "the same z"),
        ("my_pixels = (4 / 3, 8 / 3)", "does not count it"),
        ("my_pixels = (0, 0)", "least over z"),
        ("my_pixels = (2,)", "Two pixels"),
    ],
    "ex-df-rings": [
        (_RINGS.format(freq=_FREQ, square="", pool="mean"), "its square"),
        (_RINGS.format(freq=_FREQ, square=" ** 2", pool="sum"), "more places"),
        (_RINGS.format(freq="torch.arange(h)", square=" ** 2", pool="mean"), "fftfreq"),
    ],
    "ex-swap-loss": [
        (_SWAP.format(into_a="x_b", into_b="x_a", value="own_a + own_b"), "poses"),
        (_SWAP.format(into_a="x_a", into_b="x_b", value="own_a"), "decoder of B"),
        (_SWAP.format(into_a="x_a", into_b="x_b", value="own_b"), "decoder of A"),
        (
            _SWAP.format(into_a="x_a", into_b="x_b", value="(own_a + own_b).detach()"),
            "nothing can be trained",
        ),
    ],
    "ex-df-score": [
        (
            "def my_score(residual, signs):\n    return (signs * residual).sum((1, 2))",
            "over all keys",
        ),
        (
            "def my_score(residual, signs):\n"
            "    total = (signs * residual).sum((1, 2))\n"
            "    return total / residual.square().sum((1, 2))",
            "its root",
        ),
        (
            "def my_score(residual, signs):\n"
            "    return (signs * residual).sum((1, 2)) / residual.norm()",
            "a spread of its own",
        ),
    ],
    "ex-df-race": [
        ('my_study = {"eps 1": [0.1, 0.2, 0.1], "eps 2": [0.0, 0.0, 0.1]}', "three strengths"),
        ('my_study = {"1": [0.1], "2": [0.0], "4": [0.0]}', "Three seeds"),
        ('my_study = {"1": [10, 20, 10], "2": [1, 1, 1], "4": [0, 0, 0]}', "from 0 to 1"),
    ],
}
