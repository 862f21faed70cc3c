import htmx from "htmx.org";
import "./editor.js";
import { cookie } from "./cookie.js";

// Everything here only adds comfort: pages read and submit without script.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
document.body.addEventListener("htmx:configRequest", (event) => { event.detail.headers["X-CSRFToken"] = cookie("csrftoken") || ""; });
// The session is over: a part of a page is not replaced by the page for signing in.
document.body.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.xhr.responseURL?.includes("/accounts/login/")) event.detail.shouldSwap = false; });

// Theme: auto, light, dark, high contrast; kept in a cookie so that the server renders it.
const order = ["auto", "dark", "light", "contrast"];
function applyTheme(theme) {
  const dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
  document.documentElement.dataset.contrast = theme === "contrast" ? "high" : "";
}
applyTheme(cookie("theme") || "auto");
document.querySelectorAll("[data-theme-switch]").forEach((button) => button.addEventListener("click", () => {
  const next = order[(order.indexOf(cookie("theme") || "auto") + 1) % order.length];
  document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax`;
  button.title = next;
  applyTheme(next);
}));

// Attachments go up in chunks; after a lost connection, or in another tab with the same file, they go on where they stopped.
// Without script, or where the browser cannot compute digests, the form sends the file in one piece.
document.querySelectorAll("form[data-upload]").forEach((form) => {
  if (!window.crypto?.subtle) return;
  const bar = form.querySelector("progress"), note = form.querySelector("[data-upload-note]");
  const pause = (ms) => new Promise((go) => setTimeout(go, ms));
  const say = (text, bad) => { note.textContent = text || ""; note.classList.toggle("text-danger", !!bad); };
  const hex = (bytes) => [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, "0")).join("");
  // One step, repeated until the server answers; throws what the server refuses.
  async function step(method, url, body, headers = {}) {
    for (let wait = 1000; ; wait = Math.min(2 * wait, 15000)) {
      let answer;
      try {
        answer = await fetch(url, { method, body, headers: { "X-CSRFToken": cookie("csrftoken") || "", ...headers }, redirect: "manual" });
      } catch { answer = null; }
      if (answer && (answer.type === "opaqueredirect" || answer.status === 403)) throw new Error(form.dataset.signedOut);
      if (answer && answer.status < 500) {
        const told = await answer.json().catch(() => ({}));
        if (answer.ok || answer.status === 409) return told;
        throw new Error((told.errors || []).map((e) => e.text).join("；") || answer.statusText);
      }
      say(form.dataset.offline, true);
      await pause(wait);
    }
  }
  async function send(kind, file) {
    const sha256 = hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    const begun = await step("POST", form.dataset.upload, new URLSearchParams({ kind, name: file.name, size: file.size, sha256 }));
    let at = begun.offset;
    while (at < file.size) {
      at = (await step("PUT", begun.url, file.slice(at, at + begun.chunk), { "Upload-Offset": at })).offset;
      bar.value = 100 * at / file.size;
      say(`${file.name} ${Math.round(bar.value)}%`);
    }
    await step("POST", begun.url + "finish/");
  }
  form.addEventListener("submit", async (event) => {
    const input = form.querySelector("input[type=file]"), button = form.querySelector("button"), file = input.files[0];
    if (!file) return;
    event.preventDefault();
    if (file.size > Number(form.dataset.limit)) { say(form.dataset.large, true); return; }
    button.disabled = true;
    bar.value = 0;
    bar.classList.remove("d-none");
    try {
      await send(form.elements.kind.value, file);
      say("");
      input.value = "";
    } catch (error) { say(error.message, true); }
    bar.classList.add("d-none");
    button.disabled = false;
    htmx.ajax("GET", form.dataset.list, { target: "#attachments", swap: "outerHTML" });
  });
});

// Rows chosen for a bulk action: "all" and the number beside the button. The boxes may stand outside the form that they belong to.
document.querySelectorAll("form[data-bulk]").forEach((form) => {
  const boxes = () => [...form.elements].filter((e) => e.type === "checkbox" && e.closest("tbody"));
  const all = [...form.elements].find((e) => e.hasAttribute("data-all"));
  const show = () => form.querySelectorAll("[data-chosen]").forEach((e) => { const n = boxes().filter((b) => b.checked).length; e.textContent = n; const button = e.closest("button"); if (button) button.disabled = !n && boxes().length > 0 && !form.hasAttribute("data-none"); });
  all && all.addEventListener("change", () => { boxes().forEach((b) => { b.checked = all.checked; }); show(); });
  document.addEventListener("change", (event) => { if (event.target.form === form) show(); });
  show();
});

// A second look before what cannot be undone.
document.addEventListener("submit", (event) => {
  const text = event.submitter?.dataset.confirm || event.target.dataset.confirm;
  const when = event.submitter?.dataset.confirmWhen; // nothing chosen: the server says so, there is nothing to confirm
  if (text && (!when || event.target.querySelector(when)) && !confirm(text)) event.preventDefault();
}, true);

// A search box that narrows a list of choices on the page; what is ticked stays ticked.
document.querySelectorAll("input[data-narrow]").forEach((box) => box.addEventListener("input", () => {
  const wanted = box.value.trim().toLowerCase();
  document.querySelectorAll(box.dataset.narrow).forEach((e) => e.classList.toggle("d-none", !!wanted && !e.textContent.toLowerCase().includes(wanted)));
}));
document.querySelectorAll("[data-copy]").forEach((b) => {
  b.classList.remove("d-none");
  b.addEventListener("click", async () => { await navigator.clipboard.writeText(document.querySelector(b.dataset.copy).textContent.trim()); b.textContent = b.dataset.copied; });
});
document.querySelectorAll("[data-print]").forEach((b) => b.addEventListener("click", () => print()));
document.querySelectorAll("select[data-go]").forEach((s) => s.addEventListener("change", () => s.form.submit()));

// Keys for officers: j and k move between rows, Enter opens, "a" accepts, "r" refuses, n and p go to the next and the previous one.
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = document.querySelector(`[data-key="${event.key}"]`);
  if (key) { event.preventDefault(); key.matches("button, a") ? key.click() : key.focus(); return; }
  if (event.key === "/") { const box = document.querySelector("input[type=search]"); if (box) { event.preventDefault(); box.focus(); } }
  if (!["j", "k"].includes(event.key)) return;
  const links = [...document.querySelectorAll(".hw-table tbody td a")].filter((a, n, list) => list.findIndex((b) => b.closest("tr") === a.closest("tr")) === n);
  const at = links.indexOf(document.activeElement);
  links[Math.max(0, Math.min(links.length - 1, at + (event.key === "j" ? 1 : -1)))]?.focus();
});
