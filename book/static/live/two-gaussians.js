/** The lab "two-gaussians": move the generator, and see D*, two distances and two gradients. */

import { slider, tell } from "./controls.js";
import { at, look, sentence } from "./gaussian-game.js";
import { Lab, place, write } from "./lab.js";

const [WIDTH, HEIGHT] = [320, 240]; // of the chart, without its margins
const DOTS = 241;
const TOP = 1.05; // of the axis: D* reaches 1

place("two-gaussians", async (stage, files) => {
  new TwoGaussians(stage, await files.json("lab.json"));
});

class TwoGaussians extends Lab {
  constructor(stage, setup) {
    super(stage, setup, markup);
    this.knobs = this.all("input");
    this.lines = Object.fromEntries(this.all("polyline").map((line) => [line.dataset.line, line]));
    this.cells = this.all("td");
    this.listen();
    this.frame();
  }

  /** Reads the controls, plays the game, and shows what came of it. */
  update() {
    const [mean, sd] = this.knobs.map(({ value }) => Number(value) / 100);
    const seen = look(mean, sd);
    this.draw(mean, sd);
    [mean, sd].forEach((value, k) => tell(this.knobs[k], value.toFixed(2)));
    const numbers = [seen.jsd, seen.w1, ...seen.minimax, ...seen.nonSaturating];
    numbers.forEach((value, k) => write(this.cells[k], value.toFixed(4)));
    this.say(sentence(seen, mean, sd));
  }

  draw(mean, sd) {
    const { left, right } = this.setup;
    const points = { p: [], q: [], best: [] };
    for (let i = 0; i < DOTS; i++) {
      const part = i / (DOTS - 1);
      const here = at(left + part * (right - left), mean, sd);
      for (const name of Object.keys(points)) {
        // a narrow generator is taller than the chart: it is cut at the top
        const y = HEIGHT * (1 - Math.min(here[name], TOP) / TOP);
        points[name].push(`${(part * WIDTH).toFixed(2)},${y.toFixed(2)}`);
      }
    }
    for (const name of Object.keys(points)) {
      this.lines[name].setAttribute("points", points[name].join(" "));
    }
  }
}

const knob = (id, name, title, { from, to, start }) =>
  slider(id, name, title, { min: from, max: to, step: 5, value: start });

const row = (title, cells) =>
  `<tr><th scope="row">${title}</th>${"<td></td>".repeat(cells)}</tr>`;

const markup = (id, { left, right, mean, sd }) => `
  <div class="lab-plot">
    <svg viewBox="-22 -8 350 274" aria-hidden="true">
      <path class="axes" d="M0 0V${HEIGHT}H${WIDTH}"/>
      <text x="-6" y="${HEIGHT * (1 - 1 / TOP) + 4}" text-anchor="end">1</text>
      <text x="-6" y="${HEIGHT * (1 - 0.5 / TOP) + 4}" text-anchor="end">.5</text>
      <text x="-6" y="${HEIGHT + 4}" text-anchor="end">0</text>
      <text x="0" y="${HEIGHT + 17}">${left}</text>
      <text x="${(WIDTH * -left) / (right - left)}" y="${HEIGHT + 17}" text-anchor="middle">0</text>
      <text x="${WIDTH}" y="${HEIGHT + 17}" text-anchor="end">${right}</text>
      <polyline data-line="p"/><polyline class="second" data-line="q"/>
      <polyline class="best" data-line="best"/>
    </svg>
    <p class="lab-hint">Line: data. Dashes: generator. Dots: the best discriminator.</p>
  </div>
  <div class="lab-knobs">
    ${knob(id, "mean", "Mean of the generator", mean)}
    ${knob(id, "sd", "Its width", sd)}
    <table class="lab-table gaussians-table">
      <thead><tr><th scope="col">distance</th><th scope="col">JSD</th><th scope="col">W1</th></tr></thead>
      <tbody>${row("data to generator", 2)}</tbody>
    </table>
    <table class="lab-table gaussians-table">
      <thead><tr><th scope="col">gradient</th><th scope="col">mean</th><th scope="col">width</th></tr></thead>
      <tbody>${row("minimax", 2)}${row("non-saturating", 2)}</tbody>
    </table>
  </div>
  <p class="lab-verdict"></p>`;
