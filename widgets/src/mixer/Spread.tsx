/** What stands under a slider: annotators' weights, everyone's mean, the preset's posterior, how far it was moved. */
import { clamp, linear } from "../shared/scale";
import type { MixedFeature } from "./contract";
import { turnInterval } from "./rows";

export const HEIGHT = 26;
/** Where the bars stand. */
const GROUND = 20;
const WIDTH = 1000;

export interface SpreadProps {
  found: MixedFeature;
  sign: 1 | -1;
  reach: number;
  /** The preset's posterior, as found; null for everyone's, which is the mean. */
  preset: { mean: number; sd: number } | null;
}

const Z = 1.96;

/** The histogram as one path: bars side by side, the tallest as high as there is room. */
export function outline(
  { low, high, counts }: MixedFeature["spread"],
  sign: 1 | -1,
  x: (value: number) => number,
): string {
  const tallest = Math.max(0, ...counts);
  if (tallest <= 0 || !(high > low)) return "";
  const [from, to] = turnInterval(low, high, sign);
  const bars = sign === 1 ? counts : counts.toReversed();
  const edge = linear([0, bars.length], [from, to]);
  const drawn = bars.map((count, bin) => {
    const top = count > 0 ? Math.max(1.5, ((GROUND - 1) * count) / tallest) : 0;
    return `L${x(edge(bin)).toFixed(1)} ${(GROUND - top).toFixed(1)}H${x(edge(bin + 1)).toFixed(1)}`;
  });
  return `M${x(from).toFixed(1)} ${GROUND}${drawn.join("")}V${GROUND}Z`;
}

export function Spread({ found, sign, reach, preset }: SpreadProps) {
  const x = linear([-reach, reach], [0, WIDTH]);
  const inside = (value: number): number => x(clamp(value, -reach, reach));
  const [low, high] = turnInterval(found.mean_low, found.mean_high, sign).map(inside) as [number, number];
  const mean = inside(sign * found.mean);
  const middle = preset && sign * preset.mean;
  const path = outline(found.spread, sign, inside);
  return (
    <svg class="mx-spread" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {preset && middle !== null && (
        <rect
          class="mx-band"
          x={inside(middle - Z * preset.sd)}
          width={Math.max(0, inside(middle + Z * preset.sd) - inside(middle - Z * preset.sd))}
          y={0}
          height={GROUND}
        />
      )}
      {path && <path class="mx-people" d={path} />}
      <line class="mx-ground" x1={0} x2={WIDTH} y1={GROUND} y2={GROUND} />
      <line class="mx-zero" x1={x(0)} x2={x(0)} y1={0} y2={HEIGHT} />
      {preset && middle !== null && (
        <line class="mx-posterior" x1={inside(middle)} x2={inside(middle)} y1={0} y2={GROUND} />
      )}
      <line class="mx-whisker" x1={low} x2={high} y1={GROUND + 3} y2={GROUND + 3} />
      <line class="mx-mean" x1={mean} x2={mean} y1={GROUND - 1} y2={HEIGHT} />
    </svg>
  );
}
