import { cookie } from "./cookie.js";
import * as unsent from "./unsent.js";
import { addRow, renumber, rowsOf, showLive } from "./rows.js";

// Counters beside text fields: characters typed of characters allowed. Listens above the fields, so that new rows count too.
export function count(field) {
  const out = document.getElementById(field.dataset.counter);
  if (!out) return;
  const length = [...field.value.trim()].length, most = Number(field.dataset.max);
  out.textContent = !field.closest("[data-row]") || length > 0.7 * most ? `${length} / ${most}` : ""; // cells have little room
  out.classList.toggle("over", length > most);
}
document.querySelectorAll("[data-counter]").forEach(count);
document.addEventListener("input", (event) => { if (event.target.dataset?.counter) count(event.target); });

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

// Put another text into a control; who is typing in it keeps the place.
function put(field, text) {
  if (field.value === text) return;
  const old = field.value, typing = document.activeElement === field && typeof field.selectionStart === "number";
  let [start, end] = typing ? [field.selectionStart, field.selectionEnd] : [0, 0];
  field.value = text;
  if (field.dataset.counter) count(field);
  if (!typing) return;
  let head = 0, tail = 0;
  while (head < Math.min(old.length, text.length) && old[head] === text[head]) head++;
  while (tail < Math.min(old.length, text.length) - head && old[old.length - 1 - tail] === text[text.length - 1 - tail]) tail++;
  const moved = (at) => (at <= head ? at : at >= old.length - tail ? at + text.length - old.length : Math.min(at, text.length));
  field.setSelectionRange(moved(start), moved(end));
}

