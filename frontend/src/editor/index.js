// @ts-check
// Autosave: sends only what changed on this page, with what its writer had seen before (`base`), so that the server can merge what
// two people write; keeps unsent changes in the browser, also over a closed tab, and sends them again.
import { cookie } from "../cookie.js";
import { forms, one, target } from "../dom.js";
import { encode, leftBehind, settle } from "./merge.js";
import * as rows from "./rows.js";
import { transport } from "./transport.js";
import * as unsent from "./unsent.js";
import { startCounters, view } from "./view.js";

/** @typedef {import("../dom.js").Control} Control */
/** @typedef {import("./merge.js").Parcel} Parcel */
/** @typedef {import("./merge.js").Answer} Answer */

/** @type {(form: HTMLFormElement) => HTMLInputElement | null} */
const baseOf = (form) => form.querySelector("input[name=_base]");

/** @type {(form: HTMLFormElement) => void} */
function enhance(form) {
  const told = form.dataset;
  const page = view(form);
  const box = unsent.open(told.account, told.application);
  let state = { base: JSON.parse(baseOf(form)?.value || "{}"), changed: /** @type {Set<string>} */ (new Set()) };
  let revision = told.revision;

  /** @type {(names: Iterable<string>) => Parcel} */
  const parcelOf = (names) => Object.fromEntries([...names].map((n) => [n, { pairs: page.pairs(n), base: state.base[n] }]));
  const known = () => parcelOf(state.changed);
  const keep = () => {
    if (!box.put(known())) page.say(told.full ?? "", true);
  };
  // A form that nothing is stored of is judged as a whole, and has seen nothing before.
  const whole = () => Object.fromEntries([...page.names()].map((n) => [n, { pairs: page.pairs(n) }]));

  /** What the server says of what was sent, and of what others have changed meanwhile. @type {(parcel: Parcel, answer: Answer) => void} */
  function take(parcel, answer) {
    const errors = answer.errors ?? {};
    for (const name of Object.keys(parcel)) {
      for (const n of new Set([name, ...page.fields(name).map((e) => e.name)])) page.mark(n, errors[n]);
    }
    const settled = settle(state, parcel, answer, page.held);
    state = settled;
    settled.stored.forEach(box.drop);
    for (const [name, pairs] of settled.show) page.show(name, pairs);
    for (const [name, html] of settled.clashes) page.notice(name, html);
    revision = answer.revision ?? revision;
    const texts = Object.entries(errors).map(([name, text]) => page.labelled(name) + text);
    const merged = settled.show.length ? `，${told.merged}` : "";
    page.say(texts.join("；") || answer.message + merged, texts.length > 0);
    showAround(answer);
  }

  const post = transport({
    url: told.autosave ?? "",
    waits: () => state.changed.size > 0,
    parcel: () => (told.whole === undefined ? known() : whole()),
    rest: known,
    body: (parcel) => encode(parcel, { section: told.section, revision }),
    headers: () => ({
      "X-CSRFToken": cookie("csrftoken"),
      "X-Autosave": "1",
      ...(told.account ? { "X-Account": told.account } : {}),
    }),
    take,
    tell: (trouble) => page.say(told[trouble] || told.offline || "", true, trouble === "signedOut" || trouble === "other"),
    keep,
  });

  /** Changes that a closed tab or a lost session left behind: shown again, and merged with what was saved since. */
  function restore() {
    const { drop, show } = leftBehind(box.all(), page.held, page.isRefused);
    drop.forEach(box.drop);
    for (const [name, { pairs, base }] of show) {
      page.show(name, pairs);
      if (base !== undefined) state.base[name] = base;
      state.changed.add(name);
    }
    post.soon(200);
  }

  /** @type {(name: string) => void} */
  function touched(name) {
    state.changed.add(name);
    keep();
    post.typed();
  }

  restore();
  form.addEventListener("input", (event) => {
    const field = /** @type {Control} */ (target(event));
    if (field.name && field.type !== "file") touched(page.nameOf(field));
  });
  form.addEventListener("rowschange", (event) => touched(target(event).dataset.rows ?? ""));
  // The save button sends the whole page: with what this page has learnt since it was loaded. Unsent words are kept until the next page
  // has them.
  form.addEventListener("submit", (event) => {
    post.stop();
    keep();
    const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
    if (button?.name === "_take") box.drop(button.value.split(":")[1]);
    state.changed.clear();
    const base = baseOf(form);
    if (base) base.value = JSON.stringify(state.base);
  });
  addEventListener("online", () => post.soon(100));
  addEventListener("focus", () => post.soon(300));
  addEventListener("pagehide", post.leave);
}

/** What stands around the form. @type {(answer: Answer) => void} */
function showAround(answer) {
  const size = one("[data-size]");
  if (size && answer.size) size.textContent = answer.size;
  if (answer.live) rows.showLive(answer.live);
  const place = document.getElementById("rules");
  if (place && answer.rules !== undefined) place.innerHTML = answer.rules;
}

export function start() {
  unsent.forgetOld();
  unsent.clearOnSignOut();
  startCounters();
  rows.start();
  forms("form[data-autosave]").forEach(enhance);
  one(".is-invalid")?.focus();
}
