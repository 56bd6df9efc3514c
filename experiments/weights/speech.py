"""The network that writes letters for spoken digits."""

import torch
from torch import Tensor, nn

from experiments.weights.recipe import Recipe, Setting, Trained
from sdl_lib.data import spoken_phrases
from sdl_lib.models import SpeechCTC, spell, transcribe, word_accuracy


def listener(setting: Setting) -> Trained:
    """CTC loss over phrases in the voices of the training part, stretched by up to 10%."""
    model = SpeechCTC().to(setting.device)
    said = spoken_phrases(
        "train", setting.times(3000), words=(1, 4), noise_db=(10, 40), stretch=0.1
    )
    x = said.x.to(setting.device)
    texts = [torch.tensor(spell(text)) for text in said.texts]
    steps, lr = setting.times(1200), 4e-3
    optimiser = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.01)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, lr, total_steps=steps, pct_start=0.15)
    chance = torch.Generator().manual_seed(0)
    model.train()
    for _ in range(steps):
        rows = torch.randint(len(texts), (24,), generator=chance).tolist()
        found = model(x[rows, : int(said.length[rows].max())])
        loss = _ctc_loss(found, [texts[i] for i in rows])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        rates.step()
    return Trained(model, _word_accuracy)


def _ctc_loss(found: Tensor, truth: list[Tensor]) -> Tensor:
    """Of log-probabilities (n, frames, letters); on the CPU, where its gradient is repeatable."""
    return nn.functional.ctc_loss(
        found.transpose(0, 1).cpu(),
        torch.cat(truth),
        torch.full((len(truth),), found.shape[1]),
        torch.tensor([len(text) for text in truth]),
    )


def _word_accuracy(model: nn.Module) -> str:
    chance = torch.Generator().manual_seed(100)
    said = spoken_phrases("test", 500, noise_db=(15, 40), generator=chance)
    measured = word_accuracy(transcribe(model, said.x), said.texts)
    return (
        "Word accuracy on 500 phrases of two to four digits, in the eight voices of the test part "
        f"with noise of 15 to 40 dB: {measured:.4f}."
    )


RECIPES = {"speech-ctc": Recipe(listener)}
