/** The Calibrator as an anywidget front-end module; the same one asks in a saved page without Python. */
import { mount, type RenderProps } from "../shared/mount";
import { App } from "./App";
import type { CalibratorModel } from "./contract";
import { keysOf } from "./keys";
import "./calibrator.css";
import "./judge.css";
import "./result.css";
import { createState } from "./state";

function render(props: RenderProps<CalibratorModel>): () => void {
  return mount(
    {
      class: "cb",
      names: ["Calibrator", "Calibrator"],
      state: createState,
      keys: keysOf,
      app: (state) => <App state={state} />,
    },
    props,
  );
}

export default { render };
