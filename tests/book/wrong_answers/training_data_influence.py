"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-tdi-leverage": [
        ("my_rise = 0.3 * (1 - 0.25)", "made it smaller"),
        ("my_rise = 0.3 * (1 + 0.25)", "first term"),
    ],
    "ex-tdi-influence": [
        (
            "def my_influence(hessian, g_train, g_test):\n"
            "    return g_test @ torch.linalg.solve(hessian, g_train.T)",
            "divide by n",
        ),
        (
            "def my_influence(hessian, g_train, g_test):\n"
            "    return -g_test @ torch.linalg.solve(hessian, g_train.T) / len(g_train)",
            "sign",
        ),
        (
            "def my_influence(hessian, g_train, g_test):\n"
            "    return g_test @ hessian @ g_train.T / len(g_train)",
            "multiplied by the Hessian",
        ),
        (
            "def my_influence(hessian, g_train, g_test):\n"
            "    return g_train @ torch.linalg.solve(hessian, g_test.T) / len(g_train)",
            "transposed",
        ),
    ],
    "ex-tdi-cg": [
        (
            "def my_cg(product, b, steps):\n"
            "    s, r = torch.zeros_like(b), b.clone()\n"
            "    for _ in range(steps):\n"
            "        image = product(r)\n"
            "        rate = (r @ r) / (r @ image)\n"
            "        s, r = s + rate * r, r - rate * image\n"
            "    return s",
            "steepest descent",
        ),
        (
            "def my_cg(product, b, steps):\n"
            "    s = torch.zeros_like(b)\n"
            "    for _ in range(steps):\n"
            "        s = s + 0.01 * (b - product(s))\n"
            "    return s",
            "residual of",
        ),
        (
            "def my_cg(product, b, steps):\n"
            "    matrix = torch.stack([product(e) for e in torch.eye(len(b)).double()])\n"
            "    return torch.linalg.solve(matrix, b) + 0 * product(b)",
            "were allowed",
        ),
    ],
    "ex-tdi-alpha": [
        (
            "def my_alpha(logits, y, weight_decay):\n"
            "    own = nn.functional.one_hot(y, logits.shape[1])\n"
            "    return (logits.softmax(1) - own) / (weight_decay * len(logits))",
            "sign",
        ),
        (
            "def my_alpha(logits, y, weight_decay):\n"
            "    own = nn.functional.one_hot(y, logits.shape[1])\n"
            "    return (own - logits.softmax(1)) / (2 * weight_decay * len(logits))",
            "paper's penalty",
        ),
        (
            "def my_alpha(logits, y, weight_decay):\n"
            "    own = nn.functional.one_hot(y, logits.shape[1])\n"
            "    return (own - logits.softmax(1)) / weight_decay",
            "Divide by both",
        ),
    ],
    "ex-tdi-lift": [
        (
            "def my_lift(score, bad, share):\n"
            "    checked = score.argsort(descending=True)[: round(share * len(score))]\n"
            "    return float(bad[checked].double().mean())",
            "precision",
        ),
        (
            "def my_lift(score, bad, share):\n"
            "    checked = score.argsort(descending=True)[: round(share * len(score))]\n"
            "    return float(bad[checked].sum() / bad.sum())",
            "recall",
        ),
        (
            "def my_lift(score, bad, share):\n"
            "    checked = score.argsort()[: round(share * len(score))]\n"
            "    return float(bad[checked].double().mean() / bad.double().mean())",
            "lowest scores",
        ),
    ],
    "ex-tdi-study": [
        ("my_study = {0.1: ([0.9] * 3, [0.8] * 3)}", "three penalties"),
        ("my_study = {k: ([0.9], [0.8]) for k in (0.1, 0.01, 0.001)}", "three seeds"),
        ("my_study = {k: ([0.9] * 3, [0.8] * 3) for k in (0.1, 0.01, 0.001)}", "identical"),
    ],
}
