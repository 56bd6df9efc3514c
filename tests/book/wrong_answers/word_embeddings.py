"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-we-direct-bias": [
        ("my_bias = (0.6 + 0 - 0.8) / 3", "cancel"),
        ("my_bias = (0.36 + 0 + 0.64) / 3", "c = 2"),
        ("my_bias = 0.6 + 0.8", "the mean over"),
    ],
    "ex-we-smallest-p": [
        ("my_smallest_p = 0", "never 0"),
        ("my_smallest_p = 1 / 2**8", "keep their size"),
        ("my_smallest_p = 2 / 70", "one-sided"),
    ],
    "ex-we-neutralise": [
        (
            "def my_neutralise(vectors, direction):\n"
            "    g = direction / direction.norm()\n"
            "    return vectors - (vectors @ g)[:, None] * g",
            "shorter now",
        ),
        (
            "def my_neutralise(vectors, direction):\n"
            "    rest = vectors - (vectors @ direction)[:, None] * direction\n"
            "    return rest / rest.norm(dim=1, keepdim=True)",
            "length 1",
        ),
        (
            "def my_neutralise(vectors, direction):\n"
            "    g = direction / direction.norm()\n"
            "    vectors -= (vectors @ g)[:, None] * g\n"
            "    return vectors / vectors.norm(dim=1, keepdim=True)",
            "changed the vectors",
        ),
    ],
    "ex-we-effect": [
        (
            "def my_effect(x, y, a, b):\n"
            "    x, y, a, b = (t / t.norm(dim=1, keepdim=True) for t in (x, y, a, b))\n"
            "    s = torch.cat([x, y]) @ (a.mean(0) - b.mean(0))\n"
            "    return float(s[: len(x)].mean() - s[len(x) :].mean())",
            "units of the standard deviation",
        ),
        (
            "def my_effect(x, y, a, b):\n"
            "    s = torch.cat([x, y]) @ (a.mean(0) - b.mean(0))\n"
            "    return float((s[: len(x)].mean() - s[len(x) :].mean()) / s.std())",
            "use cosines",
        ),
        (
            "def my_effect(x, y, a, b):\n"
            "    x, y, a, b = (t / t.norm(dim=1, keepdim=True) for t in (x, y, a, b))\n"
            "    s = torch.cat([x, y]) @ (a.mean(0) - b.mean(0))\n"
            "    spread = s.std(correction=0)\n"
            "    return float((s[: len(x)].mean() - s[len(x) :].mean()) / spread)",
            "divide by n - 1",
        ),
    ],
    "ex-we-neighbours": [
        (
            "def my_neighbour_bias(vectors, leaned, k):\n"
            "    unit = vectors / vectors.norm(dim=1, keepdim=True)\n"
            "    near = (unit @ unit.T).topk(k, dim=1).indices\n"
            "    return (leaned[near] > 0).float().mean(1)",
            "leave it out",
        ),
        (
            "def my_neighbour_bias(vectors, leaned, k):\n"
            "    unit = vectors / vectors.norm(dim=1, keepdim=True)\n"
            "    similar = unit @ unit.T\n"
            "    similar.fill_diagonal_(-2)\n"
            "    return leaned[similar.topk(k, dim=1).indices].mean(1)",
            "A share",
        ),
    ],
    "ex-we-stability": [
        ("my_effects = {'before': [0.1, 0.2], 'after': [0.1, 0.3]}", "at least 20"),
        ("my_effects = {'before': [1.0] * 20, 'after': [0.5] * 20}", "are the same"),
        ("my_effects = {'all': [1.0] * 20}", "two lists"),
    ],
}
