"""Wrong solutions: for each question, code, the points it may get at most, and part of its hint.

The code takes the place of the question's solution cells.
"""

CNN = """
def cnn_gradient(weights, x, y, stride):
    kernels, n = weights["kernels"], len(x)
    m, k = kernels.shape[:2]
    view = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(1, 2))
    seen = view[:, ::stride, ::stride]
    a = np.einsum("nijpq,opq->noij", seen, kernels, optimize=True)
    a = a + weights["offsets"][:, None, None]
    f = {order}.reshape(n, -1)
    z = f @ weights["W"].T + weights["b"]
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    error = np.exp(log_p)
    error[np.arange(n), y] -= 1
    error /= {count}
    into = {into}
    gradients = {{
        "kernels": {kernels},
        "offsets": into.sum(axis=(0, 2, 3)),
        "W": error.T @ f,
        "b": error.sum(axis=0),
    }}
    in_x, r = np.zeros_like(x), a.shape[2]
    for i in range(r):
        for j in range(r):
            part = np.einsum("no,opq->npq", into[:, :, i, j], {kernel})
            u, v = stride * i, stride * j
            in_x[:, u : u + k, v : v + k] {put} part
    return -log_p[np.arange(n), y].mean(), gradients, in_x

cnn = adam(
    cnn_start,
    lambda w, rows: cnn_gradient(w, X_train[rows], y_train[rows], 2)[1],
    [chance.integers(0, 8000, 50) for _ in range({batches})],
    lr=0.01,
)
"""
NETWORK = {
    "order": "np.maximum(a, 0)",
    "count": "n",
    "into": '(error @ weights["W"]).reshape(a.shape) * (a > 0)',
    "kernels": 'np.einsum("noij,nijpq->opq", into, seen, optimize=True)',
    "kernel": "kernels",
    "put": "+=",
    "batches": "400",
}

MOVED = """
def worst_shift(model, x, y, reach):
    least, worst = torch.full((len(x),), torch.inf), x.clone()
    shifts, ink = torch.zeros(len(x), 2, dtype=torch.int64), (x != 0).sum((1, 2, 3))
    for right in range(-reach, reach + 1):
        for down in range(-reach, reach + 1):
            moved = {moved}
            with torch.no_grad():
                z = model(moved).clone()
            true = z.gather(1, y[:, None])[:, 0]
            margin = {margin}
            better = {whole} & (margin < least) {more}
            least[better] = margin[better].to(least)
            shifts[better] = torch.tensor([{pair}])
            worst[better] = moved[better]
    return shifts, worst
"""
PAPER = {
    "moved": "nn.functional.pad(x, (right, -right, down, -down))",
    "margin": "true - z.scatter(1, y[:, None], -torch.inf).amax(1)",
    "whole": "((moved != 0).sum((1, 2, 3)) == ink)",
    "more": "",
    "pair": "right, down",
}

RNN = """
def rnn_gradient(weights, texts, reach):
    E, U, c, V, d = (weights[key] for key in "EUcVd")
    n, T = texts.shape[0], texts.shape[1] - 1
    read, right = texts[:, :-1].T, texts[:, 1:].T
    states = np.zeros((T + 1, n, len(U)))
    for t in range(T):
        states[t + 1] = np.tanh(E[read[t]] + states[t] @ U.T + c)
    before, h = states[:-1], states[1:]
    z = h @ V.T + d
    log_p = z - np.log(np.exp(z).sum(axis=2, keepdims=True))
    right = right[..., None]
    error = np.exp(log_p)
    np.put_along_axis(error, right, np.take_along_axis(error, right, axis=2) - 1, axis=2)
    error /= {count}
    total, back = np.zeros_like(h), error @ V
    for lag in range({lags}):
        back = back * {slope}
        total[: T - lag] += back
        back = (back @ {step})[1:]
    in_E = np.zeros_like(E)
    {collect}
    gradients = {{
        "E": in_E,
        "U": (total.transpose(0, 2, 1) @ before).sum(axis=0),
        "c": total.sum(axis=(0, 1)),
        "V": (error.transpose(0, 2, 1) @ h).sum(axis=0),
        "d": error.sum(axis=(0, 1)),
    }}
    return -np.take_along_axis(log_p, right, axis=2).mean(), gradients

reader = adam(
    rnn_start,
    lambda w, texts: rnn_gradient(w, texts, 8)[1],
    [pieces(16, 33, chance) for _ in range({batches})],
    lr=0.01,
)
"""
TIME = {
    "count": "n * T",
    "lags": "min(reach, T)",
    "slope": "(1 - h[: T - lag] ** 2)",
    "step": "U",
    "collect": "np.add.at(in_E, read, total)",
    "batches": "250",
}

