/** Responses to one prompt in the order of their scores; they move to their new places when it changes. */
import { useComputed } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { codePoints } from "../shared/marks";
import { Folded } from "./Folded";
import { Response } from "./Response";
import type { State } from "./state";

const MOVE = { duration: 240, easing: "cubic-bezier(0.2, 0.7, 0.2, 1)" };

const still = (): boolean => globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;

/** Children of a list glide to where the order puts them. */
function useGlide(order: string) {
  const list = useRef<HTMLOListElement>(null);
  const shown = useRef(order);
  const places = useRef(new Map<Element, number>());
  if (shown.current !== order) {
    // Before they are drawn anew: where they are.
    shown.current = order;
    places.current = new Map(
      [...(list.current?.children ?? [])].map((child) => [child, child.getBoundingClientRect().top]),
    );
  }
  useLayoutEffect(() => {
    const before = places.current;
    places.current = new Map();
    if (before.size === 0 || still()) return;
    for (const [child, top] of before) {
      const by = child.isConnected ? top - child.getBoundingClientRect().top : 0;
      if (Math.abs(by) > 1)
        (child as HTMLElement).animate?.([{ transform: `translateY(${by}px)` }, { transform: "none" }], MOVE);
    }
  }, [order]);
  return list;
}

function Pages({ state }: { state: State }) {
  const many = state.snapshot.value?.sets.length ?? 0;
  const at = state.at.value;
  return (
    <div class="mx-pages lb-noprint">
      <button
        type="button"
        class="lb-button"
        aria-label="Previous prompt"
        title="Previous prompt (k)"
        disabled={at === 0}
        onClick={() => state.turnPage(-1)}
      >
        ‹
      </button>
      <span role="status">{`prompt ${at + 1} of ${many}`}</span>
      <button
        type="button"
        class="lb-button"
        aria-label="Next prompt"
        title="Next prompt (j)"
        disabled={at >= many - 1}
        onClick={() => state.turnPage(1)}
      >
        ›
      </button>
    </div>
  );
}

export function Responses({ state }: { state: State }) {
  const set = state.set.value;
  const ranked = state.ranked.value;
  const at = state.at.value;
  const order = useComputed(() => state.ranked.value.map(({ index }) => index).join(" ")).value;
  const list = useGlide(`${at}: ${order}`);
  if (!set) {
    return <p class="lb-empty">There are no responses in this widget to rank.</p>;
  }
  const namesOnly = state.snapshot.value?.study.names_only ?? false;
  const reordered = ranked.some(({ place, everyones }) => place !== everyones);
  return (
    <section class="mx-ranking" aria-label="Ranking">
      <header class="mx-rankhead">
        <h3>
          {`${set.responses.length} responses, ranked`}
          {!reordered && <span class="lb-fine mx-asall"> as for everyone</span>}
        </h3>
        <Pages state={state} />
      </header>
      {!namesOnly && set.prompt !== "" && (
        <div class="mx-prompt">
          <span class="lb-fine">Prompt</span>
          <Folded
            key={`prompt ${at}`}
            state={state}
            text={set.prompt}
            length={set.prompt_length ?? codePoints(set.prompt)}
            place={{ row: set.row, part: "prompt" }}
            label="the prompt"
          />
        </div>
      )}
      <ol ref={list} class="mx-responses">
        {ranked.map((one) => (
          <Response key={`${at} ${one.index}`} state={state} set={set} ranked={one} reordered={reordered} />
        ))}
      </ol>
    </section>
  );
}
