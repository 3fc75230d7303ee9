/** What stands in the place of a part that is not there yet, or that could not be drawn. */
import { Component, type ComponentChildren } from "preact";
import { messageOf } from "./messages";

/** A fault in drawing one part is said, and does not take the rest down. */
export class Guard extends Component<
  { children: ComponentChildren; what: string },
  { broken: string | null }
> {
  override state = { broken: null };
  static override getDerivedStateFromError(error: unknown) {
    return { broken: messageOf(error) };
  }
  override render() {
    if (this.state.broken === null) return this.props.children;
    return (
      <div class="lb-empty" role="alert">
        <p>
          <b>{this.props.what} could not be drawn.</b>
        </p>
        <p class="lb-fine">{this.state.broken}</p>
        <button type="button" class="lb-button" onClick={() => this.setState({ broken: null })}>
          Try again
        </button>
      </div>
    );
  }
}

export function Loading({ what }: { what: string }) {
  return (
    <div class="lb-blank" role="status">
      <div class="lb-skeleton" aria-hidden="true">
        <i />
        <i />
        <i />
      </div>
      <p>Waiting for {what}. If this stays, run the cell again.</p>
    </div>
  );
}
