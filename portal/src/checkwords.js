// Checks, their places and their values in words.

import { hours, percent, say, sayOr, short, signedPercent, whole, words } from "./format.js";
import { regionName } from "./quality_state.js";

const DEVICES = /^count_(msisdns|imsis|imeis|onnet)/;

export const SIGN = { stop: "closed", note: "note", fine: "open", unknown: "none" };

// Checks come in families: rows and share set aside for a reason, and a warning of another check.
export function checkWords(check) {
  const reason = (name) => sayOr(`reason_${name}`, name.replaceAll("_", " "));
  if (`check_${check}` in words) return say(`check_${check}`);
  const [, family, name] = /^(n_rows|warning)_(\w+)$/.exec(check) ?? [];
  if (family === "warning") return say("q_warning", { check: checkWords(name) });
  if (family === "n_rows") return say("q_rows_for", { reason: reason(name) });
  return check.endsWith("_share") ? say("q_share_for", { reason: reason(check.slice(0, -6)) }) : check.replaceAll("_", " ");
}

function kindOf(check) {
  if (/_timestamp$/.test(check)) return "time";
  if (check === "plan_mark") return "mark";
  if (/_(share|rate)(_|$)/.test(check)) return "share";
  return "number";
}

// A moment in seconds since the local midnight of the day.
function clockOf(seconds) {
  const minutes = Math.floor(seconds / 60);
  const [of, day] = [((minutes % 1440) + 1440) % 1440, Math.floor(minutes / 1440)];
  const clock = `${String(Math.floor(of / 60)).padStart(2, "0")}:${String(of % 60).padStart(2, "0")}`;
  return day === 0 ? clock : say(day < 0 ? "q_day_before" : "q_day_after", { clock });
}

// A value of that check; null is few where small counts are kept back, else not known.
export function valueWords(one, value = one.value) {
  if (value === null) return isFew(one) ? say("q_few") : "–";
  const kind = kindOf(one.check);
  if (kind === "mark") return "–";
  if (kind === "time") return clockOf(value);
  if (kind === "share") return percent(value, 2);
  return Math.abs(value) >= 100 || Number.isInteger(value) ? whole(value) : short(value);
}

function isFew(one) {
  return one.value === null && (one.scope === "cell" || one.scope === "cell_hour" || DEVICES.test(one.check));
}

export function rangeWords(one) {
  if (one.lower === null && one.upper === null) return "–";
  if (one.upper === null) return say("q_from", { lower: valueWords(one, one.lower) });
  if (one.lower === null) return say("q_up_to", { upper: valueWords(one, one.upper) });
  return say("q_range", { lower: valueWords(one, one.lower), upper: valueWords(one, one.upper) });
}

// The change since a week ago, as a share; in minutes for a moment.
export function changeOf(one) {
  if (one.value === null || one.then === null) return null;
  if (kindOf(one.check) === "mark") return Number(one.value !== one.then);
  if (kindOf(one.check) === "time") return (one.value - one.then) / 60;
  return one.then === 0 ? (one.value === 0 ? 0 : null) : one.value / one.then - 1;
}

export function changeWords(one) {
  const change = changeOf(one);
  if (change === null) return "–";
  if (kindOf(one.check) === "mark") return say(change ? "q_another" : "q_the_same");
  if (kindOf(one.check) === "time") {
    const minutes = Math.round(change);
    return say("q_minutes", { n: (minutes > 0 ? "+" : minutes < 0 ? "−" : "") + whole(Math.abs(minutes)) });
  }
  return signedPercent(change, 1);
}

export function trendWords(one) {
  return one.trend === null || kindOf(one.check) === "mark" ? "–" : signedPercent(one.trend, 1);
}

export function placeWords(one) {
  const where = one.scope === "region" ? regionName(one.place)
    : one.scope === "cell" || one.scope === "cell_hour" ? say("q_cell_named", { cell: one.place })
      : one.place || say("q_whole_day");
  return one.hour ? `${where}, ${hours(one.hour)}` : where;
}

