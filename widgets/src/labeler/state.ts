/** What the labeler knows and what a person can do in it. Nothing here draws. */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { FeatureId, LabelerModel, Snapshot } from "../protocol";
import { createDesk, type Desk } from "../shared/desk";
import type { Connection, RequestOptions } from "../shared/model";
import { createNaming, type Naming } from "./naming/naming";
import { type Filters, filterRows, NO_FILTERS, type Row, rowJoiner, type Sort, sortRows } from "./rows";
import { createShelves, type Shelves } from "./shelves";

export type View = "read" | "verify";

export interface State extends Desk {
  connection: Connection<LabelerModel>;
  snapshot: ReadonlySignal<Snapshot | null>;
  /** All features, in the snapshot's order. */
  rows: ReadonlySignal<readonly Row[]>;
  /** What the table shows. */
  view: ReadonlySignal<readonly Row[]>;
  sort: Signal<Sort | null>;
  filters: Signal<Filters>;
  search: Signal<string>;
  chosen: ReadonlySignal<Row | null>;
  choose(id: FeatureId): void;
  /** Steps through the table; from a row that is filtered out to its first. */
  step(by: number): void;
  clearFilters(): void;
  mode: Signal<View>;
  shelves: Shelves;
  /** Asking a language model for names. */
  suggesting: Naming;
  /** The feature whose note is open. */
  noting: Signal<FeatureId | null>;
  /** Whether the list is put away, where it is narrow. */
  folded: Signal<boolean>;
}

function isSnapshot(value: unknown): value is Snapshot {
  return typeof value === "object" && value !== null && Array.isArray((value as Snapshot).features);
}

export function createState(
  connection: Connection<LabelerModel>,
  options: { wait?: RequestOptions; pause?: (repetition: number) => number; silence?: number } = {},
): State {
  const wait = options.wait ?? {};
  const sentSnapshot = connection.trait("snapshot");
  const sentSelected = connection.trait("selected");
  const snapshot = computed(() => (isSnapshot(sentSnapshot.value) ? sentSnapshot.value : null));
  const sort = signal<Sort | null>(null);
  const filters = signal<Filters>(NO_FILTERS);
  const search = signal("");

  function choose(id: FeatureId): void {
    if (sentSelected.peek() !== id) connection.set("selected", id);
  }

  const desk = createDesk({
    connection,
    prints: () =>
      (snapshot.peek()?.features ?? []).map(
        ({ feature, prevalence, beta, n }) => [feature, prevalence, beta, n] as const,
      ),
    find: (id) => byId.peek().get(id),
    choose,
    ...options,
  });

  const join = rowJoiner();
  const rows = computed(() => join(snapshot.value?.features ?? [], desk.labels.value));
  const view = computed(() => filterRows(sortRows(rows.value, sort.value), filters.value, search.value));
  const byId = computed(() => new Map(rows.value.map((row) => [row.id, row])));
  const chosen = computed(() => byId.value.get(sentSelected.value) ?? view.value[0] ?? rows.value[0] ?? null);

  function step(by: number): void {
    const list = view.peek();
    const at = list.findIndex((row) => row.id === chosen.peek()?.id);
    const next = at < 0 ? list[0] : list[Math.min(list.length - 1, Math.max(0, at + by))];
    if (next) choose(next.id);
  }

  // A name that was being written when another feature was chosen is kept like one that was left.
  const stop = effect(() => desk.leaveNaming(chosen.value?.id ?? ""));
  const shelves = createShelves({ connection, snapshot, chosen, editable: desk.editable, wait });
  const suggesting = createNaming({
    connection,
    chosen,
    rows,
    editable: desk.editable,
    goTo: choose,
    say: (words) => {
      desk.said.value = words;
    },
    renew: desk.renewSuggestions,
    wait,
    ...(options.silence ? { silence: options.silence } : {}),
  });

  return {
    ...desk,
    connection,
    snapshot,
    rows,
    view,
    sort,
    filters,
    search,
    chosen,
    choose,
    step,
    clearFilters() {
      batch(() => {
        filters.value = NO_FILTERS;
        search.value = "";
      });
    },
    mode: signal<View>("read"),
    shelves,
    suggesting,
    noting: signal<FeatureId | null>(null),
    folded: signal(false),
    dispose() {
      desk.dispose();
      shelves.dispose();
      suggesting.dispose();
      stop();
    },
  };
}
