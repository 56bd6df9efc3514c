"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-repr-neff": [
        ("my_n_eff = 2000 / (1 + 1999 * 0.1)", "one cluster"),
        ("my_n_eff = 500 / (1 + 499 * 0.1)", "one patient's worth"),
        ("my_n_eff = 4", "all alike"),
        ("my_n_eff = 2000 * 0.1", "no share"),
    ],
    "ex-repr-pool": [
        ("def my_pool(h):\n    return h.mean(1)", "over the channels"),
        ("def my_pool(h):\n    return h.amax((2, 3))", "largest value"),
        ("def my_pool(h):\n    return h.flatten(1)", "Expected shape"),
        ("def my_pool(h):\n    return h.sum((2, 3))", "A sum grows"),
    ],
    "ex-repr-ridge": [
        (
            "def my_ridge(z, targets, penalty):\n"
            "    return torch.linalg.solve(z.T @ z, z.T @ targets)",
            "where is the penalty",
        ),
        (
            "def my_ridge(z, targets, penalty):\n"
            "    return torch.linalg.solve(z.T @ z + penalty, z.T @ targets)",
            "on the diagonal",
        ),
    ],
    "ex-repr-split": [
        (
            "def my_split(patient, generator):\n"
            "    test = torch.rand(len(patient), generator=generator) < 0.25\n"
            "    return ~test, test",
            "patients have patches on both sides",
        ),
        (
            "def my_split(patient, generator):\n"
            "    test = torch.isin(patient, patient.unique()[:3])\n"
            "    return ~test, test",
            "by chance",
        ),
        (
            "def my_split(patient, generator):\n"
            "    names = patient.unique()\n"
            "    order = torch.randperm(len(names), generator=generator)\n"
            "    test = torch.isin(patient, names[order[:9]])\n"
            "    return ~test, test",
            "about 3",
        ),
    ],
    "ex-repr-choose": [
        (
            "def my_choice(features, y, fold, test):\n"
            "    def score(h):\n"
            "        probe = linear_probe(h[fold != test], y[fold != test])\n"
            "        return probe.accuracy(h[fold == test], y[fold == test])\n"
            "    return max(features, key=lambda name: score(features[name]))",
            "you have looked",
        ),
        (
            "def my_choice(features, y, fold, test):\n"
            "    def score(h):\n"
            "        probe = linear_probe(h[fold != test], y[fold != test])\n"
            "        return probe.accuracy(h[fold != test], y[fold != test])\n"
            "    return max(features, key=lambda name: score(features[name]))",
            "hold some out",
        ),
    ],
    "ex-repr-ghost": [
        ("my_study = {0.0: ([0.8] * 4, [0.9] * 4), 0.01: ([0.7] * 4, [0.9] * 4)}", "no trend"),
        (
            "my_study = {f: ([0.8] * 4, [0.9] * 4) for f in (0, 0.01, 0.02, 0.03)}",
            "identical",
        ),
        ("my_study = {f: ([0.8 - f], [0.9]) for f in (0, 0.01, 0.02, 0.03)}", "each of 4 folds"),
    ],
}
