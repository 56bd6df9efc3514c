/** The lab "superposition": how sparse must features be, for five of them to share a plane? */

import { slider, tell } from "./controls.js";
import { colour, disc, followPage, fresh, line } from "./drawing.js";
import { Lab, place, write } from "./lab.js";
import { lengths, shares, smallestAngle, Toys } from "./toys.js";

const BUDGET = 7; // milliseconds of training a frame
const REACH = 1.45; // from the middle of a picture to its edge
const FOLLOW = 0.3; // of the way to where the arrows should be, each frame

place("superposition", async (stage, files) => {
  new Superposition(stage, await files.json("lab.json"));
});

class Superposition extends Lab {
  constructor(stage, setup) {
    super(stage, setup, markup);
    this.roll = 0;
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.find();
    this.drawn = setup.starts[0].map((rows) => Float64Array.from(rows.flat()));
    this.large = Float64Array.from(this.drawn[0]);
    this.listen();
    this.begin();
  }

  find() {
    this.knob = this.control("sparsity");
    this.plane = this.one(".toys-plane canvas");
    this.small = this.all(".toys-runs figure").map((figure) => ({
      canvas: figure.querySelector("canvas"),
      text: figure.querySelector("figcaption"),
      figure,
    }));
    this.rows = this.all("tbody tr").map((row) => [...row.querySelectorAll("td")]);
    this.progress = this.one(".toys-steps");
  }

  listen() {
    this.knob.addEventListener("input", () => this.begin());
    this.one("[data-act=roll]").addEventListener("click", () => {
      this.roll = (this.roll + 1) % this.setup.starts.length;
      this.begin();
    });
    followPage(this.stage, () => this.schedule());
  }

  /** Trains anew, from random weights, at the sparsity that the slider says. */
  begin() {
    this.sparsity = Number(Number(this.knob.value).toFixed(2));
    tell(this.knob, this.sparsity.toFixed(2));
    this.toys = new Toys(this.setup, this.setup.starts[this.roll], this.sparsity);
    this.told = false;
    this.stage.parentElement.dataset.trained = "";
    this.schedule();
  }

  update(begin) {
    while (!this.toys.done && performance.now() - begin < BUDGET) this.toys.step();
    const { done } = this.toys;
    if (done || !this.still.matches) {
      const moving = this.follow(done && this.still.matches);
      this.draw();
      if (moving || !done) this.schedule();
    } else this.schedule();
    write(this.progress, `step ${this.toys.t} of ${this.setup.steps}`);
    if (done && !this.told) this.tell();
  }

  /** Moves what is drawn towards what was learnt; true while it is not there. */
  follow(atOnce) {
    const { models, best } = this.toys;
    const pairs = models.map(({ p }, i) => [this.drawn[i], p]);
    pairs.push([this.large, models[Math.max(best, 0)].p]);
    let far = 0;
    for (const [shown, p] of pairs) {
      for (let j = 0; j < shown.length; j++) {
        const gap = p[j] - shown[j];
        far = Math.max(far, Math.abs(gap));
        shown[j] += atOnce || Math.abs(gap) < 1e-3 ? gap : FOLLOW * gap;
      }
    }
    return !atOnce && far >= 1e-3;
  }

  draw() {
    this.arrows(this.plane, this.large, true);
    this.small.forEach(({ canvas }, i) => this.arrows(canvas, this.drawn[i], false));
  }

