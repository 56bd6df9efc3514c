"""The lab "draw a digit" in a real browser: its engine, its controls, its looks."""

from __future__ import annotations

import copy
import json
import math
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
from lab import (
    StageHeights,
    StandIn,
    box_of,
    median_ms,
    phone_faults,
    pick,
    said,
    same_sentence,
    settle,
    target_sizes,
)
from playwright.sync_api import Page
from torch import nn
from visit import Visit

from sdl_lib import live, models
from sdl_lib.data import mnist10k
from sdl_lib.live import draw_a_digit
from sdl_lib.live.export import export

PAGE = "book/security/adversarial-examples.html"
LAB = "[data-lab='draw-a-digit']"
ROWS = draw_a_digit.sample_rows()
PERCENTAGE = r"\d+\.\d(?=\s%)"

# one pass of the engine over many pictures: logits, and gradients of the cross-entropy
RUN_ENGINE = """async ([site, manifest, weights, inputs, labels]) => {
  const { Network } = await import(`${site}/_static/live/engine.js`);
  const network = new Network(manifest, Float32Array.from(weights));
  return inputs.map((input, i) => {
    const x = Float32Array.from(input);
    const logits = [...network.forward(x)];
    return [logits, [...network.inputGradient(x, labels[i])]];
  });
}"""
LOAD_SHIPPED = """async ([site, name]) => {
  const folder = `${site}/_static/labs/draw-a-digit/`;
  const manifest = await (await fetch(`${folder}${name}.json`)).json();
  const weights = new Float32Array(await (await fetch(`${folder}${name}.bin`)).arrayBuffer());
  return [manifest, [...weights]];
}"""


def move(page: Page, eps: float) -> None:
    page.locator(f"{LAB} input[type=range]").fill(f"{eps:.2f}")
    settle(page)


def choose(page: Page, name: str, value: str) -> None:
    pick(page, LAB, name, value)


def verdict(page: Page) -> str:
    return page.locator(f"{LAB} .lab-verdict").inner_text().replace("\u2011", "-")


def reads(page: Page, network: int = 0, when: int = 0) -> int:
    """The digit that the table says the network reads, before (0) or after (1) the change."""
    cells = page.locator(f"{LAB} table").nth(network).locator(f"td:nth-of-type({when + 1})")
    return [c.get_attribute("class") == "lab-top" for c in cells.all()].index(True)


# the engine


def every_layer() -> nn.Module:
    """A network with each layer that the engine knows, in awkward sizes."""
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(7, 32),
        nn.BatchNorm1d(32),
        nn.LeakyReLU(0.2),
        nn.Unflatten(1, (2, 4, 4)),
        nn.ConvTranspose2d(2, 5, 4, stride=2, padding=1),
        nn.BatchNorm2d(5),
        nn.ReLU(),
        nn.ConvTranspose2d(5, 3, (3, 4), (3, 2), (1, 0), output_padding=(1, 1), bias=False),
        nn.Tanh(),
        nn.Conv2d(3, 4, (3, 5), stride=(2, 1), padding=(1, 2)),
        nn.Sequential(nn.BatchNorm2d(4), nn.Sigmoid()),
        nn.AvgPool2d(3, 2, padding=1),
        nn.MaxPool2d((3, 2), 1, padding=1),
        nn.Dropout(),
        nn.Flatten(),
        nn.LazyLinear(6),
    )
    model(torch.randn(64, 7))  # gives the batch normalisations statistics to fold
    return model.eval()


def disagreement(page: Page, site: str, network: tuple[Any, Any], model: nn.Module, x: Any) -> Any:
    """Largest differences to torch in float64: of the logits, the gradients, and relative ones."""
    y = torch.arange(len(x)) % 3
    exact, inputs = copy.deepcopy(model).double(), x.double().requires_grad_()
    logits = exact(inputs)
    loss = nn.functional.cross_entropy(logits, y, reduction="sum")
    (gradients,) = torch.autograd.grad(loss, inputs)
    request = [site, *network, x.flatten(1).tolist(), y.tolist()]
    answers = page.evaluate(RUN_ENGINE, request)
    ours = [torch.tensor(part, dtype=torch.float64) for part in zip(*answers, strict=True)]
    pairs = list(zip(ours, (logits.detach(), gradients.flatten(1)), strict=True))
    off = [float((a - b).abs().max()) for a, b in pairs]
    scale = pairs[1][1].abs().amax(1)
    return *off, float(((pairs[1][0] - pairs[1][1]).abs().amax(1) / scale).max())


@pytest.mark.parametrize("name", draw_a_digit.NETWORKS.values())
def test_engine_agrees_with_torch_on_the_networks_of_the_site(
    desk: Visit, site: str, name: str
) -> None:
    x, _ = mnist10k("test")
    network = desk.page.evaluate(LOAD_SHIPPED, [site, name])
    logits, gradients, relative = disagreement(
        desk.page, site, network, models.load(name), x[ROWS + list(range(50, 80))]
    )
    print(f"{name}: logits {logits:.1e}, gradients {gradients:.1e}, relative {relative:.1e}")
    assert max(logits, gradients, relative) <= 1e-5


