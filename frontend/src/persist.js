// @ts-check
// A step that goes on after a lost connection.

const LONGEST_WAIT = 15000;

/** @type {(bytes: ArrayBuffer) => string} */
export const hex = (bytes) => [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, "0")).join("");

/** @type {(ms: number) => Promise<void>} */
export const pause = (ms) => new Promise((go) => setTimeout(go, ms));

/** @typedef {{ method: string, url: string, body?: BodyInit, headers?: Record<string, string> }} Step */

/** One step, repeated until the server answers; throws what the server refuses.
 * @param {Step} step
 * @param {{ fetch: typeof fetch, pause: (ms: number) => Promise<void>, offline: () => void, signedOut: string, token: string }} by
 * @returns {Promise<any>} */
export async function persist({ method, url, body, headers = {} }, by) {
  for (let wait = 1000; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    const answer = await by
      .fetch(url, { method, body, headers: { "X-CSRFToken": by.token, ...headers }, redirect: "manual" })
      .catch(() => null);
    if (answer && (answer.type === "opaqueredirect" || answer.status === 403)) throw new Error(by.signedOut);
    if (answer && answer.status < 500) {
      const told = await answer.json().catch(() => ({}));
      if (answer.ok || answer.status === 409) return told;
      const texts = (told.errors || []).map((/** @type {{ text: string }} */ e) => e.text);
      throw new Error(texts.join("；") || answer.statusText);
    }
    by.offline();
    await by.pause(wait);
  }
}
