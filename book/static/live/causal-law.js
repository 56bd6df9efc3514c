/** Three rules on a small causal graph, for a whole population: sums over paths, no sample drawn. */

import { erfc } from "./audit-table.js";

const TINY = 1e-9;

/**
 * `strength` holds the weights of the edges group to schooling, group to test, group to rating,
 * schooling to test, schooling to rating, test to rating; `sd` the noise of schooling, test and
 * rating. The group is a coin of 0 or 1. Gives, for each rule, the shares invited of the two
 * groups and how far a score would move had the group been other.
 */
export function look([gs, gt, gr, st, sr, tr], [es, et]) {
  const coin = 0.25; // the variance of the group
  const [vs, vt] = [es * es, et * et];
  const total = gt + gs * st; // of the group on the test
  // schooling and test as the rules see them
  const ss = gs * gs * coin + vs;
  const s_t = gs * total * coin + vs * st;
  const tt = total * total * coin + vs * st * st + vt;
  const [gS, gT] = [gs * coin, total * coin];
  const sy = gr * gS + sr * ss + tr * s_t;
  const ty = gr * gT + sr * s_t + tr * tt;
  const det = ss * tt - s_t * s_t;
  const unaware = [(sy * tt - ty * s_t) / det, (ty * ss - sy * s_t) / det];
  const rule = (onGroup, onSchooling, onTest) =>
    seen(onGroup + onSchooling * gs + onTest * total, onSchooling + onTest * st, onTest);
  const seen = (move, ownSchooling, ownTest) => {
    const spread = Math.sqrt(ownSchooling ** 2 * vs + ownTest ** 2 * vt);
    const second = spread > TINY ? erfc(-move / (2 * spread) / Math.SQRT2) / 2 : move > TINY ? 1 : 0.5;
    return { first: 1 - second, second, gap: Math.abs(move) };
  };
  return {
    unaware: rule(0, ...unaware),
    aware: rule(gr, sr, tr),
    repaired: seen(0, sr + tr * st, tr), // on the noise of schooling and test
  };
}

const percent = (share) => `${(100 * share).toFixed(1)}%`;

/** What is to be seen, in words: the same as in a notebook. */
export function sentence({ unaware: one, aware: two, repaired: three }, strength) {
  const count = strength.filter((value) => value > 0).length;
  return (
    `With ${count} of ${strength.length} edges in place the unaware rule invites ` +
    `${percent(one.first)} of group 0 and ${percent(one.second)} of group 1, and the group ` +
    `alone moves a person's score by ${one.gap.toFixed(2)}; for the aware rule it is ` +
    `${percent(two.first)}, ${percent(two.second)} and ${two.gap.toFixed(2)}, for the repaired ` +
    `rule ${percent(three.first)}, ${percent(three.second)} and ${three.gap.toFixed(2)}.`
  );
}
