"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-nearest-boundary": [
        ("my_distance = 2", "smaller gap"),
        ("my_distance = 3 / 9", "squared norm"),
    ],
    "ex-project": [
        (
            "def my_project(x_adv, x, eps):\n    return x_adv.clamp(x - eps, x + eps).clamp(0, 1)",
            "max norm",
        ),
        (
            "def my_project(x_adv, x, eps):\n"
            "    delta = x_adv - x\n"
            "    size = delta.flatten(1).norm(dim=1, keepdim=True)\n"
            "    return x + delta * (eps / size).clamp(max=1)",
            "left [0, 1]",
        ),
        (
            "def my_project(x_adv, x, eps):\n"
            "    delta = x_adv - x\n"
            "    size = delta.flatten(1).norm(dim=1, keepdim=True)\n"
            "    return (x + delta * eps / size).clamp(0, 1)",
            "inside the ball already",
        ),
    ],
    "ex-pgd": [
        (
            "def my_pgd(model, x, y, eps, step, steps):\n    return fgsm(model, x, y, eps=eps)",
            "FGSM",
        ),
        (
            "def my_pgd(model, x, y, eps, step, steps):\n"
            "    x_adv = x.clone()\n"
            "    for _ in range(steps):\n"
            "        z = x_adv.clone().requires_grad_()\n"
            "        loss = nn.functional.cross_entropy(model(z), y, reduction='sum')\n"
            "        (g,) = torch.autograd.grad(loss, z)\n"
            "        x_adv = (x_adv + step * g.sign()).clamp(0, 1)\n"
            "    return x_adv",
            "farther than eps",
        ),
        (
            "def my_pgd(model, x, y, eps, step, steps):\n"
            "    x_adv = x.clone()\n"
            "    for _ in range(steps):\n"
            "        z = x_adv.clone().requires_grad_()\n"
            "        loss = nn.functional.cross_entropy(model(z), y, reduction='sum')\n"
            "        (g,) = torch.autograd.grad(loss, z)\n"
            "        x_adv = (x_adv - step * g.sign()).clamp(x - eps, x + eps).clamp(0, 1)\n"
            "    return x_adv",
            "surer of the truth",
        ),
    ],
    "ex-hinge": [
        (
            "def my_hinge(logits, y, kappa):\n"
            "    own = nn.functional.one_hot(y, logits.shape[1])\n"
            "    other = ((1 - own) * logits).max(1).values\n"
            "    return ((own * logits).sum(1) - other).clamp(min=-kappa)",
            "all logits are negative",
        ),
        (
            "def my_hinge(logits, y, kappa):\n"
            "    own = logits.gather(1, y[:, None])[:, 0]\n"
            "    other = logits.scatter(1, y[:, None], -torch.inf).max(1).values\n"
            "    return own - other",
            "run on for ever",
        ),
    ],
    "ex-worst-case": [
        (
            "def my_worst_case(model, tries, y):\n"
            "    return min(accuracy(model, x, y) for x in tries)",
            "strongest single attack",
        ),
        (
            "def my_worst_case(model, tries, y):\n"
            "    return sum(accuracy(model, x, y) for x in tries) / len(tries)",
            "does not average",
        ),
    ],
    "ex-step-study": [
        ("my_study = {10: [0.5] * 3, 20: [0.4] * 3}", "no curve"),
        ("my_study = {5: [0.5], 10: [0.4], 20: [0.4]}", "three random starts"),
        ("my_study = {5: [0.9] * 3, 10: [0.9] * 3, 20: [0.9] * 3}", "All alike"),
    ],
}
