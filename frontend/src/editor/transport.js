// @ts-check
// Sending what changed: after a pause in typing, one parcel at a time, again after a lost connection, and with the page that is left.

/** @typedef {import("./merge.js").Parcel} Parcel */
/** @typedef {import("./merge.js").Answer} Answer */
/** @typedef {"signedOut" | "other" | "failed" | "refused" | "offline"} Trouble Why nothing was stored. */

const TYPING = 1200;
const BUSY = 300;
/** How long to wait before the same is sent again; what was refused is not. @type {Record<Trouble, number>} */
const AGAIN = { signedOut: 15000, other: 15000, failed: 10000, offline: 5000, refused: 0 };

/** What an answer means; nothing when it was taken.
 * @type {(answer: Pick<Response, "type" | "status" | "ok">) => Trouble | null} */
export function troubleOf(answer) {
  if (answer.type === "opaqueredirect" || answer.status === 403) return "signedOut";
  if (answer.status === 409) return "other";
  if (answer.status >= 500) return "failed";
  return answer.ok ? null : "refused";
}

/**
 * @typedef {object} Side What the transport asks of the page.
 * @property {string} url
 * @property {() => boolean} waits whether anything is to be sent
 * @property {() => Parcel} parcel what is to be sent now
 * @property {() => Parcel} rest what is left when the page is left
 * @property {(parcel: Parcel) => URLSearchParams} body
 * @property {() => Record<string, string>} headers
 * @property {(parcel: Parcel, answer: Answer) => void} take
 * @property {(trouble: Trouble) => void} tell
 * @property {() => void} keep put what is unsent where it outlives the page
 * @property {typeof fetch} [fetch]
 */

/** @param {Side} side */
export function transport(side) {
  const ask = side.fetch ?? fetch.bind(globalThis);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let busy = false;
  /** @type {Parcel | null} */
  let again = null;

  /** @type {(wait: number) => void} */
  function schedule(wait) {
    clearTimeout(timer);
    timer = setTimeout(send, wait);
  }

  /** Send a parcel; says how long to wait before the next. @type {(parcel: Parcel) => Promise<number>} */
  async function deliver(parcel) {
    const request = {
      method: "POST",
      body: side.body(parcel),
      headers: side.headers(),
      redirect: /** @type {const} */ ("manual"),
    };
    const answer = await ask(side.url, request);
    const trouble = troubleOf(answer);
    if (trouble === "refused") again = null;
    if (trouble) {
      side.tell(trouble);
      return AGAIN[trouble];
    }
    side.take(parcel, await answer.json());
    again = null;
    return side.waits() ? TYPING : 0;
  }

  async function send() {
    if (busy) {
      schedule(BUSY);
      return;
    }
    if (!side.waits() && !again) return;
    busy = true;
    // What was sent without an answer is sent as it was first: the server may have it already, and must not take it for another's words.
    again ??= side.parcel();
    let wait = AGAIN.offline;
    try {
      wait = await deliver(again);
    } catch {
      side.tell("offline");
    } finally {
      busy = false;
      side.keep();
      if (wait) schedule(wait);
    }
  }

  return {
    /** Something was typed: send when the typing pauses. */
    typed: () => schedule(TYPING),
    /** Send soon, when there is anything. @type {(wait: number) => void} */
    soon: (wait) => {
      if (side.waits() || again) schedule(wait);
    },
    /** The whole page is being sent by its form. */
    stop: () => clearTimeout(timer),
    /** Leaving within the second after a keystroke: what is left goes out with the page. */
    leave: () => {
      if (!side.waits()) return;
      const request = { method: "POST", keepalive: true, body: side.body(side.rest()), headers: side.headers() };
      ask(side.url, request).catch(() => {});
    },
  };
}
