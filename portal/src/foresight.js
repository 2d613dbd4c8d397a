// How good the outlook was on released hours: errors beside both bars, alarms, calibration.

import { h, s, table } from "./dom.js";
import { percent, say, short, whole } from "./format.js";
import { hasOutlook, surges } from "./outlook.js";
import { data } from "./state.js";

const METHODS = ["outlook", "climatology", "seasonal_naive"];
const SIDE = 220;

function methodTable(scores) {
  return table(say("foresight_errors"), [say("foresight_method"), `#${say("foresight_error")}`, `#${say("foresight_80")}`, `#${say("foresight_95")}`],
    METHODS.filter((name) => scores.methods[name]).map((name) => {
      const one = scores.methods[name];
      return [say(`method_${name}`), short(one.error), percent(one.coverage_80), percent(one.coverage_95)];
    }));
}

function plantedTable(scores) {
  return table(say("foresight_planted"), [say("foresight_size"), `#${say("foresight_n")}`, `#${say("foresight_first")}`, `#${say("foresight_second")}`],
    scores.planted.filter((row) => row.n).map((row) => [`+${percent(row.size)}`, whole(row.n), percent(row.in_first_hour), percent(row.within_two_hours)]));
}

// Shares of values at or below each quantile: on the dotted line where bands are right.
function calibration(scores) {
  const at = (x, y) => [30 + x * (SIDE - 40), SIDE - 30 - y * (SIDE - 40)];
  const points = scores.quantiles.map((quantile, i) => at(quantile, scores.calibration[i]));
  const words = scores.quantiles.map((quantile, i) => `${percent(quantile)}: ${percent(scores.calibration[i])}`).join("; ");
  const [[x0, y0], [x1, y1]] = [at(0, 0), at(1, 1)];
  return h("figure", { class: "calibration" }, s("svg", { width: SIDE, height: SIDE, viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img", "aria-label": `${say("foresight_calibration")}: ${words}` },
    s("path", { class: "axis", d: `M${x0},${y1}V${y0}H${x1}` }), s("path", { class: "right", d: `M${x0},${y0}L${x1},${y1}` }),
    s("path", { class: "curve", d: `M${points.map((point) => point.join(",")).join("L")}` }),
    points.map(([cx, cy]) => s("circle", { cx, cy, r: 3.5 })),
    s("text", { x: (x0 + x1) / 2, y: SIDE - 6, "text-anchor": "middle" }, say("foresight_quantile"))),
  h("figcaption", {}, say("foresight_calibration_why")));
}

export function foresight() {
  const scores = hasOutlook ? data.outlook.scores : null;
  if (!scores || !scores.n_hours) return null;
  const known = surges.filter((surge) => surge.event).length;
  const rate = short((surges.length - known) / scores.zone_months);
  return h("section", { class: "card", id: "foresight" },
    h("h2", {}, say("foresight_title")), h("p", { class: "lead" }, say("foresight_lead", { n: whole(scores.n_hours) })),
    h("div", { class: "pairs top-aligned" },
      h("div", {}, methodTable(scores),
        h("h3", {}, say("foresight_alarms")),
        h("p", {}, say("foresight_alarms_why", { n: whole(surges.length), known: whole(known), rate })),
        plantedTable(scores), h("p", { class: "small" }, say("foresight_planted_why"))),
      calibration(scores)));
}
