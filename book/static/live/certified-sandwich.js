/** The lab "certified-sandwich": proved, not yet broken, read; always in this order. */

import { afterPause, place } from "./lab.js";
import { look, radius, sentence } from "./sandwich.js";

const [WIDTH, HEIGHT] = [320, 180]; // of the chart, without its margins
const [SIDE, PIXELS] = [28, 784];
const NAMES = ["clean", "attacked", "certified"];

let labs = 0; // on this page, so that the ids of two labs differ

place("certified-sandwich", async (stage, files) => {
  const [setup, pictures] = await Promise.all([
    files.read("lab.json").then((response) => response.json()),
    files.read("pictures.bin").then((response) => response.arrayBuffer()),
  ]);
  new CertifiedSandwich(stage, setup, new Uint8Array(pictures));
});

class CertifiedSandwich {
  constructor(stage, setup, pictures) {
    this.stage = stage;
    this.setup = setup;
    this.pictures = pictures;
    this.names = Object.keys(setup.methods);
    stage.innerHTML = markup(`sandwich-${++labs}`, setup);
    const one = (selector) => stage.querySelector(selector);
    this.method = one("[data-name=method]");
    this.step = one("[data-name=step]");
    this.digit = one("[data-name=digit]");
    this.radiusText = one(".sandwich-radius");
    this.bands = ["proved", "open"].map((name) => one(`polygon.${name}`));
    this.lines = NAMES.map((name) => one(`polyline.${name}`));
    this.ruler = one("line.ruler");
    this.end = one(".sandwich-end");
    this.counts = NAMES.map((name) => one(`td.${name}`));
    this.tiles = [...stage.querySelectorAll("canvas")].map((canvas) => canvas.getContext("2d"));
    this.verdict = one(".lab-verdict");
    this.live = one("[role=status]");
    this.announce = afterPause(700, (text) => (this.live.textContent = text));
    stage.addEventListener("input", () => this.schedule());
    this.frame();
  }

  schedule() {
    this.pending ??= requestAnimationFrame(() => this.frame());
  }

  /** Reads the controls, counts, and shows what came of it. */
  frame() {
    this.pending = null;
    const begin = performance.now();
    const { steps, digits, methods } = this.setup;
    const method = methods[this.method.value];
    const eps = radius(method, Number(this.step.value), steps);
    const digit = Number(this.digit.value);
    if (this.drawn !== this.method.value) this.chart(method);
    const seen = look(method, eps);
    NAMES.forEach((name, k) => (this.counts[k].textContent = seen[name]));
    this.ruler.setAttribute("transform", `translate(${(eps / method.most) * WIDTH} 0)`);
    this.radiusText.textContent = eps.toFixed(3);
    this.step.setAttribute("aria-valuetext", `${eps.toFixed(3)}, ${method.norm}`);
    const own = this.names.indexOf(this.method.value);
    this.paint(this.tiles[0], digit);
    this.paint(this.tiles[1], (own + 1) * digits.length + digit);
    const text = sentence(method, eps, digits[digit]);
    if (this.verdict.textContent !== text) {
      this.verdict.textContent = text;
      this.announce(text);
    }
    this.stage.parentElement.dataset.ms = (performance.now() - begin).toFixed(2);
  }

  /** The curves of a method, and the bands between them. */
  chart(method) {
    this.drawn = this.method.value;
    const { steps } = this.setup;
    const places = Array.from({ length: steps + 1 }, (_, step) => step);
    const seen = places.map((step) => look(method, radius(method, step, steps)));
    const at = (step, count) =>
      `${(step / steps) * WIDTH},${((1 - count / method.proof.length) * HEIGHT).toFixed(1)}`;
    const [clean, attacked, certified] = NAMES.map((name) =>
      places.map((step) => at(step, seen[step][name])),
    );
    [clean, attacked, certified].forEach((points, k) =>
      this.lines[k].setAttribute("points", points.join(" ")),
    );
    const floor = [at(steps, 0), at(0, 0)];
    this.bands[0].setAttribute("points", [...certified, ...floor].join(" "));
    this.bands[1].setAttribute("points", [...attacked, ...[...certified].reverse()].join(" "));
    this.end.textContent = `${method.most}`;
  }

  paint(context, number) {
    const image = context.createImageData(SIDE, SIDE);
    for (let i = 0; i < PIXELS; i++) {
      image.data.fill(this.pictures[number * PIXELS + i], 4 * i, 4 * i + 3);
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }
}

const options = (values, chosen) =>
  values
    .map(([value, text]) => `<option value="${value}"${value === chosen ? " selected" : ""}>${text}</option>`)
    .join("");

const tile = (name, note) => `
  <figure><canvas width="${SIDE}" height="${SIDE}" role="img" aria-label="${name}"></canvas>
    <figcaption>${note}</figcaption></figure>`;

const markup = (id, { steps, start, labels, methods }) => `
  <div class="masked-plot">
    <svg viewBox="-34 -8 366 224" aria-hidden="true">
      <polygon class="proved"/><polygon class="open"/>
      <path class="axes" d="M0 0V${HEIGHT}H${WIDTH}"/>
      <text x="-6" y="4" text-anchor="end">1</text>
      <text x="-6" y="${HEIGHT / 2 + 4}" text-anchor="end">.5</text>
      <text x="-6" y="${HEIGHT + 4}" text-anchor="end">0</text>
      <text x="0" y="${HEIGHT + 16}">0</text>
      <text class="sandwich-end" x="${WIDTH}" y="${HEIGHT + 16}" text-anchor="end"></text>
      <text x="${WIDTH / 2}" y="${HEIGHT + 30}" text-anchor="middle">radius</text>
      <line class="ruler" y2="${HEIGHT}"/>
      <polyline class="clean"/><polyline class="attacked adaptive"/><polyline class="certified"/>
    </svg>
    <table class="sandwich-counts">
      <caption>Digits, with their lines</caption>
      <thead><tr><th scope="col">solid: certified</th><th scope="col">dashed: attacked</th>
        <th scope="col">dotted: clean</th></tr></thead>
      <tbody><tr><td class="certified"></td><td class="attacked"></td>
        <td class="clean"></td></tr></tbody>
    </table>
  </div>
  <div class="lab-knobs">
    <div class="lab-target">
      <label for="${id}-method">network</label>
      <select id="${id}-method" data-name="method">
        ${options(Object.entries(methods).map(([name, { title }]) => [name, title]), start.method)}
      </select>
    </div>
    <div>
      <p class="lab-row">
        <label class="lab-title" for="${id}-step">Radius</label>
        <span class="lab-value sandwich-radius" aria-hidden="true"></span>
      </p>
      <input type="range" id="${id}-step" data-name="step" min="0" max="${steps}" step="1"
        value="${start.step}">
    </div>
    <div class="lab-target">
      <label for="${id}-digit">digit</label>
      <select id="${id}-digit" data-name="digit">
        ${options(labels.map((label, i) => [i, label]), start.digit)}
      </select>
    </div>
    <div class="sandwich-digits">
      ${tile("the digit chosen", "as it is")}${tile("the digit, as the attack changed it", "broken")}
    </div>
  </div>
  <p class="lab-verdict"></p>
  <p class="lab-hidden" role="status"></p>`;
