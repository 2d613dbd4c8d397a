// The map of `peil inspect`: cells, zones and tiles of a delivery, one layer at a time.

import { h, onWidth, s, table, tableBehind } from "./dom.js";
import { say, textOf, useLanguage, whole } from "./format.js";
import { areasOf, gridOf, pointsOf } from "./layers.js";

const look = JSON.parse(document.getElementById("data").textContent);
const DRAWERS = { areas: areasOf, grid: gridOf, points: pointsOf };
let shownLayer = look.layers[0].key;

const layerNow = () => look.layers.find((layer) => layer.key === shownLayer);

function frame(width) {
  const [x0, y0, x1, y1] = look.bounds;
  const height = Math.round(Math.max(260, Math.min(width * (y1 - y0) / (x1 - x0), width < 500 ? 420 : 640)));
  const scale = Math.min((width - 16) / (x1 - x0), (height - 40) / (y1 - y0));
  const left = (width - scale * (x1 - x0)) / 2;
  const top = (height - 28 - scale * (y1 - y0)) / 2;
  return { width, height, scale, x: (x) => left + (x - x0) * scale, y: (y) => top + (y1 - y) * scale };
}

function bar(at) {
  const metres = [10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5].findLast((m) => m * at.scale < at.width / 4) ?? 10;
  const length = metres * at.scale;
  return s("g", { class: "scalebar", transform: `translate(${at.width - length - 6},${at.height - 6})`, "aria-hidden": "true" },
    s("path", { d: `M0,-5V0H${length}V-5` }),
    s("text", { x: length / 2, y: -7, "text-anchor": "middle" }, metres < 1000 ? `${metres} m` : `${whole(metres / 1000)} km`));
}

// The nearest item on the side of an arrow key.
function ahead(items, here, key) {
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  return d3.least(items.filter((other) => other !== here), (other) => {
    const [u, v] = [other.at[0] - here.at[0], other.at[1] - here.at[1]];
    const forward = u * dx + v * dy;
    const aside = Math.abs(u * dy) + Math.abs(v * dx);
    return forward > 0 && aside <= forward * 2 ? Math.hypot(forward, aside * 2) : Infinity;
  });
}

function walk(event, items, item, told) {
  let next = null;
  if (event.key.startsWith("Arrow")) {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    next = ahead(items, item, event.key);
    if (next && (next.at[0] - item.at[0]) * dx + (next.at[1] - item.at[1]) * dy <= 0) next = null;
  } else if (event.key === "Home") next = items[0];
  else if (event.key === "End") next = items.at(-1);
  else return;
  event.preventDefault();
  if (!next) return;
  item.shape.setAttribute("tabindex", -1);
  next.shape.setAttribute("tabindex", 0);
  next.shape.focus();
  told.textContent = next.words;
}

function drawMap(box, told) {
  onWidth(box, (width) => {
    const at = frame(width);
    const layer = layerNow();
    const drawn = DRAWERS[layer.kind](layer, at);
    const behindIt = look.layers.filter((one) => one.kind === "areas" && one.key !== layer.key
      && (layer.kind !== "areas" || one.items.length < layer.items.length)).map((one) =>
      s("g", { class: "upper", "aria-hidden": "true" }, areasOf(one, at).items.map((item) => s("path", { d: item.path }))));
    for (const item of drawn.items) {
      const attributes = { role: "option", tabindex: item === drawn.items[0] ? 0 : -1, "aria-label": item.words };
      for (const [name, value] of Object.entries(attributes)) item.shape.setAttribute(name, value);
      item.shape.addEventListener("keydown", (event) => walk(event, drawn.items, item, told));
      for (const name of ["mouseenter", "focus", "click"]) item.shape.addEventListener(name, () => { told.textContent = item.words; });
    }
    box.replaceChildren(drawn.under ?? "", s("svg", { width, height: at.height, viewBox: `0 0 ${width} ${at.height}`,
      class: drawn.under ? "over" : null, role: drawn.items.length ? null : "img", "aria-label": drawn.items.length ? null : textOf(layer.title) },
    drawn.isUnderLines ? [behindIt, list(drawn, layer)] : [list(drawn, layer), behindIt], bar(at)));
  });
}

function list(drawn, layer) {
  if (!drawn.items.length) return null;
  return s("g", { role: "listbox", "aria-label": `${textOf(layer.title)}. ${say("look_keys")}`, "aria-orientation": "horizontal" },
    drawn.items.map((item) => item.shape));
}

function key(layer) {
  const { classes } = layer;
  return h("div", { class: "legend key" }, h("b", {}, textOf(layer.title)),
    h("ul", { class: "swatches" }, classes.map((one) => h("li", {},
      s("svg", { width: 20, height: 14, "aria-hidden": "true" },
        s("rect", { x: 0.5, y: 0.5, width: 19, height: 13, fill: one.colour, stroke: "#6b7480" })),
      ` ${textOf(one.label)}`))));
}

function choice(code) {
  if (look.layers.length < 2) return null;
  return h("fieldset", { class: "measures layers" }, h("legend", { class: "unseen" }, say("look_layer")),
    look.layers.map((layer) => h("label", {},
      h("input", { type: "radio", name: "layer", value: layer.key, checked: layer.key === shownLayer,
        onchange: () => { shownLayer = layer.key; drawLook(code); document.querySelector("input[name=layer]:checked").focus(); } }),
      h("span", {}, textOf(layer.name)))));
}

function drawLook(code) {
  useLanguage(code);
  const layer = layerNow();
  const box = h("div", { class: "map look" });
  const told = h("p", { class: "told", role: "status" }, layer.items.length ? say("look_point") : "");
  document.title = `${look.title} · Peil`;
  const behind = tableBehind(say("map_table"), () => table(textOf(layer.title),
    layer.columns.map(textOf), layer.rows.map((row) => row.map((cell) => (typeof cell === "number" ? whole(cell) : textOf(cell))))));
  document.getElementById("page").replaceChildren(
    h("header", { class: "top operator" }, h("div", { class: "inner" },
      s("svg", { width: 34, height: 34, viewBox: "0 0 32 32", "aria-hidden": "true", class: "mark" },
        s("rect", { width: 32, height: 32, rx: 6 }), s("path", { d: "M9 6v20M9 8h6M9 14h9M9 20h6M9 26h9" }), s("circle", { cx: 23, cy: 14, r: 3 })),
      h("div", { class: "titles" }, h("h1", {}, look.title), h("p", {}, say("look_subtitle", { plane: look.plane }))),
      h("div", { class: "languages", role: "group", "aria-label": "Language / Taal" },
        [["en", "English"], ["nl", "Nederlands"]].map(([each, name]) => h("button", { type: "button", lang: each, id: `lang-${each}`,
          "aria-pressed": String(code === each), "aria-label": name,
          onclick: () => { drawLook(each); document.getElementById(`lang-${each}`).focus(); } }, each.toUpperCase()))))),
    h("main", { class: "inner", id: "panel" }, h("section", { class: "card" },
      h("div", { class: "card-head" }, h("h2", {}, textOf(layer.name)), choice(code)),
      h("p", { class: "lead" }, textOf(layer.lead)), box, told, key(layer), behind.box)),
    h("footer", { class: "inner bottom" }, h("p", { class: "attribution" }, look.attribution || say("look_no_attribution"))));
  drawMap(box, told);
}

drawLook(new URLSearchParams(location.hash.slice(1)).get("lang") === "nl" ? "nl" : "en");
