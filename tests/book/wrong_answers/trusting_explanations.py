"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-trust-average-drop": [
        ("my_average_drop = (0.25 - 0.05 / 0.9 + 0.8) / 3", "a gain counts as a drop of 0"),
        ("my_average_drop = (0.2 + 0 + 0.4) / 3", "a share of the probability"),
        ("my_average_drop = (0.25 + 0.8) / 2", "All three"),
    ],
    "ex-trust-spearman": [
        (
            "def my_rank_correlation(a, b, absolute=False):\n"
            "    u, v = (m.flatten().argsort().double() for m in (a, b))\n"
            "    return float(torch.corrcoef(torch.stack([u, v]))[0, 1])",
            "not their ranks",
        ),
        (
            "def my_rank_correlation(a, b, absolute=False):\n"
            "    return float(torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1])",
            "Rank them first",
        ),
        (
            "def my_rank_correlation(a, b, absolute=False):\n"
            "    u, v = (m.flatten().argsort().argsort().double() for m in (a, b))\n"
            "    return float(torch.corrcoef(torch.stack([u, v]))[0, 1])",
            "rank the absolute values",
        ),
    ],
    "ex-trust-deletion": [
        (
            "def my_deletion(f, x, phi):\n"
            "    rows = [x.clone()]\n"
            "    for i in phi.argsort():\n"
            "        rows.append(rows[-1].clone())\n"
            "        rows[-1][i] = 0\n"
            "    return float(torch.trapezoid(f(torch.stack(rows)), dx=1 / len(x)))",
            "area of insertion",
        ),
        (
            "def my_deletion(f, x, phi):\n"
            "    rows = [x.clone()]\n"
            "    for i in phi.abs().argsort(descending=True):\n"
            "        rows.append(rows[-1].clone())\n"
            "        rows[-1][i] = 0\n"
            "    return float(torch.trapezoid(f(torch.stack(rows)), dx=1 / len(x)))",
            "absolute values",
        ),
        (
            "def my_deletion(f, x, phi):\n"
            "    rows = [x.clone()]\n"
            "    for i in phi.argsort(descending=True):\n"
            "        rows.append(rows[-1].clone())\n"
            "        rows[-1][i] = 0\n"
            "    return float(f(torch.stack(rows)).mean())",
            "both ends count half",
        ),
    ],
    "ex-trust-infidelity": [
        (
            "def my_infidelity(f, x, phi, changes):\n"
            "    seen = f(x + changes) - f(x[None])\n"
            "    return float((changes @ phi - seen).square().mean())",
            "takes it away",
        ),
        (
            "def my_infidelity(f, x, phi, changes):\n"
            "    seen = f(x[None]) - f(x - changes)\n"
            "    return float((changes @ phi - seen).mean().square())",
            "Square first",
        ),
    ],
    "ex-trust-second-gradient": [
        (
            "def my_slope_of_map(f, x, target):\n"
            "    x = x.clone().requires_grad_()\n"
            "    (g,) = torch.autograd.grad(f(x).sum(), x)\n"
            "    return g * target",
            "That is the map",
        ),
        (
            "def my_slope_of_map(f, x, target):\n"
            "    x = x.clone().requires_grad_()\n"
            "    (g,) = torch.autograd.grad(f(x).sum(), x, create_graph=True)\n"
            "    return torch.autograd.grad((g * target).sum(), x)[0]",
            "absolute values",
        ),
        (
            "def my_slope_of_map(f, x, target):\n"
            "    x = x.clone().requires_grad_()\n"
            "    (g,) = torch.autograd.grad(f(x).sum(), x, create_graph=True)\n"
            "    return torch.autograd.grad(g.abs().sum(), x)[0]",
            "multiply by the target",
        ),
    ],
    "ex-trust-sanity-study": [
        ("my_study = {'gradient': [0.1, 0.0, -0.1]}", "yardstick"),
        ("my_study = {'gradient': [0.1], 'guided': [0.8]}", "three seeds"),
        ("my_study = {'gradient': [0.1] * 3, 'guided': [0.8] * 3}", "identical"),
    ],
}
