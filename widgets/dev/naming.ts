/** A made-up language model that suggests names, step by step, at a made-up price. */
import type { NamingPlan, NamingProgress, NamingWish, Suggestion } from "../src/protocol";

export type FakeModel = "none" | "hosted" | "local" | "unpriced" | "refused" | "failing";

export const IDLE: NamingProgress = {
  available: true,
  model: null,
  where: null,
  state: "idle",
  stage: "",
  done: 0,
  total: 0,
  features_done: 0,
  features: 0,
  calls: 0,
  cached: 0,
  failures: {},
  cost: null,
  cost_most: null,
  lost: 0,
  unsure: 0,
  waiting: "",
  message: "",
  kept: [],
  unkept: 0,
  unproposed: 0,
  untold: 0,
  untold_for: {},
  missing: 0,
  seen: true,
  version: 0,
};

const STAGES = ["describe", "choose", "score"] as const;

export class FakeNaming {
  progress: NamingProgress;
  /** As they came: feature to suggestions. */
  suggested: Record<string, Suggestion[]> = {};
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly model: FakeModel,
    private readonly count: (wish: NamingWish) => readonly string[],
    private readonly tell: (progress: NamingProgress) => void,
    private readonly tick: number,
  ) {
    this.progress = { ...IDLE, available: model !== "none" };
  }

  private get name(): string {
    return this.model === "local" ? "Qwen2.5-7B-Instruct" : "gpt-4o-mini";
  }
  private get where(): string {
    return this.model === "local" ? "this machine" : this.model === "unpriced" ? "127.0.0.1:8000" : "api.openai.com";
  }

  plan(wish: NamingWish): NamingPlan {
    if (this.model === "refused") throw new Error("There is no key for api.openai.com: set OPENAI_API_KEY.");
    const features = this.count(wish).length;
    const price = this.model === "local" ? 0 : this.model === "unpriced" ? null : 0.00031;
    return {
      model: this.name,
      where: this.where,
      features,
      calls: 130 * features,
      calls_most: 310 * features,
      cached: features > 3 ? 412 : 0,
      prompt_tokens: 61_000 * features,
      completion_tokens: 2_100 * features,
      cost: price === null ? null : price * 130 * features,
      cost_most: price === null ? null : price * 310 * features,
      cost_call_most: price === null ? null : 4 * price,
      seconds: 11.3 * features,
      seconds_most: 28.2 * features,
    };
  }

  private set(part: Partial<NamingProgress>): NamingProgress {
    this.progress = { ...this.progress, ...part };
    this.tell(this.progress);
    return this.progress;
  }

  start(wish: NamingWish): NamingProgress {
    if (this.progress.state === "running")
      throw new Error("Names are being suggested for this study already: wait for that run, or stop it.");
    const ids = this.count(wish);
    const total = ids.length * 20;
    const { version } = this.progress;
    const begun = { ...IDLE, version, model: this.name, where: this.where, state: "running" as const, stage: STAGES[0] };
    this.progress = { ...begun, total, features: ids.length, cost: 0, cost_most: 1.2, missing: ids.length, seen: false };
    let done = 0;
    this.timer = setInterval(() => {
      done += 1;
      if (this.model === "failing" && done > 3) {
        this.end({ state: "failed", message: "api.openai.com: no model 'gpt-4o-mini' there. It knows: tiny, small." });
        return;
      }
      const at = Math.floor(done / 20);
      const through = ids[at - 1];
      if (done % 20 === 0 && through) this.found(through, at);
      this.set({
        done,
        stage: STAGES[Math.min(2, Math.floor((3 * done) / total))] ?? STAGES[2],
        features_done: at,
        calls: done * 7,
        cost: done * 7 * 0.00031,
        failures: done > 12 ? { "rate limit": 2, unreadable: Math.floor(done / 30) } : {},
      });
      if (done >= total) this.end({ state: "done" });
    }, this.tick);
    return this.progress;
  }

  private found(feature: string, at: number): void {
    const kept = at % 3 !== 0;
    this.suggested[feature] = [
      {
        name: `gives step-by-step instructions (${at})`,
        fit: kept ? 0.58 : 0.07,
        source: this.name,
        note: "The response walks the reader through numbered steps rather than explaining the idea as a whole.",
        low: kept ? 0.47 : -0.06,
        high: kept ? 0.68 : 0.2,
        n: 300,
        kept,
      },
      { name: "lists its steps", fit: 0.41, source: this.name, note: null, low: null, high: null, n: null, kept: null },
    ];
    const { version, kept: good, unkept, missing } = this.progress;
    this.progress = {
      ...this.progress,
      version: version + 1,
      kept: kept ? [...good, feature] : good,
      unkept: unkept + Number(!kept),
      missing: missing - 1,
    };
  }

  private end(part: Partial<NamingProgress>): NamingProgress {
    clearInterval(this.timer);
    return this.set(part);
  }

  saw(): NamingProgress {
    return this.progress.state === "running" ? this.progress : this.set({ seen: true });
  }

  stop(): NamingProgress {
    return this.end({ state: "stopped", message: "Stopped." });
  }
}
