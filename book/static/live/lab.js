/** What all labs share: a lab takes the place of its static picture when it comes near the window. */

import { fetchFile } from "./engine.js";

/**
 * Starts `build(stage, files)` for every `<div data-lab="name">` of the page, once it is near.
 * `stage` is the element whose content the lab replaces, `files` what was written for this lab
 * by `python -m sdl_lib.live`: `files.url` and `files.read(name)`.
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
  return { url, read: (file) => fetchFile(url, file) };
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

/** A function that calls `action` once, `wait` milliseconds after the last of a run of calls. */
export function afterPause(wait, action) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(action, wait, ...values);
  };
}
