// Classes and colours of the map: the same for every hour, so that hours can be compared.

import { mapped, measured } from "./figures.js";
import { short, signedPercent } from "./format.js";
import { times } from "./state.js";

// ColorBrewer YlGnBu and RdBu: told apart under every common colour blindness.
const SEQUENTIAL = ["#f6f7bf", "#c2e5b4", "#73c8bd", "#34a2c2", "#2668ab", "#132b7d"];
const DIVERGING = ["#1f5fa8", "#63a3cf", "#bcd9ea", "#f3f1ee", "#fbc9ae", "#e67f60", "#b01f31"];

function tidy(value) {
  if (value === 0) return 0;
  const power = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 1);
  const steps = Math.round(value / power);
  return Number(((steps > 20 ? Math.round(steps / 5) * 5 : steps) * power).toPrecision(2));
}

function allValues(measure) {
  return mapped.flatMap((zone) =>
    d3.range(times.length).map((t) => measured(zone, t, measure)).filter((value) => value !== null));
}

function sequential(measure) {
  const values = allValues(measure);
  const cut = d3.scaleQuantile(values, d3.range(SEQUENTIAL.length)).quantiles();
  const breaks = values.length ? [...new Set(cut.map(tidy))].sort(d3.ascending) : [];
  const skip = SEQUENTIAL.length - 1 - breaks.length;
  return { breaks, colours: SEQUENTIAL.slice(skip > 0 ? skip : 0), label: short };
}

function diverging(measure) {
  const sizes = allValues(measure).map(Math.abs).sort(d3.ascending);
  const most = d3.quantile(sizes, 0.92) ?? 0.3;
  const outer = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.5, 2, 3, 5].find((step) => step >= most) ?? 10;
  // against normal: the same on every page, so that a colour is the same news everywhere
  const half = measure === "normal" ? [0.1, 0.25, 0.5] : [outer / 10, outer / 2, outer];
  return { breaks: [...half.map((b) => -b).reverse(), ...half], colours: DIVERGING, label: signedPercent };
}

const made = new Map();

// Breaks, colours and the class of a value for a measure.
export function scaleOf(measure) {
  if (!made.has(measure)) {
    const scale = ["change", "normal"].includes(measure) ? diverging(measure) : sequential(measure);
    scale.classOf = (value) => d3.bisectRight(scale.breaks, value);
    scale.colourOf = (value) => scale.colours[scale.classOf(value)];
    made.set(measure, scale);
  }
  return made.get(measure);
}
