/** The lab "optimiser paths": four methods on a bowl, their ways down and their losses. */

import { segments, slider, tell } from "./controls.js";
import { colour, disc, followPage, fresh, line } from "./drawing.js";
import { Lab, place, write } from "./lab.js";
import * as optimisers from "./optimisers.js";

const REACH = 2.25; // from the middle of the picture to its edge
const FLOOR = 1e-12; // the lowest loss that is drawn
const CEILING = 1e3;
const KEYS = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3]];

place("optimiser-paths", async (stage, files) => {
  new OptimiserPaths(stage, await files.json("lab.json"));
});

class OptimiserPaths extends Lab {
  constructor(stage, setup) {
    super(stage, setup, markup);
    this.start = [...setup.start];
    this.find();
    this.listen();
    this.frame();
  }

  find() {
    [this.map, this.curves] = this.all("canvas");
    this.shown = this.all("tbody input");
    this.rows = this.all("tbody tr").map((row) => [...row.querySelectorAll("td")]);
  }

  listen() {
    super.listen();
    this.one("[data-act=home]").addEventListener("click", () => this.goTo(...this.setup.start));
    this.map.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || event.button !== 0) return;
      if (event.pointerType === "mouse") this.map.setPointerCapture(event.pointerId);
      this.point(event);
    });
    this.map.addEventListener("pointermove", (event) => {
      if (this.map.hasPointerCapture(event.pointerId)) this.point(event);
    });
    this.map.addEventListener("keydown", (event) => this.key(event));
    followPage(this.stage, () => this.schedule());
  }

  point(event) {
    const box = this.map.getBoundingClientRect();
    const along = (2 * (event.clientX - box.left)) / box.width - 1;
    const up = 1 - (2 * (event.clientY - box.top)) / box.height;
    this.goTo(REACH * along, REACH * up);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const size = event.shiftKey ? 0.5 : 0.1;
    if (event.key in KEYS) {
      const [right, up] = KEYS[event.key];
      this.goTo(this.start[0] + size * right, this.start[1] + size * up);
    } else if (event.key === "Home") this.goTo(...this.setup.start);
    else return;
    event.preventDefault();
  }

  goTo(x, y) {
    const within = (value) => Math.min(2.2, Math.max(-2.2, Math.round(100 * value) / 100));
    this.start = [within(x), within(y)];
    this.schedule();
  }

  /** Reads the controls, walks the four paths, and shows them. */
  update() {
    this.read();
    this.walk();
    this.drawMap();
    this.drawCurves();
    this.show();
  }

  read() {
    const { scales } = this.setup;
    this.values = {};
    for (const name of Object.keys(KNOBS)) {
      const value = this.number(name);
      this.values[name] = scales[name].log ? Number((10 ** value).toPrecision(3)) : value;
      tell(this.control(name), this.values[name]);
    }
    this.turned = this.control("turned").value === "yes";
  }

  walk() {
    const { kappa, lr, beta, adam } = this.values;
    const { steps, share } = this.setup;
    this.bowl = optimisers.bowl(kappa, this.turned);
    this.paths = [
      optimisers.gd(this.bowl, this.start, { lr, steps }),
      optimisers.momentum(this.bowl, this.start, { lr, beta, steps }),
      optimisers.adam(this.bowl, this.start, { lr: adam, steps }),
      optimisers.newton(this.bowl, this.start, { steps }),
    ];
    this.losses = this.paths.map((path) => optimisers.lossesOf(this.bowl, path));
    this.needed = this.losses.map((losses) => optimisers.stepsNeeded(losses, share));
  }

  visible() {
    return this.paths.keys().filter((i) => this.shown[i].checked);
  }

  drawMap() {
    const { context, width, height } = fresh(this.map);
    const scale = width / (2 * REACH);
    const at = (x, y) => [width / 2 + scale * x, height / 2 - scale * y];
    context.strokeStyle = colour(this.stage, "--lab-line");
    context.lineWidth = 1;
    const long = Math.sqrt(this.values.kappa);
    for (let k = 0, short = REACH; k < 12; k++, short *= 0.7) {
      context.beginPath();
      context.ellipse(width / 2, height / 2, scale * short * long, scale * short, this.turned ? -Math.PI / 4 : 0, 0, 7);
      context.stroke();
    }
    for (const i of this.visible()) this.drawPath(context, i, at);
    context.fillStyle = colour(this.stage, "--lab-ink");
    cross(context, ...at(0, 0), 6);
    disc(context, ...at(...this.start), 6);
  }

  drawPath(context, i, at) {
    const path = this.paths[i];
    context.strokeStyle = context.fillStyle = colour(this.stage, `--path-${i}`);
    context.lineWidth = 1.75;
    context.setLineDash(DASHES[i]);
    context.beginPath();
    for (let t = 0; 2 * t < path.length; t++) {
      if (!(Math.abs(path[2 * t]) < 1e3 && Math.abs(path[2 * t + 1]) < 1e3)) break;
      context.lineTo(...at(path[2 * t], path[2 * t + 1]));
    }
    context.stroke();
    context.setLineDash([]);
    for (let t = 1; t <= 40; t++) {
      if (Math.abs(path[2 * t]) < REACH && Math.abs(path[2 * t + 1]) < REACH) {
        mark(context, i, ...at(path[2 * t], path[2 * t + 1]));
      }
    }
  }

  drawCurves() {
    const { context, width, height } = fresh(this.curves);
    const [left, bottom, top, right] = [38, 24, 8, 16];
    const { steps } = this.setup;
    const high = Math.log10(CEILING);
    const low = Math.log10(FLOOR);
    const x = (t) => left + ((width - left - right) * t) / steps;
    const y = (loss) => {
      const power = Math.log10(Math.min(Math.max(loss, FLOOR), CEILING));
      return top + ((height - top - bottom) * (high - power)) / (high - low);
    };
    context.font = "12px sans-serif";
    context.fillStyle = colour(this.stage, "--lab-quiet");
    context.strokeStyle = colour(this.stage, "--lab-line");
    context.textAlign = "right";
    for (let power = low; power <= high; power += 3) {
      line(context, [left, y(10 ** power)], [width - right, y(10 ** power)]);
      context.fillText(power === 0 ? "1" : `1e${power}`, left - 5, y(10 ** power) + 4);
    }
    context.textAlign = "center";
    for (let t = 0; t <= steps; t += 50) context.fillText(String(t), x(t), height - 6);
    for (const i of this.visible()) {
      context.strokeStyle = colour(this.stage, `--path-${i}`);
      context.lineWidth = 2;
      context.setLineDash(DASHES[i]);
      context.beginPath();
      this.losses[i].forEach((loss, t) => context.lineTo(x(t), y(loss)));
      context.stroke();
    }
    context.setLineDash([]);
  }

  show() {
    const { methods } = this.setup;
    methods.forEach((_, i) => {
      const last = this.losses[i].at(-1);
      const [needed, loss] = this.rows[i];
      write(needed, this.needed[i] === null ? "–" : String(this.needed[i]));
      write(loss, last < 1e-30 ? "0" : last.toExponential(1));
    });
    const start = this.losses.map((losses) => losses[0]);
    const last = this.losses.map((losses) => losses.at(-1));
    const text = sentence(methods, this.needed, start, last, this.setup.steps);
    this.say(text);
  }
}

