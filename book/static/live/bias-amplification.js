/** The lab "bias-amplification": how many examples, how many weak features, how much bias. */

import { menu, slider, tell } from "./controls.js";
import { Lab, place, write } from "./lab.js";
import { draw, look, sentence } from "./weak-features.js";

place("bias-amplification", async (stage, files) => {
  new BiasAmplification(stage, await files.json("lab.json"));
});

class BiasAmplification extends Lab {
  constructor(stage, setup) {
    super(stage, setup, markup);
    this.bar = this.one(".amplify-said i");
    this.rate = this.one(".amplify-said b");
    this.dots = this.all(".amplify-strip circle");
    this.listen();
    this.frame();
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
  update() {
    const { sizes, prior, reach } = this.setup;
    const n = sizes[this.number("n")];
    const count = this.number("count");
    const seen = look(this.sample(n, this.number("sample")), count, prior);
    tell(this.control("n"), n, `${n} examples`);
    tell(this.control("count"), count);
    const rate = `${(100 * (prior + seen.bias)).toFixed(1)}%`;
    this.bar.style.width = rate;
    write(this.rate, rate);
    this.dots.forEach((dot, j) => {
      dot.style.display = j <= count ? "" : "none";
      if (j <= count) dot.setAttribute("cx", across(seen.w[j] / seen.w[0], reach));
    });
    this.say(sentence(seen, n, count, prior));
  }
}

/** The place of a relative weight in the strip, which is 600 wide. */
const across = (weight, [from, to]) =>
  ((600 * (Math.min(to, Math.max(from, weight)) - from)) / (to - from)).toFixed(1);

const bar = (name, title, share) => `
  <p class="amplify-bar ${name}"><span>${title}</span>
    <span class="amplify-track"><i style="width:${share}"></i></span><b>${share}</b></p>`;

const upTo = (n) => Array.from({ length: n }, (_, k) => [k + 1, k + 1]);

const markup = (id, { sizes, most, samples, start, reach, prior }) => `
  <div class="lab-knobs">
    ${slider(id, "n", "Examples", { max: sizes.length - 1, value: sizes.indexOf(start.n) })}
    ${slider(id, "count", "Weak features", { max: most, value: start.count })}
    ${menu(id, "sample", "sample", upTo(samples))}
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
  <p class="lab-verdict"></p>`;
