/** A long list of which only the rows in view exist. One stop for Tab; arrows move through the rows. */
import {
  defaultRangeExtractor,
  elementScroll,
  measureElement,
  observeElementOffset,
  observeElementRect,
  type Range,
  Virtualizer,
} from "@tanstack/virtual-core";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import "./VirtualList.css";

export interface ListHandle {
  scrollToIndex(index: number, align?: "auto" | "start" | "center" | "end"): void;
  focus(): void;
}

export interface VirtualListProps {
  count: number;
  /** Height of a row in pixels before it was measured. */
  estimate: number | ((index: number) => number);
  renderRow: (index: number, active: boolean) => ComponentChildren;
  label: string;
  active?: number;
  onActive?: (index: number) => void;
  /** Enter or a double click on a row. */
  onOpen?: (index: number) => void;
  /** A CSS height, or "fill" for that of the parent. */
  height?: string | number;
  role?: "listbox" | "grid" | "list";
  rowRole?: "option" | "row" | "listitem";
  /** Stands above the rows and does not scroll away; in a grid a row of column headers. */
  header?: ComponentChildren;
  /** Stable identity of a row, so that measured heights survive sorting and filtering. */
  rowKey?: (index: number) => string | number;
  handle?: { current: ListHandle | null };
  class?: string;
}

/** Rows drawn where nothing can be measured, as in a tab that is not shown yet. */
const UNMEASURED = 400;
const OVERSCAN = 6;
const ROW_ROLES = { listbox: "option", grid: "row", list: "listitem" } as const;

type ListVirtualizer = Virtualizer<HTMLDivElement, HTMLDivElement>;

function useVirtualizer(
  props: VirtualListProps,
  scroller: { current: HTMLDivElement | null },
  above: number,
): ListVirtualizer {
  const [, redraw] = useReducer((drawn: number) => drawn + 1, 0);
  const { estimate, active = -1, rowKey } = props;
  const estimateSize = typeof estimate === "number" ? () => estimate : estimate;
  const options = {
    count: props.count,
    getScrollElement: () => scroller.current,
    estimateSize,
    scrollToFn: elementScroll,
    observeElementRect: (list: ListVirtualizer, report: (rect: { width: number; height: number }) => void) =>
      observeElementRect(list, (rect) => report(rect.height ? rect : { ...rect, height: UNMEASURED })),
    observeElementOffset,
    // In a tab that is not shown every row measures 0, and all of them would fit.
    measureElement: (row: HTMLDivElement, entry: ResizeObserverEntry | undefined, list: ListVirtualizer) =>
      measureElement(row, entry, list) || estimateSize(list.indexFromElement(row)),
    overscan: OVERSCAN,
    // The header scrolls with the rows but stays on top of them.
    scrollMargin: above,
    scrollPaddingStart: above,
    // The active row stays in the page, since aria-activedescendant points at it.
    rangeExtractor: (range: Range) => {
      const rows = defaultRangeExtractor(range);
      if (active < 0 || active >= range.count || rows.includes(active)) return rows;
      return [...rows, active].sort((a, b) => a - b);
    },
    onChange: () => redraw(0),
    ...(rowKey ? { getItemKey: rowKey } : {}),
  };
  const virtualizer = useRef<ListVirtualizer>(null);
  virtualizer.current ??= new Virtualizer<HTMLDivElement, HTMLDivElement>(options);
  virtualizer.current.setOptions(options);
  const list = virtualizer.current;
  useLayoutEffect(() => list._didMount(), [list]);
  useLayoutEffect(() => list._willUpdate());
  return list;
}

/** Rows that fit in the view, less one that stays in sight. */
function pageOf({ range }: ListVirtualizer): number {
  return range ? Math.max(1, range.endIndex - range.startIndex - 1) : 1;
}

function cssHeight(height: string | number = 400): string {
  return height === "fill" ? "100%" : typeof height === "number" ? `${height}px` : height;
}

/** Where a key leads from the active row, or null when it leads nowhere. */
function target(key: string, active: number, count: number, page: number): number | null {
  const last = count - 1;
  const steps: Record<string, number> = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + page,
    PageUp: active - page,
    Home: 0,
    End: last,
  };
  const to = steps[key];
  return to === undefined || count === 0 ? null : Math.max(0, Math.min(last, to));
}

export function VirtualList(props: VirtualListProps) {
  const { count, active = -1, onActive, onOpen, role = "listbox", header, handle } = props;
  const rowRole = props.rowRole ?? ROW_ROLES[role];
  const scroller = useRef<HTMLDivElement>(null);
  const top = useRef<HTMLDivElement>(null);
  const [above, setAbove] = useState(0);
  const list = useVirtualizer(props, scroller, above);
  const id = useId();
  const steps = role !== "list" && onActive !== undefined;
  const headers = header && role === "grid" ? 1 : 0;

  // A list without a height, as in a tab that is not shown, cannot scroll; asked to, it would try without end.
  function scrollTo(index: number, align: "auto" | "start" | "center" | "end" = "auto"): void {
    if (scroller.current?.clientHeight) list.scrollToIndex(index, { align });
  }

  useLayoutEffect(() => setAbove(top.current?.offsetHeight ?? 0));

  useLayoutEffect(() => {
    if (active >= 0 && active < count) scrollTo(active);
  }, [active, count, list]);

  useEffect(() => {
    if (!handle) return;
    handle.current = {
      scrollToIndex: scrollTo,
      focus: () => scroller.current?.focus({ preventScroll: true }),
    };
    return () => {
      handle.current = null;
    };
  }, [handle, list]);

  function press(event: KeyboardEvent): void {
    if (event.target !== scroller.current || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && onOpen && active >= 0) onOpen(active);
    else {
      const to = target(event.key, active, count, pageOf(list));
      if (to === null) return;
      onActive?.(to);
    }
    event.preventDefault();
  }

  const place = (index: number) =>
    role === "grid"
      ? { "aria-rowindex": index + 1 + headers }
      : { "aria-posinset": index + 1, "aria-setsize": count };
  const item = (index: number) =>
    steps
      ? {
          "aria-selected": index === active,
          onClick: () => onActive(index),
          onDblClick: () => onOpen?.(index),
        }
      : {};

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: its role is a prop, always an interactive one with keys
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: its role is a prop, all three are named and counted
    <div
      ref={scroller}
      class={`ws-list ${props.class ?? ""}`}
      style={{ height: cssHeight(props.height) }}
      role={role}
      aria-label={props.label}
      aria-rowcount={role === "grid" ? count + headers : undefined}
      aria-activedescendant={steps && active >= 0 && active < count ? `${id}-${active}` : undefined}
      tabIndex={0}
      onKeyDown={steps ? press : undefined}
    >
      {header && (
        <div ref={top} class="ws-list-header" role={role === "grid" ? "presentation" : undefined}>
          {header}
        </div>
      )}
      <div class="ws-list-rows" role="presentation" style={{ height: `${list.getTotalSize()}px` }}>
        {list.getVirtualItems().map(({ key, index, start }) => (
          <div
            key={key}
            id={`${id}-${index}`}
            ref={list.measureElement}
            data-index={index}
            class={`ws-row${index === active ? " ws-active" : ""}`}
            style={{ transform: `translateY(${start - above}px)` }}
            role={rowRole}
            {...place(index)}
            {...item(index)}
          >
            {props.renderRow(index, index === active)}
          </div>
        ))}
      </div>
    </div>
  );
}
