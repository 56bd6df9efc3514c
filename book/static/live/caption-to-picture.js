/** The lab "caption to picture": choose the words, and the generator draws them in the page. */

import { caption, draw, encode, read, SIDE } from "./caption-drawer.js";
import { menu } from "./controls.js";
import { paint, tile } from "./drawing.js";
import { loadNetwork } from "./engine.js";
import { Lab, place } from "./lab.js";

place("caption-to-picture", async (stage, files) => {
  const setup = await files.json("lab.json");
  const [drawer, styles] = await Promise.all([
    loadNetwork(files.url, setup.drawer),
    loadNetwork(files.url, setup.styles),
  ]);
  new CaptionToPicture(stage, setup, { drawer, styles });
});

class CaptionToPicture extends Lab {
  constructor(stage, setup, networks) {
    super(stage, setup, markup);
    Object.assign(this, { networks, which: 0 });
    this.choices = this.all("select");
    this.large = tile(this.one(".walk-large canvas"), SIDE);
    this.strip = this.all(".walk-strip button").map((button) => ({
      button,
      tile: tile(button.firstElementChild, SIDE),
    }));
    this.listen();
    this.strip.forEach(({ button }, which) => {
      button.addEventListener("click", () => {
        this.which = which;
        this.schedule();
      });
    });
    this.frame();
  }

  frame() {
    super.frame();
    if (this.words.join() !== this.shown) {
      this.shown = this.words.join();
      this.drawStrip(encode(this.setup.slots, this.words), this.shown, 0);
    }
  }

  /** Reads the words, draws the picture, reads it. */
  update() {
    const { slots, colours, starts } = this.setup;
    const words = (this.words = this.choices.map((choice) => Number(choice.value)));
    const picture = draw(this.networks, starts[this.which], encode(slots, words));
    paint(this.large, picture);
    this.say(sentence(slots, words, read(picture, this.setup)));
    this.strip.forEach(({ button }, k) => button.setAttribute("aria-pressed", k === this.which));
    for (const [mine, other] of [colours, [...colours].reverse()]) {
      [...this.choices[mine].options].forEach((option, k) => (option.disabled = k === words[other]));
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

const choice = (id, { name, words }, chosen, slot) =>
  menu(`${id}-${slot}`, name, name, [...words.entries()], chosen);

const markup = (id, { slots, start, starts }) => `
  <figure class="walk-large lab-pixels"><canvas role="img"
    aria-label="The picture that the generator draws; the sentence says what is read from it"></canvas></figure>
  <div class="lab-knobs">
    <div class="lab-grid walk-ends">${slots.map((slot, i) => choice(id, slot, start[i], i)).join("")}</div>
  </div>
  <div class="lab-full" role="group" aria-labelledby="${id}-strip">
    <p class="lab-title" id="${id}-strip">What the caption leaves open</p>
    <div class="lab-grid walk-strip lab-pixels">
      ${starts
        .map(
          (_, k) => `<button type="button" aria-pressed="${k === 0}"
          aria-label="look at picture ${k + 1}"><canvas aria-hidden="true"></canvas></button>`,
        )
        .join("")}
    </div>
  </div>
  <p class="lab-verdict"></p>`;
