/** What the mixer knows and what a person can do in it. Nothing here draws. */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { FeatureId } from "../protocol";
import { createDesk } from "../shared/desk";
import type { Connection, RequestOptions } from "../shared/model";
import { joiner } from "../shared/names";
import { clamp } from "../shared/scale";
import type { Listing } from "../shared/Tools";
import { reach, STEP } from "./axis";
import type { MixedFeature, MixerModel, MixerSnapshot, Preset, ResponseSet } from "./contract";
import { type By, found, ordered } from "./order";
import { createOutcome, type Outcome } from "./outcome";
import { createPeople } from "./people";
import { byId, joinRow, type Row, toldApart } from "./rows";
import { createSaving, type Saving } from "./saving";
import { between, createHistory, moved, type Setting } from "./setting";
import { createTexts, type Texts } from "./texts";
import { createTraits } from "./traits";
import { presetName } from "./words";

export interface State extends Omit<Listing, "view" | "chosen">, Outcome, Saving, Texts {
  snapshot: ReadonlySignal<MixerSnapshot | null>;
  rows: ReadonlySignal<readonly Row[]>;
  /** Features that share their name with another. */
  twins: ReadonlySignal<ReadonlySet<FeatureId>>;
  /**
   * What the search leaves, in order: personal features, those that are the same for everyone, and those in which no two
   * responses that were voted on differ, which have no weight.
   */
  personal: ReadonlySignal<readonly Row[]>;
  shared: ReadonlySignal<readonly Row[]>;
  absent: ReadonlySignal<readonly Row[]>;
  /** Those whose sliders are to be seen. */
  view: ReadonlySignal<readonly Row[]>;
  chosen: ReadonlySignal<Row | null>;
  choose(id: FeatureId): void;
  by: Signal<By>;
  /** Whether the features that are the same for everyone are unfolded. */
  unfolded: ReadonlySignal<boolean>;
  unfold(open: boolean): void;
  /** The weight at a slider's right end. */
  reach: ReadonlySignal<number>;
  presets: ReadonlySignal<readonly Preset[]>;
  preset: ReadonlySignal<Preset | null>;
  setting: ReadonlySignal<Setting>;
  everyone: ReadonlySignal<readonly number[]>;
  /** What a reset goes back to: the preset's weights, or those between everyone's and the preset's. */
  base: ReadonlySignal<readonly number[]>;
  /** How many weights differ from `base`. */
  differing: ReadonlySignal<number>;
  /** Whether the weights are the preset's own. */
  untouched: ReadonlySignal<boolean>;
  setWeight(row: Row, seen: number, gesture: string): void;
  resetWeight(row: Row): void;
  resetAll(): void;
  toggleLock(row: Row): void;
  unlockAll(): void;
  choosePreset(id: string): void;
  setBlend(blend: number, gesture: string): void;
  set: ReadonlySignal<ResponseSet | null>;
  at: ReadonlySignal<number>;
  turnPage(by: number): void;
}

function isSnapshot(value: unknown): value is MixerSnapshot {
  const { features, presets, sets, votes } = (value ?? {}) as Partial<MixerSnapshot>;
  return [features, presets, sets].every(Array.isArray) && votes !== undefined && presets?.length !== 0;
}

/** Milliseconds from the last move until a winner is announced. */
const CALM = 700;

export interface StateOptions {
  wait?: RequestOptions;
  pause?: (repetition: number) => number;
}

