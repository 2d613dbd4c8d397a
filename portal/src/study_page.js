// The page of two candidates of a study: where each errs, by the hour, and where one errs less.

import { h, onWidth, s, table, tableBehind } from "./dom.js";
import { percent, say, sayOr, signedPercent, textOf, useLanguage, whole } from "./format.js";
import { masthead } from "./masthead.js";

const study = JSON.parse(document.getElementById("data").textContent);
const view = { lang: "en", world: 0, hour: 12 };
// ColorBrewer YlGnBu and PuOr: told apart under every common colour blindness
const ERRORS = { breaks: [0.02, 0.05, 0.1, 0.2, 0.4], colours: ["#ffffd9", "#c7e9b4", "#7fcdbb", "#41b6c4", "#2c7fb8", "#253494"] };
const GAINS = { breaks: [-0.1, -0.03, -0.005, 0.005, 0.03, 0.1],
  colours: ["#b35806", "#f1a340", "#fee0b6", "#f7f7f7", "#d8daeb", "#998ec3", "#542788"] };
const NONE = "#ffffff";

const world = () => study.worlds[view.world];
const errorOf = (which, zone) => world()[which][zone][view.hour];
const isNumber = (value) => value !== null && value !== undefined;

function gainOf(zone) {
  const [before, after] = ["incumbent", "candidate"].map((which) => errorOf(which, zone));
  return isNumber(before) && isNumber(after) ? before - after : null;
}

const signed = (value) => signedPercent(value, 1).replace("%", "").trim();
const points = (value) => say("st_points", { n: signed(value) });

const MAPS = [
  { id: "incumbent", scale: ERRORS, valueOf: (zone) => errorOf("incumbent", zone), words: (value) => percent(value) },
  { id: "candidate", scale: ERRORS, valueOf: (zone) => errorOf("candidate", zone), words: (value) => percent(value) },
  { id: "difference", scale: GAINS, valueOf: gainOf, words: points, short: signed },
];

function key({ scale, words, short }) {
  return h("div", { class: "legend" }, h("div", { class: "classes", role: "img",
    "aria-label": scale.breaks.map(words).join(", ") },
  scale.colours.map((colour, i) => h("div", { class: "class" }, h("i", { style: { background: colour } }),
    i < scale.breaks.length ? h("span", {}, (short ?? words)(scale.breaks[i])) : null))));
}

function heading(id) {
  return id === "difference" ? say("st_difference", { candidate: study.candidate }) : study[id];
}

function mapOf(map) {
  const box = h("div", { class: "map" });
  let shapes = [];
  const shown = (zone) => {
    const value = map.valueOf(zone);
    return `${world().zones[zone].name}: ${isNumber(value) ? map.words(value) : say("st_nobody")}`;
  };
  const update = () => shapes.forEach((shape, zone) => {
    const value = map.valueOf(zone);
    shape.setAttribute("fill", isNumber(value) ? map.scale.colours[d3.bisectRight(map.scale.breaks, value)] : NONE);
    shape.replaceChildren(s("title", {}, shown(zone)));
  });
  const draw = (width) => {
    const features = world().zones.map((zone) => ({ type: "Feature", geometry: zone.geometry }));
    const whole_ = { type: "FeatureCollection", features };
    const [[x0, y0], [x1, y1]] = d3.geoPath().bounds(whole_);
    const height = Math.round(Math.min(420, width * (y1 - y0) / (x1 - x0)));
    const path = d3.geoPath(d3.geoIdentity().reflectY(true).fitExtent([[3, 3], [width - 3, height - 3]], whole_));
    shapes = features.map((feature) => s("path", { class: "zone soft", d: path(feature) }));
    box.replaceChildren(s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
      "aria-label": `${heading(map.id)}: ${say("st_map_label")}` }, shapes));
    update();
  };
  onWidth(box, draw);
  return { update, redraw: () => draw(Math.floor(box.clientWidth) || 300),
    box: h("section", { class: "card", id: `map-${map.id}` }, h("h2", {}, heading(map.id)),
      h("p", { class: "lead" }, say(map.id === "difference" ? "st_difference_why" : "st_error_why")), box, key(map)) };
}

const clockOf = (hour) => `${String(hour).padStart(2, "0")}:00–${String((hour + 1) % 24).padStart(2, "0")}:00`;

