"""Train the small networks that the library ships, and enter their figures into their passports.

    python -m tools.train_weights    # those of digits, letters and the census: minutes

Seeds are fixed: the same machine writes the same bytes.
"""

import copy
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

import sdl_lib
from sdl_lib.attacks import inject, pgd, remove
from sdl_lib.attacks.tampering import fit_painter
from sdl_lib.data import (
    Unpaired,
    adult,
    alice,
    all_captions,
    captioned_shapes,
    cartoon_heads,
    character_faces,
    draw_characters,
    draw_how,
    draw_who,
    encode_captions,
    fit_encoding,
    hatched_digits,
    lung_phantoms,
    mnist10k,
    spoken_phrases,
    traffic_signs,
    unpaired_digits,
    unpaired_posters,
)
from sdl_lib.defences import (
    adversarial_training,
    distillation,
    gloro_training,
    ibp_training,
    noise_training,
    trades,
)
from sdl_lib.gan import (
    PatchDiscriminator,
    cycle_error,
    cycle_networks,
    fit_face_swap,
    fit_pix2pix,
    fit_talking_head,
    frechet_distance,
    pairing_error,
    read_captions,
    train_conditional_gan,
    train_cycle,
)
from sdl_lib.models import (
    ADULT_FEATURES,
    MLP,
    AdultMLP,
    CaptionDiscriminator,
    CaptionGenerator,
    CausalTransformer,
    CharGRU,
    CycleDigits,
    DCGANDiscriminator,
    DCGANGenerator,
    FaceSwap,
    Judge,
    LeNet5,
    NoduleDetector,
    Painter,
    SignNet,
    SpeechCTC,
    StridedConv,
    TalkingHead,
    TranslatorPair,
    UNet,
    cycle_names,
    load,
    spell,
    transcribe,
    word_accuracy,
)
from sdl_lib.sequences import bits_per_character, encode, fit_language_model, simplify
from sdl_lib.training import accuracy, fit
from tools.make_data import enter

WEIGHTS = Path(__file__).parent.parent / "src" / "sdl_lib" / "models" / "weights"
# the seed chooses nothing but the start: it was not searched for
NETWORKS: dict[str, tuple[type[nn.Module], dict[str, float]]] = {
    "lenet5": (LeNet5, {"epochs": 20, "lr": 1e-3, "weight_decay": 1e-4}),
    "mlp": (MLP, {"epochs": 40, "lr": 1e-3, "weight_decay": 1e-4}),
}


def main() -> None:
    x, y = mnist10k("train")
    x_test, y_test = mnist10k("test")
    for name, (build, settings) in NETWORKS.items():
        sdl_lib.setup(seed=0, device="cpu")
        model = build()
        start = time.perf_counter()
        epochs = int(settings["epochs"])
        fit(model, x, y, epochs=epochs, lr=settings["lr"], weight_decay=settings["weight_decay"])
        seconds = time.perf_counter() - start
        content = ship(model, WEIGHTS / f"{name}.safetensors")
        measured = accuracy(model, x_test, y_test)
        describe(WEIGHTS / f"{name}.toml", measured, seconds)
        print(f"{name}: test accuracy {measured:.4f}, {seconds:.0f} s, {len(content):,} bytes")


# readers of letters: steps and largest rate
LANGUAGE: dict[str, tuple[type[nn.Module], int, float]] = {
    "char-gru": (CharGRU, 1500, 4e-3),
    "causal-transformer": (CausalTransformer, 4000, 3e-3),
}


def language_models() -> None:
    """The networks that read *Alice* letter by letter."""
    text, held_out = (encode(simplify(part)) for part in (alice("train"), alice("test")))
    for name, (build, steps, rate) in LANGUAGE.items():
        sdl_lib.setup(seed=0, device="cpu")
        model = build()
        start = time.perf_counter()
        fit_language_model(model, text, steps=steps, lr=rate, show_progress=True)
        seconds = time.perf_counter() - start
        content = ship(model, WEIGHTS / f"{name}.safetensors")
        measured = bits_per_character(model, held_out)
        how = (
            f"tools/train_weights.py: seed 0, one CPU thread, torch {torch.__version__}, "
            f"{seconds:.0f} s. On the last two chapters: {measured:.4f} bits a letter."
        )
        note(WEIGHTS / f"{name}.toml", how)
        print(f"{name}: {measured:.4f} bits a letter, {seconds:.0f} s, {len(content):,} bytes")


