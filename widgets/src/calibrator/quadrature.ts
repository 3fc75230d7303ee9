/** Gauss-Hermite quadrature: means under a normal distribution by the fixed rule of 32 nodes that Python uses too. */

const NODES = 32;
const NEWTON = 100;

/**
 * Nodes and weights for means under the standard normal: the roots of the Hermite polynomial of that degree (in
 * probabilists' scaling), found by Newton's method on the orthonormal recurrence, weights summing to 1.
 */
export function gaussHermite(n: number): { nodes: number[]; weights: number[] } {
  const nodes = new Array<number>(n).fill(0);
  const weights = new Array<number>(n).fill(0);
  let z = 0;
  for (let i = 0; i < Math.ceil(n / 2); i++) {
    // First guesses of the roots from the largest down (Press et al., Numerical Recipes, section 4.6).
    if (i === 0) z = Math.sqrt(2 * n + 1) - 1.85575 * (2 * n + 1) ** (-1 / 6);
    else if (i === 1) z -= (1.14 * n ** 0.426) / z;
    else if (i === 2) z = 1.86 * z - 0.86 * root(nodes[0]);
    else if (i === 3) z = 1.91 * z - 0.91 * root(nodes[1]);
    else z = 2 * z - root(nodes[i - 2]);
    let slope = 0;
    for (let step = 0; step < NEWTON; step++) {
      let value = Math.PI ** -0.25;
      let before = 0;
      for (let j = 0; j < n; j++) {
        [value, before] = [z * Math.sqrt(2 / (j + 1)) * value - Math.sqrt(j / (j + 1)) * before, value];
      }
      slope = Math.sqrt(2 * n) * before;
      const move = value / slope;
      z -= move;
      if (Math.abs(move) < 1e-15) break;
    }
    const weight = 2 / (slope * slope * Math.sqrt(Math.PI));
    nodes[i] = z * Math.SQRT2;
    nodes[n - 1 - i] = -z * Math.SQRT2;
    weights[i] = weight;
    weights[n - 1 - i] = weight;
  }
  return { nodes, weights };
}

/** A node back in the scaling of the recurrence. */
function root(node = 0): number {
  return node / Math.SQRT2;
}

const RULE = gaussHermite(NODES);

/** The nodes for N(mean, sd²), each with its weight. */
export function nodesOf(mean: number, sd: number): { at: number; weight: number }[] {
  return RULE.nodes.map((node, k) => ({ at: mean + sd * node, weight: RULE.weights[k] ?? 0 }));
}
