/** What the comparison knows and what a person can do in it. Nothing here draws. */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { ComparedDataset, ComparisonModel, ComparisonSnapshot, Conflict, FeatureId } from "../protocol";
import { createDesk } from "../shared/desk";
import type { Connection, RequestOptions } from "../shared/model";
import { joiner } from "../shared/names";
import type { Listing } from "../shared/Tools";
import { type Mixed, mix, turnMixed, usable } from "./mixture";
import { FIRST_ORDER, type Filters, filterRows, NO_FILTERS, type Order, sortRows } from "./order";
import { conflictsByFeature, joinCompared, type Row } from "./rows";
import { createSides, type Sides } from "./sides";
import { type Things, thingsOf } from "./words";

/** What the list shows. */
export type View = "effects" | "prevalence" | "conflicts";

export interface State extends Listing {
  snapshot: ReadonlySignal<ComparisonSnapshot | null>;
  datasets: ReadonlySignal<readonly ComparedDataset[]>;
  /** What they are called. */
  things: ReadonlySignal<Things>;
  /** All features, in the snapshot's order. */
  rows: ReadonlySignal<readonly Row[]>;
  view: ReadonlySignal<readonly Row[]>;
  chosen: ReadonlySignal<Row | null>;
  conflicts: ReadonlySignal<readonly { row: Row; conflict: Conflict }[]>;
  choose(id: FeatureId): void;
  /** Chooses its feature and shows its two datasets side by side. */
  chooseConflict(conflict: Conflict): void;
  order: Signal<Order>;
  filters: Signal<Filters>;
  clearFilters(): void;
  showing: Signal<View>;
  /** Datasets whose lanes are put away. */
  hidden: Signal<ReadonlySet<number>>;
  toggleDataset(index: number): void;
  shown: ReadonlySignal<readonly [number, number]>;
  show(side: 0 | 1, dataset: number): void;
  weights: ReadonlySignal<readonly number[]>;
  /** The weight at a slider's right end: there is room to double the largest. */
  heaviest: ReadonlySignal<number>;
  setWeight(index: number, weight: number): void;
  resetWeights(): void;
  /** What the mixture expresses, turned with the feature. */
  mixed(row: Row): Mixed;
  washedOut: ReadonlySignal<number>;
  /** Whether the sliders are open; null until somebody says, then as there is room. */
  mixing: Signal<boolean | null>;
  sides: Sides;
}

function isSnapshot(value: unknown): value is ComparisonSnapshot {
  const { features, datasets } = (value ?? {}) as Partial<ComparisonSnapshot>;
  return Array.isArray(features) && Array.isArray(datasets);
}

/** Milliseconds from the last move of a slider until Python hears of it. */
const SETTLED = 150;

export interface StateOptions {
  wait?: RequestOptions;
  pause?: (repetition: number) => number;
}

