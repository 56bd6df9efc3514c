/** The lab "integrated gradients": a walk to a digit, and what each step adds to the attribution. */

import { argmax, loadNetwork, softmax } from "./engine.js";
import { afterPause, place } from "./lab.js";
import { Pad } from "./pad.js";

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const BUDGET = 6; // milliseconds of walking a frame
const LENGTH = 2500; // milliseconds of a walk that is watched
// against the class purple, for it orange
const AGAINST = [84, 39, 136];
const FOR = [179, 88, 6];

let labs = 0; // on this page, so that the ids of two labs differ

place("integrated-gradients", async (stage, files) => {
  const setup = await files.read("lab.json").then((response) => response.json());
  const [samples, engine] = await Promise.all([
    files.read("samples.bin").then((response) => response.arrayBuffer()),
    loadNetwork(files.url, setup.network.id),
  ]);
  setup.name = setup.network.name.replace("-", "\u2011"); // a hyphen at which no line breaks
  setup.samples.forEach((sample, i) => {
    const bytes = new Uint8Array(samples, i * PIXELS, PIXELS);
    sample.picture = Float32Array.from(bytes, (value) => value / 255); // as torch has them
  });
  new Lab(stage, setup, engine);
});

/** The walk from a baseline to a picture, by midpoints; it is made step by step. */
export class Walk {
  constructor(engine, picture, baseline, steps) {
    Object.assign(this, { engine, picture, baseline, steps });
    this.probabilities = softmax(engine.forward(picture));
    this.label = argmax(this.probabilities);
    this.oneHot = new Float64Array(engine.classes);
    this.oneHot[this.label] = 1;
    this.point = new Float64Array(PIXELS);
    this.sums = [new Float64Array(PIXELS)]; // attributions after 0, 1, 2, ... steps
    this.totals = [0]; // and what they sum to
    this.floor = engine.forward(this.at(0))[this.label];
    this.rises = [0]; // of the logit
  }

  get done() {
    return this.sums.length - 1;
  }

  /** The point at the share `t` of the way; overwritten by the next call. */
  at(t) {
    const { point, picture, baseline } = this;
    for (let i = 0; i < PIXELS; i++) point[i] = baseline + t * (picture[i] - baseline);
    return point;
  }

  step() {
    const k = this.done;
    this.engine.forward(this.at((k + 0.5) / this.steps));
    const slope = this.engine.backward(this.oneHot);
    const sum = Float64Array.from(this.sums[k]);
    let total = 0;
    for (let i = 0; i < PIXELS; i++) {
      sum[i] += (slope[i] * (this.picture[i] - this.baseline)) / this.steps;
      total += sum[i];
    }
    this.sums.push(sum);
    this.totals.push(total);
    this.rises.push(this.engine.forward(this.at((k + 1) / this.steps))[this.label] - this.floor);
  }
}

class Lab {
  constructor(stage, setup, engine) {
    Object.assign(this, { stage, setup, engine });
    this.picture = new Float64Array(PIXELS);
    this.share = new Float64Array(PIXELS);
    stage.innerHTML = markup(`lab-${++labs}`, setup);
    this.find();
    this.announce = afterPause(700, (text) => (this.live.textContent = text));
    this.pad = new Pad(this.padCanvas, stage.querySelector(".lab-cursor"), {
      changed: () => this.take(null),
      say: (text) => this.announce(text),
    });
    this.listen();
    this.choose(setup.start.sample);
    this.frame();
  }

  find() {
    const one = (selector) => this.stage.querySelector(selector);
    this.padCanvas = one(".lab-pad canvas");
    this.slider = one("input[type=range]");
    this.sliderText = one(".lab-eps");
    this.go = one("[data-act=walk]");
    this.verdict = one(".lab-verdict");
    this.live = one("[role=status]");
    this.tiles = [...this.stage.querySelectorAll(".lab-equation canvas")].map(tile);
    [this.logitLine, this.sumLine] = this.stage.querySelectorAll("polyline");
    this.marker = one(".ig-chart .ig-at");
    this.zero = one(".ig-chart .ig-zero");
  }

  listen() {
    this.stage.querySelector("[data-act=clear]").addEventListener("click", () => this.pad.clear());
    this.stage.querySelectorAll("[data-sample]").forEach((button) => {
      button.addEventListener("click", () => this.choose(Number(button.dataset.sample)));
      const { picture } = this.setup.samples[button.dataset.sample];
      drawGrey(tile(button.querySelector("canvas")), picture);
    });
    this.slider.addEventListener("input", () => this.schedule((this.begun = null)));
    this.stage.querySelectorAll("input[type=radio]").forEach((choice) => {
      choice.addEventListener("change", () => this.schedule((this.stale = true)));
    });
    this.go.addEventListener("click", () => this.start());
  }

