"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

_STUDY = (
    "def values(rows, seed):\n"
    "    draw = torch.Generator().manual_seed(seed)\n"
    "    some = rows[torch.randperm(len(rows), generator=draw)[:20]]\n"
    "    return shapley_exact(feature_game(chance, person, some, groups=groups), 12)\n"
)

WRONG = {
    "ex-coalitions-by-hand": [
        ("my_values = (3 / 4, 1 / 4, 1 / 4)", "Count orders"),
        ("my_values = (1, 0, 0)", "leaves last"),
        ("my_values = (1 / 2, 1 / 4, 1 / 4)", "fair-looking"),
        ("my_values = (1 / 3, 1 / 3, 1 / 3)", "six orders"),
    ],
    "ex-coalitions-shapley": [
        (
            "def my_shapley(value, d):\n"
            "    worths = value(all_coalitions(d)).view([2] * d)\n"
            "    gain = lambda i: worths.select(i, 1) - worths.select(i, 0)\n"
            "    return torch.stack([gain(i).mean() for i in range(d)])",
            "same weight",
        ),
        (
            "def my_shapley(value, d):\n"
            "    out = torch.ones(d, d).bool().fill_diagonal_(False)\n"
            "    return value(torch.ones(1, d).bool()) - value(out)",
            "as the last",
        ),
        (
            "def my_shapley(value, d):\n"
            "    return value(torch.eye(d).bool()) - value(torch.zeros(1, d).bool())",
            "as the first",
        ),
    ],
    "ex-coalitions-kernel": [
        ("def my_kernel(d, s):\n    return (d - 1) / (s * (d - s))", "How many are they"),
        (
            "from math import comb\n\ndef my_kernel(d, s):\n    return 1 / (d * comb(d - 1, s))",
            "weigh gains",
        ),
        ("from math import comb\n\ndef my_kernel(d, s):\n    return 1 / comb(d, s)", "extreme"),
    ],
    "ex-coalitions-both": [
        ("my_influences = (0, 3 / 4, 3 / 8)", "fair coin"),
        ("my_influences = (1 / 2, 1 / 4, 3 / 8)", "still rings"),
        ("my_influences = (1 / 2, 3 / 4, 1 / 2)", "Two halves"),
    ],
    "ex-coalitions-unary": [
        (
            "def my_unary_qii(predict, x, u, j, quantity):\n"
            "    x[:, j] = u[:, j]\n"
            "    return quantity(predict(x))",
            "changed the x",
        ),
        (
            "def my_unary_qii(predict, x, u, j, quantity):\n"
            "    changed = x.clone()\n"
            "    changed[:, j] = u[:, j]\n"
            "    return quantity(predict(changed)) - quantity(predict(x))",
            "wrong sign",
        ),
        (
            "def my_unary_qii(predict, x, u, j, quantity):\n"
            "    return quantity(predict(x)) - quantity(predict(u))",
            "whole row",
        ),
    ],
    "ex-coalitions-background": [
        (_STUDY + "my_study = {'all': [values(x_known, s) for s in range(3)]}", "two backgrounds"),
        (
            _STUDY + "young = x_known[x_known[:, 0] < 0]\n"
            "my_study = {'all': [values(x_known, 0)], 'young': [values(young, 0)]}",
            "three times",
        ),
        (
            _STUDY + "young = x_known[x_known[:, 0] < 0]\n"
            "my_study = {'all': [values(x_known, 0)] * 3, 'young': [values(young, 0)] * 3}",
            "own seed",
        ),
    ],
}
