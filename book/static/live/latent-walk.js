/** The lab "latent walk": a generator draws the digits between two others, and beside them. */

import { menu, signed, slider, tell } from "./controls.js";
import { article, CLASSES, DIGITS, percent, PIXELS, SIDE } from "./digits.js";
import { grey, tile } from "./drawing.js";
import { argmax, loadNetwork, softmax } from "./engine.js";
import { Lab, place } from "./lab.js";
import { aside, slerp } from "./walk.js";

const ASIDE = { ink: "Ink", slant: "Slant" };

place("latent-walk", async (stage, files) => {
  const setup = await files.json("lab.json");
  const [drawer, reader] = await Promise.all([
    loadNetwork(files.url, setup.drawer),
    loadNetwork(files.url, setup.reader.id),
  ]);
  new LatentWalk(stage, setup, drawer, reader);
});

class LatentWalk extends Lab {
  constructor(stage, setup, drawer, reader) {
    super(stage, setup, markup);
    Object.assign(this, { drawer, reader });
    this.z = new Float64Array(setup.starts[0].length);
    this.picture = new Float64Array(PIXELS);
    this.chances = new Float64Array(CLASSES);
    this.knobs = ["way", ...Object.keys(ASIDE)].map((name) => this.control(name));
    this.large = tile(this.one(".walk-large canvas"), SIDE);
    this.strip = this.all(".walk-strip button").map((button) => ({
      button,
      tile: tile(button.firstElementChild, SIDE),
    }));
    this.listen();
    this.frame();
  }

  listen() {
    super.listen();
    this.strip.forEach(({ button }) => {
      button.addEventListener("click", () => {
        this.knobs[0].value = button.dataset.way;
        this.schedule();
      });
    });
    this.one("[data-act=back]").addEventListener("click", () => {
      this.knobs.slice(1).forEach((knob) => (knob.value = 0));
      this.schedule();
    });
  }

  frame() {
    super.frame();
    const [start, end] = this.ends;
    const ends = `${start} ${end}`;
    if (ends !== this.shownEnds) {
      this.shownEnds = ends;
      this.drawStrip(start, end, 0);
    }
  }

  /** Reads the controls, draws, and says what the reader sees. */
  update() {
    const [start, end] = (this.ends = ["from", "to"].map((name) => this.number(name)));
    const [way, ink, slant] = this.knobs.map((knob) => Number(knob.value));
    this.draw(start, end, way / 100, ink, slant);
    grey(this.large, this.picture);
    softmax(this.reader.forward(this.picture), this.chances);
    const shown = [`${way}%`, signed(ink), signed(slant)];
    shown.forEach((text, i) => tell(this.knobs[i], text));
    this.say(this.sentence(start, end, shown));
  }

  sentence(start, end, [way, ink, slant]) {
    const digit = argmax(this.chances);
    return (
      `${way} of the way from ${article(start)} to ${article(end)}, with ink ${ink} and slant ` +
      `${slant}, ${this.setup.reader.name} reads ${article(digit)} (${percent(this.chances[digit])}).`
    );
  }

  draw(start, end, way, ink, slant) {
    const { starts, ...directions } = this.setup;
    slerp(starts[start], starts[end], way, this.z);
    aside(aside(this.z, directions.ink, ink), directions.slant, slant);
    const drawn = this.drawer.forward(this.z);
    for (let i = 0; i < PIXELS; i++) this.picture[i] = (drawn[i] + 1) / 2;
  }

  /** The small pictures, one a frame, so that none has to wait for all. */
  drawStrip(start, end, k) {
    if (k === this.strip.length || `${start} ${end}` !== this.shownEnds) return;
    const { button, tile: small } = this.strip[k];
    this.draw(start, end, Number(button.dataset.way) / 100, 0, 0);
    grey(small, this.picture);
    requestAnimationFrame(() => this.drawStrip(start, end, k + 1));
  }
}

const markup = (id, { start, reach, strip }) => `
  <figure class="walk-large lab-pixels"><canvas role="img"
    aria-label="The picture that the generator draws; the sentence says what a reader sees in it"></canvas></figure>
  <div class="lab-knobs">
    <div class="lab-grid walk-ends">
      ${menu(id, "from", "from", DIGITS, start.from)}
      ${menu(id, "to", "to", DIGITS, start.to)}
    </div>
    ${slider(id, "way", "Way", { max: 100, value: start.way })}
    ${Object.entries(ASIDE)
      .map(([name, title]) =>
        slider(id, name, title, { min: -reach, max: reach, step: 0.1, value: start[name] }),
      )
      .join("")}
    <button type="button" class="lab-button" data-act="back">Back to the way</button>
  </div>
  <div class="lab-full" role="group" aria-labelledby="${id}-strip">
    <p class="lab-title" id="${id}-strip">The whole way</p>
    <div class="lab-grid walk-strip lab-pixels">
      ${Array.from({ length: strip }, (_, i) => {
        const way = Math.round((100 * i) / (strip - 1));
        return `<button type="button" data-way="${way}" aria-label="go to ${way}% of the way"><canvas
          aria-hidden="true"></canvas></button>`;
      }).join("")}
    </div>
  </div>
  <p class="lab-verdict"></p>`;
