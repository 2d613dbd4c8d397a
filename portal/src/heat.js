// Rows per cell and hour of a day. Drawn on a canvas that holds only what is in view, so that
// thousands of cells stay fast; what is no number has a texture, not only a colour.

import { h, onWidth } from "./dom.js";
import { hours, hourOf, say, short, whole } from "./format.js";
import { MISSING, SHADES, TEXTURES, countWords, drawOverview, kindOfCount, limits, shadeOf } from "./heatcolours.js";
import { data, regionName, set, shownState, today } from "./quality_state.js";

const TALLEST = 560;
const ROW = { least: 4, most: 20 };
const AXIS = 22;
// As much of a text as there is room for.
function fitted(pen, text, room) {
  let kept = text;
  while (kept.length > 1 && pen.measureText(kept === text ? kept : `${kept}…`).width > room) kept = kept.slice(0, -1);
  return kept === text ? text : `${kept}…`;
}

function cellsShown() {
  return d3.range(data.cells.length).filter((i) => !shownState.region || data.cells[i].region_id === shownState.region);
}

// Runs of rows of one region: [region, first, last].
function groups(rows) {
  const found = [];
  rows.forEach((i, at) => {
    const region = data.cells[i].region_id;
    if (found.length && found.at(-1)[0] === region) found.at(-1)[2] = at;
    else found.push([region, at, at]);
  });
  return found;
}

function heatKey() {
  const swatch = (kind) => {
    const box = h("canvas", { width: 26, height: 14, "aria-hidden": "true" });
    const pen = box.getContext("2d");
    pen.fillStyle = pen.createPattern(TEXTURES[kind], "repeat");
    pen.fillRect(0, 0, 26, 14);
    return box;
  };
  const first = SHADES.length - 1 - limits.length;
  const words = SHADES.slice(first).map((_, i) => (i === 0 ? say("class_below", { limit: short(limits[0] ?? 0) })
    : i === limits.length ? say("class_above", { limit: short(limits[i - 1]) })
      : say("class_between", { lower: short(limits[i - 1]), upper: short(limits[i]) })));
  return h("div", { class: "legend", id: "heat-key" },
    h("span", { class: "legend-unit" }, say("q_rows_an_hour")),
    limits.length ? h("div", { class: "classes", role: "img", "aria-label": `${say("q_rows_an_hour")}: ${words.join("; ")}` },
      SHADES.slice(first).map((shade, i) => h("div", { class: "class" }, h("i", { style: { background: shade } }),
        i < limits.length ? h("span", {}, short(limits[i])) : null))) : null,
    h("div", { class: "legend-none" }, ["few", "zero", "missing"].map((kind) => h("span", {}, swatch(kind), say(`q_${kind}`)))));
}

