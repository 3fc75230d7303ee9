/** A person on the way from the calibrator to a mixer on the same page. */
import { fingerprint } from "../shared/keep";
import { type HandedPerson, type MixedFeature, PERSON_EVENT } from "./contract";

/** Tells one personalization from another by its numbers. */
export function studyPrint(features: readonly MixedFeature[]): string {
  return fingerprint(features.map(({ feature, mean, tau }) => [feature, mean, tau] as const));
}

/** Whether somebody on the page took the person. */
export function handOn(person: HandedPerson, page: Document = document): boolean {
  return !page.dispatchEvent(new CustomEvent(PERSON_EVENT, { detail: person, cancelable: true }));
}
