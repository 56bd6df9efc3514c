/** The lab "pixel game": recolour pixels of a traffic light until the network says green. */

import { menu } from "./controls.js";
import { paint, tile } from "./drawing.js";
import { loadNetwork } from "./engine.js";
import { Lab, place, write } from "./lab.js";
import { PixelGame, sentence, SIDE } from "./pixel-search.js";

const PIXELS = SIDE * SIDE;
const BUDGET = 6; // milliseconds of a frame for the network; the rest is for drawing
const LAMPS = 4; // the first classes are lights, the others signs
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

place("pixel-game", async (stage, files) => {
  const [setup, lights, network] = await Promise.all([
    files.json("lab.json"),
    files.bytes("lights.bin"),
    loadNetwork(files.url, "signs"),
  ]);
  const pictures = setup.lights.map((_, i) =>
    Float64Array.from(new Uint8Array(lights, 3 * PIXELS * i, 3 * PIXELS), (v) => Math.fround(v / 255)),
  );
  new PixelLab(stage, setup, pictures, network);
});

class PixelLab extends Lab {
  constructor(stage, setup, pictures, network) {
    super(stage, setup, markup);
    Object.assign(this, { pictures, network });
    this.canvas = this.one("canvas");
    this.tile = tile(this.canvas, SIDE);
    this.cursor = this.one(".pixels-cursor");
    this.light = this.control("light");
    this.play = this.one("[data-act=search]");
    this.rows = this.all("tbody tr");
    this.row = this.column = SIDE / 2;
    this.listen();
    this.start();
  }

  listen() {
    this.canvas.addEventListener("pointerdown", (event) => this.press(event));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.light.addEventListener("input", () => this.start());
    this.one("[data-act=reset]").addEventListener("click", () => this.start());
    this.play.addEventListener("click", () => {
      this.step ??= this.game.search(this.colour);
      this.play.setAttribute("aria-busy", "true");
      this.schedule();
    });
  }

  get colour() {
    const { value } = this.control("colour");
    return this.setup.colours.find(({ name }) => name === value).rgb;
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

  /** Lets the search ask for a while, and shows what the network says. */
  update(begin) {
    while (this.step && performance.now() - begin < BUDGET) {
      if (!this.step()) this.step = null;
    }
    if (this.step) this.schedule();
    else this.play.removeAttribute("aria-busy");
    this.show();
  }

  show() {
    const { game } = this;
    paint(this.tile, game.picture);
    this.cursor.style.left = `${(100 * this.column) / SIDE}%`;
    this.cursor.style.top = `${(100 * this.row) / SIDE}%`;
    const p = [...game.probabilities];
    const shown = [...p.slice(0, LAMPS), p.slice(LAMPS).reduce((sum, v) => sum + v, 0)];
    shown.forEach((value, k) => {
      const row = this.rows[k];
      row.querySelector(".pixels-bar").style.transform = `scaleX(${value.toFixed(4)})`;
      write(row.querySelector(".lab-number"), `${(100 * value).toFixed(1)}%`);
      row.classList.toggle("lab-top", value === Math.max(...shown));
    });
    this.stage.classList.toggle("lab-fooled", game.best === game.green);
    const text = sentence(game, this.setup.classes);
    if (write(this.verdict, text) && !this.step) this.announce(text);
  }
}

const swatch = (id, { name, rgb }, start) => `<label><input type="radio" name="${id}-colour"
  data-name="colour" value="${name}"${name === start ? " checked" : ""}><span><i aria-hidden="true"
  style="background: rgb(${rgb.map((v) => 255 * v).join(" ")})"></i>${name}</span></label>`;

const markup = (id, { classes, lights, colours, start }) => `
  <div class="pixels-light lab-pixels">
    <div class="lab-pad">
      <canvas tabindex="0" role="application" aria-label="The traffic light"
        aria-describedby="${id}-help"></canvas>
      <span class="pixels-cursor" aria-hidden="true"></span>
    </div>
    <p class="lab-hint" id="${id}-help">Click or touch a pixel to recolour it. By keyboard:
      arrows move, Enter paints.</p>
  </div>
  <div class="lab-knobs">
    ${menu(id, "light", "light", lights.map((name) => [name, name]), start.light)}
    <fieldset class="lab-buttons pixels-colours">
      <legend>colour</legend>
      ${colours.map((colour) => swatch(id, colour, start.colour)).join("")}
    </fieldset>
    <p class="lab-buttons">
      <button type="button" class="lab-button" data-act="search">Let the search play a move</button>
      <button type="button" class="lab-button" data-act="reset">Reset</button>
    </p>
    <table class="lab-table pixels-answers">
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
  <p class="lab-verdict"></p>`;
