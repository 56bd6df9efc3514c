/** Pictures and charts of the labs: pixels one by one, and canvases as sharp as the screen. */

/** A canvas of so many pixels, and an image to fill it with. */
export function tile(canvas, width, height = width) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  return { context, image: context.createImageData(width, height) };
}

/** Shows a picture whose values are from 0, black, to 1, white. */
export function grey({ context, image }, picture) {
  for (let i = 0; i < picture.length; i++) {
    image.data.fill(255 * picture[i], 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** Shows a picture of three planes, red, green and blue. */
export function paint({ context, image }, picture) {
  const pixels = picture.length / 3;
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = 255 * picture[c * pixels + i];
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** One pixel of an image. */
export function dot(image, i, [red, green, blue], opacity = 1) {
  image.data[4 * i] = red;
  image.data[4 * i + 1] = green;
  image.data[4 * i + 2] = blue;
  image.data[4 * i + 3] = 255 * opacity;
}

/** A cleared canvas with as many points as the screen has there, measured in CSS pixels. */
export function fresh(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const density = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  const context = canvas.getContext("2d");
  context.scale(density, density);
  return { context, width, height };
}

export function line(context, from, to) {
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
}

export function disc(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fill();
}

/** A colour of the lab in the present theme, such as `--lab-ink`. */
export const colour = (stage, name) => getComputedStyle(stage).getPropertyValue(name).trim();

/** Draws again where the lab has another width or the page another theme. */
export function followPage(stage, redraw) {
  new ResizeObserver(redraw).observe(stage);
  new MutationObserver(redraw).observe(document.documentElement, {
    attributeFilter: ["data-theme"],
  });
}

/** The three numbers of a colour such as "#0072b2". */
export const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
