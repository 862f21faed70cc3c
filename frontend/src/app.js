// @ts-check
// Everything here only adds comfort: pages read and submit without script.
import htmx from "htmx.org";
import { cookie } from "./cookie.js";
import * as editor from "./editor/index.js";
import * as folds from "./folds.js";
import * as hint from "./hint.js";
import * as keys from "./keys.js";
import * as lookup from "./lookup.js";
import * as page from "./page.js";
import * as scrolls from "./scrolls.js";
import * as selection from "./selection.js";
import * as theme from "./theme.js";
import * as uploads from "./uploads.js";

htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
/** What htmx tells of a request. @type {(event: Event) => any} */
const detail = (event) => /** @type {CustomEvent} */ (event).detail;
document.body.addEventListener("htmx:configRequest", (event) => {
  detail(event).headers["X-CSRFToken"] = cookie("csrftoken");
});
// The session is over: a part of a page is not replaced by the page for signing in.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (detail(event).xhr.responseURL?.includes("/accounts/login/")) detail(event).shouldSwap = false;
});

for (const part of [theme, lookup, editor, uploads, selection, page, folds, scrolls, keys, hint]) part.start();