MISPRINT = """
def estimates(model, text):
    table = model.embedding.weight.detach()
    rows = table[text[:-1]].clone().requires_grad_()
    scores = model.read(rows[None])[0]
    loss = {loss}
    (slope,) = torch.autograd.grad(loss, rows)
    return {estimate}

def worst_misprint(model, text, tries):
    read, guess = text[:-1], estimates(model, text).clone()
    allowed = {allowed}
    allowed[torch.arange(len(read)), read] = False
    guess[~allowed] = -torch.inf
    tries = min(tries, int(allowed.sum()))
    best = guess.flatten().topk(tries)
    places, characters = best.indices // 38, best.indices % 38
    changed = read.repeat(tries, 1)
    changed[torch.arange(tries), places] = characters
    with torch.no_grad():
        log_p = model(changed)[:, -1].log_softmax(1)[:, text[-1]]
    k = {choice}
    return int(places[k]), int(characters[k]), {said}
"""
LETTER = {
    "loss": "nn.functional.cross_entropy(scores[-1], text[-1])",
    "estimate": "slope @ table.T - (slope * rows.detach()).sum(1, keepdim=True)",
    "allowed": "((read >= A) & (read <= Z))[:, None] & (torch.arange(38) >= A)",
    "choice": "int(log_p.argmin())",
    "said": "-float(log_p[k])",
}

COLLAPSE = """
def play(p, rounds, memory=None):
    written = []
    for t in range(rounds):
        seen = {seen}
        counts = np.bincount(np.array(seen, dtype=int), minlength=len(p))
        q = counts / max(len(seen), 1)
        with np.errstate(all="ignore"):
            D = {D}
        written.append(int(np.argmax(D)))
    return np.array(written)

def effective_number(labels):
    _, counts = np.unique(np.asarray(labels), return_counts=True)
    n = counts.sum()
    {number}
"""
GAME = {
    "seen": "written if memory is None else written[-memory:]",
    "D": "np.where(p > 0, p / np.where(p > 0, p + q, 1), 0)",
    "number": "pairs = (counts * (counts - 1)).sum()\n"
    "    return n * (n - 1) / pairs if pairs else np.inf",
}

EXAMPLE = """
counterexample = {
    "p": np.array([[[0.001, 0.999]] + 9 * [[0.999, 0.001]]]),
    "texts": np.zeros((1, 10), dtype=int),
    "lengths": np.array([%s]),
}

def bits(p, texts, lengths):
    rows, places = np.indices(texts.shape)
    real = places < np.asarray(lengths)[:, None]
    given = p[rows, places, texts]
    return %s
"""

PREDICTION = """
prediction = {"direction": "down", "ratio": 0.2, "because": "rare batches pull rarely at it"}
results = [(d, s, %s) for d in (0.05, 0.1, 0.2, 0.3, 0.5) for s in %s]
"""

