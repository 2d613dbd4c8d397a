// The charter in short, the method's names, what was released and where to get it.

import { estimatorName } from "./accuracy.js";
import { badge, h } from "./dom.js";
import { daysBetween, isHour, periodMiddle, say, sayOr, textOf } from "./format.js";
import { measuredWords } from "./sentences.js";
import { data } from "./state.js";

function row(term, ...value) {
  return [h("dt", {}, term), h("dd", {}, value)];
}

function party({ name, contact }) {
  return contact ? `${name} (${contact})` : name;
}

function charter() {
  return h("section", { class: "card" }, h("h2", {}, say("charter")),
    h("dl", { class: "rows" },
      row(say("purpose"), sayOr(`purpose_${data.purpose}`, data.purpose)),
      row(say("legal_basis"), sayOr(`basis_${data.legal_basis}`, data.legal_basis),
        data.legal_reference ? h("small", {}, data.legal_reference) : null),
      row(say("operator"), party(data.operator)),
      row(say("agency"), party(data.agency)),
      row(say("period"), daysBetween(data.period_start, data.period_end)),
      row(say("time_zone"), data.time_zone),
      row(say("recipients"), data.recipients.map((name) => h("div", {}, name))),
      row(say("contact"), data.contact)));
}

function method() {
  const { estimator, version, footprint, run, paragraphs } = data.method;
  return h("section", { class: "card" }, h("h2", {}, say("method")),
    h("dl", { class: "rows" },
      row(say("estimator"), estimatorName(estimator)),
      row(say("version"), h("code", {}, version)),
      footprint ? row(say("footprint"), sayOr(`footprint_${footprint}`, footprint)) : null,
      run ? row(say("run"), h("code", {}, run)) : null,
      row(say("interval"), say("interval_method", { level: data.interval.level }),
        measuredWords(data.interval) ? h("small", {}, measuredWords(data.interval))
          : data.interval.is_provisional ? h("small", {}, say("interval_provisional")) : null),
      row(say("an_hour"), say("an_hour_is"))),
    h("div", { class: "prose" }, paragraphs.map((paragraph) => h("p", {}, textOf(paragraph)))));
}

function releases() {
  const kinds = { released: "released", withheld: "withheld", closed: "closed", waiting: "waiting", broken: "closed" };
  return h("section", { class: "card" }, h("h2", {}, say("releases")),
    h("p", { class: "lead" }, say(data.releases.some(({ day }) => isHour(day)) ? "releases_lead_hours" : "releases_lead")),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": say("releases") }, h("table", { class: "releases" },
      h("thead", {}, h("tr", {}, [say("day"), say("status"), say("ledger"), say("downloads")]
        .map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, data.releases.map((release) => h("tr", {},
        h("th", { scope: "row" }, periodMiddle(release.day)),
        h("td", {}, badge(kinds[release.status], say(`status_${release.status}`)),
          textOf(release.reason) ? h("small", {}, textOf(release.reason)) : null),
        h("td", {}, release.ledger ? h("code", {}, release.ledger) : "–"),
        h("td", {}, release.downloads.length
          ? release.downloads.map((file) => h("a", { href: file.href, class: "file" }, file.label)) : "–")))))));
}

const FIELDS = ["goal", "considerations", "human_intervention", "risk_management", "legal_basis",
  "impact_assessments", "data", "method", "supplier"];

function algorithm(each) {
  return h("details", { class: "algorithm" }, h("summary", {}, textOf(each.name)),
    h("dl", { class: "rows" },
      row(say("responsible"), each.organization),
      ...FIELDS.map((name) => row(say(`algorithm_${name}`), textOf(each[name]))),
      row(say("contact"), each.contact)));
}

function algorithms() {
  return h("section", { class: "card" }, h("h2", {}, say("algorithms")),
    h("p", { class: "lead" }, say("algorithms_lead"), " ",
      h("a", { href: "algorithms.json", class: "file" }, "algorithms.json")),
    data.algorithms.map(algorithm));
}

export function about() {
  return [h("div", { class: "pairs" }, charter(), method()),
    data.algorithms.length ? algorithms() : null,
    data.releases.length ? releases() : null,
    h("p", { class: "small foot" }, say("made_with"))].filter(Boolean);
}
