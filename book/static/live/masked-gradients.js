/** The lab "masked-gradients": hide the gradients of a network, and see who is fooled. */

import { afterPause, place } from "./lab.js";
import { look, sentence } from "./masked-curves.js";

const [WIDTH, HEIGHT] = [320, 200]; // of the chart, without its margins

let labs = 0; // on this page, so that the ids of two labs differ

place("masked-gradients", async (stage, files) => {
  new MaskedGradients(stage, await (await files.read("lab.json")).json());
});

class MaskedGradients {
  constructor(stage, setup) {
    this.stage = stage;
    this.setup = setup;
    stage.innerHTML = markup(`masked-${++labs}`, setup);
    const one = (selector) => stage.querySelector(selector);
    this.network = one("select");
    this.masked = one("[data-name=masked]");
    this.eps = one("[data-name=eps]");
    this.epsText = one(".masked-eps");
    this.lines = { textbook: one("polyline.textbook"), adaptive: one("polyline.adaptive") };
    this.dots = { textbook: one("circle.textbook"), adaptive: one("rect.adaptive") };
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

  /** Reads the controls, and shows what both attackers see. */
  frame() {
    this.pending = null;
    const begin = performance.now();
    const { grid, curves } = this.setup;
    const [network, masked] = [this.network.value, this.masked.checked];
    const eps = Number(this.eps.value) / 100;
    const seen = look(this.setup, network, masked, eps);
    const across = (value) => (value / grid[grid.length - 1]) * WIDTH;
    const down = (value) => (1 - value) * HEIGHT;
    for (const [attack, line] of Object.entries(this.lines)) {
      const values = curves[masked ? `${network}-masked` : network][attack];
      line.setAttribute("points", values.map((v, i) => `${across(grid[i])},${down(v)}`).join(" "));
      const move = `translate(${across(eps)} ${down(seen[attack])})`;
      this.dots[attack].setAttribute("transform", move);
    }
    this.ruler.setAttribute("transform", `translate(${across(eps)} 0)`);
    this.epsText.textContent = eps.toFixed(2);
    this.eps.setAttribute("aria-valuetext", `budget ${eps.toFixed(2)}`);
    const text = sentence(this.setup, seen, network, masked, eps);
    if (this.verdict.textContent !== text) {
      this.verdict.textContent = text;
      this.announce(text);
    }
    this.stage.parentElement.dataset.ms = (performance.now() - begin).toFixed(2);
  }
}

const markup = (id, { grid, networks, start }) => `
  <div class="masked-plot">
    <svg viewBox="-34 -8 366 244" aria-hidden="true">
      <path class="axes" d="M0 0V${HEIGHT}H${WIDTH}"/>
      <text x="-6" y="4" text-anchor="end">1</text>
      <text x="-6" y="${HEIGHT / 2 + 4}" text-anchor="end">.5</text>
      <text x="-6" y="${HEIGHT + 4}" text-anchor="end">0</text>
      <text x="0" y="${HEIGHT + 16}">0</text>
      <text x="${WIDTH}" y="${HEIGHT + 16}" text-anchor="end">${grid[grid.length - 1]}</text>
      <text x="${WIDTH / 2}" y="${HEIGHT + 30}" text-anchor="middle">budget</text>
      <line class="ruler" y2="${HEIGHT}"/>
      <polyline class="textbook"/><polyline class="adaptive"/>
      <circle class="textbook" r="6"/>
      <rect class="adaptive" x="-5" y="-5" width="10" height="10"/>
    </svg>
    <p class="lab-hint">Accuracy left. Line and disc: textbook attack. Dashes and square:
      adaptive attack.</p>
  </div>
  <div class="lab-knobs">
    <div class="lab-target">
      <label for="${id}-network">network</label>
      <select id="${id}-network">
        ${Object.entries(networks)
          .map(([name, text]) => `<option value="${name}"${name === start.network ? " selected" : ""}>${text}</option>`)
          .join("")}
      </select>
    </div>
    <label class="masked-switch"><input type="checkbox" data-name="masked"> mask my gradients</label>
    <div>
      <p class="lab-row">
        <label class="lab-title" for="${id}-eps">Budget</label>
        <span class="lab-value masked-eps" aria-hidden="true"></span>
      </p>
      <input type="range" id="${id}-eps" data-name="eps" min="0" max="30" step="1"
        value="${start.eps}">
    </div>
  </div>
  <p class="lab-verdict"></p>
  <p class="lab-hidden" role="status"></p>`;
