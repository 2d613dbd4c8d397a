// Who is in the chosen zone: residents, visitors by home zone, foreign SIMs by country, hour by hour.

import { h, hatch, onWidth, s, table, tableBehind } from "./dom.js";
import { isUnobserved, zoneById } from "./figures.js";
import { dayLong, hourOf, hours, momentLong, say, short, whole } from "./format.js";
import { crowdGroups, hasResidents, kindWords, originName } from "./origins.js";
import { added, hoursOfDay, isVisitorHour, isVisitorZone, visitorRows, visitorUnit } from "./pairs.js";
import { radios } from "./radios.js";
import { boundsWords, intervalNote } from "./sentences.js";
import { change, data, state, times } from "./state.js";
import { withheldNames } from "./withheld.js";

const EDGE = { top: 26, right: 6, bottom: 38, left: 46 };
const TALL = 256;

function stripesOver(id) {
  return s("pattern", { id, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    s("line", { x1: 0, y1: 0, x2: 0, y2: 5, stroke: "#fff", "stroke-width": 2 }));
}

// One bar an hour, the groups on top of each other; below it a hatched mark where one is withheld.
function crowdBars(zone, groups, width) {
  const list = hoursOfDay(state.t);
  const shown = groups.filter((group) => state.crowd === "all" || !hasResidents(group));
  const stacks = list.map((t) => {
    let top = 0;
    return { t, parts: shown.map((group) => {
      const now = group.at(t);
      const part = { group, now, from: top, to: top + (now.value ?? 0) };
      top = part.to;
      return part;
    }) };
  });
  const most = Math.max(1, ...stacks.map(({ parts }) => parts.at(-1)?.to ?? 0));
  const y = d3.scaleLinear([0, most], [TALL - EDGE.bottom, EDGE.top]).nice(4);
  const x = d3.scaleBand(d3.range(list.length), [EDGE.left, width - EDGE.right]).paddingInner(0.14).paddingOuter(0.07);
  const every = width < 420 ? 6 : 3;
  const hasNumber = stacks.some(({ parts }) => parts.some((part) => part.now.value !== null));
  return s("svg", { width, height: TALL, viewBox: `0 0 ${width} ${TALL}`, role: "img",
    "aria-label": say("crowd_label", { zone: zone.name, day: dayLong(times[state.t]) }) },
  s("defs", {}, stripesOver("crowd-stripes"), hatch("crowd-hatch")),
  s("text", { class: "unit", x: 2, y: 12 }, say(visitorUnit())),
  hasNumber ? y.ticks(4).map((value) => s("g", { class: "axis" },
    s("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(value), y2: y(value) }),
    s("text", { x: EDGE.left - 7, y: y(value) + 4, "text-anchor": "end" }, short(value)))) : [],
  stacks.map(({ t, parts }, i) => s("g", { class: t === state.t ? "hour now" : "hour", "data-hour": hourOf(times[t]), onclick: () => change({ t }) },
    s("rect", { class: "reach", x: x(i), width: x.bandwidth(), y: EDGE.top - 6, height: TALL - EDGE.bottom - EDGE.top + 6 }),
    parts.filter((part) => part.to > part.from).flatMap((part) => {
      const place = { x: x(i), width: x.bandwidth(), y: y(part.to), height: Math.max(0.5, y(part.from) - y(part.to)) };
      return [s("rect", { class: "part", ...place, fill: part.group.colour }),
        part.group.isForeign ? s("rect", { ...place, fill: "url(#crowd-stripes)", class: "over" }) : null];
    }),
    parts.some((part) => part.now.nWithheld) ? s("rect", { class: "silent", x: x(i), width: x.bandwidth(), y: TALL - EDGE.bottom + 3, height: 7, fill: "url(#crowd-hatch)" }) : null)),
  list.map((t, i) => {
    const far = Math.abs(i - list.indexOf(state.t)); // the name of the hour looked at has room around it
    if (far && (i % every || far * x.step() < 24)) return null;
    return s("text", { class: far ? "tick" : "tick now", x: x(i) + x.bandwidth() / 2, y: TALL - 10, "text-anchor": "middle" }, times[t].slice(11, 13));
  }),
  hasNumber ? null : s("text", { class: "nothing", x: (EDGE.left + width) / 2, y: TALL / 2, "text-anchor": "middle" }, say("crowd_nothing")),
  s("text", { class: "unit", x: 2, y: TALL - 10 }, say("hour")));
}

function keyOf(groups) {
  const box = (group) => s("svg", { width: 16, height: 14, "aria-hidden": "true" },
    s("defs", {}, stripesOver(`stripes-${group.id}`)),
    s("rect", { width: 16, height: 14, rx: 2, fill: group.colour }),
    group.isForeign ? s("rect", { width: 16, height: 14, rx: 2, fill: `url(#stripes-${group.id})` }) : null);
  const isWithheld = hoursOfDay(state.t).some((t) => groups.some((group) => group.at(t).nWithheld));
  return [...groups.filter((group) => state.crowd === "all" || !hasResidents(group))
    .map((group) => h("li", {}, box(group), h("span", {}, group.name))),
  isWithheld ? h("li", {}, s("svg", { width: 16, height: 8, "aria-hidden": "true" }, s("defs", {}, hatch("crowd-key-hatch")),
    s("rect", { width: 16, height: 8, fill: "url(#crowd-key-hatch)" })), h("span", {}, say("crowd_mark"))) : null];
}

function nowTable(zone, rows) {
  const list = rows.map((row) => ({ ...row, name: originName(row.origin), now: row.at(state.t) })).filter((row) => row.now.status !== null)
    .sort((a, b) => d3.descending(a.isResident, b.isResident) || d3.descending(a.now.value ?? -1, b.now.value ?? -1) || a.name.localeCompare(b.name));
  if (!list.length) return [h("p", { class: "empty", id: "crowd-empty" }, say(isUnobserved(state.t) ? "not_observed_why" : isVisitorHour(state.t) ? "crowd_nobody" : "crowd_not_released", { zone: zone.name }))];
  const open = list.filter((row) => row.now.status === "F");
  const closed = list.filter((row) => row.now.status !== "F");
  return [open.length ? tableOfOrigins(open, zone) : null,
    closed.length ? withheldNames("crowd-withheld", say("crowd_withheld", { n: whole(closed.length), all: whole(list.length) }),
      say("crowd_withheld_why", { threshold: data.threshold }), closed.map(({ name }) => name)) : null].filter(Boolean);
}

function tableOfOrigins(open, zone) {
  return h("div", { class: open.length > 12 ? "scroll tall" : "scroll", tabindex: open.length > 12 ? 0 : null, role: "region", "aria-labelledby": "crowd-title" },
    h("table", { class: "pairs-table", id: "crowd-table" },
      h("caption", {}, momentLong(times[state.t])),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("crowd_origin")),
        h("th", { scope: "col", class: "number" }, say(visitorUnit())),
        h("th", { scope: "col" }, say("interval_of", { level: data.visitors.interval.level })))),
      h("tbody", {}, open.map((row) => h("tr", { "data-origin": row.origin.code },
        h("th", { scope: "row" }, row.name, row.isResident ? null : h("small", {}, kindWords(row.origin, zone))),
        h("td", { class: "number" }, h("b", {}, whole(row.now.value))), h("td", { class: "bounds" }, boundsWords(row.now)))))));
}

