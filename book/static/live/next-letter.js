/** The lab "next letter": type, and a small recurrent network says what it expects next. */

import { slider, tell } from "./controls.js";
import { softmax } from "./engine.js";
import { loadGru } from "./gru.js";
import { Lab, place, write } from "./lab.js";

const SHOWN = 8; // guesses on show
const TRACED = 96; // letters whose cost is shown
const REPLACED = { "’": "'", "‘": "'", "“": "'", "”": "'", '"': "'", "–": "-", "—": "-" };
const SPOKEN = {
  " ": "a space",
  "\n": "a new line",
  "'": "a quote",
  ",": "a comma",
  ".": "a full stop",
  "-": "a dash",
};
const DRAWN = { " ": "␣", "\n": "¶" };

place("next-letter", async (stage, files) => {
  const setup = await files.json("lab.json");
  new NextLetter(stage, setup, await loadGru(files.url, setup.network));
});

class NextLetter extends Lab {
  constructor(stage, setup, network) {
    super(stage, setup, markup, 900);
    this.network = network;
    this.seed = setup.seed;
    this.codes = []; // what has been read, after the line break that opens every text
    this.states = [network.step(network.start(), this.code("\n"), network.start())];
    this.spare = [network.start(), network.start()];
    this.scores = new Float64Array(network.classes);
    this.chances = new Float64Array(network.classes);
    this.costs = [];
    this.find();
    this.listen();
    this.text.value = setup.start;
    this.frame();
  }

  find() {
    this.text = this.one("textarea");
    this.slider = this.control("temperature");
    this.guesses = this.all(".letter-guess").map((button) => ({
      button,
      glyph: button.querySelector(".letter-glyph"),
      bar: button.querySelector(".letter-bar"),
      number: button.querySelector(".letter-number"),
    }));
    this.trace = this.one(".letter-trace");
    this.own = this.one(".letter-own");
    this.continued = this.one(".letter-continued");
  }

  listen() {
    const act = (name, action) =>
      this.one(`[data-act=${name}]`).addEventListener("click", () => {
        action();
        this.schedule();
      });
    super.listen();
    this.guesses.forEach(({ button }) => {
      button.addEventListener("click", () => {
        this.append(button.dataset.letter);
        this.schedule();
      });
    });
    act("back", () => (this.text.value = this.text.value.slice(0, -1)));
    act("clear", () => (this.text.value = ""));
    act("dice", () => this.seed++);
    act("keep", () => this.append(this.continuation));
  }

  append(letters) {
    this.text.value = (this.text.value + letters).slice(0, this.setup.most);
  }

  /** Reads the text and the slider, asks the network, shows what it says. */
  update() {
    this.plain = simplify(this.text.value, this.network.alphabet);
    this.temperature = Number(this.slider.value);
    this.read();
    this.ask();
    this.show();
  }

  code(character) {
    return this.network.alphabet.indexOf(character);
  }

  /** Takes the network to the end of the text, from the first letter that changed. */
  read() {
    const wanted = [...this.plain].map((character) => this.code(character));
    let same = 0;
    while (same < wanted.length && wanted[same] === this.codes[same]) same++;
    for (let i = same; i < wanted.length; i++) {
      const before = this.states[i];
      softmax(this.network.logits(before, this.scores), this.chances);
      this.costs[i] = -Math.log2(this.chances[wanted[i]]);
      this.states[i + 1] ??= this.network.start();
      this.network.step(before, wanted[i], this.states[i + 1]);
    }
    this.costs.length = wanted.length;
    this.codes = wanted;
  }

  ask() {
    const state = this.states[this.codes.length];
    this.likely(state);
    this.order = [...this.chances.keys()].sort((a, b) => this.chances[b] - this.chances[a]);
    this.top = this.order.slice(0, SHOWN).map((n) => [this.network.alphabet[n], this.chances[n]]);
    this.continuation = this.goOn(state);
  }

  /** The chances of the next letter in `state`, at the temperature of the slider. */
  likely(state) {
    this.network.logits(state, this.scores);
    for (let i = 0; i < this.scores.length; i++) this.scores[i] /= this.temperature;
    return softmax(this.scores, this.chances);
  }

  /** Letters drawn one after the other: draw i is number i of the stream of the seed. */
  goOn(state) {
    let text = "";
    this.spare[0].set(state);
    for (let i = 0; i < this.setup.letters; i++) {
      const [now, next] = [this.spare[i % 2], this.spare[(i + 1) % 2]];
      const drawn = pick(this.likely(now), uniform(this.seed, i));
      text += this.network.alphabet[drawn];
      this.network.step(now, drawn, next);
    }
    return text;
  }

  show() {
    tell(this.slider, this.temperature.toFixed(1));
    this.guesses.forEach((guess, i) => showGuess(guess, ...this.top[i]));
    this.showTrace();
    write(this.own, tail(this.plain, 24));
    write(this.continued, visible(this.continuation));
    this.say(sentence(this.plain, this.top, this.costs));
  }

