/** The lab "transfer map": who fools whom, how, and with what budget. */

import { menu, slider, tell } from "./controls.js";
import { Lab, place } from "./lab.js";
import { rate, sentence } from "./transfer-rates.js";

const KNOBS = ["attack", "source", "target", "budget"];

place("transfer-map", async (stage, files) => {
  new TransferMap(stage, await files.json("lab.json"));
});

class TransferMap extends Lab {
  constructor(stage, setup) {
    super(stage, setup, markup);
    this.cells = this.all(".transfer-map tbody tr").map((row) => [...row.querySelectorAll("td")]);
    this.curves = ["pair", "noise"].map((name) => this.one(`.transfer-${name}`));
    this.marker = this.one(".transfer-now");
    this.listen();
    this.frame();
  }

  /** Reads the controls, and shows what came of it. */
  update() {
    const [attack, i, j, budget] = KNOBS.map((name) => this.number(name));
    const { setup } = this;
    tell(this.control("budget"), setup.budgets[budget].toFixed(2));
    this.cells.forEach((row, a) =>
      row.forEach((cell, b) => {
        const { share } = rate(setup, attack, budget, a, b);
        cell.textContent = share.toFixed(2);
        cell.style.setProperty("--share", share.toFixed(3));
        cell.classList.toggle("transfer-pale", share > 0.45);
        cell.classList.toggle("transfer-chosen", a === i && b === j);
      }),
    );
    this.curves.forEach((curve, k) => {
      const of = (b) => rate(setup, k ? setup.noise : attack, b, i, j).share;
      curve.setAttribute("points", setup.budgets.map((_, b) => at(setup, b, of(b))).join(" "));
    });
    const [x, y] = at(setup, budget, rate(setup, attack, budget, i, j).share).split(",");
    this.marker.setAttribute("cx", x);
    this.marker.setAttribute("cy", y);
    this.say(sentence(setup, attack, budget, i, j));
  }
}

/** A place in the chart, whose box is 240 by 120. */
const at = ({ budgets }, b, share) =>
  `${(10 + (220 * b) / (budgets.length - 1)).toFixed(1)},${(110 - 100 * share).toFixed(1)}`;

const numbered = (id, name, title, texts, chosen) =>
  menu(id, name, title, [...texts.entries()], texts.indexOf(chosen));

const markup = (id, { names, attacks, budgets, start }) => `
  <div class="lab-knobs">
    ${numbered(id, "attack", "attack", attacks, start.attack)}
    ${numbered(id, "source", "made for", names, start.source)}
    ${numbered(id, "target", "put before", names, start.target)}
    ${slider(id, "budget", "Budget", { max: budgets.length - 1, value: start.budget })}
  </div>
  <div class="lab-stack">
    <table class="transfer-map">
      <caption>Share fooled</caption>
      <thead><tr><th scope="col">made for</th>
        ${names.map((name) => `<th scope="col">${name}</th>`).join("")}</tr></thead>
      <tbody>${names
        .map((name) => `<tr><th scope="row">${name}</th>${"<td></td>".repeat(names.length)}</tr>`)
        .join("")}</tbody>
    </table>
    <svg class="transfer-chart" viewBox="0 0 240 120" aria-hidden="true">
      <path d="M10 10V110H230"/>
      <polyline class="transfer-noise"/>
      <polyline class="transfer-pair"/>
      <circle class="transfer-now" r="4"/>
    </svg>
    <p class="lab-hint">The pair that you chose, from no budget to the largest, against random
      signs (dashed).</p>
  </div>
  <p class="lab-verdict"></p>`;
