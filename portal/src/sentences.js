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

// "between 3 900 and 4 700, meant for 90 of 100 cases; 91 held on simulated countries"
export function intervalSentence(now) {
  if (now.lower === null || now.upper === null) return say("no_interval_sentence");
  const sentence = say("interval_sentence",
    { lower: whole(now.lower), upper: whole(now.upper), level: data.interval.level });
  if (data.interval.measured !== null && data.interval.measured !== undefined)
    return `${sentence}; ${say("interval_measured", { measured: data.interval.measured })}`;
  return data.interval.is_provisional ? `${sentence}; ${say("provisional")}` : sentence;
}

// Bounds alone: the heading of the column says what they promise.
export function boundsWords(now) {
  if (now.lower === null || now.upper === null) return say("no_interval");
  return say("from_to", { lower: whole(now.lower), upper: whole(now.upper) });
}
