// What the gates found, day by day. Exact counts of raw and staged stay with the operator.

import { badge, h, table } from "./dom.js";
import { percent, periodMiddle, say, sayOr, short, textOf } from "./format.js";
import { data } from "./state.js";

export const STATES = ["raw", "staged", "estimated", "released"];

function gateCell(gate) {
  if (!gate) return badge("none", say("gate_none"));
  const failed = gate.results.filter((result) => !result.success).length;
  const passed = say("gate_passed", { passed: gate.results.length - failed, all: gate.results.length });
  const kind = gate.is_open ? (failed ? "note" : "open") : "closed";
  return [badge(kind, say(gate.is_open ? "gate_open" : "gate_closed")), h("small", {}, passed)];
}

function matrix(gates) {
  const days = [...new Set(gates.map((gate) => gate.day))].sort();
  const find = (day, state) => gates.find((gate) => gate.day === day && gate.state === state);
  return [h("div", { class: "scroll" }, h("table", { class: "matrix" },
    h("caption", { class: "unseen" }, say("quality_matrix")),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("day")),
      STATES.map((state) => h("th", { scope: "col" }, say(`state_${state}`))))),
    h("tbody", {}, days.map((day) => h("tr", {}, h("th", { scope: "row" }, periodMiddle(day)),
      STATES.map((state) => h("td", {}, gateCell(find(day, state))))))))),
  h("p", { class: "signs" }, badge("open", say("gate_open")), badge("note", say("gate_open_note")),
    badge("closed", say("gate_closed")), badge("none", say("gate_none")))];
}

// A reason that was given in one language only says so to a screen reader.
function whyWords(why) {
  return h("span", { lang: typeof why === "string" ? "en" : null }, textOf(why));
}

function observedWords(observed) {
  return Object.entries(observed).map(([name, value]) =>
    `${sayOr(`observed_${name}`, name.replaceAll("_", " "))}: ${/share|ratio/.test(name) ? percent(value, 2) : short(value)}`).join("; ");
}

function failures(gates) {
  const failed = gates.flatMap((gate) => gate.results.filter((result) => !result.success).map((result) => ({ gate, result })));
  if (!failed.length) return h("p", {}, say("quality_all_passed"));
  return h("ul", { class: "failures" }, failed.map(({ gate, result }) => h("li", {},
    badge(result.severity === "stop" ? "closed" : "note", say(`severity_${result.severity}`)),
    h("div", {}, h("b", {}, `${periodMiddle(gate.day)}, ${say(`state_${gate.state}`)}: `), whyWords(result.why),
      h("small", {}, h("code", {}, result.expectation), " · ", h("code", {}, result.table),
        Object.keys(result.observed).length ? ` · ${observedWords(result.observed)}` : "")))));
}

// One row per expectation over all days.
function asked(gates) {
  const rows = d3.rollups(gates.flatMap((gate) => gate.results.map((result) => ({ ...result, state: gate.state }))),
    (list) => ({ first: list[0], passed: list.filter((result) => result.success).length, all: list.length }),
    (result) => STATES.indexOf(result.state), (result) => `${result.table}|${result.expectation}|${textOf(result.why)}`);
  return rows.sort((a, b) => a[0] - b[0]).flatMap(([, list]) => list.map(([, row]) => row));
}

function expectationTable(gates) {
  const rows = asked(gates).map(({ first, passed, all }) => [
    say(`state_${first.state}`), whyWords(first.why), h("code", {}, first.expectation), h("code", {}, first.table),
    say(`severity_${first.severity}`), say("gate_passed", { passed, all })]);
  return h("details", { class: "behind" }, h("summary", {}, say("quality_table", { n: rows.length })),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": say("quality_table", { n: rows.length }) },
      table(say("quality_caption"), [say("state"), say("why"), say("expectation"), say("table"), say("if_it_fails"), say("days_passed")], rows)));
}

export function quality() {
  const gates = data.quality;
  if (!gates.length) return [h("section", { class: "card" }, h("h2", {}, say("tab_quality")), h("p", {}, say("no_quality")))];
  return [h("p", { class: "intro" }, say("quality_intro")),
    h("section", { class: "card" }, h("h2", {}, say("quality_matrix")), matrix(gates)),
    h("section", { class: "card" }, h("h2", {}, say("quality_failed")), failures(gates), expectationTable(gates))];
}
