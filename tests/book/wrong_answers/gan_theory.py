"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-gan-value": [
        ("import math\nmy_value = math.log(2)", "constant is missing"),
        ("import math\nmy_value = math.log(2) / 2", "JSD itself"),
        ("import math\nmy_value = -math.log(4)", "knows nothing"),
    ],
    "ex-gan-best": [
        ("def my_best(p, q):\n    return p / (p + q)", "0 by 0"),
        (
            "def my_best(p, q):\n    return torch.where(p + q > 0, q / (p + q), 0.5)",
            "chance of a fake",
        ),
    ],
    "ex-gan-losses": [
        (
            "def my_losses(logits):\n"
            "    d = logits.sigmoid()\n"
            "    return (1 - d.log()).mean(), -d.log().mean()",
            "inside the log",
        ),
        (
            "def my_losses(logits):\n"
            "    d = logits.sigmoid()\n"
            "    return (1 - d).log().mean(), -d.log().mean()",
            "softplus",
        ),
        (
            "def my_losses(logits):\n"
            "    soft = nn.functional.softplus\n"
            "    return soft(logits).mean(), soft(-logits).mean()",
            "sign",
        ),
    ],
    "ex-gan-transport": [
        ("def my_distance(x, y):\n    return (x - y).abs().mean()", "keeps the order"),
        ("def my_distance(x, y):\n    return (x.mean() - y.mean()).abs()", "Means may agree"),
    ],
    "ex-gan-extragradient": [
        ("def my_step(x, y, lr):\n    return x - lr * y, y + lr * x", "simultaneous"),
        (
            "def my_step(x, y, lr):\n    x = x - lr * y\n    return x, y + lr * x",
            "round and round",
        ),
        (
            "def my_step(x, y, lr):\n"
            "    x, y = x - lr * y, y + lr * x\n"
            "    return x - lr * y, y + lr * x",
            "two steps",
        ),
    ],
    "ex-gan-damping": [
        ("my_study = {0: [2.0, 3.0, 4.0]}", "three dampings"),
        ("my_study = {0: [2.0], 0.1: [1.0], 0.2: [1.0]}", "three sizes"),
    ],
}
