// Cells on the plane: each with a shape for how its day stands to what is expected of it.

import { h, onWidth, s, table, tableBehind } from "./dom.js";
import { say, whole } from "./format.js";
import { data, regionName, set, shownState, today } from "./quality_state.js";

// Worst first; what is worse is drawn later, and larger.
const STATUSES = ["silent", "low", "high", "few", "unknown", "expected"];
const SIZE = { silent: 110, low: 74, high: 64, few: 46, unknown: 46, expected: 44 };
const SHAPE = {
  silent: d3.symbolTimes, low: { draw: (pen, size) => triangle(pen, size, 1) }, high: { draw: (pen, size) => triangle(pen, size, -1) },
  few: d3.symbolDiamond2, unknown: d3.symbolSquare2, expected: d3.symbolCircle,
};

function triangle(pen, size, way) {
  const r = Math.sqrt(size / 1.3);
  pen.moveTo(-r, -way * r * 0.6);
  pen.lineTo(r, -way * r * 0.6);
  pen.lineTo(0, way * r);
  pen.closePath();
}

const crowded = data.cells.length > 3000 ? 0.3 : data.cells.length > 800 ? 0.55 : 1;

function glyph(status, size = SIZE[status] * crowded) {
  return d3.symbol(SHAPE[status], size)();
}

function counted(statuses) {
  const of = (status) => statuses.filter((each, i) => each === status && data.cells[i].x_m !== null).length;
  return Object.fromEntries(STATUSES.map((status) => [status, of(status)]));
}

// Sectors share a mast: fan them out, so that each can be seen.
function fannedOut(width) {
  const masts = d3.group(d3.range(data.cells.length).filter((i) => data.cells[i].x_m !== null),
    (i) => `${data.cells[i].x_m} ${data.cells[i].y_m}`);
  const away = (width < 500 ? 5 : 7) * Math.sqrt(crowded);
  const shifts = new Map();
  for (const cells of masts.values()) {
    cells.forEach((i, at) => {
      const angle = (2 * Math.PI * at) / cells.length - Math.PI / 2;
      shifts.set(i, cells.length === 1 ? [0, 0] : [away * Math.cos(angle), away * Math.sin(angle)]);
    });
  }
  return shifts;
}

function scaleBar(perPixel, width, height) {
  const metres = d3.max([100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000].filter((m) => m / perPixel < width / 4)) ?? 100;
  const words = metres < 1000 ? `${metres} m` : `${metres / 1000} km`;
  return s("g", { class: "scalebar", "aria-hidden": "true", transform: `translate(8 ${height - 10})` },
    s("path", { d: `M0 -4V0H${metres / perPixel}V-4` }), s("text", { x: metres / perPixel + 6, y: 0 }, words));
}

function coverageKey(counts, nowhere) {
  return h("ul", { class: "coverage-key", id: "coverage-key" }, STATUSES.map((status) => h("li", { "data-status": status },
    s("svg", { width: 18, height: 18, viewBox: "-9 -9 18 18", "aria-hidden": "true" }, s("path", { class: `glyph ${status}`, d: glyph(status, Math.min(SIZE[status], 80)) })),
    `${say(`q_status_${status}`)} `, h("b", {}, whole(counts[status])))),
  h("li", { "data-status": "nowhere" }, h("span", { class: "nowhere", "aria-hidden": "true" }, "?"), `${say("q_status_nowhere")} `, h("b", {}, whole(nowhere))));
}

