// @ts-check
// Tells an expert, while they type, that marks and recommendation disagree. The rule comes from the server, which judges alike.
import { all } from "./dom.js";

/** @typedef {{weights: Record<string, number>, high: number, worst: number, low: number, best: number}} Rule */

/** A mark as people type it, from 0 to 100; null where it is none. @type {(text: string) => number | null} */
export function mark(text) {
  const plain = text.normalize("NFKC").trim().replace(",", ".");
  const value = plain ? Number(plain) : Number.NaN;
  return value >= 0 && value <= 100 ? value : null;
}

/** The mean of the marks by their weights; null while one is missing.
 * @type {(rule: Rule, marks: Record<string, number | null>) => number | null} */
export function total(rule, marks) {
  let sum = 0;
  let weights = 0;
  for (const [criterion, weight] of Object.entries(rule.weights)) {
    const value = marks[criterion];
    if (value === null || value === undefined) return null;
    sum += value * weight;
    weights += weight;
  }
  return weights ? sum / weights : null;
}

/** High marks with the worst grade, or low marks with the best.
 * @type {(rule: Rule, marks: Record<string, number | null>, grade: number | null) => boolean} */
export function disagrees(rule, marks, grade) {
  const mean = total(rule, marks);
  if (mean === null || grade === null) return false;
  return (mean >= rule.high && grade === rule.worst) || (mean < rule.low && grade === rule.best);
}

/** @type {(form: HTMLFormElement) => void} */
function watch(form) {
  /** @type {Rule} */
  const rule = JSON.parse(form.dataset.hint ?? "{}");
  const tell = () => {
    const typed = new FormData(form);
    /** @type {Record<string, number | null>} */
    const marks = {};
    for (const criterion of Object.keys(rule.weights)) marks[criterion] = mark(String(typed.get(`score_${criterion}`) ?? ""));
    const grade = typed.get("grade");
    const differ = disagrees(rule, marks, grade ? Number(grade) : null);
    for (const place of form.querySelectorAll("[data-disagrees]")) place.classList.toggle("d-none", !differ);
  };
  form.addEventListener("input", tell);
  form.addEventListener("change", tell);
}

export function start() {
  for (const form of all("form[data-hint]")) watch(/** @type {HTMLFormElement} */ (form));
}