def adult_model() -> None:
    """The network that guesses incomes from twelve answers to the census."""
    encode_people = fit_encoding(adult("train"), ADULT_FEATURES)
    (x, y), (x_test, y_test) = (
        (encode_people(people), torch.tensor(people["over_50k"].to_numpy()).long())
        for people in (adult("train"), adult("test"))
    )
    sdl_lib.setup(seed=0, device="cpu")
    model = AdultMLP(x.shape[1])
    start = time.perf_counter()
    fit(model, x, y, epochs=8, batch_size=128, lr=2e-3, weight_decay=1e-4)
    seconds = time.perf_counter() - start
    content = ship(model, WEIGHTS / "adult-mlp.safetensors")
    how = (
        f"tools/train_weights.py: seed 0, one CPU thread, torch {torch.__version__}, "
        f"{seconds:.0f} s. Accuracy on the 15,060 test rows: {accuracy(model, x_test, y_test):.4f}."
    )
    tell(WEIGHTS / "adult-mlp.toml", how, content)


def listener() -> None:
    """The network that writes letters for spoken digits."""
    sdl_lib.setup(seed=0, device="cpu")
    model = SpeechCTC()
    start = time.perf_counter()
    _fit_listener(model, phrases=3000, steps=1200, batch_size=24, lr=4e-3)
    seconds = time.perf_counter() - start
    content = ship(model, WEIGHTS / "speech-ctc.safetensors")
    chance = torch.Generator().manual_seed(100)
    said = spoken_phrases("test", 500, noise_db=(15, 40), generator=chance)
    measured = word_accuracy(transcribe(model, said.x), said.texts)
    how = (
        f"tools/train_weights.py: seed 0, one CPU thread, torch {torch.__version__}, "
        f"{seconds:.0f} s. Word accuracy on 500 phrases of two to four digits, in the eight voices "
        f"of the test part with noise of 15 to 40 dB: {measured:.4f}."
    )
    tell(WEIGHTS / "speech-ctc.toml", how, content)


def _fit_listener(
    model: SpeechCTC, *, phrases: int, steps: int, batch_size: int, lr: float
) -> None:
    """Minimise the CTC loss over phrases in the voices of the training part, stretched by 10%."""
    said = spoken_phrases("train", phrases, words=(1, 4), noise_db=(10, 40), stretch=0.1)
    texts = [torch.tensor(spell(text)) for text in said.texts]
    optimiser = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.01)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, lr, total_steps=steps, pct_start=0.15)
    chance = torch.Generator().manual_seed(0)
    model.train()
    for _ in range(steps):
        rows = torch.randint(phrases, (batch_size,), generator=chance).tolist()
        found = model(said.x[rows, : int(said.length[rows].max())])
        truth = [texts[i] for i in rows]
        loss = nn.functional.ctc_loss(
            found.transpose(0, 1),
            torch.cat(truth),
            torch.full((batch_size,), found.shape[1]),
            torch.tensor([len(text) for text in truth]),
        )
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        rates.step()
    model.eval()


def sign_model() -> None:
    """The network that reads traffic lights and signs."""
    x, y = traffic_signs(8000, generator=torch.Generator().manual_seed(1))
    held_out = traffic_signs(5000, generator=torch.Generator().manual_seed(2))
    sdl_lib.setup(seed=0, device="cpu")
    model = SignNet()
    start = time.perf_counter()
    fit(model, x, y, epochs=10, lr=2e-3, weight_decay=1e-4)
    fit(model, x, y, epochs=4, lr=3e-4, weight_decay=1e-4)
    seconds = time.perf_counter() - start
    content = ship(model, WEIGHTS / "signs.safetensors")
    how = (
        f"tools/train_weights.py: 8,000 pictures of seed 1, one CPU thread, torch "
        f"{torch.__version__}, {seconds:.0f} s. Accuracy on 5,000 pictures of seed 2: "
        f"{accuracy(model, *held_out):.4f}."
    )
    tell(WEIGHTS / "signs.toml", how, content)


