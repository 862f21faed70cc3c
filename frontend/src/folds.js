// @ts-check
// One link opens or closes all folds of its group in place; without script it asks for the page with all of them open.
import { all } from "./dom.js";

/** @type {(link: HTMLElement) => void} */
function together(link) {
  const folds = () => /** @type {HTMLDetailsElement[]} */ (all("details", link.parentElement ?? document));
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const open = folds().some((fold) => !fold.open);
    for (const fold of folds()) fold.open = open;
  });
  const words = [link.textContent?.trim() ?? "", link.dataset.other ?? ""];
  const [unfold, fold] = new URLSearchParams(location.search).get("folds") === "open" ? words.reverse() : words;
  /** The word says what the link does next. */
  const name = () => {
    link.textContent = folds().some((one) => !one.open) ? unfold : fold;
  };
  link.parentElement?.addEventListener("toggle", name, true);
  name();
}

export function start() {
  all("[data-folds]").forEach(together);
}
