/** The lab "learning-curves": two strategies, a budget of labels, and a switch that flatters. */

import { meanCurve, sentence } from "./curves.js";
import { afterPause, place } from "./lab.js";

const [WIDTH, HEIGHT] = [320, 250]; // of the chart, without its margins
const LOW = 40; // per cent, at the foot of the chart

let labs = 0; // on this page, so that the ids of two labs differ

place("learning-curves", async (stage, files) => {
  new LearningCurves(stage, await (await files.read("lab.json")).json());
});

class LearningCurves {
  constructor(stage, setup) {
    this.stage = stage;
    this.setup = setup;
    stage.innerHTML = markup(`curves-${++labs}`, setup);
    const one = (selector) => stage.querySelector(selector);
    this.names = ["first", "second"].map((name) => one(`[data-name=${name}]`));
    this.maximum = one("[data-name=maximum]");
    this.step = one("[data-name=step]");
    this.value = one(".curves-labels");
    this.lines = [...stage.querySelectorAll("polyline")];
    this.marks = [one("circle"), one("rect")];
    this.ruler = one("line.ruler");
    this.verdict = one(".lab-verdict");
    this.live = one("[role=status]");
    this.announce = afterPause(700, (text) => (this.live.textContent = text));
    stage.addEventListener("input", () => this.schedule());
    this.frame();
  }

  schedule() {
    this.pending ??= requestAnimationFrame(() => this.frame());
  }

  /** Reads the controls, and shows both curves. */
  frame() {
    this.pending = null;
    const begin = performance.now();
    const { labels } = this.setup;
    const [maximum, step] = [this.maximum.checked, Number(this.step.value)];
    const span = labels[labels.length - 1] - labels[0];
    const across = (t) => (((labels[t] - labels[0]) / span) * WIDTH).toFixed(1);
    const down = (value) => (((100 - Math.max(value, LOW)) / (100 - LOW)) * HEIGHT).toFixed(1);
    const seen = this.names.map(({ value }, i) => {
      const curve = meanCurve(this.setup, value, maximum);
      this.lines[i].setAttribute("points", curve.map((v, t) => `${across(t)},${down(v)}`).join(" "));
      this.marks[i].setAttribute("transform", `translate(${across(step)} ${down(curve[step])})`);
      return curve[step];
    });
    this.ruler.setAttribute("transform", `translate(${across(step)} 0)`);
    this.value.textContent = labels[step];
    this.step.setAttribute("aria-valuetext", `${labels[step]} labels`);
    const [first, second] = this.names.map(({ value }) => value);
    const text = sentence(this.setup, { first, second, maximum, step }, seen);
    if (this.verdict.textContent !== text) {
      this.verdict.textContent = text;
      this.announce(text);
    }
    this.stage.parentElement.dataset.ms = (performance.now() - begin).toFixed(2);
  }
}

const choice = (id, which, { names, start }) => `
    <div class="lab-target">
      <label for="${id}-${which}">${which} strategy</label>
      <select id="${id}-${which}" data-name="${which}">
        ${Object.entries(names)
          .map(([name, text]) => `<option value="${name}"${name === start[which] ? " selected" : ""}>${text}</option>`)
          .join("")}
      </select>
    </div>`;

const markup = (id, setup) => `
  <div class="masked-plot">
    <svg viewBox="-34 -8 366 294" aria-hidden="true">
      <path class="axes" d="M0 0V${HEIGHT}H${WIDTH}"/>
      <text x="-6" y="4" text-anchor="end">100</text>
      <text x="-6" y="${HEIGHT / 2 + 4}" text-anchor="end">${(100 + LOW) / 2}</text>
      <text x="-6" y="${HEIGHT + 4}" text-anchor="end">${LOW}</text>
      <text x="0" y="${HEIGHT + 16}">${setup.labels[0]}</text>
      <text x="${WIDTH}" y="${HEIGHT + 16}" text-anchor="end">${setup.labels.at(-1)}</text>
      <text x="${WIDTH / 2}" y="${HEIGHT + 30}" text-anchor="middle">labels</text>
      <line class="ruler" y2="${HEIGHT}"/>
      <polyline/><polyline class="adaptive"/>
      <circle r="6"/><rect x="-5" y="-5" width="10" height="10"/>
    </svg>
    <p class="lab-hint">Test accuracy in per cent. Line and disc: the first strategy. Dashes and
      square: the second.</p>
  </div>
  <div class="lab-knobs">
    ${choice(id, "first", setup)}
    ${choice(id, "second", setup)}
    <label class="masked-switch"><input type="checkbox" data-name="maximum"> running maximum</label>
    <div>
      <p class="lab-row">
        <label class="lab-title" for="${id}-step">Labels</label>
        <span class="lab-value curves-labels" aria-hidden="true"></span>
      </p>
      <input type="range" id="${id}-step" data-name="step" min="0"
        max="${setup.labels.length - 1}" step="1" value="${setup.labels.length - 1}">
    </div>
  </div>
  <p class="lab-verdict"></p>
  <p class="lab-hidden" role="status"></p>`;
