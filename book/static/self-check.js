// A self-check counts the questions whose right answer was opened first.
"use strict";
for (const check of document.querySelectorAll(".sdl-self-check")) {
  const questions = [...check.querySelectorAll("ol > li")];
  const first = new Map(); // question to the answer that was opened first
  check.addEventListener(
    "toggle",
    (event) => {
      if (!event.target.open) return;
      const question = event.target.closest("li");
      if (!first.has(question)) first.set(question, event.target);
      const right = [...first.values()].filter((answer) => answer.matches(".sdl-right")).length;
      check.querySelector(".sdl-tally").textContent =
        `${right} of ${first.size} right at the first try` +
        (first.size < questions.length ? `; ${questions.length - first.size} to go.` : ".");
    },
    true, // toggle does not bubble
  );
}
