"""Plausible wrong answers to the exercises of the page, and the hint that each must get."""

WRONG = {
    "ex-calculus-path": [
        ("my_shares = (6, 6)", "the total"),
        ("my_shares = (3, 6)", "While a moves"),
        ("my_shares = (0, 3)", "straight first"),
        ("my_shares = (6, 0)", "not 3 all the way"),
    ],
    "ex-calculus-jacobian": [
        (
            "def my_jacobian(f, x, h=1e-5):\n"
            "    steps = h * torch.eye(len(x), dtype=x.dtype)\n"
            "    return torch.stack([(f(x + s) - f(x - s)) / (2 * h) for s in steps])",
            "Transposed",
        ),
        (
            "def my_jacobian(f, x, h=1e-5):\n"
            "    steps = h * torch.eye(len(x), dtype=x.dtype)\n"
            "    return torch.stack([(f(x + s) - f(x)) / h for s in steps], 1)",
            "both sides",
        ),
        (
            "def my_jacobian(f, x, h=1e-5):\n"
            "    steps = h * torch.eye(len(x), dtype=x.dtype)\n"
            "    return torch.stack([(f(x + s) - f(x - s)) / h for s in steps], 1)",
            "2h apart",
        ),
        (
            "def my_jacobian(f, x, h=1e-5):\n"
            "    columns = []\n"
            "    for i in range(len(x)):\n"
            "        low = f(x)\n"
            "        x[i] += h\n"
            "        columns.append((f(x) - low) / h)\n"
            "    return torch.stack(columns, 1)",
            "left x changed",
        ),
    ],
    "ex-calculus-constraints": [
        (
            "def my_nearest(x, A, b):\n"
            "    for row, value in zip(A, b):\n"
            "        x = x - (row @ x - value) / (row @ row) * row\n"
            "    return x",
            "both at once",
        ),
        (
            "def my_nearest(x, A, b):\n    return torch.linalg.pinv(A) @ b",
            "a nearer point",
        ),
        (
            "def my_nearest(x, A, b):\n    return x + A.T @ torch.linalg.solve(A @ A.T, A @ x - b)",
            "wrong direction",
        ),
    ],
    "ex-calculus-integral": [
        (
            "def my_integral(gradient, start, end, n):\n"
            "    z = [start + i / n * (end - start) for i in range(n)]\n"
            "    return (end - start) * torch.stack([gradient(p) for p in z]).mean(0)",
            "the beginning of each piece",
        ),
        (
            "def my_integral(gradient, start, end, n):\n"
            "    z = [start + (i + 0.5) / n * (end - start) for i in range(n)]\n"
            "    return torch.stack([gradient(p) for p in z]).mean(0)",
            "mean gradient",
        ),
        (
            "def my_integral(gradient, start, end, n):\n"
            "    z = [start + (i + 0.5) / n * (end - start) for i in range(n)]\n"
            "    return (end - start) @ torch.stack([gradient(p) for p in z]).mean(0)",
            "the total",
        ),
        (
            "def my_integral(gradient, start, end, n):\n    return (end - start) * gradient(end)",
            "no integral",
        ),
        (
            "def my_integral(gradient, start, end, n):\n"
            "    z = [(i + 0.5) / n * end for i in range(n)]\n"
            "    return end * torch.stack([gradient(p) for p in z]).mean(0)",
            "began at zero",
        ),
    ],
}