  choose(number) {
    this.pad.show(this.setup.samples[number].picture);
    this.take(number);
  }

  /** The pad shows something new: a given picture, or (null) a drawing. */
  take(number) {
    this.sample = number === null ? null : this.setup.samples[number];
    this.stale = true;
    this.stage.querySelectorAll("[data-sample]").forEach((button) => {
      button.setAttribute("aria-pressed", String(Number(button.dataset.sample) === number));
    });
    this.schedule();
  }

  /** Walks by itself from the baseline to the picture; at once for those who want no motion. */
  start() {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.begun = performance.now() - (still ? LENGTH : 0);
    this.schedule();
  }

  schedule() {
    this.pending ??= requestAnimationFrame(() => this.frame());
  }

  /** Takes some steps of the walk where some are missing, and shows where it stands. */
  frame() {
    this.pending = null;
    const begin = performance.now();
    if (this.stale) this.renew();
    const { walk } = this;
    while (walk.done < walk.steps && performance.now() - begin < BUDGET) walk.step();
    if (this.begun) this.move(begin);
    this.show();
    this.stage.parentElement.dataset.ms = (performance.now() - begin).toFixed(2);
    this.stage.parentElement.dataset.walked = String(walk.done === walk.steps);
    if (walk.done < walk.steps || this.begun) this.schedule();
  }

  /** A new walk, at the same share of the way as the last. */
  renew() {
    this.stale = false;
    this.blank = false;
    if (this.sample) this.picture.set(this.sample.picture);
    else this.blank = !this.pad.read(this.picture);
    const value = (name) => this.stage.querySelector(`input[data-name=${name}]:checked`).value;
    this.from = value("baseline");
    const steps = Number(value("steps"));
    this.walk = new Walk(this.engine, this.picture.slice(), this.setup.baselines[this.from], steps);
    const share = this.slider.value / this.slider.max;
    this.slider.max = String(steps);
    this.slider.value = String(Math.round(share * steps));
  }

  move(now) {
    const share = Math.min(1, (now - this.begun) / LENGTH);
    this.slider.value = String(Math.round(share * this.walk.steps));
    if (share === 1) this.begun = null;
  }

  show() {
    const { walk, tiles } = this;
    const step = Math.min(Number(this.slider.value), walk.done);
    const last = Math.max(step, 1);
    const t = step / walk.steps;
    this.sliderText.textContent = `t = ${t.toFixed(2)}`;
    this.slider.setAttribute("aria-valuetext", `${step} of ${walk.steps} steps`);
    drawGrey(tiles[0], walk.at(t));
    for (let i = 0; i < PIXELS; i++) {
      this.share[i] = last > walk.done ? 0 : walk.sums[last][i] - walk.sums[last - 1][i];
    }
    drawSigned(tiles[1], this.share, largest(this.share));
    drawSigned(tiles[2], walk.sums[step], largest(walk.sums[walk.done]));
    this.chart(t);
    const sentence = this.sentence(step);
    if (this.verdict.textContent !== sentence) {
      this.verdict.textContent = sentence;
      this.announce(sentence);
    }
  }

  chart(t) {
    const { rises, totals, steps } = this.walk;
    const low = Math.min(0, ...rises, ...totals);
    const high = Math.max(1e-9, ...rises, ...totals);
    const y = (value) => (95 - (90 * (value - low)) / (high - low)).toFixed(2);
    const line = (values) => values.map((v, k) => `${((300 * k) / steps).toFixed(2)},${y(v)}`).join(" ");
    this.logitLine.setAttribute("points", line(rises));
    this.sumLine.setAttribute("points", line(totals));
    this.marker.setAttribute("transform", `translate(${300 * t} 0)`);
    this.zero.setAttribute("transform", `translate(0 ${y(0)})`);
  }

  sentence(step) {
    const { walk } = this;
    const [rise, total] = [walk.rises[step], walk.totals[step]];
    return (
      `${this.answer()} After ${step} of ${walk.steps} steps from ${this.from}, at ` +
      `t\u00a0=\u00a0${(step / walk.steps).toFixed(2)}, its logit for ${walk.label} has changed by ` +
      `${signed(rise)}, and the attributions so far sum to ${signed(total)}: a gap of ` +
      `${signed(total - rise)}.`
    );
  }