def test_engine_agrees_with_torch_on_every_layer(desk: Visit, site: str, tmp_path: Path) -> None:
    model = every_layer()
    export(model, tmp_path, "net", shape=(7,))
    manifest = json.loads((tmp_path / "net.json").read_text())
    weights = torch.frombuffer(bytearray((tmp_path / "net.bin").read_bytes()), dtype=torch.float32)
    x = torch.randn(20, 7, generator=torch.Generator().manual_seed(1))
    assert max(disagreement(desk.page, site, (manifest, weights.tolist()), model, x)) <= 1e-5


def test_engine_refuses_weights_that_do_not_fit(desk: Visit, site: str) -> None:
    manifest, weights = desk.page.evaluate(LOAD_SHIPPED, [site, "mlp"])
    with pytest.raises(Exception, match="expected 50890 numbers, found 50889"):
        desk.page.evaluate(RUN_ENGINE, [site, manifest, weights[1:], [], []])


# what the lab says


@cache
def in_float64(name: str) -> nn.Module:
    return models.load(draw_a_digit.NETWORKS[name]).double()


def torchs_sentence(row: int, attacked: int, kind: str, target: int, eps: float) -> str:
    """What the lab should say, from torch in double precision."""
    names = list(draw_a_digit.NETWORKS)
    names = [names[attacked], names[1 - attacked]]
    model, other = map(in_float64, names)
    x, y = mnist10k("test")
    clean, label = x[row : row + 1].double(), int(y[row])
    knobs: dict[str, Any] = {"kind": kind, "eps": eps, "target": target}
    changed = draw_a_digit.disturb(model, clean, label, seed=draw_a_digit.SEED, **knobs)
    return draw_a_digit.sentence(
        *names,
        before=draw_a_digit.ask(model, clean),
        after=draw_a_digit.ask(model, changed),
        beside=draw_a_digit.ask(other, changed),
        **knobs,
    )


def set_all(page: Page, attacked: int, kind: str, target: int, eps: float) -> None:
    choose(page, "network", str(attacked))
    choose(page, "kind", kind)
    if kind != "noise":
        option = "" if target == draw_a_digit.NO_TARGET else str(target)
        page.locator(f"{LAB} select").select_option(option)
    move(page, eps)


@pytest.mark.parametrize("sample", [0, 8, 11])
def test_verdict_is_that_of_torch(desk: Visit, sample: int) -> None:
    desk.page.locator(f"{LAB} [data-sample='{sample}']").click()
    for attacked, kind, target, eps in product(
        (0, 1), draw_a_digit.KINDS.values(), (draw_a_digit.NO_TARGET, 3), (0.0, 0.1, 0.3)
    ):
        set_all(desk.page, attacked, kind, target, eps)
        expected = torchs_sentence(ROWS[sample], attacked, kind, target, eps)
        same_sentence(verdict(desk.page), expected, number=PERCENTAGE, tolerance=0.1001)


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("draw-a-digit")
    for eps in (0.0, 0.05, 0.1, 0.2, 0.3):
        control.eps.value = eps
        move(desk.page, eps)
        expected = said(control)
        # the notebook computes in single precision: where a gradient is all but zero, its sign
        # may differ
        same_sentence(verdict(desk.page), expected, number=PERCENTAGE, tolerance=1.0)


def test_random_signs_can_be_drawn_anew(desk: Visit) -> None:
    choose(desk.page, "kind", "noise")
    move(desk.page, 0.5)
    seen = set()
    for _ in range(4):
        canvas = desk.page.locator(f"{LAB} .lab-equation canvas").nth(1)
        seen.add(canvas.evaluate("c => c.toDataURL()"))
        desk.page.get_by_role("button", name="New signs").click()
        settle(desk.page)
    assert len(seen) == 4
    assert desk.page.locator(f"{LAB} select").is_disabled()


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    steps = [(step % 51) / 100 for step in range(75)]
    assert median_ms(desk.page, LAB, steps, lambda eps: move(desk.page, eps)) <= 16


def test_lab_goes_on_without_a_network(desk: Visit) -> None:
    desk.page.context.set_offline(True)
    before = verdict(desk.page)
    move(desk.page, 0.3)
    assert verdict(desk.page) != before
    desk.page.context.set_offline(False)


def test_verdict_is_announced_once_after_a_pause(desk: Visit) -> None:
    desk.page.wait_for_timeout(900)
    desk.page.evaluate(
        f"""() => {{
          window.announced = [];
          const live = document.querySelector("{LAB} [role=status]");
          new MutationObserver(() => announced.push(live.textContent))
            .observe(live, {{ childList: true, characterData: true, subtree: true }});
        }}"""
    )
    for step in range(10):
        move(desk.page, step / 100)
    desk.page.wait_for_timeout(900)
    said = [text.replace("\u2011", "-") for text in desk.page.evaluate("announced")]
    assert said == [verdict(desk.page)]


