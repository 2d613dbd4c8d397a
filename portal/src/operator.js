// The operator's page: states, gates and the exact accounting of every delivered row.

import { badge, h, s } from "./dom.js";
import { dayMiddle, daysBetween, percent, say, sayOr, textOf, useLanguage, whole } from "./format.js";

const data = JSON.parse(document.getElementById("data").textContent);
const STATE_NAMES = ["raw", "staged", "estimated", "released"];

function sum(list, value) {
  return list.reduce((total, item) => total + value(item), 0);
}

function isSet(value) {
  return value !== null && value !== undefined;
}

function quarantinedOf(file) {
  return sum(Object.values(file.quarantined), (n) => n);
}

function sign(kind, word) {
  return badge(kind === "exact" ? "open" : kind, word);
}

function fact(term, value, more, kind = "") {
  return h("div", { class: `fact ${kind}` }, h("dt", {}, term), h("dd", {}, h("b", {}, value), h("small", {}, more)));
}

function exactWords(n) {
  if (n === 0) return say("op_exact_yes");
  return say(n > 0 ? "op_exact_no" : "op_exact_over", { n: whole(Math.abs(n)) });
}

function summary() {
  const released = data.days.filter((day) => day.states.released && day.states.released.gate === "open").length;
  const closed = sum(data.days, (day) => Object.values(day.states).filter((state) => state.gate === "closed").length);
  const bad = data.files.filter((file) => file.n_missing !== 0).length;
  return h("dl", { class: "facts" },
    fact(say("op_days"), whole(data.days.length), say("op_days_released", { n: released, all: data.days.length })),
    fact(say("op_closed_gates"), whole(closed), closed ? say("op_alerts") + ": " + whole(data.alerts.length) : "", closed ? "bad" : ""),
    fact(say("op_rows"), whole(sum(data.files, (file) => file.n_delivered)), say("op_rows_split", {
      staged: whole(sum(data.files, (file) => file.n_staged)),
      quarantined: whole(sum(data.files, quarantinedOf)),
      opted_out: whole(sum(data.files, (file) => file.n_opted_out)) })),
    fact(say("op_exact"), bad ? `${data.files.length - bad} / ${data.files.length}` : `${data.files.length} ✓`,
      bad ? say("op_some_inexact", { bad, n: data.files.length }) : say("op_all_exact", { n: data.files.length }), bad ? "bad" : ""));
}

function stateCell(state) {
  if (!state) return h("td", {}, sign("none", say("gate_none")));
  return h("td", {}, sign(state.gate, say(`gate_${state.gate}`)),
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
      h("tbody", {}, data.days.map((day) => h("tr", {}, h("th", { scope: "row" }, dayMiddle(day.day)),
        STATE_NAMES.map((name) => stateCell(day.states[name])), share(day.withheld_share), share(day.unlocated_share)))))));
}

function reasonList(quarantined) {
  const reasons = Object.entries(quarantined).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  return h("ul", { class: "reasons" }, reasons.map(([reason, n]) =>
    h("li", {}, sayOr(`reason_${reason}`, reason), " ", h("b", {}, whole(n)))));
}

function files() {
  const all = {};
  for (const file of data.files) {
    for (const [reason, n] of Object.entries(file.quarantined)) all[reason] = (all[reason] ?? 0) + n;
  }
  const number = (n) => h("td", { class: "number" }, whole(n));
  const line = (name, file, quarantined, missing, isTotal) => h("tr", { class: isTotal ? "total" : null },
    h("th", { scope: "row" }, name), h("td", {}, isTotal ? "" : dayMiddle(file.day)), number(file.n_delivered), number(file.n_staged), number(quarantined), number(file.n_opted_out),
    h("td", {}, sign(missing === 0 ? "exact" : "closed", exactWords(missing))), h("td", {}, reasonList(isTotal ? all : file.quarantined)));
  const total = {
    n_delivered: sum(data.files, (file) => file.n_delivered), n_staged: sum(data.files, (file) => file.n_staged),
    n_opted_out: sum(data.files, (file) => file.n_opted_out),
  };
  const faults = sum(data.files, (file) => Math.abs(file.n_missing));
  return h("section", { class: "card" }, h("h2", {}, say("op_files")), h("p", { class: "lead" }, say("op_files_lead")),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": say("op_files") }, h("table", { id: "files" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("op_file")), h("th", { scope: "col" }, say("day")),
        ["op_delivered", "op_staged", "op_quarantined", "op_opted_out"].map((key) => h("th", { scope: "col", class: "number" }, say(key))),
        h("th", { scope: "col" }, say("op_exact")), h("th", { scope: "col" }, say("op_reasons")))),
      h("tbody", {}, line(say("op_total"), total, sum(data.files, quarantinedOf), faults, true),
        data.files.map((file) => line(h("code", {}, file.file), file,
          quarantinedOf(file), file.n_missing, false))))));
}

function alerts() {
  const body = data.alerts.length
    ? h("ul", { class: "failures", id: "alerts" }, data.alerts.map((alert) => h("li", {},
      sign(alert.severity === "stop" ? "closed" : "note", say(`severity_${alert.severity}`)),
      h("div", {}, h("b", {}, `${dayMiddle(alert.day)}, ${say(`state_${alert.state}`)}: `), alert.why))))
    : h("p", {}, say("op_no_alerts"));
  return h("section", { class: "card" }, h("h2", {}, say("op_alerts")), body);
}

function languageButtons(code) {
  return h("div", { class: "languages", role: "group", "aria-label": "Language / Taal" },
    [["en", "English"], ["nl", "Nederlands"]].map(([each, name]) => h("button", {
      type: "button", lang: each, id: `lang-${each}`, "aria-pressed": String(code === each), "aria-label": name,
      onclick: () => { history.replaceState(null, "", `#lang=${each}`); drawPage(each); document.getElementById(`lang-${each}`).focus(); },
    }, each.toUpperCase())));
}

function drawPage(code) {
  useLanguage(code);
  document.title = `${textOf(data.title)} · ${say("operator")} · Peil`;
  document.getElementById("page").replaceChildren(
    h("header", { class: "top operator" }, h("div", { class: "inner" },
      s("svg", { width: 34, height: 34, viewBox: "0 0 32 32", "aria-hidden": "true", class: "mark" },
        s("rect", { width: 32, height: 32, rx: 6 }), s("path", { d: "M9 6v20M9 8h6M9 14h9M9 20h6M9 26h9" }), s("circle", { cx: 23, cy: 14, r: 3 })),
      h("div", { class: "titles" }, h("h1", {}, textOf(data.title)),
        h("p", {}, `${say("op_subtitle")} · ${daysBetween(data.period_start, data.period_end)}`)),
      languageButtons(code))),
    h("main", { class: "inner", id: "panel" }, summary(), alerts(), states(), files()));
}

drawPage(new URLSearchParams(location.hash.slice(1)).get("lang") === "nl" ? "nl" : "en");