  showTrace() {
    const first = Math.max(0, this.costs.length - TRACED);
    const letters = this.costs.slice(first).map((bits, i) => {
      const letter = document.createElement("span");
      letter.textContent = DRAWN[this.plain[first + i]] ?? this.plain[first + i];
      letter.style.setProperty("--bits", Math.min(1, bits / 8).toFixed(2));
      return letter;
    });
    this.trace.replaceChildren(...letters);
  }
}

function showGuess({ button, glyph, bar, number }, letter, chance) {
  button.dataset.letter = letter;
  write(glyph, DRAWN[letter] ?? letter);
  bar.style.transform = `scaleX(${chance.toFixed(3)})`;
  write(number, percent(chance));
  button.setAttribute("aria-label", `append ${spoken(letter)}, ${percent(chance)}`);
}

/** What is to be seen, in words: the same as in `sdl_lib.live.next_letter`. */
function sentence(plain, top, costs) {
  const [first, second, third] = top.map(([letter, p]) => `${spoken(letter)} (${percent(p)})`);
  const where = plain ? `After “${tail(plain, 16)}”` : "Before the first letter";
  const guess = `${where} the network expects ${first}, then ${second} or ${third}.`;
  if (!costs.length) return guess;
  const mean = costs.reduce((a, b) => a + b, 0) / costs.length;
  const most = costs.indexOf(Math.max(...costs));
  const worst = `${spoken(plain[most])} at place ${most + 1} (${costs[most].toFixed(1)} bits)`;
  return `${guess} Your text costs it ${mean.toFixed(2)} bits a letter; its greatest surprise was ${worst}.`;
}

const spoken = (letter) => SPOKEN[letter] ?? `“${letter}”`;

const visible = (text) => text.replaceAll("\n", "¶ ");

function tail(text, most) {
  const shown = visible(text);
  return shown.length > most ? `…${shown.slice(-most)}` : shown;
}

const percent = (p) => `${(100 * p).toFixed(1)}\u00a0%`;

/** Small letters; each character outside the alphabet becomes a space. */
function simplify(text, alphabet) {
  const plain = text.toLowerCase().replace(/./gsu, (c) => REPLACED[c] ?? c);
  return plain.replace(/./gsu, (c) => (alphabet.includes(c) ? c : " "));
}

/** The index at which the running sum of the chances passes `draw`. */
function pick(chances, draw) {
  let sum = 0;
  for (let i = 0; i < chances.length; i++) {
    sum += chances[i];
    if (sum > draw) return i;
  }
  return chances.length - 1;
}

/** Number `i` of the stream `seed` of the generator mulberry32, in [0, 1). */
function uniform(seed, i) {
  let t = (seed + Math.imul(i + 1, 0x6d2b79f5)) | 0;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

const guess = `
  <li><button type="button" class="letter-guess"><span class="letter-glyph"></span>
    <span class="letter-track"><span class="letter-bar"></span></span>
    <span class="letter-number"></span></button></li>`;

const ENDS = `
    <p class="lab-row lab-hint" aria-hidden="true"><span>0.2: the likely only</span><span>2: anything</span></p>`;

const markup = (id, { most, temperature }) => `
  <div class="lab-stack">
    <label class="lab-title" for="${id}-text">Type something</label>
    <textarea id="${id}-text" rows="4" maxlength="${most}" autocapitalize="off" autocomplete="off"
      autocorrect="off" spellcheck="false" aria-describedby="${id}-help"></textarea>
    <p class="lab-hint" id="${id}-help">Read in small letters. Digits and marks that the network
      never met count as spaces.</p>
    <p class="lab-buttons">
      <button type="button" class="lab-button" data-act="back">Take one back</button>
      <button type="button" class="lab-button" data-act="clear">Clear</button>
    </p>
  </div>
  <div class="lab-stack" role="group" aria-labelledby="${id}-next">
    <p class="lab-title" id="${id}-next">What comes next? Choose a letter to append it</p>
    <ol class="lab-stack letter-guesses">${guess.repeat(SHOWN)}</ol>
  </div>
  <div class="lab-size">${slider(
    id,
    "temperature",
    "Temperature",
    { min: 0.2, max: 2, step: 0.1, value: temperature },
    ENDS,
  )}</div>
  <div class="lab-stack" role="group" aria-labelledby="${id}-future">
    <p class="lab-title" id="${id}-future">If the network went on by itself</p>
    <p class="letter-writing"><span class="letter-own"></span><b class="letter-continued"></b></p>
    <p class="lab-buttons">
      <button type="button" class="lab-button" data-act="dice">Other dice</button>
      <button type="button" class="lab-button" data-act="keep">Keep it</button>
    </p>
  </div>
  <p class="lab-verdict"></p>
  <div class="lab-stack lab-full">
    <p class="lab-title" id="${id}-past">What each letter cost: the stronger the line, the more bits</p>
    <p class="letter-trace" role="img" aria-labelledby="${id}-past"></p>
  </div>`;
