"""Sentences rewritten from one mood to the other: a cycle of two editors over discrete tokens."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, logsigmoid, one_hot

from sdl_lib import validate
from sdl_lib.gan.gumbel import gumbel_max, gumbel_noise, gumbel_softmax
from sdl_lib.gan.losses import discriminator_loss, generator_loss
from sdl_lib.text.reviews import Reviews, double_edged, grammar, mood_words
from sdl_lib.text.vocabulary import Vocabulary

RECORD = Path(__file__).with_name("rewriting.json")
SOLUTIONS = ("softmax", "gumbel", "straight-through", "policy gradient")
MOODS = ("bad", "good")
WARM_UP = 100  # steps before the policy gradient sets in: SeqGAN too learns to write first
POLICY_WEIGHT = 0.3


class _Context(nn.Module):
    """What stands at a place, beside it, and in the sentence as a whole."""

    def __init__(self, words: int, width: int) -> None:
        super().__init__()
        self.embed = nn.Linear(words, width, bias=False)
        self.mix = nn.Linear(4 * width, width)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        e = self.embed(tokens)
        edge = torch.zeros_like(e[:, :1])
        left, right = torch.cat([edge, e[:, :-1]], 1), torch.cat([e[:, 1:], edge], 1)
        whole = e.mean(1, keepdim=True).expand_as(e)
        return e, self.mix(torch.cat([e, left, right, whole], -1)).relu()


class Editor(nn.Module):
    """Tokens in, logits of new tokens out, at each place of the sentence.

    References
    ----------
    Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """

    def __init__(self, words: int, *, width: int = 32) -> None:
        super().__init__()
        self.context = _Context(words, width)
        self.out = nn.Linear(2 * width, words)

    def forward(self, tokens: Tensor) -> Tensor:
        """One-hot or soft tokens (n, T, words) to logits of the same shape."""
        logits: Tensor = self.out(torch.cat(self.context(tokens), -1))
        return logits


class Judge(nn.Module):
    """Tokens in, one logit out: was this sentence written, in the target mood?

    References
    ----------
    Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """

    def __init__(self, words: int, *, width: int = 32) -> None:
        super().__init__()
        self.context = _Context(words, width)
        self.out = nn.Linear(width, 1)

    def forward(self, tokens: Tensor) -> Tensor:
        """One-hot or soft tokens (n, T, words) to logits (n,)."""
        _, h = self.context(tokens)
        logits: Tensor = self.out(h.amax(1)).squeeze(-1)
        return logits


@dataclass(frozen=True)
class Rewriter:
    """Two editors, to a bad mood and to a good one, with their judges and their words."""

    vocabulary: Vocabulary
    editors: tuple[Editor, Editor]
    judges: tuple[Judge, Judge]

    def rewrite(self, sentences: list[str], *, mood: str = "good") -> list[str]:
        """Each sentence in the mood: at each place the likeliest word."""
        validate.choice(mood, MOODS, "mood")
        with torch.no_grad():
            logits = self.editors[MOODS.index(mood)](tokens(sentences, self.vocabulary))
        return self.vocabulary.decode(logits.argmax(-1))


class Rewriting(NamedTuple):
    """Shares, of sentences and of content words, that a rewriting brought about."""

    flips: float
    """sentences that the classifier calls good afterwards"""
    kept: float
    """content words that stand where they stood"""
    sensible: float
    """sentences that the grammar of good reviews contains"""
    cycle: float
    """sentences that come back word for word"""
    double_edged: float
    """flips among the sentences with a word that is bad of this and good of that"""


class RewritingRun(NamedTuple):
    """One run of the record."""

    solution: str
    identity: float
    seed: int
    score: Rewriting


def tokens(sentences: list[str], vocabulary: Vocabulary) -> Tensor:
    """One-hot vectors, shape (n, T, words)."""
    return one_hot(vocabulary.encode(sentences), len(vocabulary)).float()


def train_rewriter(
    corpus: Reviews,
    *,
    solution: str = "gumbel",
    steps: int = 400,
    identity: float = 1.0,
    cycle: float = 1.0,
    tau: float = 1.0,
    batch_size: int = 48,
    lr: float = 2e-3,
    seed: int = 0,
) -> Rewriter:
    """Two editors that fool two judges, undo each other, and leave the target mood alone.

    Each editor's loss: the adversarial one, ``cycle`` times the cross-entropy of the sentence
    that comes back, ``identity`` times that of a sentence which had the target mood already.

    Parameters
    ----------
    corpus : of it only ``bad`` and ``good`` are used
    solution : how the judge's verdict gets past the sampled word: "softmax", "gumbel",
        "straight-through" or "policy gradient"
    steps, batch_size, lr : of Adam, for editors and judges in turn
    tau : temperature of the two Gumbel solutions
    seed : of first weights, batches and samples; the global random state stays as it was

    Raises
    ------
    ValueError : for an unknown solution or a setting out of range.

    References
    ----------
    Zhu et al. (2017) for the three terms. Explained in
    :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    validate.choice(solution, SOLUTIONS, "solution")
    validate.count(steps, "steps", least=0)
    validate.count(batch_size, "batch_size")
    for name, weight in (("identity", identity), ("cycle", cycle)):
        validate.radius(weight, name)
    vocabulary = Vocabulary.of(corpus.bad + corpus.good)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        editors = (Editor(len(vocabulary)), Editor(len(vocabulary)))
        judges = (Judge(len(vocabulary)), Judge(len(vocabulary)))
    chance = torch.Generator().manual_seed(seed)
    data = [tokens(side, vocabulary) for side in (corpus.bad, corpus.good)]
    e_adam, d_adam = (
        torch.optim.Adam([w for net in nets for w in net.parameters()], lr, (0.5, 0.999))
        for nets in (editors, judges)
    )
    for step in range(steps):
        real = [x[torch.randint(len(x), (batch_size,), generator=chance)] for x in data]
        loss, fakes = torch.zeros(()), []
        for judge in judges:
            judge.requires_grad_(False)
        for m in (0, 1):
            source, there, back = real[1 - m], editors[m], editors[1 - m]
            logits = there(source)
            noise = gumbel_noise(logits, chance=chance)
            fake = _pass_on(logits, noise, solution, tau)
            lost, verdict = _cross(back(fake), source), judges[m](fake)
            loss = loss + cycle * lost.mean() + identity * _cross(there(real[m]), real[m]).mean()
            if solution != "policy gradient":
                loss = loss + generator_loss(verdict)
            elif step >= WARM_UP:
                loss = loss + POLICY_WEIGHT * _policy_loss(logits, fake, verdict, cycle * lost)
            fakes.append(fake.detach())
        _update(e_adam, loss)
        for judge in judges:
            judge.requires_grad_(True)
        each = zip(judges, real, fakes, strict=True)
        told = [discriminator_loss(judge(x), judge(y)) for judge, x, y in each]
        _update(d_adam, torch.stack(told).sum())
    for net in (*editors, *judges):
        net.zero_grad(set_to_none=True)
        net.eval()
    return Rewriter(vocabulary, editors, judges)


