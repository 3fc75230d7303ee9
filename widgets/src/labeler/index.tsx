import { render as draw } from "preact";

export default {
  render({ el }: { el: HTMLElement }) {
    draw(<p>Whimsight</p>, el);
    return () => draw(null, el);
  },
};
