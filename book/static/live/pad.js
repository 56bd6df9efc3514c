/**
 * A pad to draw a digit on, with mouse, pen, finger or keyboard, and the way from the drawing to
 * a picture like those of MNIST: 28 x 28 pixels, 20 pixels long, centred by mass.
 */

const FIELD = 28; // pixels of the picture
const DETAIL = 4; // points of the pad for one pixel of the picture
const SIDE = FIELD * DETAIL; // points of the pad
const LONGEST = 20; // pixels of the longer side of a digit
const LARGEST_ZOOM = 2; // so that a dot stays a dot
const PEN = 1.25 * DETAIL; // radius of the pen in points
const INK = 0.1; // less than this is paper

const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

export class Pad {
  /**
   * @param {HTMLCanvasElement} canvas focusable; its size is set here
   * @param {HTMLElement} cursor shows where the keyboard's pen is; lies over the canvas
   * @param {{changed: function(), say: function(string)}} listener
   */
  constructor(canvas, cursor, listener) {
    canvas.width = canvas.height = SIDE;
    this.canvas = canvas;
    this.cursor = cursor;
    this.listener = listener;
    this.context = canvas.getContext("2d");
    this.image = this.context.createImageData(SIDE, SIDE);
    this.ink = new Float32Array(SIDE * SIDE);
    this.drawn = false; // false while the pad shows a given picture, or nothing
    this.last = null; // where the pointer was
    this.column = this.row = FIELD / 2; // the keyboard's pen
    this.penDown = false;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, () => (this.last = null));
    }
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => this.lower(false));
    this.paint();
  }

  clear() {
    this.ink.fill(0);
    this.drawn = false;
    this.paint();
    this.listener.changed();
  }

  /** Shows a given 28 x 28 picture; the first stroke on it begins a drawing on a clean pad. */
  show(picture) {
    for (let i = 0; i < SIDE; i++) {
      for (let j = 0; j < SIDE; j++) {
        this.ink[i * SIDE + j] = smooth(picture, (i + 0.5) / DETAIL - 0.5, (j + 0.5) / DETAIL - 0.5);
      }
    }
    this.drawn = false;
    this.paint();
    this.listener.changed();
  }

  /** Writes the drawing into `picture` as MNIST would have it; false where the pad is blank. */
  read(picture) {
    return normalise(this.ink, picture);
  }

  /** A straight stroke of the pen, in points of the pad. */
  stroke(x0, y0, x1, y1) {
    if (!this.drawn) this.ink.fill(0);
    this.drawn = true;
    const reach = PEN + 1;
    const length2 = (x1 - x0) ** 2 + (y1 - y0) ** 2;
    const left = Math.max(0, Math.floor(Math.min(x0, x1) - reach));
    const right = Math.min(SIDE - 1, Math.ceil(Math.max(x0, x1) + reach));
    const top = Math.max(0, Math.floor(Math.min(y0, y1) - reach));
    const bottom = Math.min(SIDE - 1, Math.ceil(Math.max(y0, y1) + reach));
    for (let i = top; i <= bottom; i++) {
      for (let j = left; j <= right; j++) {
        const along = length2 ? ((j - x0) * (x1 - x0) + (i - y0) * (y1 - y0)) / length2 : 0;
        const t = Math.min(1, Math.max(0, along));
        const distance = Math.hypot(j - x0 - t * (x1 - x0), i - y0 - t * (y1 - y0));
        const shade = Math.min(1, PEN + 0.5 - distance);
        if (shade > this.ink[i * SIDE + j]) this.ink[i * SIDE + j] = shade;
      }
    }
    this.paint();
    this.listener.changed();
  }

  paint() {
    const pixels = this.image.data;
    for (let i = 0; i < this.ink.length; i++) {
      pixels[4 * i] = pixels[4 * i + 1] = pixels[4 * i + 2] = 255 * this.ink[i];
      pixels[4 * i + 3] = 255;
    }
    this.context.putImageData(this.image, 0, 0);
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const scale = SIDE / box.width;
    return [(event.clientX - box.left) * scale - 0.5, (event.clientY - box.top) * scale - 0.5];
  }

  press(event) {
    if (!event.isPrimary || event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.cursor.hidden = true;
    this.last = this.point(event);
    this.stroke(...this.last, ...this.last);
  }

  move(event) {
    if (!this.last || !event.isPrimary) return;
    for (const part of event.getCoalescedEvents?.() ?? [event]) {
      const next = this.point(part);
      this.stroke(...this.last, ...next);
      this.last = next;
    }
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in STEPS) this.step(...STEPS[event.key], event.shiftKey ? 4 : 1);
    else if (event.key === " " || event.key === "Enter") this.lower(!this.penDown);
    else if (event.key === "Escape" && this.penDown) this.lower(false);
    else if (event.key === "Delete" || event.key === "Backspace") this.wipe();
    else return;
    event.preventDefault();
    this.placeCursor();
  }

  step(right, down, size) {
    const [x, y] = this.penPoint();
    this.column = Math.min(FIELD - 1, Math.max(0, this.column + right * size));
    this.row = Math.min(FIELD - 1, Math.max(0, this.row + down * size));
    if (this.penDown) this.stroke(x, y, ...this.penPoint());
    const where = `row ${this.row + 1}, column ${this.column + 1}`;
    this.listener.say(`Pen ${this.penDown ? "down" : "up"}, ${where}.`);
  }

  lower(down) {
    if (down === this.penDown) return;
    this.penDown = down;
    this.cursor.classList.toggle("lab-pen-down", down);
    if (down) this.stroke(...this.penPoint(), ...this.penPoint());
    this.listener.say(down ? "Pen down." : "Pen up.");
  }

  wipe() {
    this.lower(false);
    this.clear();
    this.listener.say("The pad is empty.");
  }

  penPoint() {
    return [(this.column + 0.5) * DETAIL - 0.5, (this.row + 0.5) * DETAIL - 0.5];
  }

  placeCursor() {
    this.cursor.hidden = false;
    this.cursor.style.left = `${(100 * (this.column + 0.5)) / FIELD}%`;
    this.cursor.style.top = `${(100 * (this.row + 0.5)) / FIELD}%`;
  }
}

