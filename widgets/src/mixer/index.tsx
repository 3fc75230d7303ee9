/** The PreferenceMixer as an anywidget front-end module; the same one draws the read-only page. */
import { mount, type RenderProps } from "../shared/mount";
import { App } from "./App";
import type { MixerModel } from "./contract";
import { keysOf } from "./keys";
import "./mixer.css";
import "./presets.css";
import "./sliders.css";
import "./ranking.css";
import { createState } from "./state";

function render(props: RenderProps<MixerModel>): () => void {
  return mount(
    {
      class: "mx",
      names: ["Preference mixer", "Preference mixer, saved copy"],
      state: createState,
      keys: keysOf,
      app: (state) => <App state={state} />,
    },
    props,
  );
}

export default { render };
