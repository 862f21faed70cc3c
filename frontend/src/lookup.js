// @ts-check
// Look-ups: while somebody types, an input offers what the server finds. The input is a plain line of text until it has the focus, and
// again afterwards: rows can be copied, merged words put in and forms sent without knowing of it.
import TomSelect from "tom-select/base";
import restoreOnBackspace from "tom-select/plugins/restore_on_backspace/plugin.js";
import { target } from "./dom.js";
import { openIn } from "./looked.js";

TomSelect.define("restore_on_backspace", restoreOnBackspace);

/** @typedef {{ value: string, text?: string, note?: string }} Option */
/** @typedef {{ options: Option[], told: string }} Answer */
/** @typedef {import("./looked.js").Looked} Looked */

/** The address to ask for what was typed. @type {(address: string, text: string) => string} */
export const question = (address, text) => `${address}?${new URLSearchParams({ q: text.trim() })}`;

/** Say to a screen reader how many there are, and show it below the options. @type {(select: TomSelect, text: string) => void} */
function tell(select, text) {
  let place = select.wrapper.querySelector("[role=status]");
  if (!place) {
    place = Object.assign(document.createElement("div"), { className: "visually-hidden" });
    place.setAttribute("role", "status");
    select.wrapper.append(place);
  }
  place.textContent = text;
}

/** One line of the list. @type {(className: string, text: string, note?: string) => HTMLElement} */
function line(className, text, note = "") {
  const out = Object.assign(document.createElement("div"), { className, textContent: text });
  if (note) out.append(" ", Object.assign(document.createElement("small"), { textContent: note }));
  return out;
}

/** @type {(input: Looked, clicked: boolean) => void} */
function open(input, clicked) {
  let told = "";
  const select = new TomSelect(input, {
    plugins: ["restore_on_backspace"],
    maxItems: 1,
    create: true,
    createOnBlur: true,
    persist: false,
    hideSelected: true, // else Enter would choose anew what is there already
    selectOnTab: false,
    closeAfterSelect: true,
    openOnFocus: false, // what is said beside the field stays in sight until somebody types, clicks or asks by the arrow key
    delimiter: "\n",
    labelField: "value",
    placeholder: input.placeholder || " ",
    searchField: [], // the server has searched
    score: () => () => 1,
    sortField: [{ field: "$order" }],
    load: (/** @type {string} */ text, /** @type {(options: Option[], groups: []) => void} */ show) => {
      fetch(question(input.dataset.lookup ?? "", text), { headers: { Accept: "application/json" }, redirect: "manual" })
        .then((answer) => /** @type {Promise<Answer>} */ (answer.json()))
        .then((answer) => {
          const typed = select.inputValue();
          if (typed !== text) {
            select.loading -= 1; // somebody has typed on, or chosen meanwhile: what is shown and marked stays
            return;
          }
          told = answer.told;
          select.clearOptions((option) => select.items.includes(option.value));
          show(answer.options, []);
          tell(select, told);
        })
        .catch(() => show([], [])); // without an answer it is a line of text
    },
    shouldLoad: () => true,
    render: {
      option: (/** @type {Option} */ option) => line("", option.text ?? option.value, option.note),
      item: (/** @type {Option} */ option) => line("", option.value),
      option_create: (/** @type {{ input: string }} */ data) => line("create", (input.dataset.lookupAs ?? "") + data.input),
      no_results: () => line("no-results", told),
      loading: () => line("spinner", ""),
    },
  });
  for (const name of ["aria-describedby", "aria-invalid", "aria-required"]) {
    const value = input.getAttribute(name);
    if (value) select.control_input.setAttribute(name, value);
  }
  input.setAttribute("aria-hidden", "true"); // the combobox stands for it
  select.on("blur", () => afterPress(() => close(input, select)));
  select.control_input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && !select.inputValue()) select.preload();
  });
  select.control_input.focus();
  if (clicked) select.preload();
}

/** Whether a pointer is held down, and where it went down. @type {{ held: boolean, on: EventTarget | null }} */
const press = { held: false, on: null };

/** Do something once the pointer is up: a button that moves while it is pressed misses its click. @type {(work: () => void) => void} */
function afterPress(work) {
  if (press.held) document.addEventListener("pointerup", () => setTimeout(work), { once: true });
  else work();
}

/** @type {(input: Looked, select: TomSelect) => void} */
function close(input, select) {
  if (openIn(input) !== select || select.isFocused) return; // gone already, or come back to
  const label = document.querySelector(`label[for="${CSS.escape(select.control_input.id)}"]`);
  select.destroy();
  input.removeAttribute("aria-hidden");
  label?.setAttribute("for", input.id);
}

export function start() {
  document.addEventListener("pointerdown", (event) => Object.assign(press, { held: true, on: event.target }), true);
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => Object.assign(press, { held: false }), true);
  }
  document.addEventListener("focusin", (event) => {
    const input = target(event);
    if (input instanceof HTMLInputElement && input.dataset.lookup && !openIn(input)) open(input, input === press.on);
    press.on = null;
  });
}
