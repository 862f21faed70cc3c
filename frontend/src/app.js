import htmx from "htmx.org";

// Everything here only adds comfort: pages read and submit without script.
const cookie = (name) => (document.cookie.match("(?:^|; )" + name + "=([^;]*)") || [])[1];
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
document.body.addEventListener("htmx:configRequest", (event) => { event.detail.headers["X-CSRFToken"] = cookie("csrftoken") || ""; });

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

// Counters beside text fields: characters typed of characters allowed.
function count(field) {
  const out = document.getElementById(field.dataset.counter);
  if (!out) return;
  const length = [...field.value.trim()].length;
  out.textContent = `${length} / ${field.dataset.max}`;
  out.classList.toggle("over", length > Number(field.dataset.max));
}
document.querySelectorAll("[data-counter]").forEach((field) => { count(field); field.addEventListener("input", () => count(field)); });

// Autosave: sends only the fields that changed on this page; keeps them in the browser while the line is down, and sends them again.
function mark(form, name, text) {
  const field = [...form.elements].findLast((e) => e.name === name);
  const id = "auto-" + name;
  document.getElementById(id)?.remove();
  document.getElementById("e-" + name)?.remove();
  if (!field) return;
  field.classList.toggle("is-invalid", !!text);
  if (!text) { field.removeAttribute("aria-invalid"); field.removeAttribute("aria-describedby"); return; }
  const note = Object.assign(document.createElement("div"), { id, className: "invalid-feedback", textContent: text });
  (["radio", "checkbox"].includes(field.type) ? field.closest("fieldset") || field : field).after(note);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", id);
}
// Rows of a table: add, remove, move. Without script the same buttons send the page.
const rowsOf = (box) => [...box.querySelectorAll(":scope > [data-row]")];
const isBlank = (row) => ![...row.querySelectorAll("input, select, textarea")].some((e) => e.value.trim());
function renumber(box) {
  const code = box.dataset.rows;
  rowsOf(box).forEach((row, n) => {
    row.querySelector("[data-number]").textContent = n + 1;
    row.querySelectorAll("*").forEach((e) => ["name", "id", "for", "data-worked", "aria-describedby", "value"].forEach((key) => {
      const old = e.getAttribute(key);
      if (!old || (key === "value" && e.name !== "_row")) return;
      e.setAttribute(key, key === "value" ? old.replace(/\d+$/, n) : old.replace(new RegExp(`(^|[-])(${code})\\.\\d+\\.`), `$1$2.${n}.`));
    }));
  });
}
function addRow(box) {
  const rows = rowsOf(box);
  if (rows.length >= Number(box.dataset.most)) return null;
  const row = rows[rows.length - 1].cloneNode(true);
  row.querySelectorAll("input, select, textarea").forEach((e) => { e.value = ""; e.classList.remove("is-invalid"); });
  row.querySelectorAll(".invalid-feedback").forEach((e) => e.remove());
  row.querySelectorAll("[data-worked]").forEach((e) => { e.textContent = "—"; });
  rows[rows.length - 1].after(row);
  renumber(box);
  return row;
}
document.querySelectorAll("[data-rows]").forEach((box) => box.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=_row]");
  if (!button) return;
  event.preventDefault();
  const row = button.closest("[data-row]"), verb = button.value.split(":")[1];
  if (verb === "add") addRow(box)?.querySelector("input, select, textarea")?.focus();
  else if (verb === "remove") { if (rowsOf(box).length > 1) row.remove(); else row.querySelectorAll("input, select, textarea").forEach((e) => { e.value = ""; }); }
  else if (verb === "up" && row.previousElementSibling?.matches("[data-row]")) row.previousElementSibling.before(row);
  else if (verb === "down" && row.nextElementSibling?.matches("[data-row]")) row.nextElementSibling.after(row);
  renumber(box);
  if (verb !== "add") box.dispatchEvent(new CustomEvent("rowschange", { bubbles: true }));
}));

// What follows from the answers: questions that are asked or not, calculated values.
function showLive(live) {
  live.asked.forEach((code) => { const q = document.querySelector(`[data-question="${code}"]`); if (q) q.hidden = live.hidden.includes(code); });
  const put = (name, text) => document.querySelectorAll(`[data-worked="${name}"]`).forEach((e) => { e.textContent = text || "—"; });
  Object.entries(live.values).forEach(([name, text]) => put(name, text));
  Object.entries(live.rows).forEach(([code, rows]) => {
    const box = document.querySelector(`[data-rows="${code}"]`);
    if (!box) return;
    rowsOf(box).map((row, n) => [row, n]).filter(([row]) => !isBlank(row)).forEach(([, n], k) => Object.entries(rows[k] || {}).forEach(([c, text]) => put(`${code}.${n}.${c}`, text)));
  });
}

