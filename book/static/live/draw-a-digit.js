/** The lab "draw a digit": a drawn or real digit, an attack on it, and what two networks say. */

import { randomSigns, signedSteps } from "./attacks.js";
import { menu, segments, slider, tell } from "./controls.js";
import { article, CLASSES, DIGITS, hundredths, percent, pictures, PIXELS, SIDE, unbroken } from "./digits.js";
import { dot, grey, tile } from "./drawing.js";
import { argmax, loadNetwork, softmax } from "./engine.js";
import { place, write } from "./lab.js";
import { padMarkup, PadLab, picture } from "./pad-lab.js";

const PGD_STEPS = 10;
// the two ends of the picture of the change: Okabe and Ito's blue and vermilion
const DARKER = [0, 114, 178];
const LIGHTER = [213, 94, 0];

place("draw-a-digit", async (stage, files) => {
  const setup = await files.json("lab.json");
  const [samples, ...networks] = await Promise.all([
    files.bytes("samples.bin").then(pictures),
    ...setup.networks.map(({ id }) => loadNetwork(files.url, id)),
  ]);
  setup.networks.forEach((network, i) => {
    network.engine = networks[i];
    network.name = unbroken(network.name);
  });
  setup.samples.forEach((sample, i) => (sample.picture = samples[i]));
  new DrawADigit(stage, setup);
});

class DrawADigit extends PadLab {
  constructor(stage, setup) {
    super(stage, setup, markup);
    this.clean = new Float64Array(PIXELS);
    this.changed = new Float64Array(PIXELS);
    this.seed = setup.seed;
    this.probabilities = setup.networks.map(() => [softmaxBuffer(), softmaxBuffer()]);
    this.find();
    this.listen();
    this.choose(setup.start.sample);
    this.frame();
  }

  find() {
    this.eps = this.control("eps");
    this.target = this.control("target");
    this.newSigns = this.one("[data-act=signs]");
    this.aim = this.one(".lab-aim");
    this.tiles = this.all(".lab-equation canvas").map((canvas) => tile(canvas, SIDE));
    this.magnified = this.one(".lab-magnified");
    this.tables = this.all("table").map((table) => ({
      name: table.querySelector("caption"),
      rows: [...table.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("td")]),
    }));
  }

  listen() {
    super.listen();
    this.newSigns.addEventListener("click", () => {
      this.seed++;
      this.schedule();
    });
  }

  /** Reads the controls, asks the networks, and shows what they say. */
  update() {
    this.read();
    if (this.stale) this.readPad(this.clean);
    this.ask();
    this.show();
  }

  read() {
    this.size = Number(this.eps.value);
    this.kind = this.control("kind").value;
    const attacked = this.number("network");
    this.order = [attacked, ...this.setup.networks.keys()].filter((n, i) => i === 0 || n !== attacked);
    this.aimed = this.kind === "noise" || this.target.value === "" ? null : Number(this.target.value);
    this.target.disabled = this.kind === "noise";
    this.newSigns.disabled = this.kind !== "noise";
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
    tell(this.eps, eps, `${eps} of the way from black to white`);
    const [clean, change, result] = this.tiles;
    grey(clean, this.clean);
    drawChange(change, this.clean, this.changed, this.size);
    grey(result, this.changed);
    write(this.magnified, this.size ? `, ×\u00a0${(1 / this.size).toFixed(0)}` : "");
    this.order.forEach((n, i) => this.fill(this.tables[i], n, this.probabilities[i], i === 0));
    write(this.aim, this.aimText());
    this.say(this.sentence());
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
  return { digit, text: `${article(digit)} (${percent(probabilities[digit])})` };
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

/** Blue where a pixel became darker, orange where lighter, clear where it stayed. */
function drawChange({ context, image }, clean, changed, eps) {
  for (let i = 0; i < PIXELS; i++) {
    const change = eps ? (changed[i] - clean[i]) / eps : 0;
    const colour = change < 0 ? DARKER : LIGHTER;
    dot(image, i, colour, Math.abs(change));
  }
  context.putImageData(image, 0, 0);
}

const table = () => `
  <table class="lab-table">
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

const HELP = ` The networks get the drawing scaled and
      centred, as in MNIST.`;

const EPS = "Change every pixel by at most <i>ε</i>";
const KINDS = { fgsm: "FGSM, 1 step", pgd: `PGD, ${PGD_STEPS} steps`, noise: "random signs" };
const TARGETS = [["", "none: any other digit"], ...DIGITS];
const ENDS = `
    <p class="lab-row lab-hint" aria-hidden="true"><span>0</span><span>0.25</span><span>0.5</span></p>`;

const markup = (id, { samples, networks, start }) => `
  ${padMarkup(id, samples, HELP)}
  <div class="lab-size">${slider(id, "eps", EPS, { max: 0.5, step: 0.01, value: start.eps }, ENDS)}</div>
  <div class="lab-equation lab-pixels lab-full">
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
    ${segments(id, "kind", "Direction of the change", Object.entries(KINDS), "fgsm")}
    ${segments(id, "network", "Network attacked", [...networks.map(({ name }) => name).entries()], 0)}
    ${menu(id, "target", "Target", TARGETS)}
    <p class="lab-hint lab-aim"></p>
    <button type="button" class="lab-button" data-act="signs">New signs</button>
  </div>
  <div class="lab-answers lab-full">${table()}${table()}</div>`;
