// Make elements without a template language and without inline styles (the policy forbids them).

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

// A pattern for entries without a number: lines for withheld, dots for not released, crosses for
// not observed.
export function hatch(id) {
  return s("pattern", { id, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    s("rect", { width: 7, height: 7, fill: "#f3f1ec" }),
    s("line", { x1: 0, y1: 0, x2: 0, y2: 7, stroke: "#8d8779", "stroke-width": 2.4 }));
}

export function dots(id) {
  return s("pattern", { id, width: 8, height: 8, patternUnits: "userSpaceOnUse" },
    s("rect", { width: 8, height: 8, fill: "#ffffff" }),
    s("circle", { cx: 2, cy: 2, r: 1, fill: "#9aa3ad" }));
}

export function crosses(id) {
  return s("pattern", { id, width: 10, height: 10, patternUnits: "userSpaceOnUse" },
    s("rect", { width: 10, height: 10, fill: "#ffffff" }),
    s("path", { d: "M2,2L6,6M6,2L2,6", stroke: "#6b7480", "stroke-width": 1.2 }));
}

// Call `draw(width)` now and whenever the box gets another width.
export function onWidth(box, draw) {
  let known = 0;
  new ResizeObserver(() => {
    const width = Math.floor(box.clientWidth);
    if (width > 0 && width !== known) {
      known = width;
      draw(width);
    }
  }).observe(box);
}

// A table that is filled when it is opened; `refill` fills it again while it is open.
export function tableBehind(summary, fillTable) {
  const body = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": summary });
  const box = h("details", { class: "behind" }, h("summary", {}, summary), body);
  const refill = () => { if (box.open) body.replaceChildren(fillTable()); };
  box.addEventListener("toggle", refill);
  return { box, refill };
}

// `columns`: headings; a heading that starts with "#" is a column of numbers.
export function table(caption, columns, rows) {
  const isNumber = columns.map((name) => name.startsWith("#"));
  return h("table", {},
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, columns.map((name, i) =>
      h("th", { scope: "col", class: isNumber[i] ? "number" : null }, name.replace(/^#/, ""))))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, i) =>
      h(i === 0 ? "th" : "td", { scope: i === 0 ? "row" : null, class: isNumber[i] ? "number" : null }, cell))))));
}

// A state as a sign, a word and a colour: never a colour alone.
export function badge(kind, word) {
  const sign = { open: "✓", closed: "✕", waiting: "…", note: "!", released: "✓", withheld: "▨", none: "–" }[kind];
  return h("span", { class: `badge ${kind}` }, h("i", { "aria-hidden": "true" }, sign), h("span", {}, word));
}
