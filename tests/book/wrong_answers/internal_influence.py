"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

_GRADIENT = (
    "def my_comparative(rest, z, k, other):\n"
    "    z = z.clone().requires_grad_()\n"
    "    logits = rest(z)\n"
    "    value = ({}).sum()\n"
    "    (slopes,) = torch.autograd.grad(value, z)\n"
    "    return {}"
)
_SHARES = (
    "def my_shares(h, g, x, b, k, steps):\n"
    "    t = (torch.arange(steps).to(x) + 0.5)[:, None] / steps\n"
    "    end, start = h(x), h(b)\n"
    "    z = ({}).detach().requires_grad_()\n"
    "    (slopes,) = torch.autograd.grad(g(z)[:, k].sum(), z)\n"
    "    return {}"
)
_LINE, _BENT = "start + t * (end - start)", "h(b + t * (x - b))"

WRONG = {
    "ex-influence-by-hand": [
        ("my_influence = 18", "sum of the two"),
        ("my_influence = 7.5", "mean input"),
        ("my_influence = 17.5", "stop at the slice"),
    ],
    "ex-influence-mean-gradient": [
        (_GRADIENT.format("logits[:, k] - logits[:, other]", "slopes.sum(0)"), "divide"),
        (_GRADIENT.format("logits[:, k]", "slopes.mean(0)"), "k alone"),
        (_GRADIENT.format("logits[:, k] - logits[:, other]", "slopes.abs().mean(0)"), "signs"),
        (_GRADIENT.format("logits[:, other] - logits[:, k]", "slopes.mean(0)"), "turned"),
        (
            _GRADIENT.format("logits[:, k] - logits[:, other]", "(slopes * z).mean(0).detach()"),
            "activation",
        ),
    ],
    "ex-influence-complete-inside": [
        (
            _SHARES.format(_BENT, "(end - start) * slopes.mean(0, keepdim=True)"),
            "segment in the input",
        ),
        (_SHARES.format(_LINE, "slopes.mean(0, keepdim=True)"), "rate"),
        (_SHARES.format(_LINE, "end * slopes.mean(0, keepdim=True)"), "less h(b)"),
    ],
    "ex-influence-experts": [
        ("def my_experts(chi, k):\n    return chi.sum((1, 2)).abs().topk(k).indices", "by size"),
        ("def my_experts(chi, k):\n    return chi.amax((1, 2)).topk(k).indices", "strongest unit"),
        (
            "def my_experts(chi, k):\n    return chi.sum((1, 2)).topk(k, largest=False).indices",
            "lower the score",
        ),
        (
            "def my_experts(chi, k):\n    return chi.sum((1, 2)).topk(k).indices.flip(0)",
            "most influential first",
        ),
    ],
    "ex-influence-detector": [
        (
            "def my_detector(answers, y, k):\n"
            "    hits = float(((answers == k) & (y == k)).sum())\n"
            "    return hits / max(1, int((answers == k).sum())), hits / int((y == k).sum())",
            "swapped",
        ),
        (
            "def my_detector(answers, y, k):\n"
            "    hits = float(((answers == k) & (y == k)).sum())\n"
            "    return hits / len(y), hits / int((answers == k).sum())",
            "class alone",
        ),
        (
            "def my_detector(answers, y, k):\n"
            "    hits = float(((answers == k) & (y == k)).sum())\n"
            "    return hits / int((y == k).sum()), hits / max(1, int((answers == k).sum()))",
            "not a number",
        ),
    ],
    "ex-influence-better-rule": [
        ('my_rule_study = {"rule": [0.9, 0.91], "random": [0.9, 0.92]}', "at least three"),
        ('my_rule_study = {"rule": [0.9] * 3, "random": [0.8, 0.81, 0.82]}', "identical"),
        ('my_rule_study = {"rule": [90, 91, 92], "random": [0.8, 0.81, 0.82]}', "between 0 and 1"),
    ],
}