def hardened_models() -> None:
    """The digit readers that are taught to resist, all from the shipped LeNet-5 as their start."""
    (x, y), (x_test, y_test) = mnist10k("train"), mnist10k("test")
    folder = WEIGHTS.parents[1] / "defences" / "weights"
    ways: dict[str, Callable[[nn.Module], nn.Module]] = {
        "adversarial": lambda m: adversarial_training(m, x, y, eps=0.2, epochs=10),
        "trades": lambda m: trades(m, x, y, eps=0.2, epochs=10),
        "distilled": lambda m: distillation(m, x, y, temperature=40.0, epochs=10),
    }
    for name, way in ways.items():
        sdl_lib.setup(seed=0, device="cpu")
        start = time.perf_counter()
        model = way(load("lenet5"))
        seconds = time.perf_counter() - start
        content = ship(model, folder / f"lenet5-{name}.safetensors")
        attacked = accuracy(model, pgd(model, x_test, y_test, eps=0.2), y_test)
        how = (
            f"tools/train_weights.py: seed 0, one CPU thread, torch {torch.__version__}, "
            f"{seconds:.0f} s. Accuracy on the 2,000 test digits: "
            f"{accuracy(model, x_test, y_test):.4f}, and {attacked:.4f} under 40 steps of PGD "
            f"within .2 in the max norm."
        )
        tell(folder / f"lenet5-{name}.toml", how, content)


def certifiable_models() -> None:
    """One small network four times: as usual, and trained for each of three certificates."""
    (x, y), (x_test, y_test) = mnist10k("train"), mnist10k("test")
    folder = WEIGHTS.parents[1] / "defences" / "weights"

    def usual(model: nn.Module) -> nn.Module:
        fit(model, x, y, epochs=20)
        return model.requires_grad_(False)

    ways: dict[str, Callable[[nn.Module], nn.Module]] = {
        "plain": usual,
        "gloro": lambda m: gloro_training(m, x, y, eps=0.5, epochs=20),
        "ibp": lambda m: ibp_training(m, x, y, eps=0.1, epochs=20),
        "noise": lambda m: noise_training(m, x, y, sigma=0.5, epochs=20),
    }
    for name, way in ways.items():
        sdl_lib.setup(seed=0, device="cpu")
        start = time.perf_counter()
        model = way(StridedConv().eval())
        seconds = time.perf_counter() - start
        content = ship(model, folder / f"strided-{name}.safetensors")
        measured = accuracy(model, x_test, y_test)
        describe(folder / f"strided-{name}.toml", measured, seconds)
        print(
            f"strided-{name}: {measured:.4f}, {seconds:.0f} s, {len(content):,} bytes", flush=True
        )


