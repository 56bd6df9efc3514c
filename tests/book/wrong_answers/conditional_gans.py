"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

_NORM = (
    "def my_norm(x, gamma, beta):\n"
    "    mean = x.mean({dims}, keepdim=True)\n"
    "    var = x.var({dims}, correction={correction}, keepdim=True)\n"
    "    normal = (x - mean) / (var + 1e-5).sqrt()\n"
    "    return gamma[..., None, None] * normal + beta[..., None, None]"
)

WRONG = {
    "ex-cgan-exaggeration": [
        ("my_share = 0.7", "share in the data"),
        ("my_share = 2 * 0.7", "Subtract the marginal"),
        ("my_share = 1.0", "Clipping"),
    ],
    "ex-cgan-near": [
        ("my_distances = (0.28, 0.336, 0.28)", "errs both ways"),
        ("my_distances = (0.28, 0.336, 0.168)", "count both"),
        ("my_distances = (0.28, 0.336, 0.0)", "independent of Y"),
        ("my_distances = (0.196, 0.1176, 0.2352)", "absolute"),
        ("my_distances = (0.4, 0.4, 0.4)", "by how much"),
        ("my_distances = (0.28, 0.336)", "Three distances"),
    ],
    "ex-cgan-norm": [
        (_NORM.format(dims="(2, 3)", correction=0), "AdaIN"),
        (_NORM.format(dims="(0, 2, 3)", correction=1), "without correction"),
        (_NORM.format(dims="0", correction=0), "one mean"),
    ],
    "ex-cgan-wrong-pairs": [
        (
            "def my_wrong(c, generator):\n"
            "    return c[torch.randperm(len(c), generator=generator)]",
            "equal rows may stand elsewhere",
        ),
        ("def my_wrong(c, generator):\n    return c.roll(1, dims=1)", "Each condition always"),
        ("def my_wrong(c, generator):\n    return 1 - c", "none of those in c"),
    ],
    "ex-cgan-possible": [
        ("def my_set(odds, possible):\n    return (odds > 0.5).to(odds)", "That is the threshold"),
        (
            "def my_set(odds, possible):\n"
            "    return possible[(possible * odds.log()[:, None]).sum(2).argmax(1)]",
            "left out counts too",
        ),
    ],
    "ex-cgan-speed": [
        ('my_study = {"pair": {20: [0.2, 0.3, 0.2]}}', "Compare"),
        (
            'my_study = {"pair": {20: [0.2]}, "wrong pairs": {20: [0.4]}}',
            "Three numbers of steps",
        ),
        (
            "my_study = {name: {n: [n / 400] for n in (20, 50, 400)}\n"
            '            for name in ("pair", "wrong pairs")}',
            "Three seeds",
        ),
    ],
}