export function createState(connection: Connection<ComparisonModel>, options: StateOptions = {}): State {
  const sentSnapshot = connection.trait("snapshot");
  const sentSelected = connection.trait("selected");
  const sentShown = connection.trait("shown");
  const sentWeights = connection.trait("weights");
  const snapshot = computed(() => (isSnapshot(sentSnapshot.value) ? sentSnapshot.value : null));
  const datasets = computed(() => snapshot.value?.datasets ?? []);
  const things = computed(() => thingsOf(snapshot.value?.comparison.by ?? "datasets"));
  const order = signal<Order>(FIRST_ORDER);
  const filters = signal<Filters>(NO_FILTERS);
  const search = signal("");
  const showing = signal<View>("effects");
  const hidden = signal<ReadonlySet<number>>(new Set());

  function choose(id: FeatureId): void {
    if (sentSelected.peek() !== id) connection.set("selected", id);
  }

  const desk = createDesk({
    connection,
    prints: () =>
      (snapshot.peek()?.features ?? []).map(
        ({ feature, pooled, cells }) =>
          [feature, pooled, ...cells.map(({ prevalence }) => prevalence)] as const,
      ),
    find: (id) => byId.peek().get(id),
    choose,
    ...options,
  });

  const opposed = computed(() => conflictsByFeature(snapshot.value?.conflicts ?? []));
  const join = joiner<ComparisonSnapshot["features"][number], Row>((found, label) =>
    joinCompared(found, label, opposed.peek().get(found.feature)),
  );
  const rows = computed(() => join(snapshot.value?.features ?? [], desk.labels.value));
  const byId = computed(() => new Map(rows.value.map((row) => [row.id, row])));

  const weights = signal<readonly number[]>([]);
  const heaviest = signal(1);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const mixtures = computed(
    () => new Map(snapshot.value?.features.map((one) => [one.feature, mix(one, weights.value)])),
  );
  const mixed = (row: Row): Mixed => {
    const found = mixtures.value.get(row.id) ?? mix(row.found, weights.value);
    return row.turned ? turnMixed(found) : found;
  };
  const washedOut = computed(() => [...mixtures.value.values()].filter(({ washesOut }) => washesOut).length);

  function sendWeights(): void {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    connection.set("weights", [...weights.peek()]);
  }
  function weigh(next: readonly number[]): void {
    weights.value = next;
    clearTimeout(timer);
    timer = setTimeout(sendWeights, SETTLED);
  }

  const view = computed(() =>
    filterRows(sortRows(rows.value, order.value, mixed), filters.value, search.value, mixed),
  );
  const chosen = computed(() => byId.value.get(sentSelected.value) ?? view.value[0] ?? rows.value[0] ?? null);
  const conflicts = computed(() =>
    rows.value
      .flatMap((row) => row.conflicts.map((conflict) => ({ row, conflict })))
      .sort((a, b) => b.conflict.difference - a.conflict.difference),
  );

  const shown = computed((): readonly [number, number] => {
    const count = datasets.value.length;
    const given = Array.isArray(sentShown.value) ? sentShown.value : [];
    const fine = (at: number | undefined, other: number): number =>
      at !== undefined && Number.isInteger(at) && at >= 0 && at < count ? at : other;
    return [fine(given[0], 0), fine(given[1], Math.min(1, Math.max(0, count - 1)))];
  });
  const setShown = (next: [number, number]): void => {
    if (sentShown.peek()?.join() !== next.join()) connection.set("shown", next);
  };

  function step(by: number): void {
    const list = view.peek();
    const at = list.findIndex((row) => row.id === chosen.peek()?.id);
    const next = at < 0 ? list[0] : list[Math.min(list.length - 1, Math.max(0, at + by))];
    if (next) choose(next.id);
  }

  const stops = [
    effect(() => desk.leaveNaming(chosen.value?.id ?? "")),
    effect(() => {
      const given = usable(sentWeights.value, datasets.value.length);
      // While a person drags a slider it is that person's; Python hears of it in a moment.
      if (timer !== undefined || given.join() === weights.peek().join()) return;
      batch(() => {
        heaviest.value = 2 * Math.max(...given, 0.5);
        weights.value = given;
      });
    }),
  ];
  const sides = createSides({
    connection,
    snapshot,
    chosen,
    shown,
    editable: desk.editable,
    wait: options.wait ?? {},
  });

  return {
    ...desk,
    snapshot,
    datasets,
    things,
    rows,
    view,
    chosen,
    conflicts,
    choose,
    chooseConflict(conflict) {
      batch(() => {
        setShown([conflict.for, conflict.against]);
        choose(conflict.feature);
      });
    },
    order,
    filters,
    search,
    clearFilters() {
      batch(() => {
        filters.value = NO_FILTERS;
        search.value = "";
      });
    },
    step,
    showing,
    hidden,
    toggleDataset(index) {
      const next = new Set(hidden.peek());
      if (!next.delete(index)) next.add(index);
      hidden.value = next;
    },
    shown,
    show(side, dataset) {
      setShown(side === 0 ? [dataset, shown.peek()[1]] : [shown.peek()[0], dataset]);
    },
    weights,
    heaviest,
    setWeight(index, weight) {
      const next = weights.peek().map((old, k) => (k === index ? Math.max(0, weight) : old));
      // Of nothing at all nothing can be said: the last weight stays above 0.
      if (next.some((one) => one > 0)) weigh(next);
    },
    resetWeights() {
      heaviest.value = 2;
      weigh(weights.peek().map(() => 1));
    },
    mixed,
    washedOut,
    mixing: signal<boolean | null>(null),
    sides,
    folded: signal(false),
    dispose() {
      sendWeights();
      desk.dispose();
      sides.dispose();
      for (const stop of stops) stop();
    },
  };
}