/** What is to be seen, in words: the same as in `sdl_lib.live.optimiser_paths`. */
function sentence(methods, needed, start, last, steps) {
  if (start[0] === 0) return "You start at the lowest point: nothing is left to do.";
  const order = [...methods.keys()];
  const there = order.filter((i) => needed[i] !== null).sort((a, b) => needed[a] - needed[b] || a - b);
  const away = order.filter((i) => needed[i] === null && last[i] > start[i]);
  const late = order.filter((i) => needed[i] === null && last[i] <= start[i]);
  const told = there.map((i) => `${methods[i]} after ${needed[i]} step${needed[i] === 1 ? "" : "s"}`);
  const parts = [`A millionth of the loss is left: ${told.join(", ")}.`];
  if (late.length) parts.push(`Not yet after ${steps} steps: ${late.map((i) => methods[i]).join(", ")}.`);
  if (away.length) parts.push(`Running away: ${away.map((i) => methods[i]).join(", ")}.`);
  return parts.join(" ");
}

function cross(context, x, y, size) {
  context.strokeStyle = context.fillStyle;
  context.lineWidth = 2;
  line(context, [x - size, y], [x + size, y]);
  line(context, [x, y - size], [x, y + size]);
}

/** The points of each method have a shape of their own. */
function mark(context, kind, x, y) {
  if (kind === 0) return disc(context, x, y, 3);
  const corners = kind === 1 ? [[-3, -3], [3, -3], [3, 3], [-3, 3]]
    : kind === 2 ? [[0, -4], [4, 3], [-4, 3]] : [[0, -5], [5, 0], [0, 5], [-5, 0]];
  context.beginPath();
  for (const [dx, dy] of corners) context.lineTo(x + dx, y + dy);
  context.fill();
}

const KNOBS = {
  kappa: "Condition number <i>κ</i>",
  lr: "Learning rate <i>η</i>",
  beta: "Momentum <i>β</i>",
  adam: "Learning rate of Adam",
};

const swatch = (i) => `<svg class="paths-swatch" width="34" height="10" aria-hidden="true">
  <line x1="1" y1="5" x2="33" y2="5" stroke="var(--path-${i})" stroke-width="3"
    stroke-dasharray="${DASHES[i].join(" ")}"/></svg>`;

const markup = (id, { methods, scales, steps }) => `
  <div class="lab-stack paths-map" role="group" aria-labelledby="${id}-map">
    <p class="lab-title" id="${id}-map">The bowl from above</p>
    <canvas class="lab-clear" tabindex="0" role="application" aria-label="The bowl: where the paths start"
      aria-describedby="${id}-help"></canvas>
    <p class="lab-hint" id="${id}-help">Tap or click to start there; by keyboard, arrow keys move the
      start, with Shift further. The cross is the lowest point.</p>
  </div>
  <figure class="lab-stack paths-curves">
    <p class="lab-title">The loss at each step</p>
    <canvas class="lab-clear" role="img" aria-label="Loss of each method over ${steps} steps, on a logarithmic scale;
      the table below has the numbers"></canvas>
  </figure>
  <div class="paths-knobs lab-full">
    ${Object.entries(KNOBS).map(([name, text]) => slider(id, name, text, scales[name])).join("")}
  </div>
  <div class="lab-options lab-full">
    ${segments(id, "turned", "bowl", [["no", "upright"], ["yes", "turned by 45°"]], "no")}
    <button type="button" class="lab-button" data-act="home">Back to the first start</button>
  </div>
  <p class="lab-verdict"></p>
  <table class="lab-table lab-ruled paths-table lab-full">
    <thead><tr><th scope="col">show</th><th scope="col">steps to a millionth</th>
      <th scope="col">loss after ${steps}</th></tr></thead>
    <tbody>
      ${methods
        .map(
          (name, i) => `<tr><th scope="row"><label class="lab-check"><input type="checkbox" checked>${swatch(i)}
            <span>${name}</span></label></th><td></td><td></td></tr>`,
        )
        .join("")}
    </tbody>
  </table>`;