# drawing


def arc(x: float, y: float, rx: float, ry: float, begin: int, end: int) -> list[Any]:
    angles = [math.radians(begin + (end - begin) * i / 24) for i in range(25)]
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


# strokes in a unit square, x to the right and y down
THREE = [*arc(0.47, 0.29, 0.26, 0.21, -150, 90), *arc(0.47, 0.71, 0.29, 0.21, -90, 150)]
SEVEN = [(0.22, 0.12), (0.78, 0.12), (0.42, 0.92)]
DIGITS = {3: THREE, 7: SEVEN}


def on_pad(page: Page, stroke: list[Any]) -> list[Any]:
    """The stroke in coordinates of the window: small, and away from the middle of the pad."""
    pad = page.locator(f"{LAB} .lab-pad")
    pad.scroll_into_view_if_needed()
    box = box_of(pad)
    side = box["width"]
    return [
        (box["x"] + side * (0.3 + 0.6 * x), box["y"] + side * (0.05 + 0.6 * y)) for x, y in stroke
    ]


@pytest.mark.parametrize("digit", DIGITS)
def test_a_digit_drawn_with_the_mouse_is_read_and_then_misread(desk: Visit, digit: int) -> None:
    page = desk.page
    points = on_pad(page, DIGITS[digit])
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=3)
    page.mouse.up()
    move(page, 0.3)
    assert [reads(page, network) for network in (0, 1)] == [digit, digit]
    assert reads(page, 0, when=1) != digit
    assert "a drawing has no label" in page.locator(f"{LAB} .lab-aim").inner_text()
    choose(page, "kind", "noise")
    assert reads(page, 0, when=1) == digit


@pytest.mark.parametrize("digit", DIGITS)
def test_a_finger_draws_and_does_not_scroll(finger: Page, digit: int) -> None:
    page = finger
    points = on_pad(page, DIGITS[digit])
    scrolled = page.evaluate("scrollY")
    session = page.context.new_cdp_session(page)
    for kind, touches in (
        ("touchStart", points[:1]),
        *(("touchMove", [point]) for point in points[1:]),
        ("touchEnd", []),
    ):
        where = [{"x": x, "y": y} for x, y in touches]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})
    settle(page)
    assert page.evaluate("scrollY") == scrolled
    assert reads(page) == digit


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    page.evaluate("document.activeElement.blur()")
    page.locator(f"{LAB} .lab-pad canvas").focus()
    for key in ["Delete", *["Shift+ArrowUp"] * 2, *["ArrowLeft"] * 5, "Space"]:
        keys.press(key)
    for key in [*["ArrowRight"] * 10, *["ArrowDown", "ArrowDown", "ArrowDown", "ArrowLeft"] * 5]:
        keys.press(key)
    settle(page)
    assert page.locator(f"{LAB} .lab-cursor").is_visible()
    assert reads(page) == 7
    assert focused(page, "outline-style") == "solid"

    order = [page.locator(f"{LAB} {part}") for part in ("[data-act=clear]", "[data-sample]")]
    stops = [order[0], *order[1].all(), page.locator(f"{LAB} input[type=range]")]
    for stop in stops:
        keys.press("Tab")
        assert stop.evaluate("e => e === document.activeElement")
    keys.press("Home")
    for _ in range(30):
        keys.press("ArrowRight")
    settle(page)
    assert page.locator(f"{LAB} .lab-value").inner_text() == "0.30"
    assert reads(page, when=1) != 7

    keys.press("Tab")
    keys.press("ArrowRight")  # PGD
    keys.press("Tab")
    keys.press("Tab")
    keys.press("2")  # the target
    settle(page)
    assert page.locator(f"{LAB} .lab-aim").inner_text() == "Towards 2."
    assert "The target 2 is reached." in verdict(page)


def focused(page: Page, style: str) -> str:
    return str(page.evaluate(f"getComputedStyle(document.activeElement)['{style}']"))


def test_an_empty_pad_says_what_to_do(desk: Visit) -> None:
    desk.page.get_by_role("button", name="Clear the pad").click()
    settle(desk.page)
    assert verdict(desk.page) == "Draw a digit, or take a real one."
    assert desk.page.locator(f"{LAB} .lab-top").count() == 0


# how it looks


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    parts = f"{LAB} :is(button, select, .lab-choice span, input[type=range])"
    sizes = target_sizes(phone.page, parts)
    assert len(sizes) >= 20
    assert min(sizes) >= 36


def test_nothing_moves_by_itself(desk: Visit) -> None:
    moving = f"""() => [...document.querySelectorAll("{LAB} *")].filter(e => {{
      const style = getComputedStyle(e);
      return style.animationName !== "none" || parseFloat(style.transitionDuration) > 0;
    }}).map(e => e.className || e.localName)"""
    assert desk.page.evaluate(moving) == []


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    before, after = stage_heights(lambda page: move(page, 0.5))
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 7
    assert stand_in.overhang <= 0
