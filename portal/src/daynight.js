// Day against night for every zone: a table whose bars are the graphic.

import { h } from "./dom.js";
import { dayAgainstNight, mapped, usualOf, whyNoUsual } from "./figures.js";
import { say, signedPercent, whole } from "./format.js";
import { noNumberWords, unitWords } from "./sentences.js";
import { change, data, state } from "./state.js";

export function mountDayNight() {
  const list = mapped.map((zone) => ({ zone, ...usualOf(zone), moved: dayAgainstNight(zone) }))
    .sort((a, b) => d3.descending(a.moved ?? -Infinity, b.moved ?? -Infinity) || a.zone.name.localeCompare(b.zone.name));
  const known = list.filter((row) => row.moved !== null);
  if (!known.length) return { box: null, update() {} };
  const far = d3.max(known, (row) => Math.abs(row.moved)) || 1;
  const least = Math.min(0, d3.min(known, (row) => row.moved));
  const span = Math.max(0, d3.max(known, (row) => row.moved)) - least || far;
  const zero = (100 * -least) / span;

  function bar({ moved }) {
    const size = (100 * Math.abs(moved)) / span;
    const rail = h("div", { class: "rail", "aria-hidden": "true" },
      h("i", { class: moved < 0 ? "less" : "more", style: { left: `${moved < 0 ? zero - size : zero}%`, width: `${size}%` } }),
      h("u", { style: { left: `${zero}%` } }));
    return rail;
  }

  const rows = new Map(list.map((row) => [row.zone.id, h("tr", {},
    h("th", { scope: "row" }, h("button", { type: "button", class: "link", onclick: () => change({ zone: row.zone.id }) }, row.zone.name)),
    h("td", { class: "number wide" }, row.night === null ? "–" : whole(row.night)),
    h("td", { class: "number wide" }, row.day === null ? "–" : whole(row.day)),
    row.moved === null
      ? h("td", { colspan: 2, class: "small" }, row.night === null || row.day === null ? noNumberWords(whyNoUsual(row.zone)) : "–")
      : [h("td", { class: "bar" }, bar(row)), h("td", { class: "number" }, h("b", {}, signedPercent(row.moved)))])]));

  const [n0, n1] = data.night_hours;
  const [d0, d1] = data.day_hours;
  const head = h("tr", {},
    h("th", { scope: "col" }, say("municipality")),
    h("th", { scope: "col", class: "number wide" }, say("usual_night", { start: n0, end: n1 })),
    h("th", { scope: "col", class: "number wide" }, say("usual_day", { start: d0, end: d1 })),
    h("th", { scope: "col", colspan: 2 }, say("daynight_axis")));

  function update(changed) {
    if (!changed.has("zone")) return;
    for (const [id, row] of rows) row.classList.toggle("chosen", id === state.zone);
  }
  update(new Set(["zone"]));
  const box = h("section", { class: "card" },
    h("h2", {}, say("daynight_all")),
    h("p", { class: "lead" }, say("daynight_lead", { unit: unitWords() })),
    h("div", { class: rows.size > 30 ? "scroll tall" : "scroll", tabindex: rows.size > 30 ? 0 : null, role: "region", "aria-label": say("daynight_all") },
      h("table", { class: "bars" }, h("thead", {}, head), h("tbody", {}, [...rows.values()]))));
  return { box, update };
}
