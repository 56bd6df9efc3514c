/** Draws the two characters: the same as `sdl_lib.data.characters`, layer for layer. */

/**
 * A picture of a character in a pose, as (3, side, side) numbers in [0, 1], in `out`.
 * `setup` holds the side of the picture and the constants of the drawing, `pose` a number in
 * [-1, 1] for each of its names.
 */
export function drawCharacter(setup, who, pose, out = new Float64Array(3 * setup.side ** 2)) {
  new Head(setup, setup.characters[who], pose).draw(out);
  return out;
}

// Math.hypot guards against overflow, and takes several times as long
const length = (a, b) => Math.sqrt(a * a + b * b);

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

class Head {
  constructor({ side, reach, turn }, character, pose) {
    Object.assign(this, { side, character, pose });
    this.pixel = (2 * reach) / side;
    this.yaw = turn.yaw * pose.yaw;
    this.pitch = turn.pitch * pose.pitch;
    const roll = turn.roll * pose.roll;
    const [cos, sin] = [Math.cos(roll), Math.sin(roll)];
    const n = side * side;
    this.x = new Float64Array(n);
    this.y = new Float64Array(n);
    for (let p = 0; p < n; p++) {
      const across = (((p % side) + 0.5) / side * 2 - 1) * reach;
      const down = ((Math.floor(p / side) + 0.5) / side * 2 - 1) * reach;
      this.x[p] = across * cos + down * sin;
      this.y[p] = down * cos - across * sin;
    }
    this.colour = new Float64Array(3 * n);
    this.opaque = new Float64Array(n);
  }

  draw(out) {
    this.back();
    this.hair();
    this.eyes();
    this.noseAndMouth();
    const { colour, opaque, pose, x } = this;
    const n = opaque.length;
    const grey = 0.5 + 0.4 * pose.backdrop;
    for (let p = 0; p < n; p++) {
      const shade = (1 + 0.2 * pose.light) * (1 + 0.45 * pose.side * x[p]);
      for (let c = 0; c < 3; c++) {
        out[c * n + p] = clamp(colour[c * n + p] * shade + (1 - opaque[p]) * grey, 0, 1);
      }
    }
  }

  /** Puts a layer of one colour over what is there; `cover(p)` is its opacity. */
  paste(cover, ink) {
    const { colour, opaque } = this;
    const n = opaque.length;
    for (let p = 0; p < n; p++) {
      const share = cover(p);
      if (share === 0) continue;
      for (let c = 0; c < 3; c++) {
        colour[c * n + p] = colour[c * n + p] * (1 - share) + share * ink[c];
      }
      opaque[p] = opaque[p] * (1 - share) + share;
    }
  }

  /** Where a point of the head comes to lie, and how narrow what is there appears. */
  place(u, v, depth = 1) {
    const [rx, ry] = this.character.radii;
    const w = Math.sqrt(Math.max(0, 1 - u * u - v * v)) * depth;
    const forward = w * Math.cos(this.yaw) - u * Math.sin(this.yaw);
    return {
      x: rx * (u * Math.cos(this.yaw) + w * Math.sin(this.yaw)),
      y: ry * (v * Math.cos(this.pitch) + forward * Math.sin(this.pitch)),
      narrow: w ? clamp(forward / w, 0.4, 1) : 1,
    };
  }

  /** The share of each pixel within an ellipse, nearly. */
  oval(x, y, rx, ry) {
    const sharp = Math.min(rx, ry) / this.pixel;
    return (p) =>
      clamp(0.5 + (1 - length((this.x[p] - x) / rx, (this.y[p] - y) / ry)) * sharp, 0, 1);
  }

  back() {
    const { locks, ears, radii, hair, skin, nose_colour: ear } = this.character;
    for (const [u, v, rx, ry] of locks) {
      const { x, y } = this.place(u, v, 0);
      this.paste(this.oval(x, y, rx, ry), hair);
    }
    for (const u of [-1, 1]) {
      const { x, y } = this.place(u, 0, 0);
      this.paste(this.oval(x, y, ...ears), ear);
    }
    this.paste(this.oval(0, 0, ...radii), skin);
  }

  hair() {
    const { hairline, fringe, radii, hair } = this.character;
    const { x, y } = this.place(0, hairline);
    const cap = this.oval(0, 0, radii[0] + 0.05, radii[1] + 0.05);
    const above = (p) => y + fringe * (this.x[p] - x) ** 2 - this.y[p];
    this.paste((p) => cap(p) * clamp(0.5 + above(p) / this.pixel, 0, 1), hair);
  }

  eyes() {
    const { eyes, brows, glasses, hair } = this.character;
    const [u, v, rx, ry] = eyes;
    const slit = ry * (0.575 + 0.425 * this.pose.eyes);
    for (const side of [-1, 1]) {
      const { x, y, narrow } = this.place(side * u, v);
      const white = this.oval(x, y, narrow * rx, slit);
      const pupil = this.oval(x, y, narrow * 0.08, 0.09);
      this.paste(this.oval(x, y, narrow * rx + 0.03, slit + 0.03), [0.15, 0.12, 0.15]);
      this.paste(white, [0.97, 0.97, 0.95]);
      this.paste((p) => white(p) * pupil(p), [0.1, 0.08, 0.1]);
      if (glasses) {
        const outer = this.oval(x, y, narrow * glasses, glasses);
        const inner = this.oval(x, y, narrow * (glasses - 0.06), glasses - 0.06);
        this.paste((p) => outer(p) - inner(p), [0.2, 0.15, 0.3]);
      }
      this.brow(side, this.place(side * u, brows[0]), hair);
    }
  }

  brow(side, { x, y, narrow }, hair) {
    const [, rx, ry] = this.character.brows;
    const { brows } = this.pose;
    const sharp = Math.min(narrow * rx, ry) / this.pixel;
    this.paste((p) => {
      const lift = 0.1 * brows + 0.25 * brows * side * (this.x[p] - x);
      const far = length((this.x[p] - x) / (narrow * rx), (this.y[p] - y + lift) / ry);
      return clamp(0.5 + (1 - far) * sharp, 0, 1);
    }, hair);
  }

  noseAndMouth() {
    const { nose, nose_colour: tip, mouth } = this.character;
    const [v, rx, ry, depth] = nose;
    const at = this.place(0, v, depth);
    this.paste(this.oval(at.x, at.y, at.narrow * rx, ry), tip);
    const [low, half, colour] = mouth;
    const { x, y, narrow } = this.place(0, low);
    const { smile, open } = this.pose;
    this.paste((p) => {
      const along = (this.x[p] - x) / (narrow * half);
      const middle = y - 0.16 * smile * (along ** 2 - 0.5);
      const thick = 0.05 + 0.07 * (1 + open) * Math.max(0, 1 - along ** 2);
      const inside = clamp(0.5 + (thick - Math.abs(this.y[p] - middle)) / this.pixel, 0, 1);
      return inside * clamp(0.5 + ((1 - Math.abs(along)) * narrow * half) / this.pixel, 0, 1);
    }, colour);
  }
}
