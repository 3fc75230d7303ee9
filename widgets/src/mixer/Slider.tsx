/** One feature: its name and how people differ, its slider over everybody's weights, its weight, lock and reset. */
import { useComputed } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { decimal, range } from "../shared/format";
import { Icon, KindIcon } from "../shared/icons";
import { UNNAMED } from "../shared/names";
import { STEP } from "./axis";
import { type Row, turnInterval } from "./rows";
import { Spread } from "./Spread";
import type { State } from "./state";
import { DIFFER, opposed, presetName, weight, weightRange } from "./words";

const COARSE = 0.05;
const PAGE = 0.25;
/** Keys pressed one after another within so many milliseconds are one step. */
const TOGETHER = 800;

function Words({ row }: { row: Row }) {
  const { found, sign } = row;
  const verdict = DIFFER[found.verdict];
  const [low, high] = turnInterval(found.mean_low, found.mean_high, sign);
  if (!found.personal) {
    return (
      <span class="mx-words">{`everyone ${weight(sign * found.mean)} (${weightRange(low, high)})`}</span>
    );
  }
  const spread =
    found.tau === null ? "" : `τ ${decimal(found.tau)} (${range(found.tau_low, found.tau_high, decimal)})`;
  return (
    <>
      <span class="mx-words">
        {verdict && <span class={`mx-${found.verdict}`}>{verdict}</span>}
        {verdict && spread && " · "}
        <span class="mx-tau">{spread}</span>
      </span>
      <span class="mx-words">{opposed(found)}</span>
    </>
  );
}

/** A number for every drag and every run of keys, which is one step for undo. */
function useGesture(id: string) {
  const count = useRef(0);
  const last = useRef(0);
  const down = useRef(false);
  const next = (): void => {
    count.current += 1;
  };
  return {
    name(): string {
      const now = performance.now();
      if (!down.current && now - last.current > TOGETHER) next();
      last.current = now;
      return `${id} ${count.current}`;
    },
    press: () => {
      down.current = true;
      next();
    },
    release: () => {
      down.current = false;
      next();
    },
  };
}

