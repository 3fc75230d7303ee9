/** What the labeler knows and what a person can do in it. Nothing here draws. */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { FeatureId, Label, LabelerModel, Snapshot, Status, Suggestion, Work } from "../protocol";
import { type Connection, type RequestOptions, RequestTimeout } from "../shared/model";
import { keepUnsent } from "./keep";
import { createOutbox, type Edit, type Outbox, overlay } from "./outbox";
import {
  type Filters,
  filterRows,
  NO_FILTERS,
  type Row,
  rowJoiner,
  type Sort,
  sortRows,
  UNNAMED,
} from "./rows";
import { createShelves, type Shelves } from "./shelves";

export type View = "read" | "verify";

export interface State {
  connection: Connection<LabelerModel>;
  snapshot: ReadonlySignal<Snapshot | null>;
  work: ReadonlySignal<Work>;
  editable: ReadonlySignal<boolean>;
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
  outbox: Outbox;
  edit(id: FeatureId, changes: Partial<Label>): void;
  rename(row: Row, name: string): void;
  setStatus(row: Row, status: Status): void;
  canUndo: ReadonlySignal<boolean>;
  canRedo: ReadonlySignal<boolean>;
  undo(): Promise<void>;
  redo(): Promise<void>;
  /** Said to a screen reader, and shown where it is an error. */
  said: Signal<string>;
  error: Signal<string | null>;
  noKernel: ReadonlySignal<boolean>;
  mode: Signal<View>;
  help: Signal<boolean>;
  /** Null while they are being fetched. */
  suggestions(id: FeatureId): ReadonlySignal<readonly Suggestion[] | null>;
  shelves: Shelves;
  /** Prefix of the ids of this view's elements. */
  uid: string;
  /** The name that is being written. */
  naming: Signal<{ id: FeatureId; text: string } | null>;
  beginNaming(row: Row): void;
  /** The feature whose note is open. */
  noting: Signal<FeatureId | null>;
  /** Whether the list is put away, where it is narrow. */
  folded: Signal<boolean>;
  /** Set by the table. */
  focusList: () => void;
  dispose(): void;
}

let views = 0;

const NO_WORK: Work = { can_undo: false, can_redo: false, store: "", author: "", editable: false };

function isSnapshot(value: unknown): value is Snapshot {
  return typeof value === "object" && value !== null && Array.isArray((value as Snapshot).features);
}

