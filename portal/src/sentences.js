// The few sentences that say a figure: used by map, panel, chart and tables alike.

import { isDevices } from "./figures.js";
import { say, whole } from "./format.js";
import { data } from "./state.js";

export function unitWords() {
  return say(isDevices ? "devices" : "persons");
}

export function measureWords(measure) {
  return say(`measure_${measure}`, { unit: unitWords() });
}

export function noNumberWords(now) {
  return say({ C: "withheld", L: "not_observed" }[now.status] ?? "not_released");
}

export function intervalWords(now) {
  if (now.lower === null || now.upper === null) return say("no_interval");
  return say("from_to", { lower: whole(now.lower), upper: whole(now.upper) });
}

function isNumber(value) {
  return value !== null && value !== undefined;
}

// How many intervals of a table held where the truth is known; empty where nobody measured it.
export function measuredWords({ measured, measured_least: least, measured_part: part }) {
  if (!isNumber(measured)) return "";
  return isNumber(part)
    ? say("interval_measured_part_why", { measured, least, part })
    : say("interval_measured_why", { measured, least });
}

// What intervals of a table of pairs are meant to hold, and what they held.
export function intervalNote(interval) {
  const note = measuredWords(interval) || say("interval_not_measured");
  return `${say("interval_meant", { level: interval.level })} ${note}`;
}

// "between 3 900 and 4 700, meant for 90 of 100 cases; 91 held on simulated countries"
export function intervalSentence(now) {
  if (now.lower === null || now.upper === null) return say("no_interval_sentence");
  const sentence = say("interval_sentence",
    { lower: whole(now.lower), upper: whole(now.upper), level: data.interval.level });
  const { measured, measured_part: part } = data.interval;
  if (isNumber(part)) return `${sentence}; ${say("interval_measured_part", { measured, part })}`;
  if (isNumber(measured)) return `${sentence}; ${say("interval_measured", { measured })}`;
  return data.interval.is_provisional ? `${sentence}; ${say("provisional")}` : sentence;
}

// Bounds alone: the heading of the column says what they promise.
export function boundsWords(now) {
  if (now.lower === null || now.upper === null) return say("no_interval");
  return say("from_to", { lower: whole(now.lower), upper: whole(now.upper) });
}
