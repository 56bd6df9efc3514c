"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-transfer-dimension": [
        ("my_dimension = 3", "forgot the square"),
        ("my_dimension = 36", "Divide by the rise"),
        ("my_dimension = 18", "squared as well"),
    ],
    "ex-transfer-rate": [
        (
            "def my_rate(source, before, after, y):\n    return (after != y).double().mean()",
            "without any attack",
        ),
        (
            "def my_rate(source, before, after, y):\n"
            "    return (after != y)[before == y].double().mean()",
            "*source* read",
        ),
        (
            "def my_rate(source, before, after, y):\n    return (after != before).double().mean()",
            "from wrong to right",
        ),
    ],
    "ex-transfer-aligned": [
        (
            "def my_aligned(g, k):\n    return torch.eye(len(g))[:k]",
            "share g evenly",
        ),
        (
            "def my_aligned(g, k):\n    return (g / g.norm()).expand(k, -1)",
            "right angles",
        ),
        (
            "def my_aligned(g, k):\n    return torch.eye(len(g))[:k] * g.norm()",
            "another length",
        ),
    ],
    "ex-transfer-crossing": [
        (
            "def my_crossing(wrong, reach, halvings):\n"
            "    t = 0.0\n"
            "    while t < reach and not wrong(t):\n"
            "        t += 1e-3\n"
            "    return t",
            "halve the stretch",
        ),
        (
            "def my_crossing(wrong, reach, halvings):\n"
            "    low, high = 0.0, reach\n"
            "    for _ in range(halvings):\n"
            "        t = (low + high) / 2\n"
            "        low, high = (low, t) if wrong(t) else (t, high)\n"
            "    return low",
            "last right place",
        ),
        (
            "def my_crossing(wrong, reach, halvings):\n"
            "    low, high = 0.0, reach\n"
            "    for _ in range(halvings):\n"
            "        t = (low + high) / 2\n"
            "        low, high = (low, t) if wrong(t) else (t, high)\n"
            "    return high",
            "float('inf')",
        ),
    ],
    "ex-transfer-ensemble": [
        ("my_study = {'linear': [0.4] * 3, 'LeNet-5': [0.5] * 3}", "no comparison"),
        ("my_study = {'a': [0.4], 'b': [0.5], 'c': [0.5]}", "three seeds"),
        ("my_study = {'a': [1.0] * 3, 'b': [1.0] * 3, 'c': [1.0] * 3}", "All alike"),
    ],
}
