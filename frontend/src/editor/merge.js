// @ts-check
// What becomes of words that were sent, kept or changed by others: without page, network or clock.

/** @typedef {[name: string, value: string]} Pair A control and what it holds. */
/** @typedef {{ pairs: Pair[], base?: unknown }} Change What a field holds, and what its writer had seen in it before. */
/** @typedef {Record<string, Change>} Parcel Changes by field: what is sent at once. */
/** @typedef {{ pairs?: Pair[], sent?: unknown, base?: unknown, clash?: string }} News What the server says of a field. */
/** @typedef {{
 *   message: string,
 *   fields?: Record<string, News>,
 *   errors?: Record<string, string>,
 *   revision?: string,
 *   size?: string,
 *   live?: import("./rows.js").Live,
 *   rules?: string,
 * }} Answer */

/** @type {(pairs: Pair[]) => string} */
const filled = (pairs) => JSON.stringify(pairs.filter(([, value]) => value !== ""));

/** Whether two states of a field say the same; what is empty says nothing. @type {(a: Pair[], b: Pair[]) => boolean} */
export const same = (a, b) => filled(a) === filled(b);

/** Whether a field, or a part of it, was refused. @type {(errors: Record<string, string>, name: string) => boolean} */
export const isRefused = (errors, name) => Object.keys(errors).some((n) => n === "_" || n === name || n.startsWith(`${name}.`));

/** A parcel as the server reads it: fields, values, and what their writers had seen.
 * @type {(parcel: Parcel, page?: { section?: string, revision?: string }) => URLSearchParams} */
export function encode(parcel, { section, revision } = {}) {
  const out = new URLSearchParams();
  /** @type {Record<string, unknown>} */
  const bases = {};
  for (const [name, { pairs, base }] of Object.entries(parcel)) {
    out.append("_fields", name);
    for (const [n, value] of pairs) out.append(n, value);
    if (base !== undefined) bases[name] = base;
  }
  out.append("_base", JSON.stringify(bases));
  if (section) {
    out.append("_section", section);
    out.append("_revision", revision ?? "");
  }
  return out;
}

/** @typedef {{
 *   base: Record<string, unknown>,
 *   changed: Set<string>,
 *   stored: string[],
 *   show: [name: string, pairs: Pair[]][],
 *   clashes: [name: string, html: string][],
 * }} Settled What has been seen and is still to be sent, what the server has, and what the page shows anew. */

/** What has been seen of a field from now on: somebody who has typed in it since it was sent has seen what was sent.
 * @type {(before: unknown, news: News, open: boolean, wasSent: boolean) => unknown} */
function seen(before, news, open, wasSent) {
  if (open && news.sent !== undefined) return news.sent;
  return open && !wasSent ? before : news.base;
}

/** Whether a field holds on the server what the page does not show yet. @type {(before: unknown, news: News, now: Pair[] | null) => boolean} */
function isNews(before, news, now) {
  if (!news.pairs || !now || same(news.pairs, now)) return false;
  return news.sent !== undefined || JSON.stringify(before ?? null) !== JSON.stringify(news.base);
}

/** What follows from an answer: for what was sent, and for what others have changed meanwhile. A field that was typed in since it was
 * sent stays to be sent, on the base of what was sent.
 * @param {{ base: Record<string, unknown>, changed: Set<string> }} state
 * @param {Parcel} parcel
 * @param {Answer} answer
 * @param {(name: string) => Pair[] | null} held what the page holds of a field; null when it has no such field
 * @returns {Settled} */
export function settle(state, parcel, answer, held) {
  const errors = answer.errors ?? {};
  const base = { ...state.base };
  const changed = new Set(state.changed);
  const stored = Object.keys(parcel).filter((name) => !isRefused(errors, name));
  for (const name of stored) if (same(parcel[name].pairs, held(name) ?? [])) changed.delete(name);
  /** @type {Settled} */
  const out = { base, changed, stored, show: [], clashes: [] };
  for (const [name, news] of Object.entries(answer.fields ?? {})) {
    const open = changed.has(name);
    if (!open && isNews(base[name], news, held(name))) out.show.push([name, news.pairs ?? []]);
    if (news.clash) out.clashes.push([name, news.clash]);
    base[name] = seen(base[name], news, open, name in parcel);
  }
  return out;
}

/** What to do with words that a closed tab or a lost session left behind: those that the page has meanwhile are dropped.
 * @param {Parcel} kept
 * @param {(name: string) => Pair[] | null} held
 * @param {(name: string) => boolean} refused whether the page shows the field as refused: its words are not stored
 * @returns {{ drop: string[], show: [name: string, change: Change][] }} */
export function leftBehind(kept, held, refused) {
  /** @type {{ drop: string[], show: [string, Change][] }} */
  const out = { drop: [], show: [] };
  for (const [name, change] of Object.entries(kept)) {
    const now = held(name);
    if (!now) continue;
    if (same(change.pairs, now) && !refused(name)) out.drop.push(name);
    else out.show.push([name, change]);
  }
  return out;
}

/** How many rows of a table the names of its controls tell of: "plan.2.title" is in the third. @type {(pairs: Pair[]) => number} */
export const rowsNeeded = (pairs) => Math.max(0, ...pairs.map(([name]) => Number(name.split(".")[1]) + 1 || 0));

/** Where the caret goes when a text is replaced: it stays between the same words. @type {(old: string, text: string) => (at: number) => number} */
export function caretMove(old, text) {
  const shorter = Math.min(old.length, text.length);
  let head = 0;
  while (head < shorter && old[head] === text[head]) head++;
  let tail = 0;
  while (tail < shorter - head && old[old.length - 1 - tail] === text[text.length - 1 - tail]) tail++;
  return (at) => {
    if (at <= head) return at;
    return at >= old.length - tail ? at + text.length - old.length : Math.min(at, text.length);
  };
}
