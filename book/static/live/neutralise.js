/** The lab "neutralise": words lose their gender component, and what a system then sees. */

import { menu, slider, tell } from "./controls.js";
import { Lab, place, write } from "./lab.js";
import { plain, sentence, WordSpace } from "./word-space.js";

const REACH = 0.4; // of the axis, to either side

place("neutralise", async (stage, files) => {
  const [setup, products] = await Promise.all([files.json("lab.json"), files.bytes("products.bin")]);
  new Neutralise(stage, setup, new WordSpace(setup, new Float32Array(products)));
});

class Neutralise extends Lab {
  constructor(stage, setup, space) {
    super(stage, setup, (id) => markup(id, setup, space));
    this.space = space;
    this.shown = setup.shown.map((word) => space.words.indexOf(word));
    this.bias = this.one(".words-bias");
    this.dots = this.all(".words-axis li");
    this.lists = this.all(".words-list tbody");
    this.question = this.one(".words-question");
    this.listen();
    this.dots.forEach((row, k) => {
      row.style.setProperty("--was", at(space.leaning[this.shown[k]]));
    });
    this.frame();
  }

  /** Reads the controls, moves the words, and shows what came of it. */
  update() {
    const share = this.number("share");
    const own = this.number("word");
    const seen = this.space.look(share / 100, own, this.setup.top);
    tell(this.control("share"), `${share}%`, `${share} percent taken out`);
    write(this.bias, seen.bias.toFixed(4));
    this.dots.forEach((row, k) => {
      const place = seen.along[this.shown[k]];
      row.style.setProperty("--now", at(place));
      write(row.lastElementChild, place.toFixed(2));
    });
    write(this.question, `he : ${plain(this.space.words[own])} :: she : ?`);
    this.fill(this.lists[0], seen.answers);
    this.fill(this.lists[1], seen.neighbours);
    this.say(sentence(this.space, seen, share, own, this.setup.top));
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
  <table class="lab-table words-list">
    <caption>${title}</caption>
    <thead><tr><th scope="col">word</th><th scope="col">leaned to</th>
      <th scope="col">score</th></tr></thead>
    <tbody>${'<tr><th scope="row"></th><td></td><td></td></tr>'.repeat(top)}</tbody>
  </table>`;

const BIAS = `
    <p class="lab-row"><span>direct bias</span><span class="lab-value words-bias"></span></p>`;

const markup = (id, { shown, start, top }, space) => `
  <div>
    <p class="lab-row lab-title"><span>he</span><span>gender component</span><span>she</span></p>
    <ul class="words-axis">
      ${shown
        .map((word) => `<li><span>${plain(word)}</span><i aria-hidden="true"></i><b></b></li>`)
        .join("")}
    </ul>
    <p class="lab-hint">Ring: where the word was. Dot: where it is.</p>
  </div>
  <div class="lab-knobs">
    ${slider(id, "share", "Taken out", { max: 100, value: start.share }, BIAS)}
    ${menu(id, "word", "profession", [...space.words.map(plain).entries()], space.words.indexOf(start.word))}
    ${list('<span class="words-question"></span>', top)}
    ${list("nearest neighbours", top)}
  </div>
  <p class="lab-verdict"></p>`;
