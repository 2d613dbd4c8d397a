// The operator's page: states, gates and the exact accounting of every delivered row.

import { accountsTable, quarantinedOf, total } from "./accounts.js";
import { badge, h } from "./dom.js";
import { daysBetween, isHour, percent, periodMiddle, say, textOf, useLanguage, whole } from "./format.js";
import { masthead } from "./masthead.js";

const data = JSON.parse(document.getElementById("data").textContent);
const STATE_NAMES = ["raw", "staged", "estimated", "released"];

function isSet(value) {
  return value !== null && value !== undefined;
}

function fact(term, value, more, kind = "") {
  return h("div", { class: `fact ${kind}` }, h("dt", {}, term), h("dd", {}, h("b", {}, value), h("small", {}, more)));
}

function summary() {
  const isHourly = data.days.some(({ day }) => isHour(day));
  const released = data.days.filter((day) => day.states.released && day.states.released.gate === "open").length;
  const closed = total(data.days, (day) => Object.values(day.states).filter((state) => state.gate === "closed").length);
  const bad = data.files.filter((file) => file.n_missing !== 0).length;
  return h("dl", { class: "facts" },
    fact(say(isHourly ? "op_hours" : "op_days"), whole(data.days.length), say(isHourly ? "op_hours_released" : "op_days_released", { n: released, all: data.days.length })),
    fact(say("op_closed_gates"), whole(closed), closed ? say("op_alerts") + ": " + whole(data.alerts.length) : "", closed ? "bad" : ""),
    fact(say("op_rows"), whole(total(data.files, (file) => file.n_delivered)), say("op_rows_split", {
      staged: whole(total(data.files, (file) => file.n_staged)),
      quarantined: whole(total(data.files, quarantinedOf)),
      opted_out: whole(total(data.files, (file) => file.n_opted_out)) })),
    fact(say("op_exact"), bad ? `${data.files.length - bad} / ${data.files.length}` : `${data.files.length} ✓`,
      bad ? say("op_some_inexact", { bad, n: data.files.length }) : say("op_all_exact", { n: data.files.length }), bad ? "bad" : ""));
}

function stateCell(state) {
  if (!state) return h("td", {}, badge("none", say("gate_none")));
  return h("td", {}, badge(state.gate, say(`gate_${state.gate}`)),
    state.status === "refused" || state.status === "failed" ? h("small", {}, say(`op_${state.status}`)) : null,
    state.reason ? h("small", {}, state.reason) : null);
}

function states() {
  const share = (value) => h("td", { class: "number" }, isSet(value) ? percent(value, 2) : "–");
  return h("section", { class: "card" }, h("h2", {}, say("op_states")), h("p", { class: "lead" }, say("op_shares_lead")),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": say("op_states") }, h("table", { class: "matrix wordy", id: "states" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("day")),
        STATE_NAMES.map((name) => h("th", { scope: "col" }, say(`state_${name}`))),
        h("th", { scope: "col", class: "number" }, say("op_withheld")), h("th", { scope: "col", class: "number" }, say("op_unlocated")))),
      h("tbody", {}, data.days.map((day) => h("tr", {}, h("th", { scope: "row" }, periodMiddle(day.day)),
        STATE_NAMES.map((name) => stateCell(day.states[name])), share(day.withheld_share), share(day.unlocated_share)))))));
}

function shadows() {
  const share = (value) => h("td", { class: "number" }, isSet(value) ? percent(value, 1) : "–");
  return h("section", { class: "card" }, h("h2", {}, say("op_shadow")), h("p", { class: "lead" }, say("op_shadow_lead")),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": say("op_shadow") }, h("table", { class: "matrix wordy", id: "shadows" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("day")), h("th", { scope: "col" }, say("op_challenger")),
        h("th", { scope: "col", class: "number" }, say("op_apart")), h("th", { scope: "col", class: "number" }, say("op_outside")))),
      h("tbody", {}, data.shadows.map((row) => h("tr", {}, h("th", { scope: "row" }, periodMiddle(row.day)),
        h("td", {}, row.challenger, row.failed ? h("small", {}, say("op_shadow_failed", { why: row.failed })) : null),
        share(row.difference_share), share(row.outside_share)))))));
}

function files() {
  return h("section", { class: "card" }, h("h2", {}, say("op_files")), h("p", { class: "lead" }, say("op_files_lead")),
    accountsTable(data.files));
}

function alerts() {
  const body = data.alerts.length
    ? h("ul", { class: "failures", id: "alerts" }, data.alerts.map((alert) => h("li", {},
      badge(alert.severity === "stop" ? "closed" : "note", say(`severity_${alert.severity}`)),
      h("div", {}, h("b", {}, `${periodMiddle(alert.day)}, ${say(`state_${alert.state}`)}: `), alert.why))))
    : h("p", {}, say("op_no_alerts"));
  return h("section", { class: "card" }, h("h2", {}, say("op_alerts")), body);
}

function drawPage(code) {
  useLanguage(code);
  document.title = `${textOf(data.title)} · ${say("operator")} · Peil`;
  document.getElementById("page").replaceChildren(
    masthead(textOf(data.title), `${say("op_subtitle")} · ${daysBetween(data.period_start, data.period_end)}`,
      data.has_quality ? { href: "quality.html", text: say("op_to_quality") } : null, code, (each) => {
        history.replaceState(null, "", `#lang=${each}`);
        drawPage(each);
      }),
    h("main", { class: "inner", id: "panel" }, summary(), alerts(), states(), data.shadows.length ? shadows() : null, files()));
}

drawPage(new URLSearchParams(location.hash.slice(1)).get("lang") === "nl" ? "nl" : "en");
