/** Why there is no price, no run, or no more of it. */
import type { ComponentChildren } from "preact";
import { Icon } from "../../shared/icons";

export function Said({ children }: { children: ComponentChildren }) {
  return (
    <p class="lb-askbad" role="alert">
      <Icon shape="warn" /> <span dir="auto">{children}</span>
    </p>
  );
}
