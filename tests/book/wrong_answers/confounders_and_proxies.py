"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-confounders-overlap": [
        ("my_bound = 2 / 3", "one number alone"),
        ("my_bound = 1 - 4 / 9", "half of the guesses"),
        ("my_bound = 17 / 18", "How wide is the overlap"),
    ],
    "ex-confounders-slope": [
        ("my_slope = 4 / 7", "two apart"),
        ("my_slope = 1.0", "two parts"),
        ("my_slope = 2.25 / 0.75", "within a class alone"),
    ],
    "ex-confounders-loss": [
        (
            "def my_loss(logits, y, reading, bias, strength):\n"
            "    loss = torch.nn.functional.binary_cross_entropy_with_logits(\n"
            "        logits, y.to(logits))\n"
            "    return loss + strength * correlation(reading, bias) ** 2",
            "looks at everybody",
        ),
        (
            "def my_loss(logits, y, reading, bias, strength):\n"
            "    loss = torch.nn.functional.binary_cross_entropy_with_logits(\n"
            "        logits, y.to(logits))\n"
            "    return loss + strength * correlation(reading[y == 0], bias[y == 0])",
            "not squared",
        ),
        (
            "def my_loss(logits, y, reading, bias, strength):\n"
            "    loss = torch.nn.functional.binary_cross_entropy_with_logits(\n"
            "        logits, y.to(logits))\n"
            "    return loss - strength * correlation(reading[y == 0], bias[y == 0]) ** 2",
            "wants the reader to fail",
        ),
    ],
    "ex-confounders-dcor": [
        (
            "def my_dcor(a, b):\n"
            "    A, B = torch.cdist(a, a), torch.cdist(b, b)\n"
            "    return ((A * B).sum() / ((A * A).sum() * (B * B).sum()).sqrt()).sqrt()",
            "not centred",
        ),
        (
            "def my_dcor(a, b):\n"
            "    A, B = (d - d.mean() for d in (torch.cdist(a, a), torch.cdist(b, b)))\n"
            "    return ((A * B).sum() / ((A * A).sum() * (B * B).sum()).sqrt()).abs().sqrt()",
            "means of row and column",
        ),
        ("def my_dcor(a, b):\n    return distance_correlation(a, b) ** 2", "root is missing"),
    ],
    "ex-confounders-influence": [
        (
            "def my_influence(decide, value):\n"
            "    before = decide(value)\n"
            "    changed = [(decide(v.expand(len(value))) != before).double().mean()\n"
            "               for v in value.unique()]\n"
            "    return torch.stack(changed).mean()",
            "weigh it by the people",
        ),
        (
            "def my_influence(decide, value):\n"
            "    before = decide(value)\n"
            "    changed = [decide(v.expand(len(value))) != before for v in value]\n"
            "    return torch.stack(changed).any(0).double().mean()",
            "some value would change",
        ),
        (
            "def my_influence(decide, value):\n"
            "    return torch.stack([decide(v.expand(len(value))).double().mean()\n"
            "                        for v in value]).mean()",
            "before the change",
        ),
    ],
    "ex-confounders-oracle": [
        ("my_judgement = {'use': 'a loan'}", "Still to say"),
        (
            "my_judgement = {'use': 'a loan', 'attribute': 'sex', 'witness': 'husband',\n"
            "                'association': 0.2, 'influence': 0.1, 'allowed': 'perhaps',\n"
            "                'because': 'x', 'then': 'y'}",
            "An oracle has to decide",
        ),
        (
            "my_judgement = {'use': 'a loan', 'attribute': 'sex', 'witness': 'husband',\n"
            "                'association': 0.2, 'influence': 0.1, 'allowed': False,\n"
            "                'because': 'unfair', 'then': 'y'}",
            "at least eight words",
        ),
    ],
}
