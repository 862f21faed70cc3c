// @ts-check
// A table that is wider than its box can be reached and moved with the keyboard; one that fits is no stop on the way.
import { all } from "./dom.js";

/** @type {(box: HTMLElement) => void} */
function look(box) {
  const wide = box.scrollWidth > box.clientWidth;
  for (const [name, value] of [
    ["tabindex", "0"],
    ["role", "group"],
    ["aria-label", box.dataset.scroll ?? ""],
  ]) {
    if (wide) box.setAttribute(name, value);
    else box.removeAttribute(name);
  }
}

export function start() {
  const boxes = new ResizeObserver((entries) => {
    for (const entry of entries) look(/** @type {HTMLElement} */ (entry.target));
  });
  for (const box of all("[data-scroll]")) boxes.observe(box);
}
