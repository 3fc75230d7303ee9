/** All keys on one sheet. */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Desk } from "./desk";
import { focusedBeside } from "./focus";
import { Icon } from "./icons";

export type Line = readonly [keys: readonly string[], what: string];

function Keys({ title, lines }: { title: string; lines: readonly Line[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {lines.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export interface HelpProps {
  state: Desk;
  look: readonly Line[];
  /** Left out where nothing can be changed, or where there are none. */
  work: readonly Line[];
}

export function Help({ state, look, work }: HelpProps) {
  const sheet = useRef<HTMLDialogElement>(null);
  const leave = (): void => {
    state.help.value = false;
  };
  useLayoutEffect(() => {
    const before = focusedBeside(sheet.current) as HTMLElement | null;
    const dialog = sheet.current;
    dialog?.showModal();
    dialog?.querySelector("button")?.focus();
    return () => {
      // While it is open nothing behind it takes the focus.
      dialog?.close();
      before?.focus?.({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={sheet}
      class="lb-sheet"
      aria-labelledby={`${state.uid}-help`}
      onClose={leave}
      onClick={(event) => {
        if (event.target === sheet.current) leave();
      }}
      onKeyDown={(event) => {
        if (event.key !== "?" && event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        leave();
      }}
    >
      <div class="lb-sheetbody">
        <header>
          <h2 id={`${state.uid}-help`}>Keys</h2>
          <button type="button" class="lb-iconbutton" aria-label="Close" onClick={leave}>
            <Icon shape="close" />
          </button>
        </header>
        <div class="lb-keys">
          <Keys title="Look" lines={look} />
          {state.editable.value && work.length > 0 && <Keys title="Work" lines={work} />}
        </div>
        <p class="lb-fine">Keys work while the focus is in this widget and not in a text field.</p>
      </div>
    </dialog>
  );
}