export function createState(connection: Connection<MixerModel>, options: StateOptions = {}): State {
  const sentSnapshot = connection.trait("snapshot");
  const sentSelected = connection.trait("selected");
  const sentSet = connection.trait("set");
  const snapshot = computed(() => (isSnapshot(sentSnapshot.value) ? sentSnapshot.value : null));
  const search = signal("");
  const by = signal<By>("spread");
  const opened = signal<boolean | null>(null);

  function choose(id: FeatureId): void {
    if (sentSelected.peek() !== id) connection.set("selected", id);
  }

  const desk = createDesk({
    connection,
    // The same as a calibrator's, and unlike a labeler's: names are not written here.
    prints: () =>
      (snapshot.peek()?.features ?? []).map(({ feature, mean, tau }) => [feature, mean, tau] as const),
    find: (id) => known.peek().get(id),
    choose,
    ...options,
  });

  const numbers = computed(
    () => new Map((snapshot.value?.features ?? []).map(({ feature }, index) => [feature, index])),
  );
  const join = joiner<MixedFeature, Row>((one, label) =>
    joinRow(one, label, numbers.peek().get(one.feature) ?? 0),
  );
  const rows = computed(() => {
    numbers.value;
    return join(snapshot.value?.features ?? [], desk.labels.value);
  });
  const known = computed(() => byId(rows.value));
  const twins = computed(() => toldApart(rows.value));

  const people = createPeople({
    snapshot,
    added: connection.trait("added"),
    take: (preset) => choosePreset(preset.id),
  });
  const { presets } = people;
  const history = createHistory({ weights: [], preset: "", blend: 1, locked: new Set() });
  const setting = history.now;
  const find = (id: string): Preset | null =>
    presets.value.find((preset) => preset.id === id) ?? presets.value[0] ?? null;
  const preset = computed(() => find(setting.value.preset));
  const everyone = computed(() => presets.value[0]?.weights ?? []);
  const blend = computed(() => setting.value.blend);
  const base = computed(() => between(everyone.value, preset.value?.weights ?? [], blend.value));
  const differing = computed(
    () => setting.value.weights.filter((weight, k) => weight !== base.value[k]).length,
  );
  const untouched = computed(() => differing.value === 0 && setting.value.blend === 1);
  const given = signal<readonly number[]>([]);
  const ends = computed(() => (snapshot.value ? reach(snapshot.value, presets.value, given.value) : 1));

  const at = computed(() =>
    clamp(Math.trunc(sentSet.value || 0), 0, Math.max(0, (snapshot.value?.sets.length ?? 0) - 1)),
  );
  const set = computed(() => snapshot.value?.sets[at.value] ?? null);
  const outcome = createOutcome({ snapshot, preset, everyone, setting, set });

  const listed = computed(() => ordered(found(rows.value, search.value), by.value, base.value));
  const isAbsent = ({ found }: Row): boolean => found.verdict === "absent";
  const personal = computed(() => listed.value.filter((row) => row.found.personal && !isAbsent(row)));
  const shared = computed(() => listed.value.filter((row) => !row.found.personal && !isAbsent(row)));
  const absent = computed(() => listed.value.filter(isAbsent));
  const unfolded = computed(() => {
    // What is looked for is shown.
    if (search.value.trim() !== "") return true;
    return opened.value ?? !rows.value.some((row) => row.found.personal);
  });
  const view = computed(() => (unfolded.value ? [...personal.value, ...shared.value] : personal.value));
  const chosen = computed(
    () => known.value.get(sentSelected.value) ?? view.value[0] ?? rows.value[0] ?? null,
  );

  const idOf = (k: number): FeatureId => snapshot.peek()?.features[k]?.feature ?? "";
  const isLocked = (k: number): boolean => setting.peek().locked.has(idOf(k));

  function choosePreset(id: string): void {
    const next = find(id);
    if (!next) return;
    const weights = moved(setting.peek().weights, next.weights, isLocked);
    history.apply({ preset: next.id, blend: 1, weights });
    desk.said.value = `Weights of ${presetName(next)}`;
  }

  function step(by: number): void {
    const list = view.peek();
    const here = list.findIndex((row) => row.id === chosen.peek()?.id);
    const next = here < 0 ? list[0] : list[clamp(here + by, 0, list.length - 1)];
    if (next) choose(next.id);
  }

  const traits = createTraits(connection, { history, snapshot, presets, given });
  const saving = createSaving({ connection, snapshot, setting, preset, desk, wait: options.wait ?? {} });

  // A new winner is told once it stays.
  let first: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stops = [
    effect(() => {
      const [best] = outcome.ranked.value;
      const label = best && set.value ? set.value.responses[best.index]?.label : undefined;
      const now = best && `${at.value} ${best.index}`;
      clearTimeout(timer);
      if (now === undefined || now === first) return;
      if (first === null || !first.startsWith(`${at.value} `)) {
        first = now; // Another prompt was turned to: nothing has changed its place.
        return;
      }
      timer = setTimeout(() => {
        first = now;
        desk.said.value = `${label} is first now`;
      }, CALM);
    }),
  ];

  return {
    ...desk,
    ...outcome,
    ...saving,
    ...createTexts(connection, options.wait ?? {}),
    snapshot,
    rows,
    twins,
    personal,
    shared,
    absent,
    view,
    chosen,
    choose,
    by,
    search,
    clearFilters() {
      search.value = "";
    },
    unfolded,
    unfold(open) {
      opened.value = open;
    },
    step,
    folded: signal(false),
    reach: ends,
    presets,
    preset,
    setting,
    everyone,
    base,
    differing,
    untouched,
    setWeight(row, seen, gesture) {
      const target = base.peek()[row.index] ?? 0;
      const asked = row.sign * seen + 0; // never -0
      // Within half a step of where it began it is there.
      const weight = Math.abs(asked - target) < STEP / 2 ? target : asked;
      history.apply(
        { weights: setting.peek().weights.map((old, k) => (k === row.index ? weight : old)) },
        gesture,
      );
    },
    resetWeight(row) {
      if (isLocked(row.index)) {
        desk.said.value = `${row.name} is locked`;
        return;
      }
      const { weights } = setting.peek();
      history.apply({ weights: moved(weights, base.peek(), (k) => k !== row.index) });
      desk.said.value = `${row.name} reset`;
    },
    resetAll() {
      history.apply({ weights: moved(setting.peek().weights, base.peek(), isLocked) });
      desk.said.value = "Weights reset";
    },
    toggleLock(row) {
      const locked = new Set(setting.peek().locked);
      const now = !locked.delete(row.id);
      if (now) locked.add(row.id);
      history.apply({ locked });
      desk.said.value = `${row.name} ${now ? "locked" : "unlocked"}`;
    },
    unlockAll() {
      history.apply({ locked: new Set() });
      desk.said.value = "All unlocked";
    },
    choosePreset,
    setBlend(blend, gesture) {
      const to = preset.peek()?.weights ?? [];
      const weights = moved(setting.peek().weights, between(everyone.peek(), to, blend), isLocked);
      history.apply({ blend, weights }, gesture);
    },
    canUndo: history.canUndo,
    canRedo: history.canRedo,
    async undo() {
      if (!history.canUndo.peek()) return;
      history.undo();
      desk.said.value = "Undone";
    },
    async redo() {
      if (!history.canRedo.peek()) return;
      history.redo();
      desk.said.value = "Done again";
    },
    set,
    at,
    turnPage(by) {
      const next = clamp(at.peek() + by, 0, Math.max(0, (snapshot.peek()?.sets.length ?? 0) - 1));
      if (next !== at.peek()) connection.set("set", next);
    },
    focusList() {},
    dispose() {
      batch(() => {
        clearTimeout(timer);
        traits.dispose();
        people.dispose();
        for (const stop of stops) stop();
      });
      desk.dispose();
    },
  };
}
