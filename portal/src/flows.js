// Flows of the chosen zone as a table: from where, to where, how many, with the interval.

import { h } from "./dom.js";
import { isUnobserved, zoneById } from "./figures.js";
import { dayLong, hourOf, momentLong, say, whole } from "./format.js";
import { flowRows, flowUnit, isFlowZone, isReleasedNow } from "./pairs.js";
import { radios } from "./radios.js";
import { boundsWords, intervalNote } from "./sentences.js";
import { change, data, state, times } from "./state.js";
import { withheldNames } from "./withheld.js";

// The two choices that map and table share: which way, and the hour or its day.
export function flowChoices() {
  const way = radios("way", say("flow_way"), [["from", say("flow_way_from")], ["to", say("flow_way_to")]]);
  const span = radios("span", say("flow_span"), [["hour", say("flow_span_hour")], ["day", say("flow_span_day")]]);
  return { boxes: [way.box, span.box], update() { way.update(); span.update(); } };
}

export function flowTitle() {
  const zone = zoneById.get(state.zone);
  return zone ? say(state.way === "from" ? "flow_title_from" : "flow_title_to", { zone: zone.name }) : say("flows");
}

const when = () => (state.span === "day" ? dayLong(times[state.t]) : momentLong(times[state.t]));

const linkTo = (zone) => h("button", { type: "button", class: "link", onclick: () => change({ zone: zone.id }) }, zone.name);
const isOpen = (row) => row.now.status === "F";

// An entry of several hours says which, where one hour is looked at.
function periodWords(now) {
  if (state.span === "day" || !(now.nHours > 1)) return null;
  return h("small", { class: "period" }, now.nHours >= 23 ? say("flow_whole_day")
    : say("flow_period", { from: hourOf(times[now.start]), to: hourOf(times[now.start + now.nHours - 1]) + 1 })); // by local clocks
}

function rowOfFlow({ other, now }, zone, most) {
  return h("tr", { "data-flow": other.id },
    h("th", { scope: "row" }, other === zone ? say("flow_row_within", { zone: zone.name }) : other.isOthers ? other.name : linkTo(other), periodWords(now)),
    h("td", { class: "bar" }, h("div", { class: "rail", "aria-hidden": "true" },
      h("i", { class: "flow-bar", style: { width: `${most ? (100 * now.value) / most : 0}%` } }))),
    h("td", { class: "number" }, h("b", {}, whole(now.value))),
    h("td", { class: "bounds" }, boundsWords(now), now.nWithheld ? h("small", {}, say("flow_hours_withheld", { n: now.nWithheld })) : null));
}

function emptyWords(zone) {
  if (!isFlowZone(zone)) return say("flow_not_this_zone");
  if (state.span === "hour" && isUnobserved(state.t)) return say("not_observed_why");
  return say(!isReleasedNow() ? "flow_not_released" : state.way === "from" ? "flow_empty_from" : "flow_empty_to", { zone: zone.name, when: when() });
}

function sumWords(rows) {
  const open = rows.filter(isOpen);
  if (!open.length) return say("flow_all_withheld");
  const nHours = open.reduce((n, row) => n + row.now.nWithheld, 0);
  const areOfSeveral = state.span === "hour" && open.some((row) => row.now.nHours > 1);
  const sum = areOfSeveral ? say("flow_periods_not_added") : say("flow_sum", { n: whole(open.reduce((total, row) => total + row.now.value, 0)), unit: say(flowUnit()) });
  if (open.length === rows.length && !nHours) return sum;
  return [sum, say("whole_may_be_larger"), nHours ? say("flow_withheld_hours", { n: whole(nHours) }) : ""].join(" ");
}

export function mountFlows() {
  const choices = flowChoices();
  const title = h("h2", { id: "flows-title" });
  const moment = h("p", { class: "lead", id: "flows-when" });
  const sum = h("p", { class: "small", id: "flows-sum" });
  const body = h("div", {});

  function fillTable(zone) {
    const rows = flowRows(zone);
    if (!rows.length) return [h("p", { class: "empty", id: "flows-empty" }, emptyWords(zone))];
    const open = rows.filter(isOpen);
    const closed = rows.filter((row) => !isOpen(row));
    return [open.length ? flowTableOf(open, zone) : null,
      closed.length ? withheldNames("flows-withheld", say("flow_withheld_pairs", { n: whole(closed.length), all: whole(rows.length) }),
        say("flow_withheld_why", { threshold: data.threshold }), closed.map(({ other }) => (other === zone ? say("flow_row_within", { zone: zone.name }) : other.isOthers ? other.name : linkTo(other)))) : null].filter(Boolean);
  }

  function flowTableOf(open, zone) {
    const most = Math.max(...open.map((row) => row.now.value));
    const column = state.way === "from" ? "flow_column_to" : "flow_column_from";
    const head = [h("th", { scope: "col" }, say(column)), h("td", { class: "bar" }), h("th", { scope: "col", class: "number" }, say("flow_trips")),
      h("th", { scope: "col" }, say(state.span === "day" ? "flow_bounds_added" : "interval_of", { level: data.flows.interval.level }))];
    return h("div", { class: open.length > 12 ? "scroll tall" : "scroll", tabindex: open.length > 12 ? 0 : null, role: "region", "aria-labelledby": "flows-title" },
      h("table", { class: "bars pairs-table", id: "flows-table" },
        h("caption", { class: "unseen" }, `${flowTitle()}, ${when()}`),
        h("thead", {}, h("tr", {}, head)),
        h("tbody", {}, open.map((row) => rowOfFlow(row, zone, most)))));
  }

  function update() {
    const zone = zoneById.get(state.zone);
    if (!zone) return;
    choices.update();
    title.textContent = flowTitle();
    moment.textContent = `${when()} · ${say(flowUnit())}`;
    body.replaceChildren(...fillTable(zone));
    const rows = flowRows(zone);
    sum.replaceChildren(rows.length ? sumWords(rows) : "");
  }
  update();
  const box = h("section", { class: "card", id: "flows", "aria-labelledby": "flows-title", tabindex: -1 },
    h("div", { class: "card-head" }, h("div", {}, title, moment), h("div", { class: "choices" }, choices.boxes)),
    body, sum,
    h("p", { class: "small" }, say("flow_note")),
    h("p", { class: "small", id: "flows-held" }, intervalNote(data.flows.interval)),
    h("p", { class: "small" }, say(data.flows.unit === "DEV_TRIP" ? "not_a_person_devices" : "not_a_person_flows")));
  return { box, update };
}
