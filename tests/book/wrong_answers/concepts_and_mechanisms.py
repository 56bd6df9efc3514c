"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-concepts-pair": [
        ("my_sparsity = 4 / 7", "the question is S"),
        ("my_sparsity = 0.5", "costs its variance"),
        ("my_sparsity = 0", "a bias may stand in"),
    ],
    "ex-concepts-score": [
        (
            "def my_score(gradient, direction):\n    return float((gradient @ direction).mean())",
            "counts signs",
        ),
        (
            "def my_score(gradient, direction):\n"
            "    return float((gradient @ direction >= 0).double().mean())",
            "no rise",
        ),
        (
            "def my_score(gradient, direction):\n    return float((gradient > 0).double().mean())",
            "the direction must enter",
        ),
    ],
    "ex-concepts-p": [
        (
            "def my_p(scores, null):\n"
            "    means = null.mean(1)\n"
            "    d = (scores.mean() - means.mean()).abs()\n"
            "    return float(((means - means.mean()).abs() >= d).double().mean())",
            "can be zero",
        ),
        (
            "def my_p(scores, null):\n"
            "    means = null.mean(1)\n"
            "    return float(1 + (means >= scores.mean()).sum()) / (1 + len(means))",
            "both directions",
        ),
        (
            "def my_p(scores, null):\n"
            "    d = (scores.mean() - null.mean()).abs()\n"
            "    n = ((null - null.mean()).abs() >= d).sum()\n"
            "    return float(1 + n) / (1 + null.numel())",
            "means with means",
        ),
    ],
    "ex-concepts-toy": [
        (
            "def my_loss(W, b, x, importance):\n"
            "    return ((x - x @ W.T @ W - b) ** 2 * importance).sum(1).mean()",
            "Where is the ReLU",
        ),
        (
            "def my_loss(W, b, x, importance):\n"
            "    return ((x - (x @ W.T @ W + b).relu()) ** 2).sum(1).mean()",
            "importances have no effect",
        ),
        (
            "def my_loss(W, b, x, importance):\n"
            "    return ((x - (x @ W.T @ W + b).relu()) ** 2 * importance).mean()",
            "only the batch is averaged",
        ),
    ],
    "ex-concepts-recovery": [
        (
            "def my_recovery(truth, found):\n"
            "    return float((truth @ found.T).max(1).values.mean())",
            "divide by the lengths",
        ),
        (
            "def my_recovery(truth, found):\n"
            "    t = nn.functional.normalize(truth, dim=1)\n"
            "    f = nn.functional.normalize(found, dim=1)\n"
            "    return float((t @ f.T).max(0).values.mean())",
            "a missed truth",
        ),
        (
            "def my_recovery(truth, found):\n"
            "    t = nn.functional.normalize(truth, dim=1)\n"
            "    f = nn.functional.normalize(found, dim=1)\n"
            "    return float((t @ f.T).mean())",
            "best match of each row",
        ),
    ],
    "ex-concepts-layers": [
        ('my_study = {"blocks.2": [0.5, 0.6, 0.7], "blocks.10": [0.8, 0.9, 0.8]}', "three at"),
        (
            'my_study = {f"blocks.{i}": [0.5 + i / 20] for i in (2, 6, 9)}',
            "three draws",
        ),
        (
            'my_study = {f"blocks.{i}": [0.5 + i / 20] * 3 for i in (2, 6, 9)}',
            "did the counterexamples change",
        ),
    ],
}
