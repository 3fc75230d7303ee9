/** The DatasetComparison as an anywidget front-end module; the same one draws the read-only report. */
import type { ComparisonModel } from "../protocol";
import { mount, type RenderProps } from "../shared/mount";
import { App } from "./App";
import { keysOf } from "./keys";
import "./comparison.css";
import "./legend.css";
import "./strips.css";
import "./forest.css";
import "./pairs.css";
import { createState } from "./state";

function render(props: RenderProps<ComparisonModel>): () => void {
  return mount(
    {
      class: "cp",
      names: ["Dataset comparison", "Dataset comparison, read only"],
      state: createState,
      keys: keysOf,
      app: (state) => <App state={state} />,
    },
    props,
  );
}

export default { render };
