/** The sliders: personal features first, those that are the same for everyone folded under them. */
import { tickStep } from "d3-array";
import { Fragment } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { tickLabel } from "../shared/format";
import { UNNAMED } from "../shared/names";
import { Chosen } from "./Chosen";
import type { Row } from "./rows";
import { Slider } from "./Slider";
import type { State } from "./state";
import { presetName } from "./words";

function Axis({ state }: { state: State }) {
  const reach = state.reach.value;
  const step = tickStep(0, reach, 2);
  const ticks = [-2, -1, 0, 1, 2].map((k) => k * step).filter((tick) => Math.abs(tick) <= reach);
  const preset = state.preset.value;
  return (
    <div class="lb-headgroup mx-head" aria-hidden="true">
      <div class="mx-legend">
        <span>
          <i class="mx-key mx-keypeople" />
          annotators
        </span>
        <span>
          <i class="mx-key mx-keymean" />
          everyone, 95%
        </span>
        {preset && preset.kind !== "everyone" && (
          <span>
            <i class="mx-key mx-keyband" />
            <span>
              <bdi>{presetName(preset)}</bdi>, 95%
            </span>
          </span>
        )}
      </div>
      <div class="mx-slider mx-axisline">
        <span class="mx-axisword">Feature</span>
        <div class="mx-axis">
          {ticks.map((tick) => (
            <span key={tick} style={{ "--mx-at": (0.5 + tick / (2 * reach)).toFixed(4) }}>
              {tick > 0 ? `+${tickLabel(tick)}` : tickLabel(tick)}
            </span>
          ))}
        </div>
        <span
          class="mx-unit"
          title="Weight: log odds of being preferred per standard deviation of the feature"
        >
          log odds / SD
        </span>
      </div>
    </div>
  );
}

function Group({ state, rows, label }: { state: State; rows: readonly Row[]; label: string }) {
  const lines = useMemo(
    () => rows.map((row) => <Slider key={`${row.id} ${row.index}`} state={state} row={row} />),
    [state, rows],
  );
  return (
    <ul class="mx-sliders" aria-label={label}>
      {lines}
    </ul>
  );
}

/** Features without a weight: nothing that was voted on tells anything of them. */
function Absent({ rows }: { rows: readonly Row[] }) {
  return (
    <p class="lb-fine mx-absent">
      {`No two responses that were voted on differ in ${rows.length === 1 ? "" : `${rows.length} features: `}`}
      {rows.map((row, at) => (
        <Fragment key={row.id}>
          {at > 0 && ", "}
          <bdi title={row.id}>{row.name === UNNAMED ? row.id : row.name}</bdi>
        </Fragment>
      ))}
      .
    </p>
  );
}

export function Sliders({ state }: { state: State }) {
  const list = useRef<HTMLDivElement>(null);
  const personal = state.personal.value;
  const shared = state.shared.value;
  const absent = state.absent.value;
  const open = state.unfolded.value;
  const id = `${state.uid}-shared`;
  const under = useRef<HTMLDivElement>(null);
  // What was unfolded comes into sight: it stands under all that is personal.
  const unfold = (): void => {
    state.unfold(!open);
    if (open) return;
    requestAnimationFrame(() => {
      const [pane, group] = [list.current, under.current];
      if (!pane || !group) return;
      const down = group.getBoundingClientRect().top - pane.getBoundingClientRect().top;
      pane.scrollTop += down - pane.clientHeight / 3;
    });
  };
  useLayoutEffect(() => {
    state.focusList = () => {
      const chosen = state.chosen.peek()?.id ?? "";
      const at =
        list.current?.querySelector<HTMLElement>(`.mx-range[data-feature="${CSS.escape(chosen)}"]`) ??
        list.current?.querySelector<HTMLElement>(".mx-range");
      at?.focus();
      at?.closest("li")?.scrollIntoView?.({ block: "nearest" });
    };
  }, [state]);
  return (
    <>
      <div ref={list} class="lb-scroll">
        <Axis state={state} />
        {personal.length > 0 && <Group state={state} rows={personal} label="Personal features" />}
        {shared.length > 0 && (
          <>
            <h3 class="mx-fold">
              <button type="button" aria-expanded={open} aria-controls={id} onClick={unfold}>
                <span class="mx-caret" aria-hidden="true">
                  {open ? "▾" : "▸"}
                </span>
                {`Same for everyone (${shared.length})`}
              </button>
            </h3>
            <div ref={under} id={id}>
              {open && <Group state={state} rows={shared} label="Same for everyone" />}
            </div>
          </>
        )}
        {absent.length > 0 && <Absent rows={absent} />}
        {personal.length + shared.length + absent.length === 0 && (
          <div class="lb-empty">
            <p>No feature is left by this search.</p>
            <button type="button" class="lb-button" onClick={state.clearFilters}>
              Clear the search
            </button>
          </div>
        )}
      </div>
      <Chosen state={state} />
    </>
  );
}