def mood_classifier(corpus: Reviews, *, steps: int = 500, seed: int = 100) -> Judge:
    """A reader of its own, trained on both corpora: logit over 0 for a good mood.

    Raises
    ------
    ValueError : if ``steps`` is below 1.

    References
    ----------
    Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    validate.count(steps, "steps")
    vocabulary = Vocabulary.of(corpus.bad + corpus.good)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        reader = Judge(len(vocabulary))
    chance = torch.Generator().manual_seed(seed)
    bad, good = (tokens(side, vocabulary) for side in (corpus.bad, corpus.good))
    adam = torch.optim.Adam(reader.parameters(), 5e-3)
    for _ in range(steps):
        x, y = (s[torch.randint(len(s), (64,), generator=chance)] for s in (good, bad))
        _update(adam, discriminator_loss(reader(x), reader(y)))
    reader.zero_grad(set_to_none=True)
    return reader.eval()


def rewriting_score(rewriter: Rewriter, reader: Judge, sentences: list[str]) -> Rewriting:
    """What became of bad sentences: by the reader, by the grammar, word by word.

    Parameters
    ----------
    reader : a classifier, such as :func:`mood_classifier` makes; not one of the judges
    sentences : bad ones, not used in training

    References
    ----------
    Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    good = rewriter.rewrite(sentences, mood="good")
    again = rewriter.rewrite(good, mood="bad")
    with torch.no_grad():
        flipped = (reader(tokens(good, rewriter.vocabulary)) > 0).double()
    right, moods, edged = grammar("good"), mood_words() | {"."}, double_edged()
    kept = [
        old == new
        for before, after in zip(sentences, good, strict=True)
        for old, new in zip(before.split(), after.split(), strict=True)
        if old not in moods
    ]
    sharp = torch.tensor([bool(edged & set(sentence.split())) for sentence in sentences])
    n = len(sentences)
    return Rewriting(
        flips=float(flipped.mean()),
        kept=sum(kept) / len(kept),
        sensible=sum(s in right for s in good) / n,
        cycle=sum(a == b for a, b in zip(sentences, again, strict=True)) / n,
        double_edged=float(flipped[sharp].mean()),
    )


def rewriting_record() -> tuple[dict[str, str], list[RewritingRun]]:
    """Provenance and runs of ``experiments/sentence_rewriting.py``, as shipped."""
    told = json.loads(RECORD.read_text(encoding="utf-8"))
    runs = [
        RewritingRun(solution, identity, seed, Rewriting(*score))
        for solution, identity, seed, score in told["runs"]
    ]
    return told["provenance"], runs


def _pass_on(logits: Tensor, noise: Tensor, solution: str, tau: float) -> Tensor:
    """What the judge and the editor back get to read."""
    if solution == "softmax":
        return logits.softmax(-1)
    if solution == "policy gradient":
        return one_hot(gumbel_max(logits.detach(), noise=noise), logits.shape[-1]).float()
    return gumbel_softmax(logits, noise=noise, tau=tau, hard=solution == "straight-through")


def _cross(logits: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy at each place, shape (n, T)."""
    loss: Tensor = cross_entropy(logits.mT, wanted.argmax(-1), reduction="none")
    return loss


def _policy_loss(logits: Tensor, fake: Tensor, verdict: Tensor, lost: Tensor) -> Tensor:
    """Each word is rewarded by the verdict on its sentence and by how well it itself comes back.

    Both less their mean over the batch, so that there is praise and blame.
    """
    liked = logsigmoid(verdict)[:, None]
    reward = (liked - liked.mean() - lost + lost.mean(0, keepdim=True)).detach()
    said = (logits.log_softmax(-1) * fake).sum(-1)
    return -(reward * said).sum(-1).mean()


def _update(adam: torch.optim.Optimizer, loss: Tensor) -> None:
    adam.zero_grad()
    loss.backward()
    adam.step()
