// Rows of a table: add, remove, move. Without script the same buttons send the page.
export const rowsOf = (box) => [...box.querySelectorAll(":scope > [data-row]")];
const isBlank = (row) => ![...row.querySelectorAll("input, select, textarea")].some((e) => e.value.trim());
// How many rows there are of how many there may be; at the most none can be added.
function tellRows(box) {
  const note = document.querySelector(`[data-rowcount="${box.dataset.rows}"]`), most = Number(box.dataset.most);
  if (!note || !most) return;
  const filled = rowsOf(box).filter((row) => !isBlank(row)).length;
  note.textContent = `${filled} / ${most}`;
  note.classList.toggle("over", filled > most);
  const add = box.querySelector(":scope > button[name=_row]");
  if (add) add.disabled = rowsOf(box).length >= most;
}
export function renumber(box) {
  const code = box.dataset.rows;
  tellRows(box);
  rowsOf(box).forEach((row, n) => {
    row.querySelector("[data-number]").textContent = n + 1;
    row.querySelectorAll("*").forEach((e) => ["name", "id", "for", "data-worked", "data-counter", "aria-describedby", "value"].forEach((key) => {
      const old = e.getAttribute(key);
      if (!old || (key === "value" && e.name !== "_row")) return;
      e.setAttribute(key, key === "value" ? old.replace(/\d+$/, n) : old.replace(new RegExp(`(^|[-])(${code})\\.\\d+\\.`), `$1$2.${n}.`));
    }));
  });
}
export function addRow(box) {
  const rows = rowsOf(box);
  if (rows.length >= Number(box.dataset.most)) return null;
  const row = rows[rows.length - 1].cloneNode(true);
  row.querySelectorAll("input, select, textarea").forEach((e) => { e.value = ""; e.classList.remove("is-invalid"); });
  row.querySelectorAll(".invalid-feedback").forEach((e) => e.remove());
  row.querySelectorAll(".hw-count").forEach((e) => { e.textContent = ""; });
  row.querySelectorAll("[data-worked]").forEach((e) => { e.textContent = "—"; });
  rows[rows.length - 1].after(row);
  renumber(box);
  return row;
}
document.querySelectorAll("[data-rows]").forEach((box) => { tellRows(box); box.addEventListener("input", () => tellRows(box)); });
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
export function showLive(live) {
  live.asked.forEach((code) => { const q = document.querySelector(`[data-question="${code}"]`); if (q) q.hidden = live.hidden.includes(code); });
  const put = (name, text) => document.querySelectorAll(`[data-worked="${name}"]`).forEach((e) => { e.textContent = text || "—"; });
  Object.entries(live.values).forEach(([name, text]) => put(name, text));
  Object.entries(live.rows).forEach(([code, rows]) => {
    const box = document.querySelector(`[data-rows="${code}"]`);
    if (!box) return;
    rowsOf(box).map((row, n) => [row, n]).filter(([row]) => !isBlank(row)).forEach(([, n], k) => Object.entries(rows[k] || {}).forEach(([c, text]) => put(`${code}.${n}.${c}`, text)));
  });
}

