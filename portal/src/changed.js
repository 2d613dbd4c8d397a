// Every judged figure of the day beside the same weekday a week ago; what is out of range first.

import { badge, h, s } from "./dom.js";
import { say, whole } from "./format.js";
import { SIGN, changeOf, changeWords, checkWords, placeWords, rangeWords, trendWords, valueWords } from "./checkwords.js";
import { data, set, shownState, today } from "./quality_state.js";

const ORDER = ["stop", "note", "unknown", "fine"];
const COLUMNS = [
  { name: "verdict", of: (one) => ORDER.indexOf(one.verdict) },
  { name: "check", of: (one) => checkWords(one.check) },
  { name: "then", isNumber: true, of: (one) => one.then },
  { name: "now", isNumber: true, of: (one) => one.value },
  { name: "change", isNumber: true, of: (one) => changeOf(one) },
  { name: "range", isNumber: true, of: (one) => one.lower },
  { name: "trend", isNumber: true, of: (one) => one.trend },
  { name: "owner", of: (one) => say(`owner_${one.owner}`) },
];
const sorted = { by: "verdict", down: false };

const past = new Map();
data.days.forEach((day, i) => {
  for (const one of day.checks) {
    const name = `${one.check}|${one.scope}|${one.place}|${one.hour ?? ""}`;
    if (!past.has(name)) past.set(name, data.days.map(() => null));
    past.get(name)[i] = one.value;
  }
});

// The figure over the days of this page, the chosen day dotted.
function sparkline(one) {
  if (one.scope.startsWith("cell") || one.scope === "hour" || one.check === "plan_mark") return null; // listed on some days only
  const values = past.get(`${one.check}|${one.scope}|${one.place}|${one.hour ?? ""}`);
  const known = values.filter((v) => v !== null);
  if (known.length < 2) return null;
  const x = d3.scaleLinear([0, values.length - 1], [3, 77]);
  const y = d3.scaleLinear(d3.extent(known), [19, 4]);
  const line = d3.line().defined((v) => v !== null).x((_, i) => x(i)).y((v) => y(v));
  return s("svg", { class: "sparkline", width: 80, height: 23, viewBox: "0 0 80 23", "aria-hidden": "true" },
    s("path", { d: line(values) }), s("circle", { cx: x(shownState.day), cy: y(one.value ?? known[0]), r: 2.6, display: one.value === null ? "none" : "inline" }));
}

function compared(a, b) {
  const { of } = COLUMNS.find((column) => column.name === sorted.by);
  const [x, y] = [of(a), of(b)];
  if (x === null || y === null) return (x === null) - (y === null); // what is not known stays last
  return (sorted.down ? -1 : 1) * (typeof x === "string" ? x.localeCompare(y) : d3.ascending(x, y));
}

function changedRow(one) {
  const number = (...content) => h("td", { class: "number" }, content);
  return h("tr", { "data-check": one.check, "data-verdict": one.verdict },
    h("td", {}, badge(SIGN[one.verdict], say(`verdict_${one.verdict}`))),
    h("th", { scope: "row" }, checkWords(one.check), h("small", {}, h("code", {}, one.check), one.scope === "day" ? "" : ` · ${placeWords(one)}`)),
    number(one.then === null ? "–" : valueWords(one, one.then)), number(h("b", {}, valueWords(one))), number(changeWords(one)),
    number(rangeWords(one)), number(trendWords(one), sparkline(one)), h("td", {}, say(`owner_${one.owner}`)));
}

export function mountChanged() {
  const body = h("tbody");
  const lead = h("p", { class: "lead", id: "changed-lead" });
  const more = h("p", { class: "small" });
  const heads = COLUMNS.map((column) => h("th", { scope: "col", class: column.isNumber ? "number" : null, "data-column": column.name },
    h("button", { type: "button", class: "sort", id: `sort-${column.name}`, onclick: () => sortBy(column.name) },
      say(`q_col_${column.name}`), h("span", { "aria-hidden": "true" }))));
  const only = h("input", { type: "checkbox", id: "only-out", checked: shownState.out, onchange: () => { set({ out: only.checked }); } });

  function sortBy(name) {
    sorted.down = sorted.by === name ? !sorted.down : false;
    sorted.by = name;
    update();
  }

  function update() {
    const all = today().checks;
    const out = all.filter((one) => one.verdict === "stop" || one.verdict === "note");
    const shown = [...(shownState.out && out.length ? out : all)].sort(compared);
    body.replaceChildren(...shown.map(changedRow));
    lead.textContent = say("q_changed_lead", { out: whole(out.length), all: whole(all.length) });
    more.textContent = today().n_checks_left_out ? say("q_left_out", { n: whole(today().n_checks_left_out) }) : "";
    for (const head of heads) {
      const isIt = head.dataset.column === sorted.by;
      head.setAttribute("aria-sort", isIt ? (sorted.down ? "descending" : "ascending") : "none");
      head.querySelector("span").textContent = isIt ? (sorted.down ? " ▾" : " ▴") : "";
    }
  }
  update();
  return {
    box: h("section", { class: "card", "aria-label": say("q_changed") },
      h("div", { class: "card-head" }, h("h2", {}, say("q_changed")), h("label", { class: "only" }, only, say("q_only_out"))), lead,
      h("div", { class: "scroll tall", tabindex: 0, role: "region", "aria-label": say("q_changed") },
        h("table", { id: "changed" }, h("thead", {}, h("tr", {}, heads)), body)), more),
    update,
  };
}
