/** What tells datasets apart: a shape and a colour each, the same everywhere. */

/** About the middle (0, 0), some 9 wide. */
const SHAPES = [
  "M0-4.2a4.2 4.2 0 1 1 0 8.4a4.2 4.2 0 0 1 0-8.4z",
  "M-3.7-3.7h7.4v7.4h-7.4z",
  "M0-4.6L4.7 3.6h-9.4z",
  "M0 4.6L4.7-3.6h-9.4z",
  "M4.6 0L-3.6 4.7v-9.4z",
  "M-4.6 0L3.6 4.7v-9.4z",
  "M0-4.7L4.5-1.4L2.8 3.9h-5.6L-4.5-1.4z",
  "M-4.2-4.2h8.4L-4.2 4.2h8.4z",
];

/** As many colours as shapes; past them shapes return with other colours. */
export const colourOf = (dataset: number): string =>
  `var(--cp-${(dataset + 3 * Math.floor(dataset / SHAPES.length)) % SHAPES.length})`;
export const shapeOf = (dataset: number): string => SHAPES[dataset % SHAPES.length] ?? "";

export const DIAMOND = "M-5.6 0L0-4.4L5.6 0L0 4.4z";

export function Sign({ dataset }: { dataset: number | "mixture" | "mean" }) {
  const own = typeof dataset === "number";
  return (
    <svg class="cp-sign" viewBox="-7 -7 14 14" aria-hidden="true">
      <path
        class={own ? "cp-full" : `cp-${dataset}`}
        style={own ? { color: colourOf(dataset) } : {}}
        d={own ? shapeOf(dataset) : DIAMOND}
      />
    </svg>
  );
}
