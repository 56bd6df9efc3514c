/** The lab "draw a digit": a drawn or real digit, an attack on it, and what two networks say. */

import { randomSigns, signedSteps } from "./attacks.js";
import { argmax, loadNetwork, softmax } from "./engine.js";
import { afterPause, place } from "./lab.js";
import { Pad } from "./pad.js";

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;
const PGD_STEPS = 10;
// the two ends of the picture of the change: Okabe and Ito's blue and vermilion
const DARKER = [0, 114, 178];
const LIGHTER = [213, 94, 0];

let labs = 0; // on this page, so that the ids of two labs differ

place("draw-a-digit", async (stage, files) => {
  const setup = await files.read("lab.json").then((response) => response.json());
  const [samples, ...networks] = await Promise.all([
    files.read("samples.bin").then((response) => response.arrayBuffer()),
    ...setup.networks.map(({ id }) => loadNetwork(files.url, id)),
  ]);
  setup.networks.forEach((network, i) => {
    network.engine = networks[i];
    network.name = network.name.replace("-", "\u2011"); // a hyphen at which no line breaks
  });
  setup.samples.forEach((sample, i) => {
    const bytes = new Uint8Array(samples, i * PIXELS, PIXELS);
    sample.picture = Float32Array.from(bytes, (value) => value / 255); // as torch has them
  });
  new DrawADigit(stage, setup);
});

class DrawADigit {
  constructor(stage, setup) {
    this.setup = setup;
    this.stage = stage;
    this.clean = new Float64Array(PIXELS);
    this.changed = new Float64Array(PIXELS);
    this.sample = null; // the test digit on the pad; null for a drawing
    this.blank = true;
    this.seed = setup.seed;
    this.probabilities = setup.networks.map(() => [softmaxBuffer(), softmaxBuffer()]);
    stage.innerHTML = markup(`lab-${++labs}`, setup);
    this.find();
    this.announce = afterPause(700, (text) => (this.live.textContent = text));
    this.pad = new Pad(this.padCanvas, stage.querySelector(".lab-cursor"), {
      changed: () => this.redrawn(),
      say: (text) => this.announce(text),
    });
    this.listen();
    this.choose(setup.start.sample);
    this.frame();
  }

