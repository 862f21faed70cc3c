// @ts-check
// Rows chosen for a bulk action: "all" and the number beside the button. The boxes may stand outside the form that they belong to.
import { all, forms, target } from "./dom.js";

/** @type {(form: HTMLFormElement) => HTMLInputElement[]} */
const ticks = (form) => [...form.elements].filter((e) => e instanceof HTMLInputElement).filter((e) => e.type === "checkbox");

/** @type {(form: HTMLFormElement) => void} */
function enhance(form) {
  const boxes = () => ticks(form).filter((e) => e.closest("tbody"));
  const every = ticks(form).find((e) => e.hasAttribute("data-all"));
  const show = () => {
    const chosen = boxes().filter((b) => b.checked).length;
    for (const place of all("[data-chosen]", form)) {
      place.textContent = String(chosen);
      const button = place.closest("button");
      if (button) button.disabled = !chosen && boxes().length > 0 && !form.hasAttribute("data-none");
    }
  };
  every?.addEventListener("change", () => {
    for (const box of boxes()) box.checked = every.checked;
    show();
  });
  document.addEventListener("change", (event) => {
    if (/** @type {HTMLInputElement} */ (target(event)).form === form) show();
  });
  show();
}

export function start() {
  forms("form[data-bulk]").forEach(enhance);
}
