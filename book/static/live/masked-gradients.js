/** The lab "masked-gradients": hide the gradients of a network, and see who is fooled. */

import { menu, slider, tell } from "./controls.js";
import { Lab, place } from "./lab.js";
import { look, sentence } from "./masked-curves.js";

const [WIDTH, HEIGHT] = [320, 200]; // of the chart, without its margins

place("masked-gradients", async (stage, files) => {
  new MaskedGradients(stage, await files.json("lab.json"));
});

class MaskedGradients extends Lab {
  constructor(stage, setup) {
    super(stage, setup, markup);
    this.eps = this.control("eps");
    const [textbook, adaptive] = this.all("polyline");
    this.lines = { textbook, adaptive };
    this.dots = { textbook: this.one("circle"), adaptive: this.one("rect") };
    this.ruler = this.one("line.ruler");
    this.listen();
    this.frame();
  }

  /** Reads the controls, and shows what both attackers see. */
  update() {
    const { grid, curves } = this.setup;
    const [network, masked] = [this.control("network").value, this.control("masked").checked];
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
    tell(this.eps, eps.toFixed(2), `budget ${eps.toFixed(2)}`);
    this.say(sentence(this.setup, seen, network, masked, eps));
  }
}

const markup = (id, { grid, networks, start }) => `
  <div class="lab-plot">
    <svg viewBox="-34 -8 366 244" aria-hidden="true">
      <path class="axes" d="M0 0V${HEIGHT}H${WIDTH}"/>
      <text x="-6" y="4" text-anchor="end">1</text>
      <text x="-6" y="${HEIGHT / 2 + 4}" text-anchor="end">.5</text>
      <text x="-6" y="${HEIGHT + 4}" text-anchor="end">0</text>
      <text x="0" y="${HEIGHT + 16}">0</text>
      <text x="${WIDTH}" y="${HEIGHT + 16}" text-anchor="end">${grid[grid.length - 1]}</text>
      <text x="${WIDTH / 2}" y="${HEIGHT + 30}" text-anchor="middle">budget</text>
      <line class="ruler" y2="${HEIGHT}"/>
      <polyline/><polyline class="second"/>
      <circle r="6"/>
      <rect x="-5" y="-5" width="10" height="10"/>
    </svg>
    <p class="lab-hint">Accuracy left. Line and disc: textbook attack. Dashes and square:
      adaptive attack.</p>
  </div>
  <div class="lab-knobs">
    ${menu(id, "network", "network", Object.entries(networks), start.network)}
    <label class="lab-switch"><input type="checkbox" data-name="masked"> mask my gradients</label>
    ${slider(id, "eps", "Budget", { max: 30, value: start.eps })}
  </div>
  <p class="lab-verdict"></p>`;