  find() {
    const one = (selector) => this.stage.querySelector(selector);
    this.padCanvas = one(".lab-pad canvas");
    this.eps = one("input[type=range]");
    this.epsText = one(".lab-eps");
    this.target = one("select");
    this.newSigns = one("[data-act=signs]");
    this.verdict = one(".lab-verdict");
    this.live = one("[role=status]");
    this.aim = one(".lab-aim");
    this.tiles = [...this.stage.querySelectorAll(".lab-equation canvas")].map(tile);
    this.magnified = one(".lab-magnified");
    this.tables = [...this.stage.querySelectorAll("table")].map((table) => ({
      name: table.querySelector("caption"),
      rows: [...table.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("td")]),
    }));
  }

  listen() {
    const update = () => this.schedule();
    this.stage.addEventListener("input", update);
    this.stage.querySelector("[data-act=clear]").addEventListener("click", () => this.pad.clear());
    this.newSigns.addEventListener("click", () => {
      this.seed++;
      this.schedule();
    });
    this.stage.querySelectorAll("[data-sample]").forEach((button) => {
      button.addEventListener("click", () => this.choose(Number(button.dataset.sample)));
      const { picture } = this.setup.samples[button.dataset.sample];
      drawGrey(tile(button.querySelector("canvas")), picture);
    });
  }

  choose(number) {
    this.pad.show(this.setup.samples[number].picture);
    this.take(number);
  }

  /** The pad shows something new: a given picture, where `choose` calls on, or a drawing. */
  redrawn() {
    this.take(null);
  }

  take(number) {
    this.sample = number === null ? null : this.setup.samples[number];
    this.stale = true;
    this.stage.querySelectorAll("[data-sample]").forEach((button) => {
      button.setAttribute("aria-pressed", String(Number(button.dataset.sample) === number));
    });
    this.schedule();
  }

  schedule() {
    this.pending ??= requestAnimationFrame(() => this.frame());
  }

  /** Reads the controls, asks the networks, and shows what they say. */
  frame() {
    this.pending = null;
    const begin = performance.now();
    this.read();
    if (this.stale) this.readPad();
    this.ask();
    this.show();
    this.stage.parentElement.dataset.ms = (performance.now() - begin).toFixed(2);
  }

  read() {
    const value = (name) => this.stage.querySelector(`input[data-name=${name}]:checked`).value;
    this.size = Number(this.eps.value);
    this.kind = value("kind");
    const attacked = Number(value("network"));
    this.order = [attacked, ...this.setup.networks.keys()].filter((n, i) => i === 0 || n !== attacked);
    this.aimed = this.kind === "noise" || this.target.value === "" ? null : Number(this.target.value);
    this.target.disabled = this.kind === "noise";
    this.newSigns.disabled = this.kind !== "noise";
  }

  readPad() {
    this.stale = false;
    if (this.sample) {
      this.clean.set(this.sample.picture);
      this.blank = false;
    } else {
      this.blank = !this.pad.read(this.clean);
    }
  }

  ask() {
    const { networks } = this.setup;
    this.order.forEach((n, i) => {
      softmax(networks[n].engine.forward(this.clean), this.probabilities[i][0]);
    });
    this.label = this.sample ? this.sample.label : argmax(this.probabilities[0][0]);
    this.disturb(networks[this.order[0]].engine);
    this.order.forEach((n, i) => {
      softmax(networks[n].engine.forward(this.changed), this.probabilities[i][1]);
    });
  }

  disturb(network) {
    const { clean, changed, label, aimed: target, size: eps } = this;
    if (this.kind === "noise") randomSigns(clean, changed, { eps, seed: this.seed });
    else {
      const steps = this.kind === "pgd" ? PGD_STEPS : 1;
      signedSteps(network, clean, changed, { label, target, eps, steps });
    }
  }

  show() {
    const eps = this.size.toFixed(2);
    write(this.epsText, eps);
    this.eps.setAttribute("aria-valuetext", `${eps} of the way from black to white`);
    const [clean, change, result] = this.tiles;
    drawGrey(clean, this.clean);
    drawChange(change, this.clean, this.changed, this.size);
    drawGrey(result, this.changed);
    write(this.magnified, this.size ? `, ×\u00a0${(1 / this.size).toFixed(0)}` : "");
    this.order.forEach((n, i) => this.fill(this.tables[i], n, this.probabilities[i], i === 0));
    write(this.aim, this.aimText());
    const sentence = this.sentence();
    if (write(this.verdict, sentence)) this.announce(sentence);
    this.stage.classList.toggle("lab-fooled", this.fooled());
  }

  fill(table, n, probabilities, attacked) {
    const { name } = this.setup.networks[n];
    write(table.name, attacked ? `${name}, attacked` : `${name}, shown the same pictures`);
    probabilities.forEach((column, when) => {
      const top = this.blank ? -1 : argmax(column);
      for (let c = 0; c < CLASSES; c++) {
        const cell = table.rows[c][when];
        const p = this.blank ? 0 : column[c];
        cell.firstElementChild.style.transform = `scaleX(${p.toFixed(3)})`;
        write(cell.lastElementChild, this.blank ? "–" : hundredths(p));
        cell.classList.toggle("lab-top", c === top);
      }
    });
  }

  fooled() {
    return !this.blank && argmax(this.probabilities[0][1]) !== this.label;
  }

  aimText() {
    if (this.blank) return "The pad is empty.";
    if (this.kind === "noise") return "Signs drawn by lot, in no direction.";
    if (this.aimed !== null) return `Towards ${this.aimed}.`;
    if (this.sample) return `Away from ${this.label}, the label of this test digit.`;
    const name = this.setup.networks[this.order[0]].name;
    return `Away from ${this.label}, which ${name} reads: a drawing has no label.`;
  }

  sentence() {
    if (this.blank) return "Draw a digit, or take a real one.";
    const [name, other] = this.order.map((n) => this.setup.networks[n].name);
    return sentence({
      name,
      other,
      eps: this.size,
      kind: this.kind,
      target: this.aimed,
      before: answer(this.probabilities[0][0]),
      after: answer(this.probabilities[0][1]),
      beside: answer(this.probabilities[1][1]),
    });
  }
}

const softmaxBuffer = () => new Float64Array(CLASSES);

function answer(probabilities) {
  const digit = argmax(probabilities);
  return { digit, text: `${digit === 8 ? "an" : "a"} ${digit} (${percent(probabilities[digit])})` };
}

/** What is to be seen, in words: the same as in `sdl_lib.live.draw_a_digit`. */
function sentence({ name, other, eps, kind, target, before, after, beside }) {
  if (eps === 0) return `Unchanged, ${name} reads ${before.text}; ${other} reads ${beside.text}.`;
  const how = kind === "noise" ? "With random signs of" : "Changed by at most";
  const verb = after.digit === before.digit ? "still reads" : "now reads";
  const was = after.digit === before.digit ? "" : `; before, it read ${before.text}`;
  const reached = after.digit === target ? "reached" : "not reached";
  const goal = target === null ? "" : ` The target ${target} is ${reached}.`;
  const first = `${how} ${eps.toFixed(2)} a pixel, ${name} ${verb} ${after.text}${was}.`;
  return `${first}${goal} ${other}, not attacked, reads ${beside.text}.`;
}