  arrows(canvas, p, named) {
    const { features: n, least } = this.setup;
    const { context, width } = fresh(canvas);
    const scale = width / (2 * REACH);
    const at = (x, y) => [width / 2 + scale * x, width / 2 - scale * y];
    context.strokeStyle = colour(this.stage, "--lab-line");
    context.beginPath();
    context.arc(width / 2, width / 2, scale, 0, 7);
    context.stroke();
    context.lineWidth = named ? 3 : 2;
    context.font = "600 16px sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let j = 0; j < n; j++) {
      const [x, y] = [p[j], p[n + j]];
      const long = Math.hypot(x, y);
      context.strokeStyle = context.fillStyle = colour(this.stage, `--toy-${j}`);
      line(context, at(0, 0), at(x, y));
      disc(context, ...at(x, y), named ? 5 : 3);
      if (named && long > least) context.fillText(String(j + 1), ...at(x * (1 + 0.18 / long), y * (1 + 0.18 / long)));
    }
  }

  /** Says what came out, in a sentence and in numbers. */
  tell() {
    this.told = true;
    const { features: n, least } = this.setup;
    const { models, losses, best } = this.toys;
    const kept = models.map(({ p }) => lengths(p, n).filter((length) => length > least).length);
    this.small.forEach(({ text, figure }, i) => {
      write(text, `${kept[i]} kept, ${losses[i].toFixed(4)}`);
      figure.classList.toggle("toys-best", i === best);
    });
    const { p } = models[best];
    const long = lengths(p, n);
    shares(p, n).forEach((share, i) => {
      write(this.rows[i][1], long[i].toFixed(2));
      write(this.rows[i][2], share.toFixed(2));
    });
    const text = this.sentence(kept, best);
    write(this.verdict, text);
    this.announce(text);
    this.stage.parentElement.dataset.trained = `${this.sparsity.toFixed(2)} ${this.roll}`;
  }

  /** The same words as in `sdl_lib.live.superposition`. */
  sentence(kept, best) {
    const { words, features: n, least } = this.setup;
    const { models, losses } = this.toys;
    const alike = kept.filter((count) => count === kept[best]).length;
    const angle = kept[best] > 1 ? smallestAngle(models[best].p, n, least) : 360;
    const all = words[models.length];
    const first = words[alike][0].toUpperCase() + words[alike].slice(1);
    return (
      `At sparsity ${this.sparsity.toFixed(2)} the best of ${all} models keeps ${words[kept[best]]} of ` +
      `${words[n]} features, at a loss of ${losses[best].toFixed(4)}. The smallest angle between two of ` +
      `them is ${angle.toFixed(1)} degrees. ${first} of the ${all} models ` +
      `${alike === 1 ? "keeps" : "keep"} as many.`
    );
  }
}

const OFTEN = `
      <p class="lab-hint">How often a feature is zero. Every move trains the models anew.</p>`;

const markup = (id, { features, importance, sparsity, starts, steps }) => `
  <figure class="lab-stack toys-plane">
    <p class="lab-title">The best model's features in the plane</p>
    <canvas class="lab-clear" role="img" aria-label="Directions of the features; the table has their lengths"></canvas>
    <figcaption>Each arrow is a feature; the circle has radius 1.</figcaption>
  </figure>
  <div class="lab-stack">
    ${slider(id, "sparsity", "Sparsity <i>S</i>", sparsity, OFTEN)}
    <p class="lab-buttons toys-row"><button type="button" class="lab-button" data-act="roll">Other random starts</button>
      <span class="lab-hint toys-steps">step 0 of ${steps}</span></p>
    <p class="lab-title" id="${id}-runs">All models</p>
    <div class="lab-grid toys-runs" role="group" aria-labelledby="${id}-runs">
      ${starts[0]
        .map(
          (_, i) => `<figure><canvas class="lab-clear" role="img" aria-label="Model ${i + 1}"></canvas>
            <figcaption></figcaption></figure>`,
        )
        .join("")}
    </div>
  </div>
  <p class="lab-verdict"></p>
  <table class="lab-table lab-ruled paths-table lab-full">
    <thead><tr><th scope="col">feature</th><th scope="col">importance</th><th scope="col">length</th>
      <th scope="col">share of a dimension</th></tr></thead>
    <tbody>
      ${Array.from(
        { length: features },
        (_, j) => `<tr><th scope="row"><span class="toys-dot" style="background: var(--toy-${j})"
          aria-hidden="true"></span> ${j + 1}</th><td>${importance[j].toFixed(2)}</td><td></td><td></td></tr>`,
      ).join("")}
    </tbody>
  </table>`;