/** The value of a 28 x 28 picture between its pixels. */
function smooth(picture, row, column) {
  const i = Math.floor(row);
  const j = Math.floor(column);
  const down = row - i;
  const right = column - j;
  const at = (r, c) => (r < 0 || c < 0 || r >= FIELD || c >= FIELD ? 0 : picture[r * FIELD + c]);
  const upper = at(i, j) * (1 - right) + at(i, j + 1) * right;
  const lower = at(i + 1, j) * (1 - right) + at(i + 1, j + 1) * right;
  return upper * (1 - down) + lower * down;
}

/**
 * As MNIST was made: the longer side scaled to 20 pixels, the centre of mass put in the middle.
 * A network that has seen nothing else misreads digits that are small or off the middle.
 */
export function normalise(ink, picture) {
  const box = { left: SIDE, right: -1, top: SIDE, bottom: -1 };
  let mass = 0;
  let x = 0;
  let y = 0;
  for (let i = 0; i < SIDE; i++) {
    for (let j = 0; j < SIDE; j++) {
      const value = ink[i * SIDE + j];
      if (value < INK) continue;
      mass += value;
      x += value * j;
      y += value * i;
      box.left = Math.min(box.left, j);
      box.right = Math.max(box.right, j);
      box.top = Math.min(box.top, i);
      box.bottom = Math.max(box.bottom, i);
    }
  }
  picture.fill(0);
  if (mass === 0) return false;
  const longest = Math.max(box.right - box.left, box.bottom - box.top) + 1;
  const scale = Math.max(longest / LONGEST, DETAIL / LARGEST_ZOOM);
  for (let i = 0; i < FIELD; i++) {
    for (let j = 0; j < FIELD; j++) {
      const top = y / mass + (i - FIELD / 2 - 0.5) * scale;
      const left = x / mass + (j - FIELD / 2 - 0.5) * scale;
      picture[i * FIELD + j] = mean(ink, top, left, scale);
    }
  }
  return true;
}

/** The mean of the ink over a square, from DETAIL x DETAIL points in it. */
function mean(ink, top, left, side) {
  let sum = 0;
  for (let a = 0; a < DETAIL; a++) {
    const i = Math.round(top + ((a + 0.5) / DETAIL) * side);
    if (i < 0 || i >= SIDE) continue;
    for (let b = 0; b < DETAIL; b++) {
      const j = Math.round(left + ((b + 0.5) / DETAIL) * side);
      if (j >= 0 && j < SIDE) sum += ink[i * SIDE + j];
    }
  }
  return sum / DETAIL ** 2;
}
