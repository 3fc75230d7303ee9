/** Votes as pairs, for a file that `ws.Pairs` reads and a spreadsheet does not run. */
import type { CalibratorSnapshot, Choice, Consent, Vote } from "./contract";
import { judges } from "./votes";

export const COLUMNS = [
  "prompt",
  "response_a",
  "response_b",
  "preference",
  "annotator",
  "id",
  "shown",
  "seconds",
  "time",
  "consent",
] as const;

/** As in `whimsight.labels.csv_file`: such cells a spreadsheet would run, or hide the apostrophe of. */
const RUN = /^'*[=+\-@\t\r\n＝＋－＠]/u;

function cell(value: string | number): string {
  const text = typeof value === "string" && RUN.test(value) ? `'${value}` : String(value);
  return `"${text.replaceAll('"', '""')}"`;
}

const PREFERENCE: Record<Exclude<Choice, "skip">, number> = { a: 1, b: 0, tie: 0.5 };

/** One row a judged pair, in the order of the votes; skipped pairs carry no preference and are left out. */
export function votesCsv(
  { pool, study }: CalibratorSnapshot,
  votes: readonly Vote[],
  consent: Consent,
): string {
  const pairs = new Map(pool.map((pair) => [pair.row, pair]));
  const lines = votes.filter(judges).flatMap((vote) => {
    const pair = pairs.get(vote.row);
    if (!pair || vote.choice === "skip") return [];
    return [
      [
        pair.prompt,
        pair.a,
        pair.b,
        PREFERENCE[vote.choice],
        consent.author || "me",
        `${study.name}:${vote.row}`,
        vote.shown,
        vote.seconds,
        vote.time,
        consent.choice,
      ],
    ];
  });
  return [COLUMNS, ...lines].map((line) => `${line.map(cell).join(",")}\r\n`).join("");
}

/** The study's name as that of a file. */
export function fileName(study: string): string {
  const plain = study
    .normalize("NFKD")
    .replace(/[^\w-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
  return `votes-${plain || "study"}.csv`;
}

/** Hands a text to the browser as a file, with a byte order mark so that spreadsheets read UTF-8. */
export function download(name: string, text: string, page: Document): void {
  const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
  const link = page.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