const hundredths = (p) => (p > 0.9995 ? ">\u00a099.9" : (100 * p).toFixed(1));

const percent = (p) => `${hundredths(p)}\u00a0%`;

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

function drawGrey({ context, image }, picture) {
  for (let i = 0; i < PIXELS; i++) {
    image.data.fill(255 * picture[i], 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** Blue where a pixel became darker, orange where lighter, clear where it stayed. */
function drawChange({ context, image }, clean, changed, eps) {
  for (let i = 0; i < PIXELS; i++) {
    const change = eps ? (changed[i] - clean[i]) / eps : 0;
    const colour = change < 0 ? DARKER : LIGHTER;
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = colour[c];
    image.data[4 * i + 3] = 255 * Math.abs(change);
  }
  context.putImageData(image, 0, 0);
}

const choice = (id, name, legend, options) => `
  <fieldset class="lab-choice">
    <legend>${legend}</legend>
    <div class="lab-segments">
      ${options
        .map(
          ([value, text], i) => `<label><input type="radio" name="${id}-${name}" data-name="${name}"
            value="${value}"${i === 0 ? " checked" : ""}><span>${text}</span></label>`,
        )
        .join("")}
    </div>
  </fieldset>`;

const table = () => `
  <table>
    <caption></caption>
    <thead>
      <tr><th scope="col">digit</th><th scope="col">before, %</th><th scope="col">after, %</th></tr>
    </thead>
    <tbody>
      ${Array.from(
        { length: CLASSES },
        (_, digit) => `<tr><th scope="row">${digit}</th>${`<td><span class="lab-bar"
          aria-hidden="true"></span><span class="lab-number"></span></td>`.repeat(2)}</tr>`,
      ).join("")}
    </tbody>
  </table>`;

const picture = (name, note) => `
  <figure><canvas role="img" aria-label="${name}"></canvas><figcaption>${note}</figcaption></figure>`;

const sampleButton = ({ label, index }, i) => `
  <button type="button" data-sample="${i}" aria-pressed="false"
    aria-label="a ${label}, number ${index} of the test set"><canvas aria-hidden="true"></canvas></button>`;

const markup = (id, { samples, networks, start }) => `
  <div class="lab-own" role="group" aria-labelledby="${id}-own">
    <p class="lab-title" id="${id}-own">Draw a digit</p>
    <div class="lab-pad">
      <canvas tabindex="0" role="application" aria-label="Drawing pad"
        aria-describedby="${id}-help"></canvas>
      <span class="lab-cursor" aria-hidden="true" hidden></span>
    </div>
    <p class="lab-hint" id="${id}-help">Mouse, pen or finger. By keyboard: arrows move,
      space lowers and lifts the pen, Delete clears. The networks get the drawing scaled and
      centred, as in MNIST.</p>
    <button type="button" class="lab-button" data-act="clear">Clear the pad</button>
  </div>
  <div class="lab-real" role="group" aria-labelledby="${id}-real">
    <p class="lab-title" id="${id}-real">or take a real one</p>
    <div class="lab-samples">${samples.map(sampleButton).join("")}</div>
  </div>
  <div class="lab-size">
    <p class="lab-row">
      <label class="lab-title" for="${id}-eps">Change every pixel by at most <i>ε</i></label>
      <span class="lab-eps" aria-hidden="true"></span>
    </p>
    <input type="range" id="${id}-eps" min="0" max="0.5" step="0.01" value="${start.eps}">
    <p class="lab-row lab-hint" aria-hidden="true"><span>0</span><span>0.25</span><span>0.5</span></p>
  </div>
  <div class="lab-equation">
    ${picture("The digit as the network receives it", "the digit")}
    <span aria-hidden="true">+</span>
    ${picture(
      "The change of each pixel: blue is darker, orange is lighter",
      'the change<span class="lab-magnified"></span>',
    )}
    <span aria-hidden="true">=</span>
    ${picture("The changed digit", "the changed digit")}
  </div>
  <p class="lab-verdict"></p>
  <div class="lab-options">
    ${choice(id, "kind", "Direction of the change", [
      ["fgsm", "FGSM, 1 step"],
      ["pgd", `PGD, ${PGD_STEPS} steps`],
      ["noise", "random signs"],
    ])}
    ${choice(
      id,
      "network",
      "Network attacked",
      networks.map(({ name }, i) => [String(i), name]),
    )}
    <label class="lab-target">Target
      <select>
        <option value="">none: any other digit</option>
        ${Array.from({ length: CLASSES }, (_, c) => `<option value="${c}">${c}</option>`).join("")}
      </select></label>
    <p class="lab-hint lab-aim"></p>
    <button type="button" class="lab-button" data-act="signs">New signs</button>
  </div>
  <div class="lab-answers">${table()}${table()}</div>
  <p class="lab-hidden" role="status"></p>`;
