/** Weights on their way out: a reward that Python makes, the weights alone without it, a line of Python to copy. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Connection, isAbort, RequestError, type RequestOptions } from "../shared/model";
import type { MixerModel, MixerSnapshot, Preset } from "./contract";
import type { Setting } from "./setting";

export interface Saving {
  saving: Signal<boolean>;
  /** Text that could not be put on the clipboard, to be copied by hand. */
  copying: Signal<string | null>;
  saveReward(): Promise<void>;
  copyPython(): Promise<void>;
}

interface Given {
  connection: Connection<MixerModel>;
  snapshot: ReadonlySignal<MixerSnapshot | null>;
  setting: ReadonlySignal<Setting>;
  preset: ReadonlySignal<Preset | null>;
  desk: { said: Signal<string>; error: Signal<string | null>; editable: ReadonlySignal<boolean> };
  wait: RequestOptions;
}

/** Four decimals: far below what any weight is known to. */
const round = (value: number): number => Number(value.toFixed(4)) + 0;

export function asPython({ features }: MixerSnapshot, weights: readonly number[]): string {
  // A JSON string of an id is a Python string, too.
  const lines = features.map(
    ({ feature }, k) => `    ${JSON.stringify(feature)}: ${round(weights[k] ?? 0)},`,
  );
  return `mixer.weights = {\n${lines.join("\n")}\n}\n`;
}

export function asJson({ features, study }: MixerSnapshot, { weights, preset }: Setting): string {
  const named = Object.fromEntries(features.map(({ feature }, k) => [feature, round(weights[k] ?? 0)]));
  return `${JSON.stringify({ kind: "whimsight weights", schema: 1, study: study.name, preset, unit: "log odds per standard deviation", weights: named }, null, 2)}\n`;
}

export function download(filename: string, text: string, page: Document = document): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = page.createElement("a");
  link.href = url;
  // A name, never a path.
  link.download = filename.replace(/[^\p{L}\p{N}._ -]+/gu, "-") || "reward.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function createSaving({ connection, snapshot, setting, preset, desk, wait }: Given): Saving {
  const saving = signal(false);
  const copying = signal<string | null>(null);

  function saveWeights(): void {
    const known = snapshot.peek();
    if (!known) return;
    download(`${known.study.name || "mixer"}-weights.json`, asJson(known, setting.peek()));
  }

  async function saveReward(): Promise<void> {
    if (saving.peek()) return;
    desk.error.value = null;
    if (!desk.editable.peek()) {
      saveWeights();
      desk.said.value = "Weights saved";
      return;
    }
    saving.value = true;
    try {
      const { weights } = setting.peek();
      const asked = { weights: [...weights], preset: preset.peek()?.id ?? "" };
      const { filename, json } = await connection.request("reward", asked, wait);
      download(filename, json);
      desk.said.value = `Saved ${filename}`;
    } catch (reason) {
      if (isAbort(reason)) return;
      if (reason instanceof RequestError && reason.type !== "NoKernel") {
        desk.error.value = `The reward could not be saved: ${reason.message}`;
      } else {
        saveWeights();
        desk.error.value =
          "The kernel does not answer: the weights alone were saved, without what scores a text.";
      }
    } finally {
      saving.value = false;
    }
  }

  async function copyPython(): Promise<void> {
    const known = snapshot.peek();
    if (!known) return;
    const text = asPython(known, setting.peek().weights);
    try {
      await navigator.clipboard.writeText(text);
      copying.value = null;
      desk.said.value = "Copied as Python";
    } catch {
      // A sandboxed frame has no clipboard: the text is shown, to be copied by hand.
      copying.value = text;
    }
  }

  return { saving, copying, saveReward, copyPython };
}
