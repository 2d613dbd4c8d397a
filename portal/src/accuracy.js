// The estimators' scores on known truth, side by side.

import { h, table, tableBehind } from "./dom.js";
import { foresight } from "./foresight.js";
import { percent, say, sayOr, short, signedPercent, textOf, whole } from "./format.js";
import { data } from "./state.js";

const ORDER = data.estimators.map((row) => row.estimator);

// What people call an estimator; the name in the tables where they have no word for it.
export function estimatorName(name) {
  return textOf(data.estimators[ORDER.indexOf(name)]?.words) || name;
}

function valueWords(score) {
  if (score.measure.startsWith("bias") && score.unit === "share") return signedPercent(score.value, 1);
  if (score.unit === "share") return percent(score.value);
  if (score.unit === "m") return `${whole(score.value)} m`;
  if (score.unit === "number") return short(score.value);
  return `${short(score.value)} ${say(score.unit)}`;
}

// A measure may end in _day or _night: the hours that were compared.
function measureParts(measure) {
  const base = measure.replace(/_(day|night)$/, "");
  const title = sayOr(`score_${base}`, base.replaceAll("_", " "));
  if (measure === base) return { base, title };
  return { base, title: say(measure.endsWith("_day") ? "score_by_day" : "score_at_night", { title }) };
}

function estimatorWords(score) {
  return estimatorName(score.estimator);
}

function footprintWords(score) {
  return score.footprint ? say("with_footprint", { footprint: sayOr(`footprint_${score.footprint}`, score.footprint) }) : "";
}

function bars(scores) {
  const isCoverage = scores[0].measure.startsWith("coverage");
  const low = Math.min(0, d3.min(scores, (score) => score.value));
  const high = isCoverage ? 1 : Math.max(0, d3.max(scores, (score) => score.value)) || (low < 0 ? 0 : 1);
  const at = (value) => (100 * (value - low)) / (high - low || 1);
  return h("div", { class: "scores" }, scores.map((score) => h("div", { class: score.is_champion ? "score champion" : "score" },
    h("div", { class: "name" }, h("span", {}, estimatorWords(score)),
      h("small", {}, footprintWords(score), score.is_champion ? h("em", {}, say("champion")) : null)),
    h("div", { class: "rail", "aria-hidden": "true" },
      h("i", { style: { left: `${at(Math.min(0, score.value))}%`, width: `${Math.abs(at(score.value) - at(0))}%` } }),
      isCoverage || low < 0 ? h("u", { style: { left: `${at(isCoverage ? data.interval.level / 100 : 0)}%` } }) : null),
    h("b", {}, valueWords(score)))));
}

function order(a, b) {
  const place = (score) => (ORDER.includes(score.estimator) ? ORDER.indexOf(score.estimator) : ORDER.length);
  return place(a) - place(b) || a.footprint.localeCompare(b.footprint);
}

function group(scores) {
  const { base, title } = measureParts(scores[0].measure);
  const period = textOf(scores[0].period);
  const notes = [...new Set(scores.map((score) => textOf(score.note)).filter(Boolean))];
  const sizes = [...new Set(scores.map((score) => score.n).filter((n) => n !== null))];
  const behind = tableBehind(say("score_table"), () => table(
    [title, period].filter(Boolean).join(", "),
    [say("estimator"), say("footprint"), `#${title}`, `#${say("score_n")}`, say("note")],
    scores.map((score) => [estimatorWords(score), score.footprint ? sayOr(`footprint_${score.footprint}`, score.footprint) : "–",
      valueWords(score), score.n === null ? "–" : whole(score.n), textOf(score.note)])));
  return h("section", { class: "card score-card" },
    h("h2", {}, title),
    h("p", { class: "lead" }, sayOr(`score_${base}_why`, ""), period ? ` ${say("score_period", { period })}` : "",
      sizes.length === 1 ? ` ${say("score_size", { n: whole(sizes[0]) })}` : ""),
    bars(scores), base === "coverage" ? h("p", { class: "small" }, say("coverage_line", { level: data.interval.level })) : null,
    notes.map((note) => h("p", { class: "small" }, note)), behind.box);
}

export function accuracy() {
  const ahead = foresight();
  const evidence = data.evidence ? h("p", { class: "intro", id: "evidence" }, textOf(data.evidence)) : null;
  if (!data.scores.length) {
    const nothing = h("section", { class: "card" }, h("h2", {}, say("tab_accuracy")), h("p", {}, say("no_truth")));
    return [ahead, evidence, nothing].filter(Boolean);
  }
  const groups = d3.group([...data.scores].sort(order), (score) => `${score.measure}|${textOf(score.period)}`);
  return [ahead, h("p", { class: "intro" }, say("accuracy_intro")),
    evidence,
    h("div", { class: "pairs" }, [...groups.values()].map(group))];
}