function Handle({ state, row }: { state: State; row: Row }) {
  const { index, sign } = row;
  // As found; a feature that is turned round meanwhile is read with the other sign.
  const value = sign * useComputed(() => state.setting.value.weights[index] ?? 0).value;
  const base = sign * useComputed(() => state.base.value[index] ?? 0).value;
  const locked = useComputed(() => state.setting.value.locked.has(row.id)).value;
  const reach = state.reach.value;
  const preset = state.preset.value;
  const twin = useComputed(() => state.twins.value.has(row.id)).value;
  const called = twin || row.name === UNNAMED ? `${row.name} (${row.id})` : row.name;
  const gesture = useGesture(row.id);
  const others = [`everyone ${weight(sign * row.found.mean)}`];
  if (preset && preset.kind !== "everyone")
    others.push(`${presetName(preset)} ${weight(sign * (preset.weights[index] ?? 0))}`);
  if (locked) others.push("locked");

  const move = (to: number): void => {
    const kept = Math.min(reach, Math.max(-reach, Math.round(to / STEP) * STEP));
    state.setWeight(row, kept, gesture.name());
  };
  /** Keys of a range input, in steps that fit weights; and the widget's own, which a range input would swallow. */
  function press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const small = event.shiftKey ? STEP : COARSE;
    const by: Record<string, number> = {
      ArrowLeft: -small,
      ArrowDown: -small,
      ArrowRight: small,
      ArrowUp: small,
      PageDown: -PAGE,
      PageUp: PAGE,
    };
    const others: Record<string, () => void> = {
      l: () => state.toggleLock(row),
      r: () => state.resetWeight(row),
      R: () => state.resetAll(),
      "[": () => walk(-1),
      "]": () => walk(1),
      j: () => state.turnPage(1),
      k: () => state.turnPage(-1),
      "?": () => {
        state.help.value = true;
      },
      "/": () => event.currentTarget instanceof Element && search(event.currentTarget),
    };
    const step = by[event.key];
    const other = others[event.key];
    if (step === undefined && !other) return;
    event.preventDefault();
    if (step !== undefined) move(value + step);
    else other?.();
  }
  function walk(by: number): void {
    state.step(by);
    state.focusList();
  }
  function search(from: Element): void {
    from.closest(".whimsight")?.querySelector<HTMLInputElement>("[data-lb-search]")?.focus();
  }

  const differs = value !== base;
  return (
    <>
      <div
        class="mx-track"
        style={{
          "--mx-at": (0.5 + value / (2 * reach)).toFixed(4),
          "--mx-from": (0.5 + base / (2 * reach)).toFixed(4),
        }}
      >
        <i class="mx-rail" aria-hidden="true" />
        {differs && <i class="mx-way" aria-hidden="true" />}
        <input
          type="range"
          class="mx-range"
          data-feature={row.id}
          min={-reach}
          max={reach}
          step={STEP}
          value={value.toFixed(2)}
          aria-label={`Weight of ${called}`}
          aria-valuetext={[weight(value), ...others].join(", ")}
          onFocus={() => state.choose(row.id)}
          onPointerDown={gesture.press}
          onPointerUp={gesture.release}
          onPointerCancel={gesture.release}
          onBlur={gesture.release}
          onInput={(event) => state.setWeight(row, Number(event.currentTarget.value), gesture.name())}
          onDblClick={() => state.resetWeight(row)}
          onKeyDown={press}
        />
        <Spread
          found={row.found}
          sign={sign}
          reach={reach}
          preset={
            preset && preset.kind !== "everyone"
              ? { mean: preset.weights[index] ?? 0, sd: preset.sd[index] ?? 0 }
              : null
          }
        />
      </div>
      <div class="mx-value">
        {/* The slider tells it itself. */}
        <span class={`mx-weight${differs ? " mx-changed" : ""}`} aria-hidden="true">
          {weight(value)}
        </span>
        <button
          type="button"
          class="lb-iconbutton mx-lock lb-noprint"
          aria-pressed={locked}
          aria-label={`Lock ${called}`}
          title={
            locked
              ? "Locked: presets and resets leave it alone (l)"
              : "Lock: presets and resets leave it alone (l)"
          }
          onClick={() => state.toggleLock(row)}
        >
          <Icon shape={locked ? "lock" : "unlock"} />
        </button>
        <button
          type="button"
          class="lb-iconbutton mx-reset lb-noprint"
          disabled={!differs || locked}
          aria-label={`Reset ${called} to ${weight(base)}`}
          title={`Back to ${weight(base)} (r, or double click on the slider)`}
          onClick={() => state.resetWeight(row)}
        >
          <Icon shape="reset" />
        </button>
      </div>
    </>
  );
}

export function Slider({ state, row }: { state: State; row: Row }) {
  const is = useComputed(() => state.chosen.value?.id === row.id).value;
  const twin = useComputed(() => state.twins.value.has(row.id)).value;
  const name = useMemo(
    () => (
      <div class="mx-feature" title={`${row.name} (${row.id})`}>
        <span class="mx-nameline">
          <span class={`mx-name${row.name === UNNAMED ? " lb-faint" : ""}`} dir="auto">
            {row.name}
          </span>
          {(twin || row.name === UNNAMED) && <code class="lb-id">{row.id}</code>}
          <span title={row.found.kind} class="mx-kind">
            <KindIcon kind={row.found.kind} />
            <span class="ws-hidden">{row.found.kind}</span>
          </span>
          {row.turned && (
            <span class="lb-mark" title="Read the other way round">
              <span aria-hidden="true">⇄</span>
              <span class="ws-hidden">turned round</span>
            </span>
          )}
        </span>
        <Words row={row} />
      </div>
    ),
    [row, twin],
  );
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the slider in it takes the focus, and chooses its feature
    <li class={`mx-slider${is ? " mx-chosen" : ""}`} onClick={() => state.choose(row.id)}>
      {name}
      <Handle state={state} row={row} />
    </li>
  );
}
