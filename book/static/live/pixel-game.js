/** The lab "pixel game": recolour pixels of a traffic light until the network says green. */

import { loadNetwork } from "./engine.js";
import { afterPause, place } from "./lab.js";
import { PixelGame, sentence, SIDE } from "./pixel-search.js";

const PIXELS = SIDE * SIDE;
const BUDGET = 6; // milliseconds of a frame for the network; the rest is for drawing
const LAMPS = 4; // the first classes are lights, the others signs
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

let labs = 0; // on this page, so that the ids of two labs differ

place("pixel-game", async (stage, files) => {
  const [setup, lights, network] = await Promise.all([
    files.read("lab.json").then((response) => response.json()),
    files.read("lights.bin").then((response) => response.arrayBuffer()),
    loadNetwork(files.url, "signs"),
  ]);
  const pictures = setup.lights.map((_, i) =>
    Float64Array.from(new Uint8Array(lights, 3 * PIXELS * i, 3 * PIXELS), (v) => Math.fround(v / 255)),
  );
  new PixelLab(stage, setup, pictures, network);
});

class PixelLab {
  constructor(stage, setup, pictures, network) {
    Object.assign(this, { stage, setup, pictures, network });
    stage.innerHTML = markup(`pixels-${++labs}`, setup);
    const one = (selector) => stage.querySelector(selector);
    this.canvas = one("canvas");
    this.cursor = one(".pixels-cursor");
    this.light = one("select");
    this.play = one("[data-act=search]");
    this.reset = one("[data-act=reset]");
    this.rows = [...stage.querySelectorAll(".pixels-answers tbody tr")];
    this.verdict = one(".lab-verdict");
    this.live = one("[role=status]");
    this.announce = afterPause(700, (text) => (this.live.textContent = text));
    this.canvas.width = this.canvas.height = SIDE;
    this.context = this.canvas.getContext("2d");
    this.image = this.context.createImageData(SIDE, SIDE);
    this.row = this.column = SIDE / 2;
    this.listen();
    this.start();
  }

  listen() {
    this.canvas.addEventListener("pointerdown", (event) => this.press(event));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.light.addEventListener("input", () => this.start());
    this.reset.addEventListener("click", () => this.start());
    this.play.addEventListener("click", () => {
      this.step ??= this.game.search(this.colour);
      this.play.setAttribute("aria-busy", "true");
      this.schedule();
    });
  }

  get colour() {
    const name = this.stage.querySelector("input[data-name=colour]:checked").value;
    return this.setup.colours.find((colour) => colour.name === name).rgb;
  }

  /** Begins with a clean light. */
  start() {
    const number = this.light.selectedIndex;
    this.step = null;
    const { places, green } = this.setup;
    this.game = new PixelGame(this.network, this.pictures[number], places[number], green);
    this.schedule();
  }

  press(event) {
    if (!event.isPrimary || event.button !== 0) return;
    const box = this.canvas.getBoundingClientRect();
    const at = (distance, length) =>
      Math.min(SIDE - 1, Math.max(0, Math.floor((SIDE * distance) / length)));
    this.row = at(event.clientY - box.top, box.height);
    this.column = at(event.clientX - box.left, box.width);
    this.paint();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in STEPS) {
      const [down, right] = STEPS[event.key];
      const size = event.shiftKey ? 4 : 1;
      this.row = Math.min(SIDE - 1, Math.max(0, this.row + down * size));
      this.column = Math.min(SIDE - 1, Math.max(0, this.column + right * size));
      this.announce(`Row ${this.row + 1}, column ${this.column + 1}.`);
    } else if (event.key === "Enter" || event.key === " ") this.paint();
    else return;
    event.preventDefault();
    this.schedule();
  }

  paint() {
    if (this.step) return; // the search is thinking
    this.game.paint(SIDE * this.row + this.column, this.colour);
    this.schedule();
  }

  schedule() {
    this.pending ??= requestAnimationFrame(() => this.frame());
  }

  /** Lets the search ask for a while, and shows what the network says. */
  frame() {
    this.pending = null;
    const begin = performance.now();
    while (this.step && performance.now() - begin < BUDGET) {
      if (!this.step()) this.step = null;
    }
    if (this.step) this.schedule();
    else this.play.removeAttribute("aria-busy");
    this.show();
    this.stage.parentElement.dataset.ms = (performance.now() - begin).toFixed(2);
  }

  show() {
    const { game, image } = this;
    for (let n = 0; n < PIXELS; n++) {
      for (let c = 0; c < 3; c++) image.data[4 * n + c] = Math.round(255 * game.picture[c * PIXELS + n]);
      image.data[4 * n + 3] = 255;
    }
    this.context.putImageData(image, 0, 0);
    this.cursor.style.left = `${(100 * this.column) / SIDE}%`;
    this.cursor.style.top = `${(100 * this.row) / SIDE}%`;
    const p = [...game.probabilities];
    const shown = [...p.slice(0, LAMPS), p.slice(LAMPS).reduce((sum, v) => sum + v, 0)];
    shown.forEach((value, k) => {
      const row = this.rows[k];
      row.querySelector(".pixels-bar").style.transform = `scaleX(${value.toFixed(4)})`;
      row.querySelector(".lab-number").textContent = `${(100 * value).toFixed(1)}%`;
      row.classList.toggle("lab-top", value === Math.max(...shown));
    });
    this.stage.classList.toggle("lab-fooled", game.best === game.green);
    const text = sentence(game, this.setup.classes);
    if (this.verdict.textContent !== text) {
      this.verdict.textContent = text;
      if (!this.step) this.announce(text);
    }
  }
}

const swatch = (id, { name, rgb }, start) => `<label><input type="radio" name="${id}-colour"
  data-name="colour" value="${name}"${name === start ? " checked" : ""}><span><i aria-hidden="true"
  style="background: rgb(${rgb.map((v) => 255 * v).join(" ")})"></i>${name}</span></label>`;

const markup = (id, { classes, lights, colours, start }) => `
  <div class="pixels-light">
    <div class="lab-pad">
      <canvas tabindex="0" role="application" aria-label="The traffic light"
        aria-describedby="${id}-help"></canvas>
      <span class="pixels-cursor" aria-hidden="true"></span>
    </div>
    <p class="lab-hint" id="${id}-help">Click or touch a pixel to recolour it. By keyboard:
      arrows move, Enter paints.</p>
  </div>
  <div class="lab-knobs">
    <div class="lab-target">
      <label for="${id}-light">light</label>
      <select id="${id}-light">
        ${lights.map((n) => `<option${n === start.light ? " selected" : ""}>${n}</option>`).join("")}
      </select>
    </div>
    <fieldset class="pixels-colours">
      <legend>colour</legend>
      ${colours.map((colour) => swatch(id, colour, start.colour)).join("")}
    </fieldset>
    <p class="pixels-buttons">
      <button type="button" class="lab-button" data-act="search">Let the search play a move</button>
      <button type="button" class="lab-button" data-act="reset">Reset</button>
    </p>
    <table class="pixels-answers">
      <caption>What the network says</caption>
      <tbody>
        ${[...classes.slice(0, LAMPS), "any sign"]
          .map(
            (name) => `<tr><th scope="row">${name}</th><td><span class="pixels-bar"
              aria-hidden="true"></span></td><td><span class="lab-number"></span></td></tr>`,
          )
          .join("")}
      </tbody>
    </table>
  </div>
  <p class="lab-verdict"></p>
  <p class="lab-hidden" role="status"></p>`;
