/** The lab "COMPAS thresholds": a threshold and a base rate a group, and the criteria they meet. */

import { segments, slider, tell } from "./controls.js";
import { colour, disc, followPage, fresh, line } from "./drawing.js";
import { Lab, place, write } from "./lab.js";
import { baseRate, gaps, holds, identity, match, rates, sentence, shares } from "./thresholds.js";

const TOP = 0.4; // of the axis: the share of a group at one decile
const MARGIN = { left: 34, right: 8, top: 14, bottom: 22 };

place("compas-thresholds", async (stage, files) => {
  new CompasThresholds(stage, await files.json("lab.json"));
});

class CompasThresholds extends Lab {
  constructor(stage, setup) {
    super(stage, setup, markup);
    this.find();
    this.listen();
    this.begin();
  }

  find() {
    this.charts = this.all("canvas");
    this.cuts = this.all("[data-name=threshold]");
    this.bases = this.all("[data-name=base]");
    this.names = this.all("[data-group]");
    this.identities = this.all(".compas-identity");
    this.cells = this.all("tbody tr").map((row) => [...row.querySelectorAll("td")]);
  }

  listen() {
    this.stage.addEventListener("input", ({ target }) => {
      if (target.dataset.name === "base") this.base[this.bases.indexOf(target)] = Number(target.value);
      if (target.dataset.name === "groups") this.begin();
      this.schedule();
    });
    this.stage.addEventListener("click", ({ target }) => this.act(target.closest("[data-act]")));
    this.charts.forEach((chart, i) => {
      chart.addEventListener("pointerdown", (event) => {
        if (!event.isPrimary || event.button !== 0) return;
        chart.setPointerCapture(event.pointerId);
        this.drag(i, event);
      });
      chart.addEventListener("pointermove", (event) => {
        if (chart.hasPointerCapture(event.pointerId)) this.drag(i, event);
      });
    });
    followPage(this.stage, () => this.schedule());
  }

  act(button) {
    if (!button) return;
    const { act, rate } = button.dataset;
    if (act === "match") {
      const { threshold, start } = this.setup;
      this.cuts[1].value = match(this.groups, rate, Number(this.cuts[0].value), this.base, threshold, start);
    } else if (act === "same") {
      this.setBase([this.base[0], this.base[0]]);
    } else this.begin();
    this.schedule();
  }

  /** The two groups that are chosen, as they were. */
  begin() {
    this.groups = this.setup.groups[this.control("groups").value];
    for (const part of this.names) write(part, this.groups.names[part.dataset.group]);
    this.cuts.forEach((cut) => (cut.value = this.setup.start));
    this.setBase([0, 1].map((i) => baseRate(this.groups, i)));
    this.schedule();
  }

  setBase(base) {
    this.base = base;
    this.bases.forEach((knob, i) => (knob.value = base[i]));
  }

  drag(i, event) {
    const { left, width } = this.charts[i].getBoundingClientRect();
    const across = (event.clientX - left - MARGIN.left) / (width - MARGIN.left - MARGIN.right);
    this.cuts[i].value = 1 + 10 * Math.min(1, Math.max(0, across));
    this.schedule();
  }

  /** Reads the controls, counts, and shows what was found. */
  update() {
    this.thresholds = this.cuts.map((cut) => Number(cut.value));
    const found = rates(this.groups, this.thresholds, this.base);
    this.charts.forEach((_, i) => this.draw(i));
    this.show(found, gaps(found));
  }

  draw(i) {
    const { context, width, height } = fresh(this.charts[i]);
    const step = (width - MARGIN.left - MARGIN.right) / 10;
    const y = (share) => height - MARGIN.bottom - (share / TOP) * (height - MARGIN.bottom - MARGIN.top);
    const cut = MARGIN.left + (this.thresholds[i] - 1) * step;
    context.fillStyle = colour(this.stage, "--lab-soft");
    context.fillRect(cut, MARGIN.top, width - MARGIN.right - cut, y(0) - MARGIN.top);
    context.font = "12px sans-serif";
    context.fillStyle = colour(this.stage, "--lab-quiet");
    context.strokeStyle = colour(this.stage, "--lab-line");
    context.textAlign = "right";
    for (const share of [0, 0.1, 0.2, 0.3, 0.4]) {
      line(context, [MARGIN.left, y(share)], [width - MARGIN.right, y(share)]);
      context.fillText(share ? share.toFixed(1) : "0", MARGIN.left - 5, y(share) + 4);
    }
    context.textAlign = "center";
    for (let k = 0; k < 10; k++) context.fillText(k + 1, MARGIN.left + (k + 0.5) * step, height - 6);
    // what lies left of the line is not flagged, and pale
    for (const [from, to, alpha] of [[0, cut, 0.4], [cut, width, 1]]) {
      context.save();
      context.beginPath();
      context.rect(from, 0, to - from, height);
      context.clip();
      context.globalAlpha = alpha;
      this.bars(context, i, step, y);
      context.restore();
    }
    context.strokeStyle = context.fillStyle = colour(this.stage, "--lab-ink");
    context.lineWidth = 2.5;
    line(context, [cut, MARGIN.top], [cut, y(0)]);
    disc(context, cut, MARGIN.top, 7);
  }

