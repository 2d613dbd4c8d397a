// The map of the zones. Arrow keys walk to the neighbour on that side.

import { crosses, dots, h, hatch, onWidth, s, table, tableBehind } from "./dom.js";
import { drawFlows, flowFill, flowLegend, flowWords } from "./flowmap.js";
import { entry, mapped, measured, upper, zoneById } from "./figures.js";
import { momentLong, say, short, signedPercent, whole } from "./format.js";
import { legend } from "./legend.js";
import { bandAt, hasOutlook } from "./outlook.js";
import { scaleOf } from "./scale.js";
import { change, state, times } from "./state.js";
import { intervalWords, noNumberWords, unitWords } from "./sentences.js";

const collection = (list) => ({ type: "FeatureCollection", features: list.map((zone) => zone.feature) });

function fillOf(zone) {
  if (state.shows === "flows") return flowFill(zone);
  const value = measured(zone, state.t, state.measure);
  if (value !== null) return scaleOf(state.measure).colourOf(value);
  return `url(#map-${{ C: "hatch", F: "hatch", L: "crosses" }[entry(zone, state.t).status] ?? "dots"})`;
}

function normalOf(zone) {
  const share = measured(zone, state.t, "normal");
  return share === null ? "–" : signedPercent(share);
}

// What the map shows of a zone now, in words.
function shown(zone) {
  if (state.shows === "flows") return flowWords(zone);
  const value = measured(zone, state.t, state.measure);
  const now = entry(zone, state.t);
  if (value === null) return now.value === null ? noNumberWords(now) : say(state.measure === "normal" ? "no_normal" : "no_night");
  if (state.measure === "change") return say("against_night", { change: signedPercent(value) });
  if (state.measure === "normal") {
    const band = bandAt(zone, times[state.t]);
    return say("against_normal", { change: signedPercent(value), value: whole(now.value), low: whole(band.q025), high: whole(band.q975) });
  }
  if (state.measure === "density") return `${short(value)} ${unitWords()} ${say("per_km2")}`;
  return `${whole(value)} ${unitWords()}`;
}

function neighbour(zone, centres, key) {
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  const [x, y] = centres.get(zone.id);
  return d3.least(mapped.filter((other) => other !== zone), (other) => {
    const [u, v] = [centres.get(other.id)[0] - x, centres.get(other.id)[1] - y];
    const ahead = u * dx + v * dy;
    const aside = Math.abs(u * dy) + Math.abs(v * dx);
    return ahead > 0 && aside <= ahead * 1.6 ? Math.hypot(ahead, aside * 2) : Infinity;
  });
}

function scaleBar(projection, width, height) {
  const perMetre = Math.abs(projection([1, 0])[0] - projection([0, 0])[0]);
  const metres = [100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5].findLast((m) => m * perMetre < width / 5) ?? 100;
  const length = metres * perMetre;
  return s("g", { class: "scalebar", transform: `translate(${width - length - 4},${height - 6})`, "aria-hidden": "true" },
    s("path", { d: `M0,-5V0H${length}V-5` }),
    s("text", { x: length / 2, y: -7, "text-anchor": "middle" }, metres < 1000 ? `${metres} m` : `${whole(metres / 1000)} km`));
}

// Names that fit in their zone and do not touch: pairs of zone and text.
function nameLabels(path) {
  const placed = [];
  const byArea = [...mapped].sort((a, b) => d3.descending(a.area, b.area));
  return byArea.flatMap((zone) => {
    const [[x0], [x1]] = path.bounds(zone.feature);
    const [x, y] = path.centroid(zone.feature);
    const half = zone.name.length * 3.2 + 3;
    const box = [x - half, y - 8, x + half, y + 8];
    const clash = placed.some(([a, b, c, d]) => box[0] < c && a < box[2] && box[1] < d && b < box[3]);
    if (half * 2 > (x1 - x0) * 1.02 || clash) return [];
    placed.push(box);
    return [[zone, s("text", { x, y: y + 4, "text-anchor": "middle" }, zone.name)]];
  });
}

