"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-certified-ceiling": [
        ("my_ceiling = 3.09", "1 - alpha"),
        ("my_ceiling = 0.9931", "the bound p"),
        ("my_ceiling = 3.81", "100,000"),
    ],
    "ex-certified-cube": [
        ("my_change = 1", "corner of a cube"),
        ("my_change = 28", "other way round"),
        ("my_change = 1 / 784", "l1 norm"),
    ],
    "ex-certified-box": [
        (
            "def my_box(W, b, low, high):\n    return low @ W.T + b, high @ W.T + b",
            "turns the ends",
        ),
        (
            "def my_box(W, b, low, high):\n"
            "    m, r = (low + high) / 2 @ W.T, (high - low) / 2 @ W.abs().T\n"
            "    return m - r, m + r",
            "bias is missing",
        ),
        (
            "def my_box(W, b, low, high):\n"
            "    m = (low + high) / 2 @ W.T + b\n"
            "    r = (high - low) / 2 @ W.abs().T + b.abs()\n"
            "    return m - r, m + r",
            "half-width has no bias",
        ),
    ],
    "ex-certified-bottom": [
        (
            "def my_bottom(logits, K, eps):\n"
            "    top = logits.topk(2, dim=1)\n"
            "    return top.values[:, 1] + eps * K[top.indices[:, 0], top.indices[:, 1]]",
            "runner-up",
        ),
        (
            "def my_bottom(logits, K, eps):\n"
            "    j = logits.argmax(1)\n"
            "    return (logits + eps * K[j]).amax(1)",
            "leave its column out",
        ),
        (
            "def my_bottom(logits, K, eps):\n"
            "    j = logits.argmax(1, keepdim=True)\n"
            "    rivals = logits + eps * K.T[j.squeeze(1)]\n"
            "    return rivals.scatter(1, j, -torch.inf).amax(1)",
            "K[j, i]",
        ),
    ],
    "ex-certified-count": [
        (
            "def my_radius(hits, n, sigma, alpha):\n"
            "    p = torch.tensor(hits / n, dtype=torch.float64)\n"
            "    return sigma * float(torch.special.ndtri(p))",
            "no bound",
        ),
        (
            "def my_radius(hits, n, sigma, alpha):\n"
            "    p = clopper_pearson(hits, n, confidence=1 - alpha).low\n"
            "    p = torch.tensor(p, dtype=torch.float64)\n"
            "    return max(0.0, sigma * float(torch.special.ndtri(p)))",
            "two-sided",
        ),
        (
            "def my_radius(hits, n, sigma, alpha):\n"
            "    p = clopper_pearson(hits, n, confidence=1 - alpha, side='lower').low\n"
            "    return sigma * float(torch.special.ndtri(torch.tensor(p).double()))",
            "may be a coin",
        ),
    ],
    "ex-certified-own": [
        ("my_study = {'clean': 0.9}", "lacks certified"),
        ("my_study = {'clean': 0.9, 'certified': [0.1], 'attacked': [0.2]}", "same 20 examples"),
        (
            "my_study = {'clean': 0.9, 'certified': [0.3] * 20, 'attacked': [0.2] * 20}",
            "one of the two lies",
        ),
    ],
}
