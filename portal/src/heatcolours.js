// Colours and textures of the heat map: the same for every day, so that days can be compared.

import { say, whole } from "./format.js";
import { data } from "./quality_state.js";

// ColorBrewer YlGnBu: told apart under every common colour blindness
export const SHADES = ["#eef3b4", "#bfe3b4", "#73c8bd", "#34a2c2", "#2668ab", "#132b7d"];
export const MISSING = -1;

const allRows = data.days.flatMap((day) => day.rows_per_hour.flatMap((row) => row.filter((n) => n > 0)));

function tidied(value) {
  const power = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.round(value / power) * power;
}

// Ends of the classes, from the counts of all days.
export const limits = allRows.length
  ? [...new Set(d3.scaleQuantile(allRows, d3.range(SHADES.length)).quantiles().map(tidied))].sort(d3.ascending) : [];

export function shadeOf(n) {
  return SHADES[SHADES.length - 1 - limits.length + d3.bisectRight(limits, n)];
}

// Textures: zero is white with slanted lines, few is grey with dots, missing is dark with crosses.
function texture(kind) {
  const tile = document.createElement("canvas");
  tile.width = kind === "zero" ? 8 : 6;
  tile.height = kind === "zero" ? 8 : 4;
  const pen = tile.getContext("2d");
  pen.fillStyle = { zero: "#ffffff", few: "#e9e5dc", missing: "#4b535c" }[kind];
  pen.fillRect(0, 0, tile.width, tile.height);
  pen.strokeStyle = pen.fillStyle = { zero: "#a61b29", few: "#5d574b", missing: "#b9c1c9" }[kind];
  pen.lineWidth = 1.5;
  if (kind === "zero") {
    pen.beginPath();
    for (const x of [-8, 0, 8]) { pen.moveTo(x - 1, 9); pen.lineTo(x + 9, -1); }
    pen.stroke();
  } else if (kind === "few") {
    pen.fillRect(2, 1, 2, 2);
  } else {
    pen.fillRect(0, 0, 2, 1);
    pen.fillRect(3, 2, 2, 1);
  }
  return tile;
}

export const TEXTURES = { zero: texture("zero"), few: texture("few"), missing: texture("missing") };

export function kindOfCount(n) {
  if (n === null) return "few";
  return n === MISSING ? "missing" : n === 0 ? "zero" : "number";
}

export function countWords(n) {
  const kind = kindOfCount(n);
  return kind === "number" ? say("q_n_rows", { n: whole(n) }) : say(`q_${kind}`);
}

// Every cell at once in little room: a line of pixels stands for the cells that fall on it. It is
// red where half of them are silent, dark where half are missing, pale where half have few rows,
// else as dark as their mean.
export function drawOverview(canvas, cells, day, top, share) {
  const pen = canvas.getContext("2d");
  const [wide, height] = [canvas.width / day.hours.length, canvas.height];
  for (let y = 0; y < height; y += 1) {
    const own = cells.slice(Math.floor((y * cells.length) / height), Math.max(1, Math.ceil(((y + 1) * cells.length) / height)));
    day.hours.forEach((_, t) => {
      const counts = own.map((i) => (day.rows_per_hour[i] ? day.rows_per_hour[i][t] : MISSING));
      const most = ["zero", "missing", "few"].find((kind) => counts.filter((n) => kindOfCount(n) === kind).length * 2 >= counts.length);
      const mean = d3.mean(counts.filter((n) => n > 0)) ?? 1;
      pen.fillStyle = { zero: "#a61b29", missing: "#4b535c", few: "#e9e5dc" }[most] ?? shadeOf(mean);
      pen.fillRect(Math.floor(t * wide), y, Math.ceil(wide), 1);
    });
  }
  pen.strokeStyle = "#d9480f";
  pen.lineWidth = 2;
  pen.strokeRect(1, 1 + top * height, canvas.width - 2, Math.max(4, share * height - 2));
}
