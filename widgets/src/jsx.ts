/** What every element of a bundle is made by; build.mjs puts it where it is needed. */
export { Fragment, h } from "preact";
