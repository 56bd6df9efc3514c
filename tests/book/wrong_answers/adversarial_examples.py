"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-linear-drop": [
        ("my_drop = 0.1 * (9 + 1 + 4) ** 0.5", "2-norm"),
        ("my_drop = 0.1 * (3 - 1 + 2)", "with their signs"),
    ],
    "ex-signed-step": [
        (
            "def my_step(x, gradient, eps):\n    return (x - eps * gradient.sign()).clamp(0, 1)",
            "down",
        ),
        ("def my_step(x, gradient, eps):\n    return x + eps * gradient.sign()", "left [0, 1]"),
        (
            "def my_step(x, gradient, eps):\n    return (x + eps * gradient).clamp(0, 1)",
            "sign first",
        ),
        (
            "def my_step(x, gradient, eps):\n"
            "    x += eps * gradient.sign()\n"
            "    return x.clamp_(0, 1)",
            "changed the x",
        ),
    ],
    "ex-targeted-step": [
        (
            "def my_targeted_step(model, x, target, eps):\n"
            "    x = x.clone().requires_grad_()\n"
            "    loss = nn.functional.cross_entropy(model(x), target)\n"
            "    (g,) = torch.autograd.grad(loss, x)\n"
            "    return (x + eps * g.sign()).detach().clamp(0, 1)",
            "raised the target's loss",
        ),
        (
            "def my_targeted_step(model, x, target, eps):\n"
            "    return fgsm(model, x, model(x).argmax(1), eps=eps)",
            "Aim",
        ),
    ],
    "ex-smallest-eps": [
        (
            "def my_smallest_eps(model, x, y, grid):\n"
            "    smallest = torch.full((len(x),), float(max(grid)))\n"
            "    for eps in sorted(grid, reverse=True):\n"
            "        smallest[model(fgsm(model, x, y, eps=eps)).argmax(1) != y] = eps\n"
            "    return smallest",
            "float('inf')",
        ),
        (
            "def my_smallest_eps(model, x, y, grid):\n"
            "    smallest = torch.full((len(x),), float('inf'))\n"
            "    for eps in sorted(grid):\n"
            "        smallest[model(fgsm(model, x, y, eps=eps)).argmax(1) != y] = eps\n"
            "    return smallest",
            "the last eps",
        ),
    ],
    "ex-success-rate": [
        (
            "def my_success_rate(before, after, y):\n    return float((after != y).float().mean())",
            "without any attack",
        ),
        (
            "def my_success_rate(before, after, y):\n"
            "    return float((after != before).float().mean())",
            "from wrong to right",
        ),
        (
            "def my_success_rate(before, after, y):\n"
            "    return float(((before == y) & (after != y)).float().mean())",
            "right numerator",
        ),
    ],
    "ex-resolution-study": [
        ("my_study = {7: [0.1, 0.1, 0.1], 28: [0.1, 0.2, 0.1]}", "no trend"),
        ("my_study = {7: [0.1], 14: [0.1], 28: [0.2]}", "three networks"),
        ("my_study = {7: [0.1] * 3, 14: [0.2] * 3, 28: [0.3] * 3}", "identical"),
    ],
}
