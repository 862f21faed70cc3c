// @ts-check
// Changes that no server has acknowledged yet, in this browser: by account, application and field, with what their writer had seen.
import { forms } from "../dom.js";

/** @typedef {import("./merge.js").Change} Change */
/** @typedef {Change & { at: number }} Kept */

const PREFIX = "headwater:unsent:";
const DAYS = 14;
const DAY = 86400000;

/** @type {(store: Storage, key: string) => Record<string, Kept>} */
function read(store, key) {
  try {
    return JSON.parse(store.getItem(key) ?? "") || {};
  } catch {
    return {};
  }
}

/** Whether the browser had room; if not, only the page itself holds the words.
 * @type {(store: Storage, key: string, all: Record<string, Kept>) => boolean} */
function write(store, key, all) {
  try {
    if (Object.keys(all).length) store.setItem(key, JSON.stringify(all));
    else store.removeItem(key);
    return true;
  } catch {
    return false;
  }
}

/** @type {(store: Storage, start?: string) => string[]} */
const keys = (store, start = "") => Object.keys(store).filter((key) => key.startsWith(PREFIX + start));

/** The changes of one application by one account; without an account (a form that is only tried) nothing is kept.
 * @param {string} [account]
 * @param {string} [application]
 * @param {Storage} [store] */
export function open(account, application, store = localStorage) {
  const key = account && application ? `${PREFIX}${account}:${application}` : "";
  return {
    all: () => (key ? read(store, key) : {}),
    /** @type {(changes: Record<string, Change>) => boolean} */
    put: (changes) => {
      if (!key || !Object.keys(changes).length) return true;
      const at = Date.now();
      const stamped = Object.fromEntries(Object.entries(changes).map(([name, change]) => [name, { ...change, at }]));
      return write(store, key, { ...read(store, key), ...stamped });
    },
    /** @type {(name: string) => void} */
    drop: (name) => {
      if (!key) return;
      const all = read(store, key);
      delete all[name];
      write(store, key, all);
    },
  };
}

/** Forget what nobody came back for. @type {(store?: Storage, now?: number) => void} */
export function forgetOld(store = localStorage, now = Date.now()) {
  for (const key of keys(store)) {
    const young = Object.entries(read(store, key)).filter(([, change]) => change.at > now - DAYS * DAY);
    write(store, key, Object.fromEntries(young));
  }
}

/** Signing out clears what is kept; what has not reached the server is asked about first. */
export function clearOnSignOut() {
  for (const form of forms("form[data-sign-out]")) {
    form.addEventListener("submit", (event) => {
      const own = keys(localStorage, `${form.dataset.signOut}:`);
      if (own.length && !confirm(form.dataset.unsent)) event.preventDefault();
      else for (const key of own) localStorage.removeItem(key);
    });
  }
}
