/** Numbers as people read them. Pure; shares (0 to 1) in, words out; what does not exist is "n/a". */

type Maybe = number | null | undefined;

const MISSING = "n/a";
const MINUS = "\u2212";
const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

function exists(value: Maybe): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}

/** Fixed decimals with a real minus sign; never "-0.0". */
function fixed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/** 1234567 -> "1,234,567". */
export function count(value: Maybe): string {
  return exists(value) ? grouped.format(value).replace("-", MINUS) : MISSING;
}

/** "1 pair", "1,204 pairs". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A difference of shares in percentage points, always signed: 0.091 -> "+9.1". */
export function points(value: Maybe): string {
  if (!exists(value)) return MISSING;
  const text = fixed(100 * value, 1);
  return text.startsWith(MINUS) || Number(text) === 0 ? text : `+${text}`;
}

/** A share: 0.124 -> "12%", 0.0062 -> "0.6%". */
export function percent(value: Maybe): string {
  if (!exists(value)) return MISSING;
  const share = 100 * value;
  if (share > 0 && share < 0.05) return "<0.1%";
  return `${fixed(share, Math.abs(share) < 9.95 ? 1 : 0).replace(/\.0$/, "")}%`;
}

/** Two decimals, for correlations and stabilities: 0.4231 -> "0.42". */
export function decimal(value: Maybe, digits = 2): string {
  return exists(value) ? fixed(value, digits) : MISSING;
}

/** Two significant digits down to a thousandth, for codes and coefficients: 0.0123 -> "0.012". */
export function small(value: Maybe): string {
  if (!exists(value)) return MISSING;
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 100) return count(value);
  if (size < 0.001) return value < 0 ? `>${MINUS}0.001` : "<0.001";
  return fixed(value, size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
}

/** A number on an axis, as short as it is: -2.5, 10. */
export function tickLabel(value: number): string {
  return String(Number(value.toPrecision(6))).replace("-", MINUS);
}

/** "+5.2 to +13.0". */
export function range(low: Maybe, high: Maybe, format: (value: Maybe) => string = points): string {
  return exists(low) && exists(high) ? `${format(low)} to ${format(high)}` : MISSING;
}

/** "+9.1 points, 95% interval +5.2 to +13.0, clear of 0". */
export function intervalWords(
  mid: Maybe,
  low: Maybe,
  high: Maybe,
  {
    format = points,
    unit = "points",
    significant,
  }: { format?: (value: Maybe) => string; unit?: string; significant?: boolean | undefined } = {},
): string {
  if (!exists(mid)) return MISSING;
  const value = unit ? `${format(mid)} ${unit}` : format(mid);
  if (!exists(low) || !exists(high)) return `${value}, no interval`;
  const verdict = significant === undefined ? "" : significant ? ", significant" : ", not significant";
  return `${value}, 95% interval ${range(low, high, format)}${verdict}`;
}