WRONG = {
    "cnn": [
        (CNN.format(**NETWORK | {"count": "1"}), 8, "a mean over the batch"),
        (
            CNN.format(**NETWORK | {"into": '(error @ weights["W"]).reshape(a.shape)'}),
            14,
            "The ReLU on the way back",
        ),
        (CNN.format(**NETWORK | {"put": "="}), 13, "a pixel collects from every window"),
        (
            CNN.format(**NETWORK | {"kernel": "kernels[:, ::-1, ::-1]"}),
            13,
            "the kernel is not flipped",
        ),
        (CNN.format(**NETWORK | {"batches": "10"}), 14, "The trained network"),
        (
            CNN.format(
                **NETWORK | {"kernels": 'np.einsum("noij,nijpq->opq", into, seen) / a[0, 0].size'}
            ),
            13,
            "A kernel is used at every place",
        ),
    ],
    "moved": [
        (MOVED.format(**PAPER | {"whole": "(margin == margin)"}), 9, "Ink was pushed out"),
        (
            MOVED.format(**PAPER | {"moved": "torch.roll(x, (down, right), (2, 3))"}),
            9,
            "nothing enters again",
        ),
        (MOVED.format(**PAPER | {"margin": "true"}), 9, "Not the smallest margin"),
        (MOVED.format(**PAPER | {"more": "& (least > 0)"}), 9, "need not be the worst"),
        (
            MOVED.format(**PAPER | {"moved": "nn.functional.pad(x, (down, -down, right, -right))"}),
            10,
            "Right first, then down",
        ),
        (
            MOVED.replace("z = model(moved)", "model(moved); z = model(moved)").format(**PAPER),
            10,
            "Too many questions",
        ),
    ],
    "rnn": [
        (RNN.format(**TIME | {"count": "n"}), 7, "a mean over pieces and places"),
        (RNN.format(**TIME | {"slope": "1"}), 10, "through tanh"),
        (RNN.format(**TIME | {"step": "U.T"}), 10, "through U"),
        (
            RNN.format(**TIME | {"collect": "in_E[read] += total"}),
            12,
            "A letter that is read twice",
        ),
        (RNN.format(**TIME | {"lags": "T"}), 12, "The cut."),
        (RNN.format(**TIME | {"batches": "5"}), 12, "The trained reader"),
    ],
    "misprint": [
        (MISPRINT.format(**LETTER | {"said": "float(best.values[k])"}), 7, "no evidence"),
        (MISPRINT.format(**LETTER | {"choice": "0"}), 10, "Not the worst of the tried ones"),
        (
            MISPRINT.format(**LETTER | {"allowed": "torch.ones(len(read), 38, dtype=torch.bool)"}),
            10,
            "touched a space",
        ),
        (
            MISPRINT.format(
                **LETTER | {"loss": "nn.functional.cross_entropy(scores[:-1], text[1:-1])"}
            ),
            9,
            "not the derivative of the loss",
        ),
        (
            MISPRINT.format(**LETTER | {"estimate": "slope @ table.T"}),
            7,
            "replaced by itself changes nothing",
        ),
    ],
    "collapse": [
        (COLLAPSE.format(**GAME | {"seen": "written"}), 10, "m + 1 letters"),
        (COLLAPSE.format(**GAME | {"D": "p / (p + q)"}), 12, "0 / 0 is no number"),
        (COLLAPSE.format(**GAME | {"D": "p - q"}), 11, "answers p / (p + q)"),
        (
            COLLAPSE.format(**GAME | {"number": "return 1 / ((counts / n) ** 2).sum()"}),
            11,
            "leave the pair of a draw with itself out",
        ),
        (
            COLLAPSE.format(
                **GAME
                | {
                    "number": "pairs = (counts * (counts - 1)).sum()\n"
                    "    return n * (n - 1) / pairs if pairs else n"
                }
            ),
            13,
            "not the size of the sample",
        ),
    ],
    "bug": [
        (EXAMPLE % ("1", "-np.log2(np.mean(given[real]))"), 7, "The logarithm of a mean"),
        (EXAMPLE % ("1", "-np.mean(np.log2(given))"), 7, "What fills up a short piece"),
        (
            EXAMPLE % ("1", "-np.mean([np.mean(np.log2(g[r])) for g, r in zip(given, real)])"),
            7,
            "each real character counts once",
        ),
        (EXAMPLE % ("10", "-np.mean(np.log2(given[real]))"), 8, "Your counterexample is none"),
    ],
    "experiment": [
        (PREDICTION % ("d", "(0, 1, 2)"), 2, "could not be repeated"),
        (PREDICTION % ("forge(d, s)", "(0,)"), 3, "three seeds for each"),
        (
            (PREDICTION % ("d / 2", "(0, 1, 2)")).replace('"down"', '"worse"'),
            1,
            "The prediction needs a direction",
        ),
    ],
}
