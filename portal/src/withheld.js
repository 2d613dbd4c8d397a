// Names of what is withheld, folded away: of most zones they are many.

import { h } from "./dom.js";

const unfolded = new Set();

// What the reader unfolded stays so at the next hour or zone.
export function withheldNames(id, summary, why, names) {
  const box = h("details", { class: "behind withheld-names", id, open: unfolded.has(id) },
    h("summary", {}, summary), h("p", { class: "small" }, why),
    h("ul", { class: "names" }, names.map((name) => h("li", {}, name))));
  box.addEventListener("toggle", () => { if (box.isConnected) unfolded[box.open ? "add" : "delete"](id); });
  return box;
}
