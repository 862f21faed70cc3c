// @ts-check
// Small comforts of a page: a second look, a list that narrows, copying, printing, a filter that goes at once.
import { all, one, target } from "./dom.js";

/** A second look before what cannot be undone. @type {(event: SubmitEvent) => void} */
function confirmed(event) {
  const form = target(event);
  const text = event.submitter?.dataset.confirm || form.dataset.confirm;
  const when = event.submitter?.dataset.confirmWhen; // nothing chosen: the server says so, there is nothing to confirm
  if (text && (!when || form.querySelector(when)) && !confirm(text)) event.preventDefault();
}

/** Narrow a list of choices on the page; what is ticked stays ticked. @type {(box: HTMLInputElement) => void} */
function narrow(box) {
  const wanted = box.value.trim().toLowerCase();
  for (const place of all(box.dataset.narrow ?? "")) {
    place.classList.toggle("d-none", !!wanted && !place.textContent?.toLowerCase().includes(wanted));
  }
}

/** @type {(button: HTMLElement) => void} */
function copies(button) {
  button.classList.remove("d-none");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(one(button.dataset.copy ?? "")?.textContent?.trim() ?? "");
    button.textContent = button.dataset.copied ?? "";
  });
}

export function start() {
  document.addEventListener("submit", confirmed, true);
  for (const box of all("input[data-narrow]")) {
    box.addEventListener("input", () => narrow(/** @type {HTMLInputElement} */ (box)));
  }
  all("[data-copy]").forEach(copies);
  for (const button of all("[data-print]")) button.addEventListener("click", () => print());
  document.addEventListener("change", (event) => {
    if (target(event).matches("[data-go]")) /** @type {HTMLInputElement} */ (target(event)).form?.requestSubmit();
  });
}