def scan_models() -> None:
    """The detector of nodules and the painter of CT-GAN in small, both on drawn phantoms."""
    chances = [torch.Generator().manual_seed(seed) for seed in (0, 1)]
    (x, y), (x_test, y_test) = (
        lung_phantoms(n, generator=chance) for n, chance in zip((8000, 2000), chances, strict=True)
    )
    sdl_lib.setup(seed=0, device="cpu")
    detector, painter, judge = NoduleDetector(), Painter(), Judge()
    start = time.process_time()
    fit(detector, x, y, epochs=4, lr=2e-3)
    middle = time.process_time()
    fit_painter(painter, judge, x, y, steps=1600, closeness=15.0, show_progress=True)
    spent = {"nodule-detector": middle - start, "painter": time.process_time() - middle}

    def share(patches: Tensor, answer: int) -> float:
        return accuracy(detector, patches, torch.full((len(patches),), answer))

    answers = {
        "injected": share(inject(painter, x_test[y_test == 0]), 1),
        "removed": share(remove(painter, x_test[y_test == 1]), 0),
    }
    told = {
        "nodule-detector": "Accuracy on 2,000 fresh phantoms: "
        f"{accuracy(detector, x_test, y_test):.4f}.",
        "painter": "The shipped detector, which took no part in the training, sees "
        f"{answers['injected']:.4f} of the injected nodules and calls {answers['removed']:.4f} "
        "of the repainted patches healthy.",
    }
    for name, model in (("nodule-detector", detector), ("painter", painter)):
        content = ship(model, WEIGHTS / f"{name}.safetensors")
        how = (
            f"tools/train_weights.py: seed 0, one CPU thread, torch {torch.__version__}, "
            f"{spent[name]:.0f} s of CPU, on 8,000 drawn phantoms. {told[name]}"
        )
        tell(WEIGHTS / f"{name}.toml", how, content)


DCGAN_STEPS, DCGAN_RATE, DCGAN_BATCH, DCGAN_KEPT = 7000, 1e-3, 64, 0.995


def digit_generator() -> None:
    """The DCGAN's generator: hinge loss, one step each, the mean of its last weights shipped."""
    x, x_test = 2 * mnist10k("train")[0] - 1, mnist10k("test")[0]
    sdl_lib.setup(seed=0, device="cpu")
    start = time.process_time()
    model = fit_dcgan(x, torch.Generator().manual_seed(0))
    seconds = time.process_time() - start
    content = ship(model, WEIGHTS / "dcgan.safetensors", half=True)
    reader, drawer = load("lenet5"), load("dcgan")
    assert isinstance(reader, LeNet5)
    assert isinstance(drawer, DCGANGenerator)
    z = torch.randn(2000, drawer.latent, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        drawn = drawer.pictures(z)
        sure = float((reader(drawn).softmax(1).amax(1) > 0.9).double().mean())
        apart = frechet_distance(*(reader.layers[:-1](v) for v in (drawn, x_test)))
    how = (
        f"tools/train_weights.py: seed 0, one CPU thread, torch {torch.__version__}, "
        f"{seconds:.0f} s of processor time. Of 2,000 drawn digits LeNet-5 reads {sure:.4f} with "
        f"over .9; their Frechet distance to the test digits, on its 84 features: {apart:.2f}."
    )
    tell(WEIGHTS / "dcgan.toml", how, content)


SWAP_STEPS, SWAP_FACES = 6000, 4000


def face_swap() -> None:
    """The shared encoder and the two decoders for the drawn characters."""
    chance = torch.Generator().manual_seed(0)
    faces = (
        character_faces(SWAP_FACES, 0, generator=chance)[0],
        character_faces(SWAP_FACES, 1, generator=chance)[0],
    )
    sdl_lib.setup(seed=0, device="cpu")
    model = FaceSwap()
    start = time.process_time()
    fit_face_swap(model, faces, steps=SWAP_STEPS, generator=chance)
    seconds = time.process_time() - start
    content = ship(model, WEIGHTS / "face-swap.safetensors", half=True)
    shipped = load("face-swap")
    errors = []
    for who in (0, 1):
        x, pose = character_faces(1000, who, generator=chance)
        swapped = shipped(x, seen=who, drawn=1 - who)
        errors.append(float((swapped - draw_characters(1 - who, pose)).square().mean()))
    how = (
        f"tools/train_weights.py: {SWAP_FACES:,} pictures of each, seed 0, {SWAP_STEPS:,} steps, "
        f"one CPU thread, torch {torch.__version__}, {seconds:.0f} s of processor time. Mean "
        f"squared error of 1,000 swaps each way: {errors[0]:.5f} (Reed's poses, Plum drawn) and "
        f"{errors[1]:.5f}."
    )
    tell(WEIGHTS / "face-swap.toml", how, content)


def fit_dcgan(x: Tensor, chance: torch.Generator) -> DCGANGenerator:
    """Train on pictures ``x`` in [-1, 1]; the rates fall to zero in the second half."""
    generator, judge = DCGANGenerator(), DCGANDiscriminator()
    for network in (generator, judge):
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    mean = copy.deepcopy(generator)
    players = [
        torch.optim.Adam(network.parameters(), lr=DCGAN_RATE, betas=(0.5, 0.99))
        for network in (generator, judge)
    ]
    for step in range(DCGAN_STEPS):
        for player in players:
            player.param_groups[0]["lr"] = DCGAN_RATE * min(1, 2 * (1 - step / DCGAN_STEPS))
        real = x[torch.randint(len(x), (DCGAN_BATCH,), generator=chance)]
        drawn = generator(torch.randn(DCGAN_BATCH, generator.latent, generator=chance))
        players[1].zero_grad()
        ((1 - judge(real)).relu().mean() + (1 + judge(drawn.detach())).relu().mean()).backward()
        players[1].step()
        judge.requires_grad_(False)
        players[0].zero_grad()
        (-judge(drawn).mean()).backward()
        players[0].step()
        judge.requires_grad_(True)
        with torch.no_grad():
            states = (network.state_dict().values() for network in (mean, generator))
            for kept, new in zip(*states, strict=True):
                if kept.is_floating_point():
                    kept.lerp_(new, 1 - DCGAN_KEPT)
        if step % 500 == 499:
            print(f"step {step + 1}", flush=True)
    return mean.eval()


CYCLE_STEPS = {"digits": 300, "posters": 900}
CYCLE_OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "identity": {"identity_weight": 5.0},
    "pairs": {"pairs": 8},
    "no cycle": {"cycle_weight": 0.0},
}


