/** Whose weights the sliders begin from, how far between everyone's and those, and how many were moved since. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { percent, plural } from "../shared/format";
import { Icon } from "../shared/icons";
import type { Preset, PresetKind } from "./contract";
import type { State } from "./state";
import { presetName } from "./words";

/** So many stand side by side; more of them go into the menu. */
const CHIPS = 8;
const KINDS: readonly (readonly [PresetKind, string])[] = [
  ["group", "Groups"],
  ["type", "Types"],
  ["annotator", "Annotators"],
  ["person", "People"],
];

function Chip({ state, preset }: { state: State; preset: Preset }) {
  const named = preset.kind === "group" || preset.kind === "type";
  return (
    <label class="mx-chip" title={[presetName(preset), preset.note].filter(Boolean).join(": ")}>
      <input
        type="radio"
        class="ws-hidden"
        name={`${state.uid}-preset`}
        checked={state.preset.value?.id === preset.id}
        onChange={() => state.choosePreset(preset.id)}
      />
      {named && (
        <span class="lb-fine mx-chipkind" dir="auto">
          {preset.column ?? preset.kind}
        </span>
      )}
      <span dir="auto">{preset.kind === "everyone" ? "Everyone" : preset.label}</span>
    </label>
  );
}

/** "stance left (800 votes)": the kind stands above. */
function optionName(preset: Preset): string {
  const name = preset.column ? presetName(preset) : preset.label;
  return preset.votes > 0 ? `${name} (${plural(preset.votes, "vote")})` : name;
}

function Menu({ state, presets }: { state: State; presets: readonly Preset[] }) {
  const chosen = state.preset.value?.id ?? "";
  const here = presets.some(({ id }) => id === chosen);
  const kinds = KINDS.filter(([kind]) => presets.some((preset) => preset.kind === kind));
  const word = kinds.length === 1 && kinds[0] ? kinds[0][1] : "Others";
  return (
    <select
      class={`mx-menu${here ? " mx-here" : ""}`}
      aria-label={`${word} to begin from`}
      value={here ? chosen : ""}
      onChange={(event) => {
        if (event.currentTarget.value) state.choosePreset(event.currentTarget.value);
      }}
    >
      <option value="" disabled>{`${word} …`}</option>
      {kinds.map(([kind, name]) => (
        <optgroup key={kind} label={name}>
          {presets
            .filter((preset) => preset.kind === kind)
            .map((preset) => (
              <option key={preset.id} value={preset.id}>
                {optionName(preset)}
              </option>
            ))}
        </optgroup>
      ))}
    </select>
  );
}

function Blend({ state, preset }: { state: State; preset: Preset }) {
  const drag = useRef(0);
  const { blend } = state.setting.value;
  return (
    <div class="mx-blend lb-noprint">
      <span class="lb-fine" aria-hidden="true">
        everyone
      </span>
      <input
        type="range"
        min={0}
        max={100}
        step={1}
        value={Math.round(100 * blend)}
        aria-label={`Between everyone and ${presetName(preset)}`}
        aria-valuetext={`${percent(blend)} ${presetName(preset)}`}
        onPointerDown={() => {
          drag.current += 1;
        }}
        onBlur={() => {
          drag.current += 1;
        }}
        onInput={(event) => state.setBlend(Number(event.currentTarget.value) / 100, `blend ${drag.current}`)}
      />
      <b class="mx-share" aria-hidden="true">
        {percent(blend)}
      </b>
      <span class="lb-fine mx-blendname" aria-hidden="true" dir="auto">
        {presetName(preset)}
      </span>
    </div>
  );
}

function Moved({ state, preset }: { state: State; preset: Preset }) {
  const count = state.differing.value;
  const locked = state.setting.value.locked.size;
  const whose =
    state.setting.value.blend < 1 ? "these" : preset.kind === "everyone" ? "everyone’s" : "the preset’s";
  return (
    <div class="mx-moved">
      <span>
        {count === 0
          ? `weights are ${whose}`
          : `${plural(count, "weight differs", "weights differ")} from ${whose}`}
      </span>
      <button
        type="button"
        class="lb-button lb-noprint"
        disabled={count === 0}
        title="Reset all weights that are not locked (Shift+R)"
        onClick={() => state.resetAll()}
      >
        <Icon shape="reset" /> Reset
      </button>
      {locked > 0 && (
        <button type="button" class="lb-link lb-noprint" onClick={() => state.unlockAll()}>
          {`unlock ${locked}`}
        </button>
      )}
    </div>
  );
}

export function Presets({ state }: { state: State }) {
  const { value: presets } = state.presets;
  const preset = state.preset.value;
  const line = useRef<HTMLFieldSetElement>(null);
  // Where they do not fit side by side, the chosen one is in sight.
  useLayoutEffect(() => {
    const chip = line.current?.querySelector<HTMLElement>(".mx-chip:has(:checked)");
    if (!line.current || !chip) return;
    const { left, right } = line.current.getBoundingClientRect();
    const box = chip.getBoundingClientRect();
    if (box.left < left || box.right > right) line.current.scrollLeft += box.left - left - (right - left) / 3;
  }, [preset?.id]);
  if (!preset) return null;
  const few = presets.filter(({ kind }) => kind !== "annotator");
  const chips = few.length <= CHIPS ? few : presets.slice(0, 1);
  const menu = presets.filter((one) => !chips.includes(one));
  // The menu tells an annotator's votes, and the study's stand above.
  const told = preset.kind === "everyone" || (preset.kind === "annotator" && preset.votes > 0);
  const about = [
    preset.kind === "everyone" ? "" : preset.note, // stands beside it already: "weights are everyone's"
    told ? "" : preset.votes > 0 ? plural(preset.votes, "vote") : "no votes yet",
  ].filter((part) => part !== "");
  return (
    <section class="mx-presets" aria-label="Whose weights">
      <div class="mx-line">
        <fieldset ref={line} class="mx-chips">
          <legend>Whose weights</legend>
          {chips.map((one) => (
            <Chip key={one.id} state={state} preset={one} />
          ))}
        </fieldset>
        {menu.length > 0 && <Menu state={state} presets={menu} />}
      </div>
      <div class="mx-line">
        {preset.kind !== "everyone" && <Blend state={state} preset={preset} />}
        <Moved state={state} preset={preset} />
        {about.length > 0 && (
          <span class="lb-fine mx-about" dir="auto">
            {about.join(" · ")}
          </span>
        )}
      </div>
    </section>
  );
}
