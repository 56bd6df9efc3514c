// Start a deck (tools/slides.py): formulas first, then the slides, each with letters that fit.
const SMALLEST = 17; // px on a slide of 1280 x 720
const ENLARGED = 1.7; // a picture is drawn at most so much larger than it is

window.MathJax = {
  loader: { load: ["input/tex", "output/chtml", "a11y/assistive-mml"] },
  chtml: { matchFontHeight: false },
  startup: { typeset: false },
};

/** Whether all of a slide's text lies on it, with room for its pictures. */
function fits(slide) {
  const body = slide.querySelector(".body");
  return body.scrollHeight <= body.clientHeight + 1 && body.scrollWidth <= body.clientWidth + 1;
}

function fit(slide) {
  for (const picture of slide.querySelectorAll("img")) {
    picture.style.maxWidth = `${ENLARGED * picture.naturalWidth}px`;
    picture.style.maxHeight = `${ENLARGED * picture.naturalHeight}px`;
  }
  const body = slide.querySelector(".body");
  let size = parseFloat(getComputedStyle(body).fontSize);
  while (!fits(slide) && size > SMALLEST) {
    size -= 1;
    body.style.fontSize = `${size}px`;
  }
}

addEventListener("DOMContentLoaded", async () => {
  await MathJax.startup.promise;
  await MathJax.typesetPromise();
  await Promise.all([...document.images].map(picture => picture.decode()));
  const deck = new Reveal(document.querySelector(".reveal"), {
    width: 1280,
    height: 720,
    margin: 0,
    center: false,
    hash: true,
    navigationMode: "linear",
    slideNumber: "c/t",
    transition: "none",
    viewDistance: 1000,
    mobileViewDistance: 1000,
  });
  window.deck = deck;
  await deck.initialize();
  document.body.getBoundingClientRect(); // laid out, the slides ask for the fonts of formulas
  await document.fonts.ready;
  document.querySelectorAll(".slides section").forEach(fit);
  document.documentElement.dataset.ready = "";
});
