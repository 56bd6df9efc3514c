/** The lab "certified-sandwich": proved, not yet broken, read; always in this order. */

import { menu, slider, tell } from "./controls.js";
import { grey, tile } from "./drawing.js";
import { Lab, place, write } from "./lab.js";
import { look, radius, sentence } from "./sandwich.js";

const [WIDTH, HEIGHT] = [320, 180]; // of the chart, without its margins
const [SIDE, PIXELS] = [28, 784];
const NAMES = ["clean", "attacked", "certified"];

place("certified-sandwich", async (stage, files) => {
  const [setup, pictures] = await Promise.all([files.json("lab.json"), files.bytes("pictures.bin")]);
  new CertifiedSandwich(stage, setup, new Uint8Array(pictures));
});

class CertifiedSandwich extends Lab {
  constructor(stage, setup, pictures) {
    super(stage, setup, markup);
    this.pictures = pictures;
    this.names = Object.keys(setup.methods);
    this.method = this.control("method");
    this.bands = ["proved", "open"].map((name) => this.one(`polygon.${name}`));
    this.lines = NAMES.map((name) => this.one(`polyline.${name}`));
    this.ruler = this.one("line.ruler");
    this.counts = NAMES.map((name) => this.one(`td.${name}`));
    this.tiles = this.all("canvas").map((canvas) => tile(canvas, SIDE));
    this.listen();
    this.frame();
  }

  /** Reads the controls, counts, and shows what came of it. */
  update() {
    const { steps, digits, methods } = this.setup;
    const method = methods[this.method.value];
    const eps = radius(method, this.number("step"), steps);
    const digit = this.number("digit");
    if (this.drawn !== this.method.value) this.chart(method);
    const seen = look(method, eps);
    NAMES.forEach((name, k) => write(this.counts[k], seen[name]));
    this.ruler.setAttribute("transform", `translate(${(eps / method.most) * WIDTH} 0)`);
    tell(this.control("step"), eps.toFixed(3), `${eps.toFixed(3)}, ${method.norm}`);
    const own = this.names.indexOf(this.method.value);
    grey(this.tiles[0], this.picture(digit));
    grey(this.tiles[1], this.picture((own + 1) * digits.length + digit));
    this.say(sentence(method, eps, digits[digit]));
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
    write(this.one(".sandwich-end"), method.most);
  }

  picture(number) {
    const bytes = this.pictures.subarray(number * PIXELS, (number + 1) * PIXELS);
    return Float64Array.from(bytes, (value) => value / 255);
  }
}

const digitShown = (name, note) => `
  <figure><canvas role="img" aria-label="${name}"></canvas>
    <figcaption>${note}</figcaption></figure>`;

const titles = (methods) => Object.entries(methods).map(([name, { title }]) => [name, title]);

const markup = (id, { steps, start, labels, methods }) => `
  <div class="lab-plot">
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
      <polyline class="clean"/><polyline class="attacked second"/><polyline class="certified"/>
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
    ${menu(id, "method", "network", titles(methods), start.method)}
    ${slider(id, "step", "Radius", { max: steps, value: start.step })}
    ${menu(id, "digit", "digit", [...labels.entries()], start.digit)}
    <div class="lab-grid sandwich-digits lab-pixels">
      ${digitShown("the digit chosen", "as it is")}
      ${digitShown("the digit, as the attack changed it", "broken")}
    </div>
  </div>
  <p class="lab-verdict"></p>`;