def cycle_digits() -> None:
    """CycleGAN on digits and a thicker pen, in four settings, with several seeds of each."""
    sets = unpaired_digits()
    runs, start = CycleDigits(), time.process_time()
    for name in cycle_names():
        kind, seed = name.rsplit(" ", 1)
        pair = fit_digit_cycle(sets, seed=int(seed), **CYCLE_OPTIONS[kind])
        runs[name].load_state_dict(pair.state_dict())
        flaw = float(pairing_error(pair.there, sets.x_test, sets.truth))
        print(f"{name}: pairing error {flaw:.3f}", flush=True)
    how = (
        f"tools/train_weights.py: {len(runs)} runs of {CYCLE_STEPS['digits']} steps, one CPU "
        f"thread, torch {torch.__version__}, {time.process_time() - start:.0f} s of processor time."
    )
    tell(
        WEIGHTS / "cycle-digits.toml",
        how,
        ship(runs, WEIGHTS / "cycle-digits.safetensors", half=True),
    )


def fit_digit_cycle(sets: Unpaired, *, seed: int, pairs: int = 0, **options: Any) -> TranslatorPair:
    """One run of :func:`cycle_digits`; the first ``pairs`` digits come with their partners."""
    pair, judge_x, judge_y = cycle_networks(seed=seed)
    known = (sets.x[:pairs], sets.partners[:pairs]) if pairs else None
    train_cycle(
        pair.there, pair.back, judge_x, judge_y, sets.x, sets.y,
        steps=CYCLE_STEPS["digits"], batch_size=16, lr=2e-3, pairs=known,
        chance=torch.Generator().manual_seed(seed), **options,
    )  # fmt: skip
    return pair.requires_grad_(False)


