"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-active-distance": [
        ("my_distance = 0.4", "divided by the length"),
        ("my_distance = 1.0", "nearer"),
        ("my_distance = -0.08", "no sign"),
    ],
    "ex-active-margin": [
        (
            "def my_margin(p, batch):\n"
            "    top = p.topk(2, dim=1).values\n"
            "    return (top[:, 1] - top[:, 0]).argsort()[:batch]",
            "widest",
        ),
        (
            "def my_margin(p, batch):\n"
            "    return active.entropy(p).argsort(descending=True)[:batch]",
            "entropy",
        ),
    ],
    "ex-active-egl": [
        ("def my_egl(p, h):\n    return active.length_of_mean(p, h)", "norm of the mean"),
        (
            "def my_egl(p, h):\n"
            "    errors = (p.square().sum(1, keepdim=True) - 2 * p + 1).sqrt()\n"
            "    return (p * errors).sum(1) * h.norm(dim=1)",
            "bias",
        ),
        (
            "def my_egl(p, h):\n"
            "    errors = (p.square().sum(1, keepdim=True) - 2 * p + 1).sqrt()\n"
            "    return (p * errors).sum(1)",
            "missing",
        ),
    ],
    "ex-active-farthest": [
        (
            "def my_farthest(h, centres, count):\n"
            "    gap = torch.cdist(h, centres).amin(1)\n"
            "    return gap.argsort(descending=True)[:count]",
            "becomes a centre",
        ),
        (
            "def my_farthest(h, centres, count):\n"
            "    return torch.cdist(h, centres).amin(1).argsort()[:count]",
            "nearest",
        ),
    ],
    "ex-active-maximum": [
        ("my_points = 0.9", "Stretch"),
        ("my_points = 1", "bound"),
        ("my_points = 0", "maximum is not"),
    ],
    "ex-active-own": [
        ("my_study = {'mine': [0.8, 0.8, 0.8]}", "lacks margin, random"),
        (
            "my_study = {'mine': [0.8, 0.8, 0.8], 'margin': [0.8] * 3, 'random': [0.7]}",
            "same seeds",
        ),
        ("my_study = {'mine': [0.8], 'margin': [0.8], 'random': [0.7]}", "fewer than three"),
    ],
}