  answer() {
    if (this.blank) return `The pad is empty; ${this.setup.name} reads a ${this.walk.label} all the same.`;
    const p = this.walk.probabilities[this.walk.label];
    const percent = p > 0.9995 ? ">\u00a099.9" : (100 * p).toFixed(1);
    const article = this.walk.label === 8 ? "an" : "a";
    return `${this.setup.name} reads ${article} ${this.walk.label} (${percent}\u00a0%).`;
  }
}

function signed(value) {
  if (Math.abs(value) < 0.005) return "0.00";
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

function largest(values) {
  let found = 0;
  for (let i = 0; i < PIXELS; i++) found = Math.max(found, Math.abs(values[i]));
  return found || 1;
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

function drawSigned({ context, image }, values, top) {
  for (let i = 0; i < PIXELS; i++) {
    image.data.set(values[i] < 0 ? AGAINST : FOR, 4 * i);
    image.data[4 * i + 3] = 255 * Math.min(1, Math.abs(values[i]) / top);
  }
  context.putImageData(image, 0, 0);
}

const sampleButton = ({ label, index }, i) => `
  <button type="button" data-sample="${i}" aria-pressed="false"
    aria-label="a ${label}, number ${index} of the test set"><canvas aria-hidden="true"></canvas></button>`;

const picture = (name, note) => `
  <figure><canvas role="img" aria-label="${name}"></canvas><figcaption>${note}</figcaption></figure>`;

const choice = (id, name, title, values, chosen) => `
  <fieldset class="lab-choice"><legend>${title}</legend><div class="lab-segments">${values
    .map(
      (value) => `<label><input type="radio" name="${id}-${name}" data-name="${name}"
      value="${value}" ${value === chosen ? "checked" : ""}><span>${value}</span></label>`,
    )
    .join("")}</div></fieldset>`;

const markup = (id, { samples, baselines, steps, start }) => `
  <div class="lab-own" role="group" aria-labelledby="${id}-own">
    <p class="lab-title" id="${id}-own">Draw a digit</p>
    <div class="lab-pad">
      <canvas tabindex="0" role="application" aria-label="Drawing pad"
        aria-describedby="${id}-help"></canvas>
      <span class="lab-cursor" aria-hidden="true" hidden></span>
    </div>
    <p class="lab-hint" id="${id}-help">Mouse, pen or finger. By keyboard: arrows move,
      space lowers and lifts the pen, Delete clears.</p>
    <button type="button" class="lab-button" data-act="clear">Clear the pad</button>
  </div>
  <div class="lab-real" role="group" aria-labelledby="${id}-real">
    <p class="lab-title" id="${id}-real">or take a real one</p>
    <div class="lab-samples">${samples.map(sampleButton).join("")}</div>
  </div>
  <div class="lab-size">
    <p class="lab-row">
      <label class="lab-title" for="${id}-way">Where on the way</label>
      <span class="lab-eps" aria-hidden="true"></span>
    </p>
    <input type="range" id="${id}-way" min="0" max="${start.steps}" value="${start.steps}">
    <p class="lab-row lab-hint" aria-hidden="true"><span>baseline</span><span>digit</span></p>
  </div>
  <div class="lab-options">
    ${choice(id, "baseline", "Baseline", Object.keys(baselines), "black")}
    ${choice(id, "steps", "Steps", steps, start.steps)}
    <button type="button" class="lab-button" data-act="walk">Walk</button>
  </div>
  <div class="lab-equation">
    ${picture("The point on the way, as the network receives it", "the point on the way")}
    <span aria-hidden="true">→</span>
    ${picture("What this step adds: orange is for the class, purple against it", "what this step adds")}
    <span aria-hidden="true">→</span>
    ${picture("The attributions summed so far: orange is for the class, purple against it", "the sum so far")}
  </div>
  <p class="lab-verdict"></p>
  <figure class="ig-chart">
    <svg viewBox="-2 0 304 100" preserveAspectRatio="none" role="img"
      aria-label="The logit's change and the sum of the attributions along the way">
      <line class="ig-zero" x2="300"></line>
      <line class="ig-at" y2="100"></line>
      <polyline class="ig-logit"></polyline>
      <polyline class="ig-sum"></polyline>
    </svg>
    <figcaption>Along the way: the logit's change (thick, grey) and the sum of the attributions
      (thin, coloured). Where they part, the gap is made.</figcaption>
  </figure>
  <p class="lab-hidden" role="status"></p>`;
