"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-seq-transcript": [
        ("my_probability = 0.6 * 0.6", "the likeliest *path*"),
        ("my_probability = 2 * 0.6 * 0.4", "Two of the three"),
        ("my_probability = 0.4 * 0.4", "one path"),
    ],
    "ex-seq-gate": [
        (
            "def my_update(h, candidate, score):\n"
            "    z = torch.sigmoid(score)\n"
            "    return z * candidate + (1 - z) * h",
            "keeps the old state",
        ),
        (
            "def my_update(h, candidate, score):\n    return (1 - score) * candidate + score * h",
            "squash it",
        ),
        (
            "def my_update(h, candidate, score):\n    return candidate + torch.sigmoid(score) * h",
            "add up to one",
        ),
    ],
    "ex-seq-look-up": [
        (
            "def my_attention(query, key, value):\n"
            "    return (query @ key.transpose(-1, -2)).softmax(-1) @ value",
            "but for the scale",
        ),
        (
            "def my_attention(query, key, value):\n"
            "    scores = query @ key.transpose(-1, -2) / key.shape[-1] ** 0.5\n"
            "    return scores.softmax(-2) @ value",
            "over the queries",
        ),
        (
            "def my_attention(query, key, value):\n"
            "    scores = query @ key.transpose(-1, -2) / key.shape[-1]\n"
            "    return scores.softmax(-1) @ value",
            "not by its root",
        ),
    ],
    "ex-seq-window": [
        (
            "def my_mask(length, window):\n"
            "    lag = torch.arange(length)[:, None] - torch.arange(length)\n"
            "    return lag.abs() < window",
            "shows the future",
        ),
        (
            "def my_mask(length, window):\n"
            "    lag = torch.arange(length)[:, None] - torch.arange(length)\n"
            "    return (lag >= 0) & (lag <= window)",
            "One place too many",
        ),
        (
            "def my_mask(length, window):\n"
            "    return torch.ones(length, length, dtype=torch.bool).tril()",
            "nothing is forgotten",
        ),
    ],
    "ex-seq-collapse": [
        (
            "def my_collapse(path):\n"
            "    kept = [s for s in path if s != 0]\n"
            "    return [s for i, s in enumerate(kept) if i == 0 or s != kept[i - 1]]",
            "dropped the blanks first",
        ),
        ("def my_collapse(path):\n    return [s for s in path if s != 0]", "held for two frames"),
        (
            "def my_collapse(path):\n"
            "    return [s for i, s in enumerate(path) if i == 0 or s != path[i - 1]]",
            "blanks still stand",
        ),
    ],
    "ex-seq-context": [
        ("my_study = {4: [3.0, 3.1, 3.2], 64: [2.0, 2.1, 2.2]}", "three lengths"),
        ("my_study = {4: [3.0], 16: [2.5], 64: [2.0]}", "three pieces"),
        ("my_study = {4: [3.0] * 3, 16: [2.5] * 3, 64: [2.0] * 3}", "identical"),
    ],
}
