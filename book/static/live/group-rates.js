/** Rates of groups from expected counts [TN, FP, FN, TP], and what a rule does in words. */

const RATES = {
  selection: ([tn, fp, fn, tp]) => (fp + tp) / (tn + fp + fn + tp),
  tpr: ([, , fn, tp]) => tp / (fn + tp),
  fpr: ([tn, fp]) => fp / (tn + fp),
  ppv: ([, fp, , tp]) => tp / (fp + tp),
};

/** Each rate of each group, the accuracy of all, and the largest gap among `parts`. */
export function look(cells, parts) {
  const rates = Object.fromEntries(
    Object.entries(RATES).map(([name, rate]) => [name, cells.map(rate)]),
  );
  const total = (of) => cells.reduce((sum, cell) => sum + of(cell), 0);
  return {
    rates,
    accuracy: total(([tn, , , tp]) => tn + tp) / total((cell) => cell.reduce((a, b) => a + b)),
    gap: Math.max(...parts.map((part) => apart(rates[part]))),
  };
}

/** Largest less smallest. */
export const apart = (values) => Math.max(...values) - Math.min(...values);

/** What is to be seen, in words: the same as in a notebook. */
export function sentence({ rates, accuracy, gap }, criterion, slack) {
  const [selection, tpr, fpr] = ["selection", "tpr", "fpr"].map((r) => apart(rates[r]).toFixed(3));
  return (
    `Thresholds for ${criterion}, with a gap of at most ${slack.toFixed(3)} in training: among ` +
    `new people the gap is ${gap.toFixed(3)} and the accuracy ${accuracy.toFixed(3)}. The groups ` +
    `differ by ${selection} in selection, ${tpr} in TPR and ${fpr} in FPR.`
  );
}
