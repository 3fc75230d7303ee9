/**
 * A person's work on names: labels and what waits to be saved over them, edits, undo, suggestions. Every widget that
 * shows features shares it, so that a name given in one is the name in the other. Nothing here draws.
 */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { FeatureId, Label, Status, Suggestion, Work } from "../protocol";
import { keepUnsent, type Print } from "./keep";
import { messageOf } from "./messages";
import { type Connection, type RequestOptions, RequestTimeout } from "./model";
import { type NamedRow, UNNAMED } from "./names";
import { createOutbox, type Edit, type Outbox, overlay } from "./outbox";

export interface Desk {
  work: ReadonlySignal<Work>;
  editable: ReadonlySignal<boolean>;
  /** As Python has them, with what waits to be saved. */
  labels: ReadonlySignal<Record<FeatureId, Label>>;
  outbox: Outbox;
  edit(id: FeatureId, changes: Partial<Label>): void;
  rename(row: NamedRow, name: string): void;
  setStatus(row: NamedRow, status: Status): void;
  canUndo: ReadonlySignal<boolean>;
  canRedo: ReadonlySignal<boolean>;
  undo(): Promise<void>;
  redo(): Promise<void>;
  /** Said to a screen reader, and shown where it is an error. */
  said: Signal<string>;
  error: Signal<string | null>;
  noKernel: ReadonlySignal<boolean>;
  /** Null while they are being fetched. */
  suggestions(id: FeatureId): ReadonlySignal<readonly Suggestion[] | null>;
  /** There are others: those that are looked at are fetched again, the others when somebody looks. */
  renewSuggestions(): void;
  /** Prefix of the ids of this view's elements. */
  uid: string;
  /** The name that is being written. */
  naming: Signal<{ id: FeatureId; text: string } | null>;
  beginNaming(row: NamedRow): void;
  /** Keeps a name that was being written, unless it is that of this feature. */
  leaveNaming(id?: FeatureId): void;
  help: Signal<boolean>;
  /** Set by the table. */
  focusList: () => void;
  dispose(): void;
}

interface Worked {
  labels: Record<FeatureId, Label>;
  work: Work;
}

export interface DeskOptions {
  connection: Connection<Worked>;
  /** What tells this study from others. */
  prints: () => readonly Print[];
  find: (id: FeatureId) => NamedRow | undefined;
  choose: (id: FeatureId) => void;
  wait?: RequestOptions;
  pause?: (repetition: number) => number;
}

let views = 0;

const NO_WORK: Work = { can_undo: false, can_redo: false, store: "", author: "", editable: false };

const isTimeout = (reason: unknown): boolean => reason instanceof RequestTimeout;

