/** The lab "neutralise": words lose their gender component, and what a system then sees. */

import { afterPause, place } from "./lab.js";
import { plain, sentence, WordSpace } from "./word-space.js";

const REACH = 0.4; // of the axis, to either side

let labs = 0; // on this page, so that the ids of two labs differ

place("neutralise", async (stage, files) => {
  const [setup, products] = await Promise.all([
    files.read("lab.json").then((response) => response.json()),
    files.read("products.bin").then((response) => response.arrayBuffer()),
  ]);
  new Neutralise(stage, setup, new WordSpace(setup, new Float32Array(products)));
});

class Neutralise {
  constructor(stage, setup, space) {
    this.stage = stage;
    this.setup = setup;
    this.space = space;
    this.shown = setup.shown.map((word) => space.words.indexOf(word));
    stage.innerHTML = markup(`words-${++labs}`, setup, space);
    const one = (selector) => stage.querySelector(selector);
    this.share = one("[data-name=share]");
    this.word = one("select");
    this.shareText = one(".words-share");
    this.biasText = one(".words-bias");
    this.dots = [...stage.querySelectorAll(".words-axis li")];
    this.lists = [...stage.querySelectorAll(".words-list tbody")];
    this.question = one(".words-question");
    this.verdict = one(".lab-verdict");
    this.live = one("[role=status]");
    this.announce = afterPause(700, (text) => (this.live.textContent = text));
    stage.addEventListener("input", () => this.schedule());
    this.dots.forEach((row, k) => {
      row.style.setProperty("--was", at(space.leaning[this.shown[k]]));
    });
    this.frame();
  }

  schedule() {
    this.pending ??= requestAnimationFrame(() => this.frame());
  }

  /** Reads the controls, moves the words, and shows what came of it. */
  frame() {
    this.pending = null;
    const begin = performance.now();
    const share = Number(this.share.value);
    const own = Number(this.word.value);
    const seen = this.space.look(share / 100, own, this.setup.top);
    this.shareText.textContent = `${share}%`;
    this.share.setAttribute("aria-valuetext", `${share} percent taken out`);
    this.biasText.textContent = seen.bias.toFixed(4);
    this.dots.forEach((row, k) => {
      const place = seen.along[this.shown[k]];
      row.style.setProperty("--now", at(place));
      row.lastElementChild.textContent = place.toFixed(2);
    });
    this.question.textContent = `he : ${plain(this.space.words[own])} :: she : ?`;
    this.fill(this.lists[0], seen.answers);
    this.fill(this.lists[1], seen.neighbours);
    const text = sentence(this.space, seen, share, own, this.setup.top);
    if (this.verdict.textContent !== text) {
      this.verdict.textContent = text;
      this.announce(text);
    }
    this.stage.parentElement.dataset.ms = (performance.now() - begin).toFixed(2);
  }

  fill(body, ranked) {
    ranked.forEach(([i, score], k) => {
      const [word, side, number] = body.rows[k].cells;
      word.textContent = plain(this.space.words[i]);
      side.textContent = this.space.leaning[i] > 0 ? "she" : "he";
      number.textContent = score.toFixed(2);
    });
  }
}

/** A component's place on the axis, in percent. */
const at = (component) => `${(50 * (1 + component / REACH)).toFixed(2)}%`;

const list = (title, top) => `
  <table class="words-list">
    <caption>${title}</caption>
    <thead><tr><th scope="col">word</th><th scope="col">leaned to</th>
      <th scope="col">score</th></tr></thead>
    <tbody>${'<tr><th scope="row"></th><td></td><td></td></tr>'.repeat(top)}</tbody>
  </table>`;

const markup = (id, { shown, start, top }, space) => `
  <div class="words-plot">
    <p class="lab-row lab-title"><span>he</span><span>gender component</span><span>she</span></p>
    <ul class="words-axis">
      ${shown
        .map((word) => `<li><span>${plain(word)}</span><i aria-hidden="true"></i><b></b></li>`)
        .join("")}
    </ul>
    <p class="lab-hint">Ring: where the word was. Dot: where it is.</p>
  </div>
  <div class="lab-knobs">
    <div>
      <p class="lab-row">
        <label class="lab-title" for="${id}-share">Taken out</label>
        <span class="lab-value words-share" aria-hidden="true"></span>
      </p>
      <input type="range" id="${id}-share" data-name="share" min="0" max="100" step="1"
        value="${start.share}">
      <p class="lab-row"><span>direct bias</span><span class="lab-value words-bias"></span></p>
    </div>
    <div class="lab-target">
      <label for="${id}-word">profession</label>
      <select id="${id}-word">
        ${space.words
          .map((word, i) => `<option value="${i}"${word === start.word ? " selected" : ""}>${plain(word)}</option>`)
          .join("")}
      </select>
    </div>
    ${list('<span class="words-question"></span>', top)}
    ${list("nearest neighbours", top)}
  </div>
  <p class="lab-verdict"></p>
  <p class="lab-hidden" role="status"></p>`;
