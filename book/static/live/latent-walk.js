/** The lab "latent walk": a generator draws the digits between two others, and beside them. */

import { argmax, loadNetwork, softmax } from "./engine.js";
import { afterPause, place } from "./lab.js";
import { aside, slerp } from "./walk.js";

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;
const ASIDE = { ink: "Ink", slant: "Slant" };

let labs = 0; // on this page, so that the ids of two labs differ

place("latent-walk", async (stage, files) => {
  const setup = await files.read("lab.json").then((response) => response.json());
  const [drawer, reader] = await Promise.all([
    loadNetwork(files.url, setup.drawer),
    loadNetwork(files.url, setup.reader.id),
  ]);
  new LatentWalk(stage, setup, drawer, reader);
});

class LatentWalk {
  constructor(stage, setup, drawer, reader) {
    Object.assign(this, { stage, setup, drawer, reader });
    this.z = new Float64Array(setup.starts[0].length);
    this.picture = new Float64Array(PIXELS);
    this.chances = new Float64Array(CLASSES);
    stage.innerHTML = markup(`walk-${++labs}`, setup);
    const one = (selector) => stage.querySelector(selector);
    this.ends = ["from", "to"].map((name) => one(`[data-name=${name}]`));
    this.knobs = ["way", ...Object.keys(ASIDE)].map((name) => {
      const knob = one(`[data-name=${name}]`);
      return { name, knob, text: knob.parentElement.querySelector(".lab-value") };
    });
    this.large = tile(one(".walk-large canvas"));
    this.strip = [...stage.querySelectorAll(".walk-strip button")].map((button) => ({
      button,
      tile: tile(button.firstElementChild),
    }));
    this.verdict = one(".lab-verdict");
    this.live = one("[role=status]");
    this.announce = afterPause(700, (text) => (this.live.textContent = text));
    this.listen();
    this.frame();
  }

  listen() {
    this.stage.addEventListener("input", () => this.schedule());
    this.strip.forEach(({ button }) => {
      button.addEventListener("click", () => {
        this.knobs[0].knob.value = button.dataset.way;
        this.schedule();
      });
    });
    this.stage.querySelector("[data-act=back]").addEventListener("click", () => {
      this.knobs.slice(1).forEach(({ knob }) => (knob.value = 0));
      this.schedule();
    });
  }

  schedule() {
    this.pending ??= requestAnimationFrame(() => this.frame());
  }

  /** Reads the controls, draws, and says what the reader sees. */
  frame() {
    this.pending = null;
    const begin = performance.now();
    const [start, end] = this.ends.map((choice) => Number(choice.value));
    const [way, ink, slant] = this.knobs.map(({ knob }) => Number(knob.value));
    this.draw(start, end, way / 100, ink, slant);
    grey(this.large, this.picture);
    softmax(this.reader.forward(this.picture), this.chances);
    this.say(start, end, way, ink, slant);
    this.stage.parentElement.dataset.ms = (performance.now() - begin).toFixed(2);
    const ends = `${start} ${end}`;
    if (ends !== this.shownEnds) {
      this.shownEnds = ends;
      this.drawStrip(start, end, 0);
    }
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

  say(start, end, way, ink, slant) {
    const shown = { way: `${way}%`, ink: signed(ink), slant: signed(slant) };
    this.knobs.forEach(({ name, knob, text }) => {
      write(text, shown[name]);
      knob.setAttribute("aria-valuetext", shown[name]);
    });
    const digit = argmax(this.chances);
    const text =
      `${way}% of the way from ${a(start)} to ${a(end)}, with ink ${shown.ink} and slant ` +
      `${shown.slant}, ${this.setup.reader.name} reads ${a(digit)} (${percent(this.chances[digit])}).`;
    if (write(this.verdict, text)) this.announce(text);
  }
}

const a = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;

const signed = (value) => `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(1)}`;

const percent = (p) => (p > 0.9995 ? ">\u00a099.9\u00a0%" : `${(100 * p).toFixed(1)}\u00a0%`);

/** Sets the text of an element where it differs; true where it did. */
function write(element, text) {
  if (element.textContent === text) return false;
  element.textContent = text;
  return true;
}

function tile(canvas) {
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d");
  return { context, image: context.createImageData(SIDE, SIDE) };
}

function grey({ context, image }, picture) {
  for (let i = 0; i < PIXELS; i++) {
    image.data.fill(255 * picture[i], 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

const choice = (id, name, chosen) => `
  <label class="lab-target" for="${id}-${name}">${name}
    <select id="${id}-${name}" data-name="${name}">
      ${Array.from(
        { length: CLASSES },
        (_, c) => `<option value="${c}"${c === chosen ? " selected" : ""}>${c}</option>`,
      ).join("")}
    </select></label>`;

const slider = (id, name, title, { low, high, step, value }) => `
  <div>
    <p class="lab-row">
      <label class="lab-title" for="${id}-${name}">${title}</label>
      <span class="lab-value" aria-hidden="true"></span>
    </p>
    <input type="range" id="${id}-${name}" data-name="${name}" min="${low}" max="${high}"
      step="${step}" value="${value}">
  </div>`;

const markup = (id, { start, reach, strip }) => `
  <figure class="walk-large"><canvas role="img"
    aria-label="The picture that the generator draws; the sentence says what a reader sees in it"></canvas></figure>
  <div class="lab-knobs">
    <div class="walk-ends">${choice(id, "from", start.from)}${choice(id, "to", start.to)}</div>
    ${slider(id, "way", "Way", { low: 0, high: 100, step: 1, value: start.way })}
    ${Object.entries(ASIDE)
      .map(([name, title]) =>
        slider(id, name, title, { low: -reach, high: reach, step: 0.1, value: start[name] }),
      )
      .join("")}
    <button type="button" class="lab-button" data-act="back">Back to the way</button>
  </div>
  <div class="walk-way" role="group" aria-labelledby="${id}-strip">
    <p class="lab-title" id="${id}-strip">The whole way</p>
    <div class="walk-strip">
      ${Array.from({ length: strip }, (_, i) => {
        const way = Math.round((100 * i) / (strip - 1));
        return `<button type="button" data-way="${way}" aria-label="go to ${way}% of the way"><canvas
          aria-hidden="true"></canvas></button>`;
      }).join("")}
    </div>
  </div>
  <p class="lab-verdict"></p>
  <p class="lab-hidden" role="status"></p>`;
