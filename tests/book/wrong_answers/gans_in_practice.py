"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

_PENALTY = (
    "def my_penalty(critic, real, fake, u):\n"
    "    x = ({x}).requires_grad_()\n"
    "    (g,) = torch.autograd.grad(critic(x).sum(), x{graph})\n"
    "    return {value}"
)

WRONG = {
    "ex-ganp-label": [
        ("my_best = 0.9 * 0.2 / 0.8", "one-sided"),
        ("my_best = 0.2 / 0.8", "without smoothing"),
        ("my_best = 0.5", "mean label"),
    ],
    "ex-ganp-similarity": [
        (
            "def my_similarity(m):\n"
            "    apart = (m[:, None] - m[None]).abs().sum(-1)\n"
            "    return torch.exp(-apart).sum(1)",
            "company of itself",
        ),
        (
            "def my_similarity(m):\n"
            "    apart = (m[:, None] - m[None]).norm(dim=-1)\n"
            "    return torch.exp(-apart).sum(1) - 1",
            "Euclidean",
        ),
    ],
    "ex-ganp-coverage": [
        (
            "def my_coverage(samples, centres):\n"
            "    near = torch.cdist(samples, centres) <= 0.3\n"
            "    return int(near.any(0).sum())",
            "One stray point",
        ),
        (
            "def my_coverage(samples, centres):\n"
            "    which = torch.cdist(samples, centres).argmin(1)\n"
            "    counts = torch.bincount(which, minlength=len(centres))\n"
            "    return int((counts >= len(samples) / len(centres)).sum())",
            "Points inside",
        ),
    ],
    "ex-ganp-penalty": [
        (
            _PENALTY.format(
                x="real.clone()",
                graph=", create_graph=True",
                value="(g.norm(dim=1) - 1).square().mean()",
            ),
            "mix them",
        ),
        (
            _PENALTY.format(
                x="u * real + (1 - u) * fake",
                graph=", create_graph=True",
                value="g.norm(dim=1).square().mean()",
            ),
            "punish every slope",
        ),
        (
            _PENALTY.format(
                x="u * real + (1 - u) * fake",
                graph="",
                value="(g.norm(dim=1) - 1).square().mean()",
            ),
            "create_graph",
        ),
    ],
    "ex-ganp-rescue": [
        ('my_study = {"plain": [0, 1, 0], "packed": [4, 5, 3]}', "three settings"),
        ('my_study = {"plain": [0], "packed": [4], "clipped": [3]}', "Three seeds"),
    ],
}
