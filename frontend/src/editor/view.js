// @ts-check
// The page that somebody writes on: its fields, what they hold, and what is shown beside them.
import { all, controls, isOn, isTick, one, target } from "../dom.js";
import * as looked from "../looked.js";
import { caretMove, rowsNeeded } from "./merge.js";
import { addRow, renumber, rowsOf } from "./rows.js";

/** @typedef {import("../dom.js").Control} Control */
/** @typedef {import("./merge.js").Pair} Pair */

const CELLS_SHOW_FROM = 0.7;
const LABEL_CHARS = 40;

/** Characters typed of characters allowed. Cells have little room: they say it when it matters. @type {(field: Control) => void} */
function count(field) {
  const out = document.getElementById(field.dataset.counter ?? "");
  if (!out) return;
  const length = [...field.value.trim()].length;
  const most = Number(field.dataset.max);
  const shows = !field.closest("[data-row]") || length > CELLS_SHOW_FROM * most;
  out.textContent = shows ? `${length} / ${most}` : "";
  out.classList.toggle("over", length > most);
}

/** Counters listen above the fields, so that new rows count too. */
export function startCounters() {
  for (const field of all("[data-counter]")) count(/** @type {Control} */ (field));
  document.addEventListener("input", (event) => {
    if (target(event).dataset?.counter) count(/** @type {Control} */ (target(event)));
  });
}

/** Put another text into a control; who is typing in it keeps the place. @type {(field: Control, text: string) => void} */
function put(field, text) {
  if (field.value === text) return;
  if (field instanceof HTMLInputElement && field.dataset.lookup) {
    looked.put(field, text);
    return;
  }
  const old = field.value;
  const line = field instanceof HTMLSelectElement || typeof field.selectionStart !== "number" ? null : field;
  const [start, end] = [line?.selectionStart ?? 0, line?.selectionEnd ?? 0];
  const typing = document.activeElement === field;
  field.value = text;
  if (field.dataset.counter) count(field);
  if (!line || !typing) return;
  const moved = caretMove(old, text);
  line.setSelectionRange(moved(start), moved(end));
}

/** Give a table that has rows as many as needed, one at least. @type {(box: HTMLElement, need: number) => void} */
function resize(box, need) {
  if (!rowsOf(box).length) return;
  while (rowsOf(box).length < need && addRow(box));
  while (rowsOf(box).length > Math.max(1, need)) rowsOf(box).at(-1)?.remove();
}

/** What a note on a field stands behind. @type {(field: Control) => HTMLElement} */
const noteAfter = (field) => (isTick(field) ? field.closest("fieldset") : null) ?? looked.shownFor(field);

/** @param {HTMLFormElement} form */
export function view(form) {
  const told = form.dataset;
  const saved = one("[data-saved]");

  /** A name is that of one field, or that of a question whose controls belong together and are sent together.
   * @type {(name: string) => boolean} */
  const isGroup = (name) => !!form.querySelector(`[data-question="${name}"] [data-rows]`);

  /** @type {(name: string) => Control[]} */
  function fields(name) {
    const whole = isGroup(name);
    return controls(form).filter((e) => e.name === name || (whole && e.name.startsWith(`${name}.`)));
  }

  /** @type {(name: string) => Pair[]} */
  const pairs = (name) =>
    fields(name)
      .filter((e) => !isTick(e) || isOn(e))
      .map((e) => [e.name, e.value]);

  /** @type {(element: Control) => string} */
  function nameOf(element) {
    const question = /** @type {HTMLElement | null} */ (element.closest("[data-question]"));
    return question?.querySelector("[data-rows]") ? (question.dataset.question ?? "") : element.name;
  }

  /** The line above the form stands far from the field: it says which one is meant. @type {(name: string) => string} */
  function labelled(name) {
    const field = controls(form).findLast((e) => e.name === name && !isTick(e) && e.type !== "hidden");
    if (!field) return "";
    const label = /** @type {Control} */ (looked.focusedFor(field)).labels?.[0];
    const text = (field.getAttribute("aria-label") || label?.textContent || "").trim().replace(/\s+/g, " ");
    return text ? `${text.slice(0, LABEL_CHARS)}：` : "";
  }

  /** @type {(text: string, bad?: boolean, link?: boolean) => void} */
  function say(text, bad = false, link = false) {
    if (!saved) return;
    saved.textContent = text;
    saved.classList.toggle("bad", bad);
    if (!link) return;
    const signIn = { href: told.login ?? "", target: "_blank", rel: "noopener", textContent: told.signIn ?? "" };
    saved.append(" ", Object.assign(document.createElement("a"), signIn));
  }

  /** Tie a control to the element that says what is wrong, in place of `former` ones; its help stays tied. @type {(e: Element, ids: string[], former: string[]) => void} */
  function describe(e, ids, former) {
    const others = (e.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && !former.includes(id));
    const all = [...ids, ...others].join(" ");
    if (all) e.setAttribute("aria-describedby", all);
    else e.removeAttribute("aria-describedby");
    if (ids.length) e.setAttribute("aria-invalid", "true");
    else e.removeAttribute("aria-invalid");
  }

  /** Say beside a field why it was refused; without a text, that it is not. @type {(name: string, text?: string) => void} */
  function mark(name, text) {
    const field = controls(form).findLast((e) => e.name === name);
    const id = `auto-${name}`;
    document.getElementById(id)?.remove();
    document.getElementById(`e-${name}`)?.remove();
    if (!field) return;
    for (const e of new Set([field, looked.shownFor(field)])) e.classList.toggle("is-invalid", !!text);
    for (const e of new Set([field, looked.focusedFor(field)])) describe(e, text ? [id] : [], [id, `e-${name}`]);
    const note = { id, className: "invalid-feedback", textContent: text ?? "" };
    if (text) noteAfter(field).after(Object.assign(document.createElement("div"), note));
  }

  /** Show what a field holds now: as many rows, and each control. @type {(name: string, list: Pair[]) => void} */
  function show(name, list) {
    const box = one(`[data-rows="${name}"]`, form);
    if (box) resize(box, rowsNeeded(list));
    for (const field of fields(name)) {
      const own = list.filter(([n]) => n === field.name).map(([, value]) => value);
      if (isTick(field)) /** @type {HTMLInputElement} */ (field).checked = own.includes(field.value);
      else if (field.type !== "hidden") put(field, own[0] ?? "");
    }
    if (box) renumber(box);
  }

  /** Show beside a field whose words were kept by a version of their own. @type {(name: string, html: string) => void} */
  function notice(name, html) {
    const place = one(`[data-notice="${name}"]`, form) ?? document.createElement("div");
    place.dataset.notice = name;
    place.innerHTML = html;
    const field = fields(name).findLast((e) => e.type !== "hidden");
    if (place.isConnected || !field) return;
    const question = isGroup(name) ? one(`[data-question="${name}"]`, form) : null;
    (question ?? field.closest("fieldset") ?? looked.shownFor(field)).after(place);
  }

  return {
    fields,
    pairs,
    nameOf,
    labelled,
    say,
    mark,
    show,
    notice,
    /** Every field; what has a name that begins with "_" is the page's own. */
    names: () =>
      new Set(
        controls(form)
          .filter((e) => !/^(_|csrf)/.test(e.name))
          .map(nameOf),
      ),
    /** @type {(name: string) => Pair[] | null} */
    held: (name) => (fields(name).length ? pairs(name) : null),
    /** @type {(name: string) => boolean} */
    isRefused: (name) => fields(name).some((e) => e.classList.contains("is-invalid")),
  };
}
