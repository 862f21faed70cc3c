// @ts-check
// Rows of a table: add, remove, move. Without script the same buttons send the page.
import { all, inputs, one, target } from "../dom.js";
import { closeCopies } from "../looked.js";

/** @typedef {{
 *   asked: string[],
 *   hidden: string[],
 *   values: Record<string, string>,
 *   rows: Record<string, Record<string, string>[]>,
 * }} Live What follows from the answers: which questions are asked, and calculated values. */

const NUMBERED = ["name", "id", "for", "data-worked", "data-counter", "aria-describedby", "value"];

/** @type {(box: HTMLElement) => HTMLElement[]} */
export const rowsOf = (box) => all(":scope > [data-row]", box);

/** @type {(row: HTMLElement) => boolean} */
const isBlank = (row) => !inputs(row).some((e) => e.value.trim());

/** An attribute of a control in row `n` of the table `code`; a button's value ends with its row.
 * @type {(name: string, value: string, code: string, n: number) => string} */
export function renumbered(name, value, code, n) {
  if (name === "value") return value.replace(/\d+$/, String(n));
  return value.replace(new RegExp(`(^|[-])(${code})\\.\\d+\\.`), `$1$2.${n}.`);
}

/** How many rows there are of how many there may be; at the most none can be added. @type {(box: HTMLElement) => void} */
function tellRows(box) {
  const note = one(`[data-rowcount="${box.dataset.rows}"]`);
  const most = Number(box.dataset.most);
  if (!note || !most) return;
  const filled = rowsOf(box).filter((row) => !isBlank(row)).length;
  note.textContent = `${filled} / ${most}`;
  note.classList.toggle("over", filled > most);
  const add = /** @type {HTMLButtonElement | null} */ (one(":scope > button[name=_row]", box));
  if (add) add.disabled = rowsOf(box).length >= most;
}

/** @type {(box: HTMLElement) => void} */
export function renumber(box) {
  tellRows(box);
  rowsOf(box).forEach((row, n) => {
    const number = one("[data-number]", row);
    if (number) number.textContent = String(n + 1);
    for (const e of all("*", row)) {
      for (const name of NUMBERED) {
        const old = e.getAttribute(name);
        if (!old || (name === "value" && e.getAttribute("name") !== "_row")) continue;
        e.setAttribute(name, renumbered(name, old, box.dataset.rows ?? "", n));
      }
    }
  });
}

/** @type {(row: HTMLElement) => void} */
function empty(row) {
  for (const e of inputs(row)) {
    e.value = "";
    e.classList.remove("is-invalid");
  }
  for (const e of all(".invalid-feedback", row)) e.remove();
  for (const e of all(".hw-count", row)) e.textContent = "";
  for (const e of all("[data-worked]", row)) e.textContent = "—";
}

/** Add an empty row at the end; null when there are as many as there may be. @type {(box: HTMLElement) => HTMLElement | null} */
export function addRow(box) {
  const last = rowsOf(box).at(-1);
  if (!last || rowsOf(box).length >= Number(box.dataset.most)) return null;
  const row = /** @type {HTMLElement} */ (last.cloneNode(true));
  closeCopies(row);
  empty(row);
  last.after(row);
  renumber(box);
  return row;
}

/** Add a row and go to its first control. @type {(box: HTMLElement) => void} */
function begin(box) {
  const row = addRow(box);
  const first = row && inputs(row)[0];
  if (first) first.focus();
}

/** Take a row away; the last one is emptied. @type {(box: HTMLElement, row: HTMLElement) => void} */
function remove(box, row) {
  if (rowsOf(box).length > 1) row.remove();
  else for (const e of inputs(row)) e.value = "";
}

/** @type {(box: HTMLElement, verb: string, row: HTMLElement | null) => void} */
function change(box, verb, row) {
  const [above, below] = [row?.previousElementSibling, row?.nextElementSibling];
  if (verb === "add") begin(box);
  if (row && verb === "remove") remove(box, row);
  if (row && verb === "up" && above?.matches("[data-row]")) above.before(row);
  if (row && verb === "down" && below?.matches("[data-row]")) below.after(row);
}

/** @type {(box: HTMLElement) => void} */
function enhance(box) {
  tellRows(box);
  box.addEventListener("input", () => tellRows(box));
  box.addEventListener("click", (event) => {
    const button = /** @type {HTMLButtonElement | null} */ (target(event).closest("button[name=_row]"));
    if (!button) return;
    event.preventDefault();
    const verb = button.value.split(":")[1];
    change(box, verb, button.closest("[data-row]"));
    renumber(box);
    if (verb !== "add") box.dispatchEvent(new CustomEvent("rowschange", { bubbles: true }));
  });
}

/** Show questions that are asked now, and what was calculated. @type {(live: Live) => void} */
export function showLive(live) {
  /** @type {(name: string, text?: string) => void} */
  const put = (name, text) => {
    for (const e of all(`[data-worked="${name}"]`)) e.textContent = text || "—";
  };
  for (const code of live.asked) {
    const question = one(`[data-question="${code}"]`);
    if (question) question.hidden = live.hidden.includes(code);
  }
  for (const [name, text] of Object.entries(live.values)) put(name, text);
  for (const [code, rows] of Object.entries(live.rows)) {
    const box = one(`[data-rows="${code}"]`);
    const places = box ? rowsOf(box).map((row, n) => ({ row, n })) : [];
    places
      .filter(({ row }) => !isBlank(row))
      .forEach(({ n }, k) => {
        for (const [column, text] of Object.entries(rows[k] ?? {})) put(`${code}.${n}.${column}`, text);
      });
  }
}

export function start() {
  all("[data-rows]").forEach(enhance);
}