def cycle_posters() -> None:
    """CycleGAN on patches of photographs and posters of other places."""
    sets, start = unpaired_posters(), time.process_time()
    pair, judge_x, judge_y = cycle_networks(seed=0, channels=3, width=20)
    train_cycle(
        pair.there, pair.back, judge_x, judge_y, sets.x, sets.y,
        steps=CYCLE_STEPS["posters"], batch_size=16, lr=2e-3,
        chance=torch.Generator().manual_seed(0),
    )  # fmt: skip
    seconds = time.process_time() - start
    pair.requires_grad_(False)
    how = (
        f"tools/train_weights.py: seed 0, one CPU thread, torch {torch.__version__}, "
        f"{seconds:.0f} s of processor time. On the photograph that was held out: cycle error "
        f"{cycle_error(pair.there, pair.back, sets.x_test):.4f}, pairing error "
        f"{pairing_error(pair.there, sets.x_test, sets.truth):.4f}."
    )
    tell(
        WEIGHTS / "cycle-posters.toml",
        how,
        ship(pair, WEIGHTS / "cycle-posters.safetensors", half=True),
    )


# what each generator's discriminator sees, and the name of its weights
CAPTION_STEPS = 2400
CAPTIONS = {"wrong pairs": "captions-matching", "pair": "captions-pair"}


def caption_generators(names: tuple[str, ...] = tuple(CAPTIONS)) -> None:
    """Who draws after a caption, for two discriminators: one sees wrong pairs as well."""
    x, words = captioned_shapes(6000, generator=torch.Generator().manual_seed(1))
    every = all_captions()
    z = torch.randn(len(every), 8, generator=torch.Generator().manual_seed(2))
    for sees in names:
        name = CAPTIONS[sees]
        sdl_lib.setup(seed=0, device="cpu")
        drawer, judge = CaptionGenerator(), CaptionDiscriminator()
        for network in (drawer, judge):
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        mean = copy.deepcopy(drawer)
        start = time.process_time()
        train_conditional_gan(
            drawer,
            judge,
            2 * x - 1,
            encode_captions(words),
            steps=CAPTION_STEPS,
            latent=drawer.latent,
            sees=sees,
            batch_size=64,
            lr=1e-3,
            decay=True,
            average=mean,
            loss="hinge",
            show_progress=True,
        )
        seconds = time.process_time() - start
        content = ship(mean, WEIGHTS / f"{name}.safetensors", half=True)
        mean.load_state_dict(safetensors.torch.load(content))
        with torch.no_grad():
            drawn = mean.eval().pictures(z, encode_captions(every))
        right = read_captions(drawn) == every
        how = (
            f"tools/train_weights.py: 6,000 pictures of seed 1, {CAPTION_STEPS:,} steps of seed 0, "
            f"one CPU thread, torch {torch.__version__}, {seconds:.0f} s of processor time. One "
            f"picture for each of the 216 captions, read in closed form: the whole caption is "
            f"right in {float(right.all(1).double().mean()):.4f}, a word in "
            f"{float(right.double().mean()):.4f}."
        )
        tell(WEIGHTS / f"{name}.toml", how, content)


HATCH_STEPS = 400
# weight of the L1 distance, and whether there is a game
HATCH: dict[str, tuple[float, bool]] = {
    "hatch-l1": (100.0, False),
    "hatch-gan": (0.0, True),
    "hatch-both": (20.0, True),
}


def hatch_models() -> None:
    """pix2pix in small, by L1 alone, by the game alone, and by both."""
    (x, _), (x_test, y_test) = mnist10k("train"), mnist10k("test")
    edges, hatched = hatched_digits(x)
    edges_test, hatched_test = hatched_digits(x_test, generator=torch.Generator().manual_seed(1))
    noise = torch.randn(x_test.shape, generator=torch.Generator().manual_seed(2))
    reader = load("lenet5")
    for name, (closeness, game) in HATCH.items():
        sdl_lib.setup(seed=0, device="cpu")
        start = time.process_time()
        model = UNet()
        judge = PatchDiscriminator(2) if game else None
        fit_pix2pix(model, judge, edges, hatched, steps=HATCH_STEPS, closeness=closeness)
        seconds = time.process_time() - start
        content = ship(model, WEIGHTS / f"{name}.safetensors", half=True)
        drawer = load(name)
        with torch.no_grad():
            drawn = drawer(edges_test, noise)
        how = (
            f"tools/train_weights.py: seed 0, one CPU thread, torch {torch.__version__}, "
            f"{seconds:.0f} s of processor time, {HATCH_STEPS} steps. On the 2,000 test digits: "
            f"mean L1 distance {float((drawn - hatched_test).abs().mean()):.4f}, read by LeNet-5 "
            f"{accuracy(reader, drawn, y_test):.4f}."
        )
        tell(WEIGHTS / f"{name}.toml", how, content)