document.querySelectorAll("form[data-autosave]").forEach((form) => {
  const note = document.querySelector("[data-saved]");
  const key = "draft:2:" + location.pathname;
  let changed = new Set(), timer = null, busy = false;
  const say = (text, bad) => { if (note) { note.textContent = text; note.classList.toggle("bad", !!bad); } };
  // A name is that of one field, or that of a question whose controls belong together and are sent together.
  const isGroup = (name) => !!form.querySelector(`[data-question="${name}"] [data-rows]`);
  const fields = (name) => [...form.elements].filter((e) => e.name && e.tagName !== "BUTTON" && (e.name === name || (isGroup(name) && e.name.startsWith(name + "."))));
  const pairs = (name) => fields(name).filter((e) => !["checkbox", "radio"].includes(e.type) || e.checked).map((e) => [e.name, e.value]);
  const nameOf = (element) => { const group = element.closest("[data-question]"); return group && group.querySelector("[data-rows]") ? group.dataset.question : element.name; };
  const body = (names) => {
    const out = new URLSearchParams();
    names.forEach((n) => { out.append("_fields", n); pairs(n).forEach(([name, value]) => out.append(name, value)); });
    return out;
  };
  const keep = () => !form.hasAttribute("data-forget") && localStorage.setItem(key, JSON.stringify(Object.fromEntries([...changed].map((n) => [n, pairs(n)]))));
  const kept = JSON.parse(localStorage.getItem(key) || "null");
  if (kept) {
    for (const [name, values] of Object.entries(kept)) {
      const box = form.querySelector(`[data-rows="${name}"]`);
      if (box) { const most = Math.max(0, ...values.map(([n]) => Number(n.split(".")[1]) || 0)); while (rowsOf(box).length && rowsOf(box).length <= most && addRow(box)); }
      if (!fields(name).length) continue;
      for (const e of fields(name)) {
        const own = values.filter(([n]) => n === e.name).map(([, v]) => v);
        if (["checkbox", "radio"].includes(e.type)) e.checked = own.includes(e.value); else if (e.type !== "hidden") e.value = own[0] ?? "";
      }
      changed.add(name);
    }
    schedule(200);
  }
  function schedule(wait) { clearTimeout(timer); timer = setTimeout(send, wait); }
  async function send() {
    if (busy) { schedule(300); return; }
    if (!changed.size) return;
    busy = true;
    const names = [...changed];
    const sent = Object.fromEntries(names.map((n) => [n, JSON.stringify(pairs(n))]));
    try {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body: body(names), headers: { "X-CSRFToken": cookie("csrftoken") || "", "X-Autosave": "1" }, redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 403) { say(form.dataset.signedOut, true); return; }
      const told = await answer.json();
      const errors = told.errors || {};
      names.forEach((n) => {
        new Set([n, ...fields(n).map((e) => e.name)]).forEach((name) => mark(form, name, errors[name]));
        const bad = Object.keys(errors).some((name) => name === "_" || name === n || name.startsWith(n + "."));
        if (!bad && sent[n] === JSON.stringify(pairs(n))) changed.delete(n);
      });
      if (changed.size) keep(); else localStorage.removeItem(key);
      const texts = Object.values(errors);
      say(texts.length ? texts.join("；") : told.message, texts.length);
      if (told.live) showLive(told.live);
      if (told.rules !== undefined) { const box = document.getElementById("rules"); if (box) box.innerHTML = told.rules; }
    } catch { say(form.dataset.offline, true); keep(); schedule(5000); } finally { busy = false; }
  }
  const touched = (name) => { changed.add(name); keep(); schedule(1200); };
  form.addEventListener("input", (event) => { if (event.target.name && event.target.type !== "file") touched(nameOf(event.target)); });
  form.addEventListener("rowschange", (event) => touched(event.target.dataset.rows));
  form.addEventListener("submit", () => { changed.clear(); clearTimeout(timer); localStorage.removeItem(key); });
  addEventListener("online", () => schedule(100));
  // Leaving within the second after a keystroke: what is left goes out with the page.
  addEventListener("pagehide", () => {
    if (changed.size) fetch(form.dataset.autosave, { method: "POST", keepalive: true, body: body([...changed]), headers: { "X-CSRFToken": cookie("csrftoken") || "" } });
  });
});
document.querySelector(".is-invalid")?.focus();

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
document.querySelectorAll("[data-print]").forEach((b) => b.addEventListener("click", () => print()));
document.querySelectorAll("select[data-go]").forEach((s) => s.addEventListener("change", () => s.form.submit()));

// Keys for officers: j and k move between rows, Enter opens, "a" accepts, "r" goes to the reason codes.
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
