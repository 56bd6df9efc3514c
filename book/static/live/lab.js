/** What all labs share: they replace a static picture, answer to each change, and say what is seen. */

import { fetchFile } from "./engine.js";

/**
 * Starts `build(stage, files)` for every `<div data-lab="name">` of the page, once it is near.
 * `stage` is the element whose content the lab replaces, `files` what was written for this lab
 * by `python -m sdl_lib.live`: `files.url`, `files.json(name)` and `files.bytes(name)`.
 */
export function place(name, build) {
  const files = folder(new URL(`../labs/${name}/`, import.meta.url));
  for (const lab of document.querySelectorAll(`[data-lab="${name}"]`)) {
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        start(lab, build, files);
      },
      { rootMargin: "600px" },
    );
    observer.observe(lab);
  }
}

function folder(url) {
  return {
    url,
    json: async (file) => (await fetchFile(url, file)).json(),
    bytes: async (file) => (await fetchFile(url, file)).arrayBuffer(),
  };
}

async function start(lab, build, files) {
  const stage = lab.querySelector(".sdl-lab-stage");
  try {
    await build(stage, files);
    lab.dataset.ready = "true";
  } catch (problem) {
    const note = document.createElement("p");
    note.className = "lab-problem";
    note.textContent = `The lab could not start (${problem.message}); the picture stands in for it.`;
    stage.append(note);
    throw problem;
  }
}

let labs = 0; // on this page, so that the ids of two labs differ

/** A lab; its `update` reads the controls, shows what came of them, and calls `say`. */
export class Lab {
  /** `markup(id, setup)` is the HTML of the lab; `id` begins the ids in it. */
  constructor(stage, setup, markup, pause = 700) {
    Object.assign(this, { stage, setup, id: `lab-${++labs}` });
    stage.innerHTML = `${markup(this.id, setup)}<p class="lab-hidden" role="status"></p>`;
    this.verdict = this.one(".lab-verdict");
    const live = this.one("[role=status]");
    this.announce = afterPause(pause, (text) => (live.textContent = text));
  }

  one(selector) {
    return this.stage.querySelector(selector);
  }

  all(selector) {
    return [...this.stage.querySelectorAll(selector)];
  }

  /** The control of this name; of radio buttons the one that is chosen. */
  control(name) {
    return this.one(`[data-name=${name}]:not([type=radio]:not(:checked))`);
  }

  number(name) {
    return Number(this.control(name).value);
  }

  /** Answers to every control. */
  listen() {
    this.stage.addEventListener("input", () => this.schedule());
  }

  schedule() {
    this.pending ??= requestAnimationFrame(() => this.frame());
  }

  frame() {
    this.pending = null;
    const begin = performance.now();
    this.update(begin);
    this.stage.parentElement.dataset.ms = (performance.now() - begin).toFixed(2);
  }

  /** Shows a sentence, and has it read aloud once the reader pauses. */
  say(text) {
    if (write(this.verdict, text)) this.announce(text);
  }
}

/** Sets the text of an element where it differs; true where it did. */
export function write(element, text) {
  if (element.textContent === String(text)) return false;
  element.textContent = text;
  return true;
}

/** A function that calls `action` once, `wait` milliseconds after the last of a run of calls. */
export function afterPause(wait, action) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(action, wait, ...values);
  };
}
