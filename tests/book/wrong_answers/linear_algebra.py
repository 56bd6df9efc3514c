"""Plausible wrong answers to the exercises of the page, and the hint that each must get."""

WRONG = {
    "ex-algebra-budgets": [
        ("my_gains = (2.0, 2.5, 3.5)", "wants the dual"),
        ("my_gains = (7, 5, 4)", "the unit balls"),
        ("my_gains = (0.5, 2.5, 2.0)", "a sign of its own"),
    ],
    "ex-algebra-boundary": [
        ("def my_nearest(x, w, b):\n    return x - (w @ x + b) * w", "the squared length"),
        ("def my_nearest(x, w, b):\n    return x - (w @ x + b) / w.norm() * w", "once more"),
        ("def my_nearest(x, w, b):\n    return x - (w @ x) / (w @ w) * w", "forgot b"),
        ("def my_nearest(x, w, b):\n    return x + (w @ x + b) / (w @ w) * w", "the sign"),
        (
            "def my_nearest(x, w, b):\n"
            "    z = x.clone()\n"
            "    z[0] -= (w @ x + b) / w[0]\n"
            "    return z",
            "not nearest",
        ),
        (
            "def my_nearest(x, w, b):\n    x -= (w @ x + b) / (w @ w) * w\n    return x",
            "changed the x",
        ),
    ],
    "ex-algebra-power": [
        (
            "def my_spectral_norm(A, v, steps):\n"
            "    for _ in range(steps):\n"
            "        v = A.T @ (A @ v)\n"
            "        v = v / v.norm()\n"
            "    return float(v @ (A.T @ (A @ v)))",
            "its root",
        ),
        (
            "def my_spectral_norm(A, v, steps):\n"
            "    for _ in range(steps):\n"
            "        v = A.T @ (A @ v)\n"
            "    return float((A @ v).norm() / v.norm())",
            "normalise in each",
        ),
        (
            "def my_spectral_norm(A, v, steps):\n    return float(torch.linalg.matrix_norm(A, 2))",
            "no decompositions",
        ),
    ],
    "ex-algebra-components": [
        (
            "def my_count(s, share):\n    return int(((s / s.sum()).cumsum(0) < share).sum()) + 1",
            "their squares",
        ),
        (
            "def my_count(s, share):\n"
            "    carried = (s.square() / s.square().sum()).cumsum(0)\n"
            "    return int((carried < share).sum())",
            "One too few",
        ),
    ],
}