export function mountHeat() {
  const canvas = h("canvas", { class: "heat", "aria-hidden": "true" });
  const tall = h("div", { class: "heat-tall" }, canvas);
  const readout = h("p", { class: "readout", id: "heat-readout", role: "status" });
  const view = h("div", {
    class: "heat-view", id: "heat", tabindex: 0, role: "group", "aria-label": say("q_heat_label"), "aria-describedby": "heat-readout",
    onscroll: () => draw(), onkeydown: onKey, onpointermove: (event) => point(event), onclick: (event) => point(event),
  }, tall);
  const overview = h("canvas", { class: "overview", width: 72, height: TALLEST - AXIS, "aria-hidden": "true", onclick: (event) => jump(event), onpointermove: (event) => { if (event.buttons) jump(event); } });
  const choose = h("select", { id: "region", onchange: () => set({ region: choose.value }) },
    h("option", { value: "" }, say("q_all_regions", { n: whole(data.cells.length) })),
    data.regions.map((one) => h("option", { value: one.region_id, selected: one.region_id === shownState.region }, one.name)));
  let rows = cellsShown();
  let width = 0;
  let row = ROW.least;
  let gutter = 0;

  function layout() {
    rows = cellsShown();
    row = Math.max(ROW.least, Math.min(ROW.most, Math.floor((TALLEST - AXIS) / Math.max(1, rows.length))));
    gutter = width > 480 ? 120 : 84;
    view.style.height = `${Math.min(TALLEST, rows.length * row + AXIS) + 2}px`;
    tall.style.height = `${rows.length * row + AXIS}px`;
    overview.hidden = rows.length * row + AXIS <= 1.3 * TALLEST;
  }

  function jump(event) {
    const bounds = overview.getBoundingClientRect();
    view.scrollTop = ((event.clientY - bounds.top) / bounds.height) * rows.length * row - (view.clientHeight - AXIS) / 2;
  }

  function column() {
    return (width - gutter) / Math.max(1, today().hours.length);
  }

  function draw() {
    if (!width) return;
    const height = Math.min(TALLEST, rows.length * row + AXIS);
    const sharp = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * sharp);
    canvas.height = Math.round(height * sharp);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const pen = canvas.getContext("2d");
    pen.scale(sharp, sharp);
    const colours = getComputedStyle(view);
    const ink = colours.getPropertyValue("--ink");
    const soft = colours.getPropertyValue("--soft");
    pen.fillStyle = colours.getPropertyValue("--card");
    pen.fillRect(0, 0, width, height);
    pen.font = "11.5px sans-serif";
    const top = view.scrollTop;
    const wide = column();
    const day = today();
    const fills = Object.fromEntries(Object.entries(TEXTURES).map(([kind, tile]) => [kind, pen.createPattern(tile, "repeat")]));
    const first = Math.floor(top / row);
    const last = Math.min(rows.length - 1, Math.ceil((top + height - AXIS) / row));
    for (let at = first; at <= last; at += 1) {
      const counts = day.rows_per_hour[rows[at]];
      const y = AXIS + at * row - top;
      day.hours.forEach((_, t) => {
        const n = counts ? counts[t] : MISSING;
        const kind = kindOfCount(n);
        pen.fillStyle = kind === "number" ? shadeOf(n) : fills[kind];
        pen.fillRect(gutter + t * wide, y, wide - (wide > 8 ? 1 : 0), row > 6 ? row - 1 : row);
      });
    }
    let free = 0;
    for (const [region, from, to] of groups(rows)) {
      const y0 = AXIS + from * row - top;
      const y1 = AXIS + (to + 1) * row - top;
      if (y1 < AXIS || y0 > height) continue;
      if (row < 11 && Math.max(y0, AXIS) >= free) {
        free = Math.max(y0, AXIS) + 13;
        pen.fillStyle = ink;
        pen.fillText(fitted(pen, region ? regionName(region) : say("q_outside_zones"), gutter - 8), 2, Math.min(Math.max(y0, AXIS) + 12, height - 3));
      }
      pen.fillStyle = soft;
      if (from > 0) pen.fillRect(gutter - 8, y0 - 1, width - gutter + 8, 1);
    }
    if (row >= 11) {
      pen.fillStyle = ink;
      for (let at = first; at <= last; at += 1) pen.fillText(fitted(pen, data.cells[rows[at]].cell_id, gutter - 8), 2, AXIS + at * row - top + row - 4);
    }
    pen.fillStyle = colours.getPropertyValue("--card");
    pen.fillRect(0, 0, width, AXIS - 1);
    pen.fillStyle = soft;
    pen.textAlign = "center";
    day.hours.forEach((time, t) => {
      if (hourOf(time) % (wide < 26 ? 6 : wide < 34 ? 3 : 2) === 0) pen.fillText(String(hourOf(time)).padStart(2, "0"), gutter + (t + 0.5) * wide, 14);
    });
    pen.textAlign = "start";
    if (!overview.hidden) drawOverview(overview, rows, day, top / (rows.length * row), (height - AXIS) / (rows.length * row));
    const at = rows.indexOf(shownState.cell);
    if (at >= 0) {
      pen.strokeStyle = "#d9480f";
      pen.lineWidth = 2;
      pen.strokeRect(gutter, AXIS + at * row - top - 1, width - gutter - 1, row + 1);
      pen.strokeStyle = ink;
      pen.strokeRect(gutter + shownState.hour * wide - 1, AXIS + at * row - top - 2, wide + 1, row + 3);
    }
  }

  function tell() {
    const cell = data.cells[shownState.cell];
    const day = today();
    if (!cell) {
      readout.textContent = day.rows_per_hour.length ? say("q_heat_hint") : say("q_no_heat");
      return;
    }
    const counts = day.rows_per_hour[shownState.cell];
    readout.replaceChildren(h("b", {}, cell.cell_id), ` · ${cell.region_id ? regionName(cell.region_id) : say("q_outside_zones")} · ${hours(day.hours[shownState.hour])} · `,
      h("b", { id: "heat-count" }, countWords(counts ? counts[shownState.hour] : MISSING)));
  }

  function show(at) {
    const y = at * row;
    if (y < view.scrollTop) view.scrollTop = y;
    else if (y + row > view.scrollTop + view.clientHeight - AXIS) view.scrollTop = y + row - view.clientHeight + AXIS;
  }

  function onKey(event) {
    const at = rows.indexOf(shownState.cell);
    const page = Math.floor((view.clientHeight - AXIS) / row);
    const end = rows.length - 1;
    const go = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1], PageDown: [page, 0],
      PageUp: [-page, 0], Home: [-end, 0], End: [end, 0] }[event.key];
    if (!go || !rows.length) return;
    event.preventDefault();
    const to = at < 0 ? 0 : Math.max(0, Math.min(end, at + go[0]));
    const hour = Math.max(0, Math.min(today().hours.length - 1, shownState.hour + (at < 0 ? 0 : go[1])));
    show(to);
    set({ cell: rows[to], hour });
  }

  function point(event) {
    const bounds = canvas.getBoundingClientRect();
    const at = Math.floor((event.clientY - bounds.top - AXIS + view.scrollTop) / row);
    const t = Math.floor((event.clientX - bounds.left - gutter) / column());
    if (event.clientY - bounds.top < AXIS || at < 0 || at >= rows.length) return;
    set({ cell: rows[at], hour: Math.max(0, Math.min(today().hours.length - 1, t)) });
  }

  onWidth(view, (now) => { width = now; layout(); draw(); });
  tell();
  return {
    box: h("section", { class: "card", "aria-label": say("q_heat") },
      h("div", { class: "card-head" }, h("h2", {}, say("q_heat")), h("span", { class: "pick" }, h("label", { for: "region" }, say("q_region")), choose)),
      h("p", { class: "lead" }, say("q_heat_lead")), h("div", { class: "heat-and-all" }, view, overview), readout, heatKey()),
    update(changed) {
      if (changed.has("region")) {
        choose.value = shownState.region;
        view.scrollTop = 0;
        layout();
      }
      const at = rows.indexOf(shownState.cell);
      if (changed.has("cell") && at >= 0) show(at);
      draw();
      tell();
    },
  };
}
