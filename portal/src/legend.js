// The key of the map: classes with their breaks, and what stands for no number.

import { crosses, dots, h, hatch, s } from "./dom.js";
import { unobserved, unreleased, withheld } from "./figures.js";
import { say } from "./format.js";
import { scaleOf } from "./scale.js";

export function swatch(pattern, id) {
  return s("svg", { width: 26, height: 14, "aria-hidden": "true" },
    s("defs", {}, pattern(id)),
    s("rect", { x: 0.5, y: 0.5, width: 25, height: 13, fill: `url(#${id})`, stroke: "#6b7480" }));
}

function classWords({ breaks, colours, label }) {
  return colours.map((_, i) => {
    if (i === 0) return say("class_below", { limit: label(breaks[0]) });
    if (i === breaks.length) return say("class_above", { limit: label(breaks[i - 1]) });
    return say("class_between", { lower: label(breaks[i - 1]), upper: label(breaks[i]) });
  });
}

export function legend(measure) {
  const scale = scaleOf(measure);
  const bar = scale.breaks.length
    ? h("div", { class: "classes", role: "img", "aria-label": `${say("legend")}: ${classWords(scale).join("; ")}` },
      scale.colours.map((colour, i) => h("div", { class: "class" },
        h("i", { style: { background: colour } }),
        i < scale.breaks.length ? h("span", {}, scale.label(scale.breaks[i])) : null)))
    : null;
  return h("div", { class: "legend" },
    bar,
    h("div", { class: "legend-none" },
      withheld ? h("span", {}, swatch(hatch, "key-hatch"), say("withheld")) : null,
      unobserved ? h("span", {}, swatch(crosses, "key-crosses"), say("not_observed")) : null,
      unreleased ? h("span", {}, swatch(dots, "key-dots"), say("not_released")) : null));
}