export function mountMap() {
  const box = h("div", { class: "map" });
  const hint = h("div", { class: "hint", hidden: true, "aria-hidden": "true" });
  const key = h("div", {});
  const centres = new Map();
  let shapes = new Map();
  let outline = null;
  let names = [];
  let arrows = null;
  let labels = null;
  let pathNow = null;
  let widthNow = 0;

  function select(zone, focus) {
    change({ zone: zone.id });
    if (focus) shapes.get(zone.id).focus();
  }

  function onKey(event, zone) {
    if (event.key.startsWith("Arrow")) {
      event.preventDefault();
      const next = neighbour(zone, centres, event.key);
      const there = next && centres.get(next.id);
      const here = centres.get(zone.id);
      const isAhead = there && { ArrowLeft: there[0] < here[0], ArrowRight: there[0] > here[0],
        ArrowUp: there[1] < here[1], ArrowDown: there[1] > here[1] }[event.key];
      if (isAhead) select(next, true);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      select(zone, true);
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      select(event.key === "Home" ? mapped[0] : mapped.at(-1), true);
    }
  }

  function point(event, zone) {
    const bounds = box.getBoundingClientRect();
    hint.replaceChildren(h("b", {}, zone.name), h("span", {}, shown(zone)));
    hint.hidden = false;
    const x = event.clientX - bounds.left;
    const room = bounds.width - hint.offsetWidth - 8;
    hint.style.left = `${Math.max(4, Math.min(x + 14, room))}px`;
    hint.style.top = `${Math.max(4, event.clientY - bounds.top - hint.offsetHeight - 12)}px`;
  }

  function draw(width) {
    const shape = collection(mapped);
    const [[x0, y0], [x1, y1]] = d3.geoPath().bounds(shape);
    const height = Math.round(Math.max(240, Math.min(width * (y1 - y0) / (x1 - x0) + 24, width < 500 ? 380 : 452)));
    const projection = d3.geoIdentity().reflectY(true).fitExtent([[4, 4], [width - 4, height - 26]], shape);
    const path = d3.geoPath(projection);
    [pathNow, widthNow] = [path, width];
    arrows = s("g", { class: "flows", "aria-hidden": "true" });
    for (const zone of mapped) centres.set(zone.id, path.centroid(zone.feature));
    shapes = new Map(mapped.map((zone) => [zone.id, s("path", {
      class: mapped.length > 200 ? "zone" : "zone soft", d: path(zone.feature), role: "option", "data-zone": zone.id,
      onclick: () => select(zone, false), onkeydown: (event) => onKey(event, zone),
      onmousemove: (event) => point(event, zone), onmouseleave: () => { hint.hidden = true; },
    })]));
    outline = s("g", { class: "outline", "aria-hidden": "true" }, s("path", { class: "halo" }), s("path", { class: "ink" }));
    outline.pathOf = (zone) => (zone.feature.geometry ? path(zone.feature) : "");
    names = mapped.length <= 60 ? nameLabels(path) : [];
    labels = s("g", { "aria-hidden": "true" }, names.map(([, text]) => text));
    box.replaceChildren(s("svg", { width, height, viewBox: `0 0 ${width} ${height}` },
      s("defs", {}, hatch("map-hatch"), dots("map-dots"), crosses("map-crosses")),
      s("g", { role: "listbox", "aria-label": say("map_label"), "aria-orientation": "horizontal" }, [...shapes.values()]),
      s("g", { class: "upper", "aria-hidden": "true" }, upper.filter((zone) => zone.feature.geometry)
        .map((zone) => s("path", { d: path(zone.feature) }))),
      outline,
      arrows,
      labels,
      scaleBar(projection, width, height)), hint);
    update(new Set(["zone", "t", "measure", "shows"]));
  }

  function update(changed) {
    if (!shapes.size) return;
    const isFlows = state.shows === "flows";
    const isNewFill = isFlows || ["t", "measure", "shows"].some((name) => changed.has(name));
    const chosen = zoneById.get(state.zone);
    const inFocusOrder = mapped.includes(chosen) ? chosen : mapped[0];
    for (const zone of changed.has("zone") ? mapped : []) {
      const shape = shapes.get(zone.id);
      shape.setAttribute("aria-selected", zone === chosen);
      shape.setAttribute("tabindex", zone === inFocusOrder ? 0 : -1);
    }
    for (const zone of isNewFill ? mapped : []) {
      const shape = shapes.get(zone.id);
      shape.setAttribute("fill", fillOf(zone));
      shape.setAttribute("aria-label", `${zone.name}: ${shown(zone)}`);
    }
    for (const [zone, text] of names) {
      const fill = fillOf(zone);
      text.setAttribute("class", !fill.startsWith("url") && d3.lab(fill).l < 58 ? "place on-dark" : "place");
    }
    for (const line of outline.children) line.setAttribute("d", chosen ? outline.pathOf(chosen) : "");
    if (isFlows || changed.has("shows")) {
      drawFlows(arrows, pathNow, widthNow);
      drawKey();
      labels.setAttribute("transform", isFlows ? "translate(0,13)" : ""); // arrows end at the middle of a zone
      behind.box.hidden = isFlows;
      toTable.hidden = !isFlows;
    }
    behind.refill();
  }

  const behind = tableBehind(say("map_table"), () => table(
    momentLong(times[state.t]),
    [say("municipality"), `#${unitWords()}`, say("interval"), `#${say("per_km2")}`, `#${say("change_short")}`, ...(hasOutlook ? [`#${say("normal_short")}`] : [])],
    mapped.map((zone) => {
      const now = entry(zone, state.t);
      if (now.value === null) return [zone.name, noNumberWords(now), "", "", "", ...(hasOutlook ? [""] : [])];
      const density = measured(zone, state.t, "density");
      const moved = measured(zone, state.t, "change");
      return [zone.name, whole(now.value), intervalWords(now), density === null ? "–" : short(density),
        moved === null ? "–" : signedPercent(moved), ...(hasOutlook ? [normalOf(zone)] : [])];
    })));
  const toTable = h("button", { type: "button", class: "link", id: "to-flows", hidden: true, onclick: () => document.getElementById("flows").focus() },
    say("flow_to_table"));
  const drawKey = () => key.replaceChildren(state.shows === "flows" ? flowLegend(widthNow) : legend(state.measure));
  drawKey();
  onWidth(box, draw);
  return {
    map: box, key, table: [behind.box, toTable],
    update(changed) {
      if (changed.has("measure")) drawKey();
      update(changed);
    },
  };
}

