/** What is proved, what withstands an attack, and what is read, counted at a radius. */

/** Digits that are certified at the radius `eps`, withstand the attack there, and are read. */
export function look({ proof, attack }, eps) {
  const beyond = (values, limit) => values.reduce((n, value) => n + (value > limit), 0);
  return { certified: beyond(proof, eps), attacked: beyond(attack, eps), clean: beyond(attack, 0) };
}

/** Where the slider stands. */
export const radius = ({ most }, step, steps) => (most * step) / steps;

/** What is to be seen, in words: the same as in a notebook. */
export function sentence(method, eps, row) {
  const seen = look(method, eps);
  const [inner, outer] = [method.proof[row], method.attack[row]];
  const state =
    inner > eps ? "its answer is proved" : outer <= eps ? "its answer is broken" : "nobody knows";
  return (
    `Within ${eps.toFixed(3)} (${method.norm}), ${seen.certified} of ${method.proof.length} ` +
    `digits are proved, ${seen.attacked} withstand the attack, and ${seen.clean} are read. The ` +
    `digit chosen is proved up to ${inner.toFixed(3)} and was broken at ${outer.toFixed(3)}: ` +
    `here ${state}.`
  );
}
