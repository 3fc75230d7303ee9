/** What has the focus in the tree an element stands in: the page, or a shadow tree. */
export function focusedBeside(element: Element | null): Element | null {
  return (element?.getRootNode() as Document | ShadowRoot | undefined)?.activeElement ?? null;
}