function maps() {
  const each = MAPS.map(mapOf);
  const clock = h("span", { class: "clock" });
  const refresh = () => {
    clock.textContent = clockOf(view.hour);
    slider.setAttribute("aria-valuetext", clockOf(view.hour));
    for (const map of each) map.update();
    behind.refill();
  };
  const slider = h("input", { type: "range", id: "hour", min: 0, max: 23, step: 1, value: view.hour, "aria-label": say("hour_slider"),
    oninput: () => { view.hour = Number(slider.value); refresh(); } });
  const select = h("select", { id: "world", onchange: () => {
    view.world = Number(select.value);
    for (const map of each) map.redraw();
    refresh();
  } }, study.worlds.map((one, i) => h("option", { value: i, selected: i === view.world }, one.name)));
  const behind = tableBehind(say("map_table"), () => table(`${world().name}, ${clockOf(view.hour)}`,
    [say("municipality"), `#${study.incumbent}`, `#${study.candidate}`, `#${say("st_less")}`],
    world().zones.map((zone, i) => [zone.name, ...["incumbent", "candidate"].map((which) => {
      const value = errorOf(which, i);
      return isNumber(value) ? percent(value) : say("st_nobody");
    }), isNumber(gainOf(i)) ? points(gainOf(i)) : "–"])));
  refresh();
  return [h("section", { class: "card" },
    h("div", { class: "card-head" }, h("h2", {}, say("st_maps")), h("div", { class: "pick" },
      h("label", { for: "world" }, say("st_world")), select)),
    h("div", { class: "time" }, h("div", { class: "moment" }, clock), h("div", { class: "track" }, slider)), behind.box),
  h("div", { class: "thirds" }, each.map((map) => map.box))];
}

// An interval a group, on one axis: to the right of 0 the candidate errs less.
function groups() {
  const box = h("div", { class: "line" });
  const names = study.groups.map((row) => sayOr(`st_group_${row.group.replaceAll(" ", "_")}`, row.group));
  onWidth(box, (width) => {
    const [left, top, step] = [Math.min(170, width * 0.36), 24, 34];
    const ends = study.groups.flatMap((row) => [row.lower, row.upper, 0]);
    const x = d3.scaleLinear(d3.extent(ends), [left, width - 30]).nice();
    const height = top + step * study.groups.length + 12;
    box.replaceChildren(s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": say("st_groups") },
      x.ticks(Math.max(2, Math.floor((width - left) / 90))).map((tick) => s("g", {},
        s("line", { x1: x(tick), x2: x(tick), y1: top - 8, y2: height, class: tick === 0 ? "zero-line" : "grid-line" }),
        s("text", { x: x(tick), y: 11, "text-anchor": "middle", class: "tick" }, signedPercent(tick)))),
      study.groups.map((row, i) => {
        const y = top + step * (i + 0.5);
        return s("g", {}, s("text", { x: 0, y: y + 4, class: "group-name" }, names[i]),
          s("line", { x1: x(row.lower), x2: x(row.upper), y1: y, y2: y, class: "interval" }),
          s("circle", { cx: x(row.gain), cy: y, r: 5, class: "gain" }));
      })));
  });
  const behind = tableBehind(say("score_table"), () => table(say("st_groups"),
    [say("st_group"), `#${say("st_less")}`, say("interval"), `#${say("st_zones")}`],
    study.groups.map((row, i) => [names[i], signedPercent(row.gain, 1),
      say("from_to", { lower: signedPercent(row.lower, 1), upper: signedPercent(row.upper, 1) }), whole(row.n_zones)])));
  return h("section", { class: "card" }, h("h2", {}, say("st_groups")),
    h("p", { class: "lead" }, say("st_groups_why", { incumbent: study.incumbent, n: study.worlds.length })), box, behind.box);
}

function verdict() {
  return h("section", { class: "notice" }, h("h2", { id: "verdict" }, say("st_verdict", { candidate: study.candidate, verdict: textOf(study.verdict) })),
    h("p", {}, say("st_before_protection")),
    study.changed.length ? h("h3", {}, say("st_changed")) : null, h("ul", { class: "list", id: "changed-list" }, study.changed.map((line) => h("li", {}, h("code", {}, line)))));
}

function drawStudy(code) {
  view.lang = code;
  useLanguage(code);
  document.title = `${study.title} · Peil`;
  document.getElementById("page").replaceChildren(
    masthead(study.title, say("st_subtitle", { incumbent: study.incumbent, candidate: study.candidate }), null, code, (each) => {
      history.replaceState(null, "", `#lang=${each}`);
      drawStudy(each);
    }),
    h("main", { class: "inner study", id: "panel" }, verdict(), groups(), maps()));
}

drawStudy(new URLSearchParams(location.hash.slice(1)).get("lang") === "nl" ? "nl" : "en");
