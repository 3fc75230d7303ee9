/** Small drawings that always stand beside a word or carry a title: shape and word, never colour alone. */
import type { Kind, Status } from "../protocol";

const STATUS = {
  draft: <circle cx="8" cy="8" r="5.5" fill="none" stroke-dasharray="2.2 1.9" />,
  named: (
    <>
      <circle cx="8" cy="8" r="5.5" fill="none" />
      <path d="M8 4.5a3.5 3.5 0 0 1 0 7z" stroke="none" fill="currentColor" />
    </>
  ),
  verified: (
    <>
      <circle cx="8" cy="8" r="6.2" fill="currentColor" stroke="none" />
      <path d="M5 8.2l2.1 2.1L11 6.2" fill="none" stroke="var(--lb-panel)" />
    </>
  ),
  rejected: (
    <>
      <circle cx="8" cy="8" r="5.5" fill="none" />
      <path d="M6 6l4 4M10 6l-4 4" fill="none" />
    </>
  ),
};

export function StatusIcon({ status }: { status: Status }) {
  return (
    <svg class={`lb-icon lb-status-${status}`} viewBox="0 0 16 16" aria-hidden="true">
      {STATUS[status]}
    </svg>
  );
}

export function KindIcon({ kind }: { kind: Kind }) {
  return (
    <svg class={`lb-icon lb-kind-${kind}`} viewBox="0 0 16 16" aria-hidden="true">
      {kind === "measured" ? (
        <path d="M2 5.5h12v5H2zM5 5.5v2.4M8 5.5v2.4M11 5.5v2.4" fill="none" />
      ) : (
        <path d="M8 2.5l1.6 3.9 3.9 1.6-3.9 1.6L8 13.5l-1.6-3.9L2.5 8l3.9-1.6z" fill="none" />
      )}
    </svg>
  );
}

const SHAPES = {
  search: "M7 2.8a4.2 4.2 0 1 1 0 8.4a4.2 4.2 0 0 1 0-8.4zM10.2 10.2L13.5 13.5",
  filter: "M2.5 4.5h11M4.8 8h6.4M7 11.5h2",
  undo: "M5.5 3.5L2.8 6.2l2.7 2.7M3 6.2h6a3.6 3.6 0 0 1 0 7.2H6.5",
  redo: "M10.5 3.5l2.7 2.7-2.7 2.7M13 6.2H7a3.6 3.6 0 0 0 0 7.2h2.5",
  close: "M4 4l8 8M12 4l-8 8",
  turn: "M3 6.2h9.5L9.8 3.5M13 9.8H3.5l2.7 2.7",
  pencil: "M3 13l.7-2.8L10.5 3.4l2.1 2.1L5.8 12.3z",
  check: "M3.5 8.4l3 3 6-6.6",
  list: "M2.5 4h11M2.5 8h11M2.5 12h11",
  dice: "M3 3h10v10H3zM5.8 5.8h.01M10.2 10.2h.01M10.2 5.8h.01M5.8 10.2h.01",
  warn: "M8 2.6l6 10.4H2zM8 6.4v3M8 11.2h.01",
  spark: "M8 2.5l1.6 3.9 3.9 1.6-3.9 1.6L8 13.5l-1.6-3.9L2.5 8l3.9-1.6z",
  link: "M4 8h8M9 5l3 3-3 3",
  lock: "M4 7.2h8v6H4zM5.8 7V5a2.2 2.2 0 0 1 4.4 0v2",
  unlock: "M4 7.2h8v6H4zM5.8 7V4.6a2.2 2.2 0 0 1 4.3-.6",
  reset: "M3.2 8a4.8 4.8 0 1 0 1.5-3.5L3 6M3 2.8V6h3.2",
  save: "M8 2.5v7.3M5 7l3 3 3-3M3 13.2h10",
  copy: "M5.5 5.5h7.5v7.7H5.5zM3 10.5V2.8h7.4",
};

export type Shape = keyof typeof SHAPES;

export function Icon({ shape }: { shape: Shape }) {
  return (
    <svg class="lb-icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={SHAPES[shape]} fill="none" />
    </svg>
  );
}