export function mountCoverage() {
  const box = h("div", { class: "coverage", id: "coverage" });
  const under = h("div");
  const located = d3.range(data.cells.length).filter((i) => data.cells[i].x_m !== null);
  const statusOf = (i) => today().statuses[i] ?? "unknown";
  let places = new Map();
  let layer = null;
  let ring = null;

  function draw(width) {
    const points = located.map((i) => [data.cells[i].x_m, data.cells[i].y_m]).concat(data.outlines.flat(2));
    if (!points.length) {
      box.replaceChildren(h("p", {}, say("q_no_places")));
      return;
    }
    const [x0, x1] = d3.extent(points, (p) => p[0]);
    const [y0, y1] = d3.extent(points, (p) => p[1]);
    const room = 16;
    const across = Math.max(x1 - x0, 1);
    const up = Math.max(y1 - y0, 1);
    const perPixel = Math.max(across / (width - 2 * room), up / 430);
    const height = Math.round(Math.max(160, up / perPixel) + 2 * room + 18);
    const left = (width - across / perPixel) / 2;
    const at = ([x, y]) => [left + (x - x0) / perPixel, height - room - 18 - (y - y0) / perPixel];
    const shifts = fannedOut(width);
    places = new Map(located.map((i) => {
      const [x, y] = at([data.cells[i].x_m, data.cells[i].y_m]);
      return [i, [x + shifts.get(i)[0], y + shifts.get(i)[1]]];
    }));
    const land = data.outlines.map((rings) => rings.map((points) => `M${points.map((p) => at(p).map((v) => v.toFixed(1)).join(" ")).join("L")}Z`).join("")).join("");
    layer = s("g");
    ring = s("circle", { class: "ring", r: 11 });
    box.replaceChildren(s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": say("q_coverage_label"),
      onclick: (event) => {
        const [x, y] = d3.pointer(event);
        const nearest = d3.least(places, ([, [a, b]]) => (a - x) ** 2 + (b - y) ** 2);
        if (nearest && Math.hypot(nearest[1][0] - x, nearest[1][1] - y) < 24) set({ cell: nearest[0] });
      } },
    s("path", { class: "land", d: land }), layer, ring, scaleBar(perPixel, width, height)));
    mark();
  }

  function mark() {
    if (layer) {
      layer.replaceChildren(...[...STATUSES].reverse().map((status) => s("path", { class: `glyph ${status}`,
        d: located.filter((i) => statusOf(i) === status).map((i) => {
          const [x, y] = places.get(i);
          return shiftedGlyph(status, x, y);
        }).join("") })));
      const at = places.get(shownState.cell);
      ring.setAttribute("display", at ? "inline" : "none");
      if (at) { ring.setAttribute("cx", at[0]); ring.setAttribute("cy", at[1]); }
    }
    under.replaceChildren(coverageKey(counted(today().statuses), data.cells.length - located.length));
    behind.refill();
  }

  const behind = tableBehind(say("q_coverage_table"), () => {
    const listed = d3.range(data.cells.length).filter((i) => statusOf(i) !== "expected" || data.cells[i].x_m === null)
      .sort((a, b) => STATUSES.indexOf(statusOf(a)) - STATUSES.indexOf(statusOf(b)) || a - b);
    return table(say("q_coverage_caption", { n: whole(listed.length) }), [say("q_cell"), say("q_region"), say("status"), say("q_located")],
      listed.slice(0, 400).map((i) => [
        h("button", { type: "button", class: "link", onclick: () => { set({ region: "", cell: i }); document.getElementById("heat").focus(); } }, data.cells[i].cell_id),
        data.cells[i].region_id ? regionName(data.cells[i].region_id) : say("q_outside_zones"),
        say(`q_status_${statusOf(i)}`), data.cells[i].x_m === null ? say("q_no") : say("q_yes")]));
  });
  under.replaceChildren(coverageKey(counted(today().statuses), data.cells.length - located.length));
  onWidth(box, draw);
  return {
    box: h("section", { class: "card", "aria-label": say("q_coverage") }, h("h2", {}, say("q_coverage")),
      h("p", { class: "lead" }, say("q_coverage_lead")), box, under, behind.box),
    update: mark,
  };
}

// The glyph of a status at a place, as path data.
function shiftedGlyph(status, x, y) {
  return glyph(status).replace(/([ML])([-\d.e]+),([-\d.e]+)/g, (_, way, a, b) => `${way}${(Number(a) + x).toFixed(1)},${(Number(b) + y).toFixed(1)}`)
    .replace(/A([-\d.e]+),([-\d.e]+),(\d),(\d),(\d),([-\d.e]+),([-\d.e]+)/g, (_, rx, ry, turn, large, sweep, a, b) =>
      `A${rx},${ry},${turn},${large},${sweep},${(Number(a) + x).toFixed(1)},${(Number(b) + y).toFixed(1)}`);
}
