// @ts-check
// Attachments go up in chunks; after a lost connection, or in another tab with the same file, they go on where they stopped.
// Without script, or where the browser cannot compute digests, the form sends the file in one piece.
import htmx from "htmx.org";
import { cookie } from "./cookie.js";
import { forms } from "./dom.js";
import { hex, pause, persist } from "./persist.js";

/** @typedef {import("./persist.js").Step} Step */

/** @type {(form: HTMLFormElement) => void} */
function enhance(form) {
  const bar = /** @type {HTMLProgressElement} */ (form.querySelector("progress"));
  const note = /** @type {HTMLElement} */ (form.querySelector("[data-upload-note]"));
  const input = /** @type {HTMLInputElement} */ (form.querySelector("input[type=file]"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  const told = form.dataset;

  /** @type {(text?: string, bad?: boolean) => void} */
  const say = (text = "", bad = false) => {
    note.textContent = text;
    note.classList.toggle("text-danger", bad);
  };
  /** @type {(step: Step) => Promise<any>} */
  const persisted = (step) =>
    persist(step, {
      fetch: fetch.bind(window),
      pause,
      offline: () => say(told.offline, true),
      signedOut: told.signedOut ?? "",
      token: cookie("csrftoken"),
    });

  /** @type {(kind: string, file: File) => Promise<void>} */
  async function send(kind, file) {
    const sha256 = hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    const about = new URLSearchParams({ kind, name: file.name, size: String(file.size), sha256 });
    const begun = await persisted({ method: "POST", url: told.upload ?? "", body: about });
    for (let at = begun.offset; at < file.size; ) {
      const body = file.slice(at, at + begun.chunk);
      at = (await persisted({ method: "PUT", url: begun.url, body, headers: { "Upload-Offset": String(at) } })).offset;
      bar.value = (100 * at) / file.size;
      say(`${file.name} ${Math.round(bar.value)}%`);
    }
    await persisted({ method: "POST", url: `${begun.url}finish/` });
  }

  form.addEventListener("submit", async (event) => {
    const file = input.files?.[0];
    if (!file) return;
    event.preventDefault();
    if (file.size > Number(told.limit)) {
      say(told.large, true);
      return;
    }
    button.disabled = true;
    bar.value = 0;
    bar.classList.remove("d-none");
    try {
      await send(/** @type {HTMLSelectElement} */ (form.elements.namedItem("kind")).value, file);
      say();
      input.value = "";
    } catch (error) {
      say(/** @type {Error} */ (error).message, true);
    }
    bar.classList.add("d-none");
    button.disabled = false;
    htmx.ajax("get", told.list ?? "", { target: "#attachments", swap: "outerHTML" });
  });
}

export function start() {
  if (window.crypto?.subtle) forms("form[data-upload]").forEach(enhance);
}