// Autosave: sends only what changed on this page, with what its writer had seen before (`base`), so that the server can merge what
// two people write; keeps unsent changes in the browser, also over a closed tab, and sends them again.
document.querySelectorAll("form[data-autosave]").forEach((form) => {
  const note = document.querySelector("[data-saved]"), told = form.dataset;
  const base = JSON.parse(form.elements._base?.value || "{}");
  const changed = new Set(), box = unsent.open(told.account, told.application);
  let timer = null, busy = false, again = null, revision = told.revision;
  function say(text, bad, link) {
    if (!note) return;
    note.textContent = text;
    note.classList.toggle("bad", !!bad);
    if (link) note.append(" ", Object.assign(document.createElement("a"), { href: told.login, target: "_blank", rel: "noopener", textContent: told.signIn }));
  }
  // The line above the form stands far from the field: it says which one is meant.
  function labelled(name) {
    const field = [...form.elements].findLast((e) => e.name === name && !["radio", "checkbox", "hidden"].includes(e.type));
    const label = (field?.getAttribute("aria-label") || field?.labels?.[0]?.textContent || "").trim().replace(/\s+/g, " ");
    return label ? label.slice(0, 40) + "：" : "";
  }
  // A name is that of one field, or that of a question whose controls belong together and are sent together.
  const isGroup = (name) => !!form.querySelector(`[data-question="${name}"] [data-rows]`);
  const fields = (name) => [...form.elements].filter((e) => e.name && e.tagName !== "BUTTON" && (e.name === name || (isGroup(name) && e.name.startsWith(name + "."))));
  const pairs = (name) => fields(name).filter((e) => !["checkbox", "radio"].includes(e.type) || e.checked).map((e) => [e.name, e.value]);
  const nameOf = (element) => { const group = element.closest("[data-question]"); return group && group.querySelector("[data-rows]") ? group.dataset.question : element.name; };
  const filled = (list) => JSON.stringify(list.filter(([, value]) => value !== ""));
  const same = (a, b) => filled(a) === filled(b);
  const headers = () => ({ "X-CSRFToken": cookie("csrftoken") || "", "X-Autosave": "1", ...(told.account ? { "X-Account": told.account } : {}) });
  const known = () => Object.fromEntries([...changed].map((n) => [n, { pairs: pairs(n), base: base[n] }]));
  // A form that nothing is stored of is judged as a whole.
  const names = () => new Set([...form.elements].filter((e) => e.name && e.tagName !== "BUTTON" && !/^(_|csrf)/.test(e.name)).map(nameOf));
  const whole = () => Object.fromEntries([...names()].map((n) => [n, { pairs: pairs(n) }]));
  function body(parcel) {
    const out = new URLSearchParams();
    for (const [name, { pairs: list }] of Object.entries(parcel)) { out.append("_fields", name); list.forEach(([n, value]) => out.append(n, value)); }
    out.append("_base", JSON.stringify(Object.fromEntries(Object.entries(parcel).filter(([, p]) => p.base !== undefined).map(([n, p]) => [n, p.base]))));
    if (told.section) { out.append("_section", told.section); out.append("_revision", revision); }
    return out;
  }
  function show(name, list) {
    const rows = form.querySelector(`[data-rows="${name}"]`);
    if (rows && rowsOf(rows).length) {
      const need = Math.max(0, ...list.map(([n]) => Number(n.split(".")[1]) + 1 || 0));
      while (rowsOf(rows).length < need && addRow(rows));
      while (rowsOf(rows).length > Math.max(1, need)) rowsOf(rows).pop().remove();
    }
    for (const e of fields(name)) {
      const own = list.filter(([n]) => n === e.name).map(([, value]) => value);
      if (["checkbox", "radio"].includes(e.type)) e.checked = own.includes(e.value); else if (e.type !== "hidden") put(e, own[0] ?? "");
    }
    if (rows) renumber(rows);
  }
  const keep = () => { if (!box.put(known())) say(told.full, true); };
  function schedule(wait) { clearTimeout(timer); timer = setTimeout(send, wait); }
  async function send() {
    if (busy) { schedule(300); return; }
    if (!changed.size && !again) return;
    busy = true;
    // What was sent without an answer is sent as it was first: the server may have it already, and must not take it for another's words.
    const parcel = again || (told.whole === undefined ? known() : whole());
    let wait = 0;
    try {
      again = parcel;
      const answer = await fetch(told.autosave, { method: "POST", body: body(parcel), headers: headers(), redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 403) { say(told.signedOut, true, true); wait = 15000; return; }
      if (answer.status === 409) { say(told.other, true, true); wait = 15000; return; }
      if (answer.status >= 500) { say(told.failed, true); wait = 10000; return; }
      if (!answer.ok) { again = null; say(told.refused || told.offline, true); return; }
      take(parcel, await answer.json());
      again = null;
      if (changed.size) wait = 1200;
    } catch { say(told.offline, true); wait = 5000; } finally { busy = false; keep(); if (wait) schedule(wait); }
  }
  // What the server says of what was sent, and of what others have changed meanwhile.
  function take(parcel, answer) {
    const errors = answer.errors || {};
    for (const [name, { pairs: list }] of Object.entries(parcel)) {
      new Set([name, ...fields(name).map((e) => e.name)]).forEach((n) => mark(form, n, errors[n]));
      const bad = Object.keys(errors).some((n) => n === "_" || n === name || n.startsWith(name + "."));
      if (!bad && same(list, pairs(name))) changed.delete(name);
      if (!bad) box.drop(name);
    }
    let merged = false;
    for (const [name, news] of Object.entries(answer.fields || {})) {
      const before = JSON.stringify(base[name] ?? null), open = changed.has(name);
      base[name] = open && news.sent !== undefined ? news.sent : open && !(name in parcel) ? base[name] : news.base;
      if (!open && news.pairs && fields(name).length && (news.sent !== undefined || before !== JSON.stringify(news.base)) && !same(news.pairs, pairs(name))) { show(name, news.pairs); merged = true; }
      if (news.clash) notice(name, news.clash);
    }
    revision = answer.revision ?? revision;
    const texts = Object.entries(errors).map(([n, text]) => labelled(n) + text);
    say(texts.length ? texts.join("；") : answer.message + (merged ? "，" + told.merged : ""), texts.length);
    const size = document.querySelector("[data-size]");
    if (size && answer.size) size.textContent = answer.size;
    if (answer.live) showLive(answer.live);
    if (answer.rules !== undefined) { const rules = document.getElementById("rules"); if (rules) rules.innerHTML = answer.rules; }
  }
  function notice(name, html) {
    const place = form.querySelector(`[data-notice="${name}"]`) || Object.assign(document.createElement("div"), {});
    place.dataset.notice = name;
    place.innerHTML = html;
    const field = fields(name).findLast((e) => e.type !== "hidden");
    if (!place.isConnected && field) (isGroup(name) ? form.querySelector(`[data-question="${name}"]`) : field.closest("fieldset") || field).after(place);
  }
  // Changes that a closed tab or a lost session left behind: shown again, and merged with what was saved since.
  for (const [name, { pairs: list, base: seen }] of Object.entries(box.all())) {
    if (!fields(name).length) continue;
    const refused = fields(name).some((e) => e.classList.contains("is-invalid"));
    if (same(list, pairs(name)) && !refused) { box.drop(name); continue; }
    show(name, list);
    if (seen !== undefined) base[name] = seen;
    changed.add(name);
  }
  if (changed.size) schedule(200);
  const touched = (name) => { changed.add(name); keep(); schedule(1200); };
  form.addEventListener("input", (event) => { if (event.target.name && event.target.type !== "file") touched(nameOf(event.target)); });
  form.addEventListener("rowschange", (event) => touched(event.target.dataset.rows));
  // The save button sends the whole page: with what this page has learnt since it was loaded. Unsent words are kept until the next page has them.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    keep();
    if (event.submitter?.name === "_take") box.drop(event.submitter.value.split(":")[1]);
    changed.clear();
    if (form.elements._base) form.elements._base.value = JSON.stringify(base);
  });
  addEventListener("online", () => schedule(100));
  addEventListener("focus", () => { if (changed.size || again) schedule(300); });
  // Leaving within the second after a keystroke: what is left goes out with the page.
  addEventListener("pagehide", () => {
    if (changed.size) fetch(told.autosave, { method: "POST", keepalive: true, body: body(known()), headers: headers() }).catch(() => {});
  });
});
document.querySelector(".is-invalid")?.focus();
