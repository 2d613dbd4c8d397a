// The operator's quality page: one day at a time, with the weeks before it.

import { accountsTable, quarantinedOf, total } from "./accounts.js";
import { mountChanged } from "./changed.js";
import { mountCoverage } from "./coverage.js";
import { mountDays } from "./daybar.js";
import { badge, h } from "./dom.js";
import { dayMiddle, daysBetween, findDoubledHours, percent, say, sayOr, textOf, useLanguage, whole } from "./format.js";
import { mountHeat } from "./heat.js";
import { masthead } from "./masthead.js";
import { asked, data, forgetReactors, isWide, onChange, regionName, remember, set, shownState, today } from "./quality_state.js";
import { mountReasons } from "./reasons.js";

function fact(id, term, value, more, kind = "") {
  return h("div", { class: `fact ${kind}`, id }, h("dt", {}, term), h("dd", {}, h("b", {}, value), h("small", {}, more)));
}

function summary() {
  const day = today();
  const of = (verdict) => day.checks.filter((one) => one.verdict === verdict && isWide(one)).length;
  const narrow = day.checks.filter((one) => !isWide(one)).length + day.n_checks_left_out;
  const rows = total(day.files, (file) => file.n_delivered);
  const aside = total(day.files, quarantinedOf);
  const silent = day.statuses.filter((status) => status === "silent").length;
  const low = day.statuses.filter((status) => status === "low").length;
  return [
    fact("fact-checks", say("q_out_of_range"), whole(of("stop") + of("note")), say("q_verdicts", { stop: whole(of("stop")), note: whole(of("note")), fine: whole(of("fine")), unknown: whole(of("unknown")), narrow: whole(narrow) }), of("stop") ? "bad" : ""),
    fact("fact-rows", say("op_rows"), rows ? whole(rows) : "–", rows ? say("q_aside_share", { share: percent(aside / rows, 2), n: whole(aside) }) : say("q_no_files")),
    fact("fact-silent", say("q_silent_cells"), whole(silent), say("q_cells_of", { low: whole(low), all: whole(data.cells.length) }), silent ? "bad" : ""),
    fact("fact-troubles", say("q_troubles"), whole(data.problems.length), say("q_troubles_now"), data.problems.some((one) => one.severity === "stop") ? "bad" : ""),
  ];
}

function problems() {
  const line = (one) => h("li", {},
    badge(one.severity === "stop" ? "closed" : "note", say(`severity_${one.severity}`)),
    h("div", {}, h("b", {}, `${sayOr(`trouble_${one.kind}`, one.kind.replaceAll("_", " "))}, ${regionName(one.where)}`),
      h("p", { lang: "en" }, one.what), h("p", { lang: "en" }, h("b", {}, "→ "), one.what_to_do),
      h("small", {}, say("q_since", { since: dayMiddle(one.since), owner: say(`owner_${one.owner}`) }))));
  return h("section", { class: "card", "aria-label": say("q_troubles") }, h("h2", {}, say("q_troubles")),
    data.problems.length ? h("ul", { class: "failures", id: "troubles" }, data.problems.map(line)) : h("p", { id: "troubles" }, say("q_no_troubles")));
}

function accounting() {
  const inside = h("div");
  const update = () => inside.replaceChildren(today().files.length ? accountsTable(today().files) : h("p", {}, say("q_no_files")));
  update();
  return { update, box: h("section", { class: "card", "aria-label": say("op_files") }, h("h2", {}, say("op_files")), h("p", { class: "lead" }, say("op_files_lead")), inside) };
}

function drawAll(code) {
  shownState.lang = code;
  useLanguage(code);
  forgetReactors();
  document.title = `${textOf(data.title)} · ${say("q_title")} · Peil`;
  const days = mountDays();
  const heat = mountHeat();
  const coverage = mountCoverage();
  const reasons = mountReasons();
  const changed = mountChanged();
  const files = accounting();
  const facts = h("dl", { class: "facts", id: "facts", "aria-live": "off" }, summary());
  const period = daysBetween(data.days[0].day, data.days.at(-1).day);
  document.getElementById("page").replaceChildren(
    h("a", { class: "skip", href: "#panel", onclick: (event) => { event.preventDefault(); document.getElementById("panel").focus(); } }, say("skip")),
    masthead(textOf(data.title), `${say("q_subtitle")} · ${period}`, { href: "index.html", text: say("q_to_operator") }, code, (each) => { drawAll(each); remember(); }),
    days.box,
    h("main", { class: "inner", id: "panel", tabindex: -1 },
      data.is_synthetic ? h("p", { class: "banner" }, h("b", {}, say("synthetic")), " ", say("synthetic_why")) : null,
      facts, problems(), h("div", { class: "columns even" }, heat.box, coverage.box), reasons.box, changed.box, files.box),
    h("footer", { class: "inner bottom" }, h("p", {}, say("q_footer"))));
  onChange((what) => {
    if (what.has("day")) {
      days.update();
      facts.replaceChildren(...summary());
      reasons.update();
      files.update();
    }
    if (what.has("day") || what.has("out")) changed.update();
    if (["day", "region", "cell", "hour"].some((name) => what.has(name))) heat.update(what);
    if (what.has("day") || what.has("cell")) coverage.update();
  });
}

document.documentElement.classList.add("quality");
findDoubledHours(data.days.flatMap((day) => day.hours));
Object.assign(shownState, asked());
drawAll(shownState.lang);
addEventListener("hashchange", () => {
  const found = asked();
  if (found.lang && found.lang !== shownState.lang) drawAll(found.lang);
  set(found);
});