HEAD_PEOPLE, HEAD_STEPS = 500, 400


def head_model() -> None:
    """The talking head: 500 drawn people, eight pictures of each in and four out."""
    seen, wanted = head_task(HEAD_PEOPLE, 1)
    sdl_lib.setup(seed=0, device="cpu")
    model, judge = TalkingHead(), PatchDiscriminator(6)
    start = time.process_time()
    fit_talking_head(model, judge, seen, wanted, steps=HEAD_STEPS)
    seconds = time.process_time() - start
    content = ship(model, WEIGHTS / "talking-head.safetensors", half=True)
    (x, s), (y, t) = head_task(200, 2)
    head = load("talking-head")
    assert isinstance(head, TalkingHead)
    with torch.no_grad():
        error = {
            k: float((head(t[:, 0], head.embed(x[:, :k], s[:, :k])) - y[:, 0]).abs().mean())
            for k in (1, 4, 8)
        }
    how = (
        f"tools/train_weights.py: seed 0, one CPU thread, torch {torch.__version__}, "
        f"{seconds:.0f} s of processor time, {HEAD_STEPS} steps. Mean L1 distance on 200 unseen "
        f"heads: {error[1]:.4f} from one picture, {error[4]:.4f} from four, {error[8]:.4f} from "
        f"eight."
    )
    tell(WEIGHTS / "talking-head.toml", how, content)


def head_task(people: int, seed: int) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Eight pictures of each in any light, four in neutral light, and their sketches."""
    chance = torch.Generator().manual_seed(seed)
    who = draw_who(people, generator=chance)
    parts = []
    for shots, light, noise in ((8, 0.3, 0.05), (4, 0.0, 0.0)):
        how = draw_how(people * shots, generator=chance)
        drawn = cartoon_heads(
            who.repeat_interleave(shots, 0), how, light=light, noise=noise, generator=chance
        )
        x, sketch = (v.unflatten(0, (people, shots)) for v in (drawn.x, drawn.sketch))
        parts.append((x, sketch))
    return parts[0], parts[1]


def ship(model: nn.Module, file: Path, *, half: bool = False) -> bytes:
    """Write the weights of ``model``, perhaps in half precision, and enter them in the passport."""
    state = {
        name: (value.half() if half and value.is_floating_point() else value).contiguous()
        for name, value in model.state_dict().items()
    }
    content = safetensors.torch.save(state)
    file.write_bytes(content)
    enter(file.with_suffix(".toml"), content)
    return content


def describe(passport: Path, measured: float, seconds: float) -> None:
    """Enter how the network was made, with what was measured."""
    how = (
        f"tools/train_weights.py: seed 0, one CPU thread, torch {torch.__version__}, "
        f"{seconds:.0f} s. Accuracy on the 2,000 test digits: {measured:.4f}."
    )
    note(passport, how)


def tell(passport: Path, how: str, content: bytes) -> None:
    """Enter ``how`` the network was made, and print it."""
    note(passport, how)
    print(f"{passport.stem}: {how}, {len(content):,} bytes", flush=True)


def note(passport: Path, how: str) -> None:
    """Enter ``how`` as the way in which the network was made."""
    text = passport.read_text(encoding="utf-8")
    passport.write_text(re.sub(r'^made = ".*"', f'made = "{how}"', text, flags=re.M), "utf-8")


if __name__ == "__main__":
    main()
    language_models()
    adult_model()
    scan_models()
    sign_model()
    digit_generator()
    cycle_digits()
    cycle_posters()
    caption_generators()
    hatch_models()
    head_model()
    face_swap()
    hardened_models()
    certifiable_models()
    listener()
