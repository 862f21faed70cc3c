// @ts-check
// What the rest of a page has to know of a look-up that is open in an input: its place, its focus, its text, its copies.
import { all } from "./dom.js";

/** @typedef {import("tom-select/base").default} Select */
/** @typedef {HTMLInputElement & { tomselect?: Select }} Looked */

/** The look-up that is open in an input, if one is. @type {(input: Element) => Select | undefined} */
export const openIn = (input) => /** @type {Looked} */ (input).tomselect;

/** Where the note on an input goes: behind what is shown in its place. @type {(input: HTMLElement) => HTMLElement} */
export const shownFor = (input) => openIn(input)?.wrapper ?? input;

/** What has the focus, or gets it, in place of an input. @type {(input: HTMLElement) => HTMLElement} */
export const focusedFor = (input) => openIn(input)?.control_input ?? input;

/** Put another text into an input, also while its look-up is open. @type {(input: HTMLInputElement, text: string) => void} */
export function put(input, text) {
  const select = openIn(input);
  input.value = text;
  if (!select) return;
  if (text) select.addOption({ value: text });
  select.setValue(text, true);
}

/** Make the copy of a row plain again: look-ups that were open in the row are not in its copy. @type {(row: HTMLElement) => void} */
export function closeCopies(row) {
  for (const copy of all(".ts-wrapper", row)) copy.remove();
  for (const label of all("label[for$='-ts-control']", row))
    label.setAttribute("for", (label.getAttribute("for") ?? "").slice(0, -"-ts-control".length));
  for (const input of all("input.tomselected", row)) {
    input.classList.remove("tomselected", "ts-hidden-accessible");
    input.removeAttribute("tabindex");
    input.removeAttribute("aria-hidden");
  }
}