  bars(context, i, step, y) {
    const { yes, no } = shares(this.groups, i);
    for (let k = 0; k < 10; k++) {
      const x = MARGIN.left + k * step + 2;
      const again = this.base[i] * yes[k];
      const all = again + (1 - this.base[i]) * no[k];
      context.fillStyle = colour(this.stage, "--compas-again");
      context.fillRect(x, y(again), step - 4, y(0) - y(again));
      context.fillStyle = colour(this.stage, "--compas-not");
      context.fillRect(x, y(all), step - 4, y(again) - y(all) - 1);
    }
  }

  show(found, gap) {
    const { rows, tolerance } = this.setup;
    this.cuts.forEach((cut, i) => tell(cut, this.thresholds[i].toFixed(1)));
    this.bases.forEach((base, i) => tell(base, this.base[i].toFixed(3)));
    this.identities.forEach((part, i) => write(part, identity(found, i)));
    rows.forEach(([name], r) => {
      const [one, other, apart, verdict] = this.cells[r];
      const pair = Array.isArray(found[name]) ? found[name].map(number) : ["", ""];
      [one, other].forEach((cell, i) => write(cell, pair[i]));
      write(apart, number(gap[name]));
      const good = holds(gap[name], tolerance);
      write(verdict, Number.isNaN(gap[name]) ? "–" : good ? "yes" : "no");
      verdict.classList.toggle("compas-broken", gap[name] > tolerance && !good);
    });
    this.say(sentence(gap, rows, tolerance));
  }
}

const number = (value) => (Number.isNaN(value) ? "–" : value.toFixed(3));

const knob = (id, name, title, [min, max, step]) => slider(id, name, title, { min, max, step });

const panel = (id, i, { threshold, base }) => `
  <div class="lab-stack compas-group" role="group" aria-labelledby="${id}-group-${i}">
    <p class="lab-title" id="${id}-group-${i}"><span data-group="${i}"></span></p>
    <canvas class="lab-clear" role="img" aria-label="Share of the group at each decile, those charged again and the
      others, and the threshold; the slider below moves it"></canvas>
    ${knob(`${id}-${i}`, "threshold", "Threshold", threshold)}
    ${knob(`${id}-${i}`, "base", "Base rate <i>p</i>", base)}
    <p class="compas-identity"></p>
  </div>`;

const MATCHES = { selection: "flagged", tpr: "TPR", fpr: "FPR", ppv: "PPV" };

const markup = (id, setup) => {
  const ways = Object.keys(setup.groups).map((name) => [name, `by ${name}`]);
  return `
  <p class="lab-hint lab-full">The bars are the people of a group at each decile:
    <span class="compas-key compas-key-again"></span> charged again,
    <span class="compas-key compas-key-not"></span> not. Who lies right of the line is flagged. Drag
    the line, or use the sliders.</p>
  ${panel(id, 0, setup)}
  ${panel(id, 1, setup)}
  <p class="lab-hint lab-full">Below each group: FPR = <i>p</i>/(1 − <i>p</i>) × (1 − PPV)/PPV ×
    (1 − FNR), whatever you do.</p>
  <div class="lab-options lab-full">
    ${segments(id, "groups", "groups", ways, ways[0][0])}
    <div class="compas-match" role="group" aria-labelledby="${id}-match">
      <p class="lab-hint" id="${id}-match">move the second threshold until the groups are alike in</p>
      <p class="lab-buttons compas-buttons">${Object.entries(MATCHES).map(([rate, text]) => `<button type="button"
        class="lab-button" data-act="match" data-rate="${rate}">${text}</button>`).join("")}</p>
    </div>
    <p class="lab-buttons compas-buttons">
      <button type="button" class="lab-button" data-act="same">Same base rate</button>
      <button type="button" class="lab-button" data-act="begin">As it was</button>
    </p>
  </div>
  <p class="lab-verdict"></p>
  <table class="lab-table lab-ruled compas-table lab-full">
    <thead><tr><th scope="col">criterion</th><th scope="col" data-group="0"></th>
      <th scope="col" data-group="1"></th><th scope="col">gap</th>
      <th scope="col">within ${setup.tolerance}?</th></tr></thead>
    <tbody>${setup.rows.map(([, title, counted]) => `<tr><th scope="row">${title}<small>${counted}</small></th>
      <td></td><td></td><td></td><td></td></tr>`).join("")}</tbody>
  </table>`;
};
