/** The lab "bias-amplification": how many examples, how many weak features, how much bias. */

import { afterPause, place } from "./lab.js";
import { draw, look, sentence } from "./weak-features.js";

let labs = 0; // on this page, so that the ids of two labs differ

place("bias-amplification", async (stage, files) => {
  new BiasAmplification(stage, await (await files.read("lab.json")).json());
});

class BiasAmplification {
  constructor(stage, setup) {
    this.stage = stage;
    this.setup = setup;
    stage.innerHTML = markup(`amplify-${++labs}`, setup);
    const one = (selector) => stage.querySelector(selector);
    this.knobs = Object.fromEntries(
      ["n", "count", "sample"].map((name) => [name, one(`[data-name=${name}]`)]),
    );
    this.values = Object.fromEntries(["n", "count"].map((name) => [name, one(`.amplify-${name}`)]));
    this.bar = one(".amplify-said i");
    this.rate = one(".amplify-said b");
    this.dots = [...stage.querySelectorAll(".amplify-strip circle")];
    this.verdict = one(".lab-verdict");
    this.live = one("[role=status]");
    this.announce = afterPause(700, (text) => (this.live.textContent = text));
    stage.addEventListener("input", () => this.schedule());
    this.frame();
  }

  schedule() {
    this.pending ??= requestAnimationFrame(() => this.frame());
  }

  /** The sample, which is drawn again only where another one is asked for. */
  sample(n, number) {
    if (this.drawn?.n !== n || this.drawn.number !== number) {
      const rows = draw(n, this.setup.most + 1, number, this.setup.prior);
      this.drawn = { ...rows, number };
    }
    return this.drawn;
  }

  /** Reads the controls, draws and trains, and shows what came of it. */
  frame() {
    this.pending = null;
    const begin = performance.now();
    const { sizes, prior, reach } = this.setup;
    const n = sizes[Number(this.knobs.n.value)];
    const count = Number(this.knobs.count.value);
    const seen = look(this.sample(n, Number(this.knobs.sample.value)), count, prior);
    this.values.n.textContent = n;
    this.knobs.n.setAttribute("aria-valuetext", `${n} examples`);
    this.values.count.textContent = count;
    const rate = `${(100 * (prior + seen.bias)).toFixed(1)}%`;
    this.bar.style.width = rate;
    this.rate.textContent = rate;
    this.dots.forEach((dot, j) => {
      dot.style.display = j <= count ? "" : "none";
      if (j <= count) dot.setAttribute("cx", across(seen.w[j] / seen.w[0], reach));
    });
    const text = sentence(seen, n, count, prior);
    if (this.verdict.textContent !== text) {
      this.verdict.textContent = text;
      this.announce(text);
    }
    this.stage.parentElement.dataset.ms = (performance.now() - begin).toFixed(2);
  }
}

/** The place of a relative weight in the strip, which is 600 wide. */
const across = (weight, [from, to]) =>
  ((600 * (Math.min(to, Math.max(from, weight)) - from)) / (to - from)).toFixed(1);

const bar = (name, title, share) => `
  <p class="amplify-bar ${name}"><span>${title}</span>
    <span class="amplify-track"><i style="width:${share}"></i></span><b>${share}</b></p>`;

const slider = (id, name, title, max, value) => `
  <div>
    <p class="lab-row">
      <label class="lab-title" for="${id}-${name}">${title}</label>
      <span class="lab-value amplify-${name}" aria-hidden="true"></span>
    </p>
    <input type="range" id="${id}-${name}" data-name="${name}" min="0" max="${max}" step="1"
      value="${value}">
  </div>`;

const markup = (id, { sizes, most, samples, start, reach, prior }) => `
  <div class="lab-knobs">
    ${slider(id, "n", "Examples", sizes.length - 1, sizes.indexOf(start.n))}
    ${slider(id, "count", "Weak features", most, start.count)}
    <div class="lab-target">
      <label for="${id}-sample">sample</label>
      <select id="${id}-sample" data-name="sample">
        ${Array.from({ length: samples }, (_, k) => `<option>${k + 1}</option>`).join("")}
      </select>
    </div>
  </div>
  <div class="amplify-seen">
    <p class="lab-title">Share of yes</p>
    ${bar("amplify-said", "predicted", "")}
    ${bar("amplify-true", "true", `${(100 * prior).toFixed(1)}%`)}
    <p class="lab-title">Weights, strong feature = 1</p>
    <svg class="amplify-strip" viewBox="-8 0 616 184" aria-hidden="true">
      <line x1="${across(0, reach)}" x2="${across(0, reach)}" y1="0" y2="180" class="zero" />
      <line x1="${across(1 / 18, reach)}" x2="${across(1 / 18, reach)}" y1="0" y2="180" class="due" />
      ${Array.from({ length: most + 1 }, (_, j) => {
        const y = j === 0 ? 90 : 10 + 160 * ((j * 0.618) % 1);
        return `<circle r="${j === 0 ? 8 : 4}" cy="${y.toFixed(1)}" class="${j === 0 ? "strong" : "weak"}" />`;
      }).join("")}
    </svg>
    <p class="lab-hint">Small dots: weak features. Dashed: their due weight. Large dot: the strong one.</p>
  </div>
  <p class="lab-verdict"></p>
  <p class="lab-hidden" role="status"></p>`;
