// @ts-check
// What every module asks of the page.

/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Control */

/** @type {(selector: string, root?: ParentNode) => HTMLElement[]} */
export const all = (selector, root = document) => [...root.querySelectorAll(selector)].map(element);

/** @type {(selector: string, root?: ParentNode) => HTMLElement | null} */
export const one = (selector, root = document) => root.querySelector(selector);

/** @type {(node: Element) => HTMLElement} */
const element = (node) => /** @type {HTMLElement} */ (node);

/** @type {(selector: string) => HTMLFormElement[]} */
export const forms = (selector) => [...document.querySelectorAll(selector)].map((form) => /** @type {HTMLFormElement} */ (form));

/** The element at which something happened. @type {(event: Event) => HTMLElement} */
export const target = (event) => /** @type {HTMLElement} */ (event.target);

/** Controls that somebody fills in, inside an element. @type {(root: ParentNode) => Control[]} */
export const inputs = (root) => all("input, select, textarea", root).map((e) => /** @type {Control} */ (e));

/** What a form sends, also from controls outside it that belong to it; its buttons are no part of it.
 * @type {(form: HTMLFormElement) => Control[]} */
export const controls = (form) =>
  [...form.elements].map((e) => /** @type {Control} */ (e)).filter((e) => e.name && e.tagName !== "BUTTON");

/** @type {(control: Control) => boolean} */
export const isTick = (control) => ["checkbox", "radio"].includes(control.type);

/** @type {(control: Control) => boolean} */
export const isOn = (control) => control instanceof HTMLInputElement && control.checked;
