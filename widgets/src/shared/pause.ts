/** A pause that can be cut short. */
export interface Pause {
  rest: (milliseconds: number) => Promise<void>;
  /** End the pause that is going on, if one is. */
  wake: () => void;
}

export function createPause(): Pause {
  let end: (() => void) | null = null;
  return {
    rest: (milliseconds) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        end = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
    wake: () => end?.(),
  };
}
