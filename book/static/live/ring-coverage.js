/** Recorded games on the ring: their points, and how many modes these cover, as in sdl_lib.gan. */

/** The points of one picture, x and y in turn, as `from_levels` has them. */
export function pointsOf(bytes, setup, game, picture) {
  const { pictures, drawn, reach, levels } = setup;
  const first = (game * (pictures + 1) + picture) * drawn * 2;
  const width = (2 * reach) / levels;
  return Float64Array.from(
    bytes.subarray(first, first + 2 * drawn),
    (level) => (level + 0.5) * width - reach,
  );
}

/** Modes that get their share of the points, points near each, points near any: `mode_coverage`. */
export function coverage(points, { centres, within, least }) {
  const counts = centres.map(() => 0);
  for (let i = 0; i < points.length; i += 2) {
    const away = centres.map(([x, y]) => Math.hypot(points[i] - x, points[i + 1] - y));
    const nearest = Math.min(...away);
    if (nearest <= within) counts[away.indexOf(nearest)] += 1;
  }
  const share = Math.max((least * points.length) / 2 / centres.length, 1);
  const reached = counts.map((count) => count >= share);
  return {
    counts,
    reached,
    covered: reached.filter(Boolean).length,
    near: counts.reduce((sum, count) => sum + count, 0),
  };
}

/** What is to be seen, in words: the same as in a notebook. */
export function sentence(setup, game, picture, { covered, near }) {
  const { games, centres, drawn, pictures, every } = setup;
  const { words, ends } = games[game];
  return (
    `${words}, after ${picture * every} of ${pictures * every} updates: ${covered} of ` +
    `${centres.length} modes covered, ${near} of ${drawn} points near one. From ${ends.length} ` +
    `seeds, the game ends at ${ends.slice(0, -1).join(", ")} and ${ends.at(-1)} modes.`
  );
}
