// @ts-check
// Theme: auto, light, dark, high contrast; kept in a cookie so that the server renders it.
import { cookie } from "./cookie.js";
import { all } from "./dom.js";

const ORDER = ["auto", "dark", "light", "contrast"];
const YEAR = 365 * 86400;

/** The theme after `theme`. @type {(theme: string) => string} */
export const next = (theme) => ORDER[(ORDER.indexOf(theme || "auto") + 1) % ORDER.length];

/** @type {(theme: string) => void} */
function apply(theme) {
  const dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
  document.documentElement.dataset.contrast = theme === "contrast" ? "high" : "";
}

export function start() {
  apply(cookie("theme") || "auto");
  for (const button of all("[data-theme-switch]")) {
    button.addEventListener("click", () => {
      const theme = next(cookie("theme"));
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in browsers that are in use
      document.cookie = `theme=${theme}; path=/; max-age=${YEAR}; samesite=lax`;
      button.title = theme;
      apply(theme);
    });
  }
}
