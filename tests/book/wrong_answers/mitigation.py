"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-mitigation-weight": [
        ("my_weight = 10 / 12", "turned it round"),
        ("my_weight = 0.1", "share of the pair itself"),
        ("my_weight = 0.4 * 0.3", "share by chance"),
    ],
    "ex-mitigation-lottery": [
        ("my_fpr = 0.175", "wrong way round"),
        ("my_fpr = 0.25", "That is the middle"),
        ("my_fpr = 0.4", "toss the coin"),
    ],
    "ex-mitigation-reweigh": [
        (
            "def my_weights(y, group):\n"
            "    w = torch.zeros(len(y))\n"
            "    for a in (0, 1):\n"
            "        for c in (0, 1):\n"
            "            own = (group == a) & (y == c)\n"
            "            n = len(y)\n"
            "            w[own] = own.sum() * n / ((group == a).sum() * (y == c).sum())\n"
            "    return w",
            "Turned round",
        ),
        (
            "def my_weights(y, group):\n"
            "    w = torch.zeros(len(y))\n"
            "    for a in (0, 1):\n"
            "        for c in (0, 1):\n"
            "            own = (group == a) & (y == c)\n"
            "            w[own] = 1 / own.sum()\n"
            "    return w",
            "another size",
        ),
        ("def my_weights(y, group):\n    return torch.ones(len(y))", "weighted base rates are"),
    ],
    "ex-mitigation-quota": [
        (
            "def my_choice(score, group, percent):\n"
            "    chosen = torch.zeros(len(score), dtype=torch.int64)\n"
            "    chosen[score.topk(len(score) * percent // 100).indices] = 1\n"
            "    return chosen",
            "best quarter of all",
        ),
        (
            "def my_choice(score, group, percent):\n"
            "    chosen = torch.zeros(len(score), dtype=torch.int64)\n"
            "    for g in group.unique():\n"
            "        own = (group == g).nonzero().flatten()\n"
            "        chosen[own[: len(own) * percent // 100]] = 1\n"
            "    return chosen",
            "not those with the best scores",
        ),
        (
            "def my_choice(score, group, percent):\n    return (score > 0).long()",
            "of the first group",
        ),
    ],
    "ex-mitigation-projection": [
        (
            "def my_direction(own, adversary, alpha):\n    return own - alpha * adversary",
            "projection is missing",
        ),
        (
            "def my_direction(own, adversary, alpha):\n"
            "    along = (own @ adversary) / (adversary @ adversary)\n"
            "    return own - along * adversary",
            "last term is missing",
        ),
        (
            "def my_direction(own, adversary, alpha):\n"
            "    return own - (own @ adversary) * adversary - alpha * adversary",
            "squared length",
        ),
    ],
    "ex-mitigation-own": [
        ("my_decision = {'criterion': 'demographic parity'}", "Still to say"),
        (
            "my_decision = {'criterion': 'justice', 'because': 'it is the best of all things',\n"
            "               'who pays': 'nobody pays for this one', 'asks for the group': True,\n"
            "               'gap': (0.2, 0.1), 'accuracy': (0.8, 0.8)}",
            "A criterion of this page",
        ),
        (
            "my_decision = {'criterion': 'equalised odds', 'because': 'fair',\n"
            "               'who pays': 'nobody', 'asks for the group': True,\n"
            "               'gap': (0.2, 0.1), 'accuracy': (0.8, 0.8)}",
            "at least five words",
        ),
    ],
}
