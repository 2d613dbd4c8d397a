// Flows on the map: arrows from or to the chosen zone, as wide as there are trips.

import { h, hatch, dots, s } from "./dom.js";
import { isUnobserved, zoneById } from "./figures.js";
import { say, whole } from "./format.js";
import { swatch } from "./legend.js";
import { drawable, flowRows, flowUnit, isFlowZone, isReleasedNow, largestFlow } from "./pairs.js";
import { state } from "./state.js";

const MOST_ARROWS = 40;
const POINTS = 28;

const widest = (mapWidth) => (mapWidth < 500 ? 11 : 16);

function widthScale(zone, mapWidth) {
  return d3.scaleLinear([0, largestFlow(zone) || 1], [0, widest(mapWidth)]);
}

// Points of a curve that bends to the right of its direction, with the length walked to each.
function bentLine([x0, y0], [x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const [cx, cy] = [(x0 + x1) / 2 - dy * 0.16, (y0 + y1) / 2 + dx * 0.16];
  const points = d3.range(POINTS + 1).map((i) => {
    const u = i / POINTS;
    return [(1 - u) ** 2 * x0 + 2 * u * (1 - u) * cx + u * u * x1, (1 - u) ** 2 * y0 + 2 * u * (1 - u) * cy + u * u * y1];
  });
  const walked = [0];
  for (let i = 1; i < points.length; i += 1) {
    walked.push(walked[i - 1] + Math.hypot(points[i][0] - points[i - 1][0], points[i][1] - points[i - 1][1]));
  }
  return { points, walked, length: walked.at(-1) };
}

function pointAt(line, distance) {
  const i = Math.min(POINTS, Math.max(1, d3.bisectLeft(line.walked, distance)));
  const [a, b] = [line.points[i - 1], line.points[i]];
  const share = (distance - line.walked[i - 1]) / (line.walked[i] - line.walked[i - 1] || 1);
  const size = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
  return { x: a[0] + share * (b[0] - a[0]), y: a[1] + share * (b[1] - a[1]), nx: -(b[1] - a[1]) / size, ny: (b[0] - a[0]) / size };
}

// The outline of an arrow of that width: a shaft, and a head that is wider than the shaft. The shaft
// leaves `gaps` free at either end, where other arrows meet.
export function arrowPath(from, to, width, gaps = [7, 4]) {
  const line = bentLine(from, to);
  const start = Math.min(gaps[0], line.length / 3);
  const tip = line.length - Math.min(gaps[1], line.length / 3);
  const head = Math.min(width + 7, (tip - start) * 0.55);
  const shaft = d3.range(0, 1.0001, 0.1).map((share) => pointAt(line, start + share * (tip - head - start)));
  const side = ({ x, y, nx, ny }, by) => `${(x + nx * by).toFixed(1)},${(y + ny * by).toFixed(1)}`;
  const [half, wing] = [width / 2, width * 0.8 + 3.5];
  const neck = shaft.at(-1);
  const point = pointAt(line, tip);
  return `M${[...shaft.map((p) => side(p, half)), side(neck, wing), side(point, 0), side(neck, -wing),
    ...[...shaft].reverse().map((p) => side(p, -half))].join("L")}Z`;
}

export function flowFill(zone) {
  if (!isReleasedNow()) return "url(#map-dots)";
  const chosen = zoneById.get(state.zone);
  const row = chosen && flowRows(chosen).find(({ other }) => other === zone);
  if (row && row.now.status === "C") return "url(#map-hatch)";
  return zone === chosen ? "#fdf0c8" : "#eef1f4";
}

// Words of the flow between the chosen zone and this one.
export function flowWords(zone) {
  const chosen = zoneById.get(state.zone);
  if (!isReleasedNow()) return say("not_released");
  if (state.span === "hour" && isUnobserved(state.t)) return say("not_observed");
  const row = chosen && flowRows(chosen).find(({ other }) => other === zone);
  if (!row) return zone === chosen ? say("flow_here") : say("flow_none");
  if (row.now.status === "C") return say("withheld");
  const key = zone === chosen ? "flow_within" : state.way === "from" ? "flow_from" : "flow_to";
  return say(key, { n: whole(row.now.value), zone: chosen.name, unit: say(flowUnit()) });
}

// The arrows of the moment, in an order that leaves the narrow ones on top.
export function drawFlows(group, path, mapWidth) {
  const chosen = zoneById.get(state.zone);
  if (state.shows !== "flows" || !chosen || !drawable.has(chosen)) return group.replaceChildren();
  const width = widthScale(chosen, mapWidth);
  const here = path.centroid(chosen.feature);
  const rows = flowRows(chosen).filter(({ other, now }) => now.value > 0 && other !== chosen && drawable.has(other)).slice(0, MOST_ARROWS);
  const wide = rows.map(({ now }) => Math.max(1.2, width(now.value)));
  const around = Math.min(24, Math.max(9, d3.sum(wide, (one) => 1.6 * one + 7) / (2 * Math.PI))); // room for all heads
  return group.replaceChildren(...rows.map(({ other }, i) => {
    const there = path.centroid(other.feature);
    const ends = state.way === "from" ? [here, there] : [there, here];
    const below = Math.max(0, there[1] - here[1]) / (Math.hypot(there[0] - here[0], there[1] - here[1]) || 1);
    const near = Math.max(around, 9 + 12 * below); // the name of the chosen zone stands below its middle
    const gaps = state.way === "from" ? [near, 4] : [4, near];
    return s("path", { class: `flow ${state.way}`, "data-flow": other.id, d: arrowPath(...ends, wide[i], gaps) });
  }), s("circle", { class: "flow-here", cx: here[0], cy: here[1], r: 4.5 }));
}

function wordsOfKey(rows) {
  if (state.span === "day") return "flow_key_day";
  return rows.some((row) => row.now.nHours > 1) ? "flow_key_period" : "flow_key_hour";
}

// The key: arrows of round numbers of trips, and what stands for no number.
export function flowLegend(mapWidth) {
  const chosen = zoneById.get(state.zone);
  const rows = chosen ? flowRows(chosen) : [];
  const most = chosen ? largestFlow(chosen) : 0;
  const scale = chosen ? widthScale(chosen, mapWidth) : null;
  const round = most ? d3.ticks(0, most, 3).filter((value) => value >= 1) : [];
  return h("div", { class: "legend" },
    most ? h("div", { class: "widths" }, round.map((value) => h("span", {},
      s("svg", { width: 48, height: 34, "aria-hidden": "true" },
        s("path", { class: `flow ${state.way}`, d: arrowPath([-7, 13], [50, 13], Math.max(1.2, scale(value))) })), whole(value)))) : null,
    most ? h("span", { class: "legend-unit" }, say(wordsOfKey(rows), { unit: say(flowUnit()) })) : null,
    h("div", { class: "legend-none" },
      rows.some((row) => row.now.status === "C") ? h("span", {}, swatch(hatch, "flow-hatch"), say("withheld")) : null,
      isReleasedNow() ? null : h("span", {}, swatch(dots, "flow-dots"), say("not_released")),
      chosen && !isFlowZone(chosen) ? h("span", {}, say("flow_not_this_zone")) : null,
      rows.length > MOST_ARROWS ? h("span", {}, say("flow_most", { n: MOST_ARROWS })) : null));
}