function sumSentence(rows) {
  const at = (belongs) => added(rows.filter(belongs).map((row) => row.at(state.t)).filter((now) => now.status !== null));
  const words = (now) => (now.value === null ? say(now.status === "C" ? "withheld_short" : "none_shown") : whole(now.value));
  const sum = say("crowd_sum", {
    residents: words(at((row) => row.isResident)),
    visitors: words(at((row) => row.origin.kind === "zone")),
    foreign: words(at((row) => row.origin.kind === "country")), unit: say(visitorUnit()),
  });
  const others = rows.filter((row) => row.origin.code.startsWith("_")).map((row) => row.at(state.t)).filter((now) => now.status !== null);
  const all = others.length ? `${sum} ${say("crowd_sum_others", { n: words(added(others)) })}` : sum;
  return rows.some((row) => row.at(state.t).status === "C") ? `${all} ${say("whole_may_be_larger")}` : all;
}

export function mountVisitors() {
  const title = h("h2", { id: "crowd-title" });
  const day = h("p", { class: "lead" });
  const which = radios("crowd", say("crowd_which"), [["all", say("crowd_all")], ["visitors", say("crowd_visitors")]]);
  const chart = h("div", { class: "crowd", id: "crowd" });
  const key = h("ul", { class: "swatches", id: "crowd-key" });
  const sum = h("p", { class: "sum", id: "crowd-sum" });
  const now = h("div", {});
  let width = 0;
  let dayKey = "";
  let groups = [];

  const behind = tableBehind(say("crowd_day_table"), () => table(dayLong(times[state.t]),
    [say("hour"), ...groups.map((group) => `#${group.name}`)],
    hoursOfDay(state.t).map((t) => [hours(times[t]), ...groups.map((group) => cellWords(group.at(t), t))])));

  function cellWords(entryNow, t) {
    if (!isVisitorHour(t)) return say("not_released");
    if (isUnobserved(t)) return say("not_observed");
    if (entryNow.status === null) return "–";
    if (entryNow.value === null) return say("withheld_short");
    return entryNow.nWithheld ? say("crowd_and_withheld", { n: whole(entryNow.value), more: whole(entryNow.nWithheld) }) : whole(entryNow.value);
  }

  function draw() {
    const zone = zoneById.get(state.zone);
    if (zone && width && groups.length) chart.replaceChildren(crowdBars(zone, groups, width));
    else chart.replaceChildren();
  }

  function update() {
    const zone = zoneById.get(state.zone);
    if (!zone) return;
    which.update();
    const rows = visitorRows(zone);
    title.textContent = say("crowd_title", { zone: zone.name });
    day.textContent = dayLong(times[state.t]);
    const isNew = dayKey !== `${zone.id}|${times[state.t].slice(0, 10)}`;
    dayKey = `${zone.id}|${times[state.t].slice(0, 10)}`;
    if (isNew) groups = crowdGroups(rows, hoursOfDay(state.t));
    const isSilent = !rows.some((row) => hoursOfDay(state.t).some((t) => row.at(t).status === "F"));
    for (const part of [chart, key, which.box]) part.hidden = isSilent;
    behind.box.hidden = !rows.length;
    draw();
    key.replaceChildren(...keyOf(groups).filter(Boolean));
    if (isNew) behind.refill();
    if (!rows.length) {
      sum.textContent = say(isVisitorZone(zone) ? "crowd_nobody" : "crowd_not_this_zone", { zone: zone.name });
      return now.replaceChildren();
    }
    sum.textContent = isSilent ? say("crowd_all_withheld", { zone: zone.name }) : isVisitorHour(state.t) && !isUnobserved(state.t) ? sumSentence(rows) : "";
    return now.replaceChildren(...nowTable(zone, rows));
  }
  update();
  onWidth(chart, (wide) => { width = wide; draw(); });
  const box = h("section", { class: "card", id: "who", "aria-labelledby": "crowd-title" },
    h("div", { class: "card-head" }, h("div", {}, title, day), which.box),
    chart, key, sum, now, behind.box,
    h("p", { class: "small" }, say("crowd_note")),
    h("p", { class: "small", id: "crowd-held" }, intervalNote(data.visitors.interval)),
    h("p", { class: "small" }, say(data.visitors.unit === "DEV" ? "not_a_person_devices" : "not_a_person_crowd")));
  return { box, update };
}