export function createDesk({ connection, prints, find, choose, wait = {}, pause }: DeskOptions): Desk {
  const sentLabels = connection.trait("labels");
  const sentWork = connection.trait("work");
  const saved = signal<Record<FeatureId, Label>>(sentLabels.peek() ?? {});
  const work = signal<Work>({ ...NO_WORK, ...sentWork.peek() });
  const editable = computed(() => work.value.editable);
  const said = signal("");
  const error = signal<string | null>(null);
  const naming = signal<{ id: FeatureId; text: string } | null>(null);

  const stops = [
    effect(() => {
      saved.value = sentLabels.value ?? {};
    }),
    effect(() => {
      work.value = { ...NO_WORK, ...sentWork.value };
    }),
  ];

  const takeIn = (result: Worked): void =>
    batch(() => {
      saved.value = result.labels;
      work.value = { ...NO_WORK, ...result.work };
    });

  const outbox = createOutbox({
    send: async (edit: Edit) => {
      takeIn(await connection.request("edit", { feature: edit.feature, changes: edit.changes }, wait));
    },
    isTimeout,
    ...(pause ? { pause } : {}),
    keep: keepUnsent(() => ({ prints: prints(), work: work.peek() })),
  });
  stops.push(
    effect(() => {
      if (connection.live.value === "live") outbox.nudge();
    }),
  );
  if (outbox.pending.peek().length > 0) said.value = "Edits that were not saved before are being saved now";

  const labels = computed(() => overlay(saved.value, outbox.pending.value));
  const noKernel = computed(() => editable.value && connection.live.value === "gone");

  /** Edits taken back before they were sent. */
  const redoable = signal<readonly Edit[]>([]);

  function edit(id: FeatureId, changes: Partial<Label>): void {
    if (!editable.peek()) return;
    error.value = null;
    redoable.value = [];
    outbox.push({ feature: id, changes });
  }

  function rename(row: NamedRow, name: string): void {
    const given = name.replace(/\s+/g, " ").trim();
    if (given === "" || (given === row.name && (row.named || row.status !== "draft"))) return;
    // It was the old name that was verified; a rejected feature stays rejected.
    edit(row.id, row.status === "rejected" ? { name: given } : { name: given, status: "named" });
    said.value = `Named ${given}`;
  }

  function setStatus(row: NamedRow, status: Status): void {
    if (row.status === status) return;
    edit(row.id, { status });
    said.value = `${row.name}: ${status}`;
  }

  function leaveNaming(id?: FeatureId): void {
    const written = naming.peek();
    if (!written || written.id === id) return;
    naming.value = null;
    const row = find(written.id);
    if (row) rename(row, written.text);
  }

  const canUndo = computed(() => editable.value && (work.value.can_undo || outbox.pending.value.length > 0));
  const canRedo = computed(() => editable.value && (work.value.can_redo || redoable.value.length > 0));

  async function travel(name: "undo" | "redo"): Promise<void> {
    await outbox.settled();
    try {
      const result = await connection.request(name, {}, wait);
      takeIn(result);
      if (result.feature) choose(result.feature);
      const touched = result.feature ? (find(result.feature)?.name ?? result.feature) : null;
      const did = name === "undo" ? "Undone" : "Done again";
      said.value = touched ? `${did}: ${touched}` : `Nothing to ${name}`;
    } catch (reason) {
      error.value = isTimeout(reason)
        ? `The kernel did not answer, so nothing was ${name === "undo" ? "undone" : "done again"}.`
        : `Could not ${name}: ${messageOf(reason)}`;
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

  interface Suggested {
    list: Signal<readonly Suggestion[] | null>;
    renewal: number;
  }
  const suggested = new Map<string, Suggested>();
  const renewal = signal(0);
  function suggestions(id: FeatureId): ReadonlySignal<readonly Suggestion[] | null> {
    const now = renewal.value;
    // Names tell one end of a feature: turned round it has others.
    const key = `${id} ${find(id)?.turned}`;
    const known = suggested.get(key);
    if (known?.renewal === now) return known.list;
    // What was there stays until the new ones come.
    const entry = { list: known?.list ?? signal<readonly Suggestion[] | null>(null), renewal: now };
    suggested.set(key, entry);
    connection
      .request("suggest", { feature: id }, wait)
      .then((result) => {
        if (suggested.get(key) === entry) entry.list.value = result.suggestions;
      })
      .catch(() => {
        // A name can be thought of without suggestions; the next visit asks again.
        if (suggested.get(key) !== entry) return;
        entry.list.value ??= [];
        suggested.delete(key);
      });
    return entry.list;
  }

  return {
    work,
    editable,
    labels,
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
    suggestions,
    renewSuggestions() {
      renewal.value += 1;
    },
    uid: `lb${++views}`,
    naming,
    beginNaming(row) {
      naming.value = { id: row.id, text: row.name === UNNAMED ? "" : row.name };
    },
    leaveNaming,
    help: signal(false),
    focusList() {},
    dispose() {
      leaveNaming();
      outbox.stop();
      for (const stop of stops) stop();
    },
  };
}