export function createState(
  connection: Connection<LabelerModel>,
  options: { wait?: RequestOptions; pause?: (repetition: number) => number } = {},
): State {
  const wait = options.wait ?? {};
  const sentSnapshot = connection.trait("snapshot");
  const sentLabels = connection.trait("labels");
  const sentWork = connection.trait("work");
  const sentSelected = connection.trait("selected");

  const snapshot = computed(() => (isSnapshot(sentSnapshot.value) ? sentSnapshot.value : null));
  const labels = signal<Record<FeatureId, Label>>(sentLabels.peek() ?? {});
  const work = signal<Work>({ ...NO_WORK, ...sentWork.peek() });
  const editable = computed(() => work.value.editable);
  const said = signal("");
  const naming = signal<{ id: FeatureId; text: string } | null>(null);
  const error = signal<string | null>(null);
  const mode = signal<View>("read");
  const help = signal(false);
  const sort = signal<Sort | null>(null);
  const filters = signal<Filters>(NO_FILTERS);
  const search = signal("");

  const stops = [
    effect(() => {
      labels.value = sentLabels.value ?? {};
    }),
    effect(() => {
      work.value = { ...NO_WORK, ...sentWork.value };
    }),
  ];

  const takeIn = (result: { labels: Record<FeatureId, Label>; work: Work }): void =>
    batch(() => {
      labels.value = result.labels;
      work.value = { ...NO_WORK, ...result.work };
    });

  const isTimeout = (reason: unknown): boolean => reason instanceof RequestTimeout;
  const outbox = createOutbox({
    send: async (edit: Edit) => {
      takeIn(await connection.request("edit", { feature: edit.feature, changes: edit.changes }, wait));
    },
    isTimeout,
    ...(options.pause ? { pause: options.pause } : {}),
    keep: keepUnsent(() => ({ features: snapshot.peek()?.features ?? [], work: work.peek() })),
  });

  stops.push(
    effect(() => {
      if (connection.live.value === "live") outbox.nudge();
    }),
  );
  if (outbox.pending.peek().length > 0) said.value = "Edits that were not saved before are being saved now";

  const join = rowJoiner();
  const rows = computed(() =>
    join(snapshot.value?.features ?? [], overlay(labels.value, outbox.pending.value)),
  );
  const view = computed(() => filterRows(sortRows(rows.value, sort.value), filters.value, search.value));
  const byId = computed(() => new Map(rows.value.map((row) => [row.id, row])));
  const chosen = computed(() => byId.value.get(sentSelected.value) ?? view.value[0] ?? rows.value[0] ?? null);
  const noKernel = computed(() => editable.value && connection.live.value === "gone");

  /** Edits taken back before they were sent. */
  const redoable = signal<readonly Edit[]>([]);

  function choose(id: FeatureId): void {
    if (sentSelected.peek() !== id) connection.set("selected", id);
  }

  function step(by: number): void {
    const list = view.peek();
    const at = list.findIndex((row) => row.id === chosen.peek()?.id);
    const next = at < 0 ? list[0] : list[Math.min(list.length - 1, Math.max(0, at + by))];
    if (next) choose(next.id);
  }

  function edit(id: FeatureId, changes: Partial<Label>): void {
    if (!editable.peek()) return;
    error.value = null;
    redoable.value = [];
    outbox.push({ feature: id, changes });
  }

  function rename(row: Row, name: string): void {
    const given = name.replace(/\s+/g, " ").trim();
    if (given === "" || (given === row.name && (row.named || row.status !== "draft"))) return;
    // It was the old name that was verified; a rejected feature stays rejected.
    edit(row.id, row.status === "rejected" ? { name: given } : { name: given, status: "named" });
    said.value = `Named ${given}`;
  }

  function setStatus(row: Row, status: Status): void {
    if (row.status === status) return;
    edit(row.id, { status });
    said.value = `${row.name}: ${status}`;
  }

  stops.push(
    effect(() => {
      // A name that was being written when another feature was chosen is kept like one that was left.
      const id = chosen.value?.id;
      const written = naming.peek();
      if (!written || written.id === id) return;
      naming.value = null;
      const row = byId.peek().get(written.id);
      if (row) rename(row, written.text);
    }),
  );

  const canUndo = computed(() => editable.value && (work.value.can_undo || outbox.pending.value.length > 0));
  const canRedo = computed(() => editable.value && (work.value.can_redo || redoable.value.length > 0));

  async function travel(name: "undo" | "redo"): Promise<void> {
    await outbox.settled();
    try {
      const result = await connection.request(name, {}, wait);
      takeIn(result);
      if (result.feature) choose(result.feature);
      const touched = result.feature ? (byId.peek().get(result.feature)?.name ?? result.feature) : null;
      const did = name === "undo" ? "Undone" : "Done again";
      said.value = touched ? `${did}: ${touched}` : `Nothing to ${name}`;
    } catch (reason) {
      error.value = isTimeout(reason)
        ? `The kernel did not answer, so nothing was ${name === "undo" ? "undone" : "done again"}.`
        : `Could not ${name}: ${reason instanceof Error ? reason.message : String(reason)}`;
    }
  }

  async function undo(): Promise<void> {
    if (!canUndo.peek()) return;
    const unsent = outbox.saving.peek().kind === "waiting" ? outbox.takeBack() : null;
    if (unsent) {
      redoable.value = [...redoable.peek(), unsent];
      said.value = "Undone";
      return;
    }
    if (outbox.saving.peek().kind === "waiting") {
      error.value = "The kernel does not answer; this can be undone once it does.";
      return;
    }
    await travel("undo");
  }

  async function redo(): Promise<void> {
    if (!canRedo.peek()) return;
    const unsent = redoable.peek().at(-1);
    if (unsent) {
      redoable.value = redoable.peek().slice(0, -1);
      outbox.push(unsent);
      return;
    }
    await travel("redo");
  }

  const suggested = new Map<string, Signal<readonly Suggestion[] | null>>();
  function suggestions(id: FeatureId): ReadonlySignal<readonly Suggestion[] | null> {
    // Names tell one end of a feature: turned round it has others.
    const key = `${id} ${byId.peek().get(id)?.turned}`;
    const known = suggested.get(key);
    if (known) return known;
    const list = signal<readonly Suggestion[] | null>(null);
    suggested.set(key, list);
    connection
      .request("suggest", { feature: id }, wait)
      .then((result) => {
        list.value = result.suggestions;
      })
      .catch(() => {
        // A name can be thought of without suggestions; the next visit asks again.
        list.value = [];
        suggested.delete(key);
      });
    return list;
  }

  const shelves = createShelves({ connection, snapshot, chosen, editable, wait });

  return {
    connection,
    snapshot,
    work,
    editable,
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
    outbox,
    edit,
    rename,
    setStatus,
    canUndo,
    canRedo,
    undo,
    redo,
    said,
    error,
    noKernel,
    mode,
    help,
    suggestions,
    shelves,
    uid: `lb${++views}`,
    naming,
    beginNaming(row) {
      naming.value = { id: row.id, text: row.name === UNNAMED ? "" : row.name };
    },
    noting: signal<FeatureId | null>(null),
    folded: signal(false),
    focusList() {},
    dispose() {
      const written = naming.peek();
      const row = written && byId.peek().get(written.id);
      if (row) rename(row, written.text);
      outbox.stop();
      shelves.dispose();
      for (const stop of stops) stop();
    },
  };
}
