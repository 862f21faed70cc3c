// @ts-check
// Keys for officers: j and k move between rows, Enter opens, "a" accepts, "r" refuses, n and p go to the next and the previous one.
import { all, one, target } from "./dom.js";

/** The place after a step from `at` in a list of `count`; the ends stay. @type {(at: number, step: number, count: number) => number} */
export const stepped = (at, step, count) => Math.max(0, Math.min(count - 1, at + step));

/** The first link of every row. */
function links() {
  const rows = new Map();
  for (const link of all(".hw-table tbody td a")) {
    const row = link.closest("tr");
    if (!rows.has(row)) rows.set(row, link);
  }
  return /** @type {HTMLElement[]} */ ([...rows.values()]);
}

/** @type {(event: KeyboardEvent) => void} */
function press(event) {
  if (target(event).closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  const marked = one(`[data-key="${CSS.escape(event.key)}"]`);
  if (marked) {
    event.preventDefault();
    if (marked.matches("button, a")) marked.click();
    else marked.focus();
    return;
  }
  const search = event.key === "/" ? one("input[type=search]") : null;
  if (search) {
    event.preventDefault();
    search.focus();
  }
  if (event.key !== "j" && event.key !== "k") return;
  const places = links();
  const at = places.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  places[stepped(at, event.key === "j" ? 1 : -1, places.length)]?.focus();
}

export function start() {
  document.addEventListener("keydown", press);
}
