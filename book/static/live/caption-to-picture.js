/** The lab "caption to picture": choose the words, and the generator draws them in the page. */

import { caption, draw, encode, read, SIDE } from "./caption-drawer.js";
import { loadNetwork } from "./engine.js";
import { afterPause, place } from "./lab.js";

const PIXELS = SIDE * SIDE;

let labs = 0; // on this page, so that the ids of two labs differ

place("caption-to-picture", async (stage, files) => {
  const setup = await files.read("lab.json").then((response) => response.json());
  const [drawer, styles] = await Promise.all([
    loadNetwork(files.url, setup.drawer),
    loadNetwork(files.url, setup.styles),
  ]);
  new CaptionToPicture(stage, setup, { drawer, styles });
});

class CaptionToPicture {
  constructor(stage, setup, networks) {
    Object.assign(this, { stage, setup, networks, which: 0 });
    stage.innerHTML = markup(`caption-${++labs}`, setup);
    const one = (selector) => stage.querySelector(selector);
    this.choices = [...stage.querySelectorAll("select")];
    this.large = tile(one(".walk-large canvas"));
    this.strip = [...stage.querySelectorAll(".walk-strip button")].map((button) => ({
      button,
      tile: tile(button.firstElementChild),
    }));
    this.verdict = one(".lab-verdict");
    this.live = one("[role=status]");
    this.announce = afterPause(700, (text) => (this.live.textContent = text));
    stage.addEventListener("input", () => this.schedule());
    this.strip.forEach(({ button }, which) => {
      button.addEventListener("click", () => {
        this.which = which;
        this.schedule();
      });
    });
    this.frame();
  }

  schedule() {
    this.pending ??= requestAnimationFrame(() => this.frame());
  }

  /** Reads the words, draws the picture, reads it. */
  frame() {
    this.pending = null;
    const begin = performance.now();
    const { slots, colours, starts } = this.setup;
    const words = this.choices.map((choice) => Number(choice.value));
    const code = encode(slots, words);
    const picture = draw(this.networks, starts[this.which], code);
    paint(this.large, picture);
    const text = sentence(slots, words, read(picture, this.setup));
    if (text !== this.verdict.textContent) {
      this.verdict.textContent = text;
      this.announce(text);
    }
    this.strip.forEach(({ button }, k) => button.setAttribute("aria-pressed", k === this.which));
    this.stage.parentElement.dataset.ms = (performance.now() - begin).toFixed(2);
    for (const [mine, other] of [colours, [...colours].reverse()]) {
      [...this.choices[mine].options].forEach((option, k) => (option.disabled = k === words[other]));
    }
    if (words.join() !== this.shown) {
      this.shown = words.join();
      this.drawStrip(code, this.shown, 0);
    }
  }

  /** The small pictures, one a frame, so that none has to wait for all. */
  drawStrip(code, shown, k) {
    if (k === this.strip.length || shown !== this.shown) return;
    paint(this.strip[k].tile, draw(this.networks, this.setup.starts[k], code));
    requestAnimationFrame(() => this.drawStrip(code, shown, k + 1));
  }
}

function sentence(slots, words, seen) {
  const right = words.filter((word, i) => word === seen[i]).length;
  return (
    `Asked for ${caption(slots, words)}, it drew ${caption(slots, seen)}: ` +
    `${right} of ${words.length} words are right.`
  );
}

function tile(canvas) {
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d");
  return { context, image: context.createImageData(SIDE, SIDE) };
}

function paint({ context, image }, picture) {
  for (let i = 0; i < PIXELS; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = 255 * picture[c * PIXELS + i];
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

const choice = (id, { name, words }, chosen, slot) => `
  <label class="lab-target" for="${id}-${slot}">${name}
    <select id="${id}-${slot}" data-name="${name}">
      ${words
        .map((word, k) => `<option value="${k}"${k === chosen ? " selected" : ""}>${word}</option>`)
        .join("")}
    </select></label>`;

const markup = (id, { slots, start, starts }) => `
  <figure class="walk-large"><canvas role="img"
    aria-label="The picture that the generator draws; the sentence says what is read from it"></canvas></figure>
  <div class="lab-knobs">
    <div class="walk-ends">${slots.map((slot, i) => choice(id, slot, start[i], i)).join("")}</div>
  </div>
  <div class="walk-way" role="group" aria-labelledby="${id}-strip">
    <p class="lab-title" id="${id}-strip">What the caption leaves open</p>
    <div class="walk-strip">
      ${starts
        .map(
          (_, k) => `<button type="button" aria-pressed="${k === 0}"
          aria-label="look at picture ${k + 1}"><canvas aria-hidden="true"></canvas></button>`,
        )
        .join("")}
    </div>
  </div>
  <p class="lab-verdict"></p>
  <p class="lab-hidden" role="status"></p>`;
