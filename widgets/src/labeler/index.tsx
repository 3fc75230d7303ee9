/** The FeatureLabeler as an anywidget front-end module; the same one draws the read-only report. */
import type { LabelerModel } from "../protocol";
import { mount, type RenderProps } from "../shared/mount";
import { App } from "./App";
import { keysOf } from "./keys";
import "./examples.css";
import { createState } from "./state";

function render(props: RenderProps<LabelerModel>): () => void {
  return mount(
    {
      class: "fl",
      names: ["Feature labeler", "Feature report"],
      state: createState,
      keys: keysOf,
      app: (state) => <App state={state} />,
    },
    props,
  );
}

export default { render };
