// What is unusual: the first sentence of the page, the marks on the slider, the list of the period.

import { h } from "./dom.js";
import { entry, zoneById, zones } from "./figures.js";
import { dayMiddle, hourOf, percent, say, signedPercent, whole } from "./format.js";
import { hasOutlook, hoursOf, newest, surges } from "./outlook.js";
import { change, data, times } from "./state.js";

const MOST_NAMED = 2;
const MOST_LISTED = 12;
const clockOf = (time) => `${String(hourOf(time)).padStart(2, "0")}:00`;
const nameOf = (surge) => zoneById.get(surge.zone_id)?.name ?? surge.zone_id;
const more = (surge) => signedPercent(surge.observed / surge.expected - 1);

function goTo(surge) {
  const span = hoursOf(surge);
  change({ zone: surge.zone_id, ...(span ? { t: span[0] } : {}) });
}

function jump(surge, text) {
  return h("button", { type: "button", class: "link", "data-surge": surge.zone_id, onclick: () => goTo(surge) }, text);
}

// One sentence on the newest hour, and one on what it cannot rest on.
export function unusualNow() {
  if (!hasOutlook || newest < 0) return null;
  const box = sentenceOfNow(), n = data.outlook.n_broken;
  if (n) box.append(h("span", { class: "left-out" }, ` ${say(n === 1 ? "left_out_one" : "left_out", { n })}`));
  const columns = data.outlook.weather_stops.join(", ");
  if (columns) box.append(h("span", { class: "weather-stops" }, ` ${say("weather_stops", { columns })}`));
  return box;
}

function sentenceOfNow() {
  const at = { hour: clockOf(times[newest]), day: dayMiddle(times[newest]) };
  const now = surges.filter((surge) => !surge.is_over);
  const box = h("p", { class: "unusual", id: "unusual", role: "status" });
  if (!now.length) {
    const isHidden = zones.every((zone) => entry(zone, newest).value === null);
    box.append(h("b", {}, say(isHidden ? "nothing_published" : "as_usual", at)));
    const earlier = surges.length;
    if (earlier) box.append(" ", h("button", { type: "button", class: "link", id: "to-surges", onclick: () => document.getElementById("surges").focus() }, say(earlier === 1 ? "unusual_earlier_one" : "unusual_earlier", { n: earlier })));
    return box;
  }
  box.classList.add("loud");
  box.append(h("b", {}, say("unusual_at", at)), " ");
  now.slice(0, MOST_NAMED).forEach((surge, i) => box.append(i ? "; " : "", jump(surge, nameOf(surge)), " ",
    say(surge.began === times[newest] ? "unusual_zone" : "unusual_zone_since", { day: dayMiddle(surge.began), from: clockOf(surge.began), observed: whole(surge.observed), expected: whole(surge.expected), more: more(surge) }),
    surge.event ? ` (${surge.event})` : "", doubtOf(surge) ? ` (${doubtOf(surge)})` : ""));
  box.append(now.length > MOST_NAMED ? ` ${say("unusual_more", { n: now.length - MOST_NAMED })}` : ".");
  return box;
}

function rarity(yearly) {
  if (yearly >= 1.5) return say("chance_times", { n: whole(yearly) });
  return yearly >= 0.67 ? say("chance_once") : say("chance_years", { n: whole(Math.min(1000, 1 / Math.max(yearly, 1e-6))) });
}

// What makes its figures less sure; mostly nothing.
function doubtOf(surge) {
  const silent = surge.silent_share ? say("surge_silent", { share: percent(surge.silent_share, 0) }) : "";
  return [silent, surge.is_after_gap ? say("surge_after_gap") : ""].filter(Boolean).join("; ");
}

function spanWords(surge) {
  const day = dayMiddle(surge.began);
  return surge.ended
    ? say("surge_from_to", { day, from: clockOf(surge.began), to: clockOf(surge.ended) })
    : say(surge.is_over ? "surge_from" : "surge_since", { day, from: clockOf(surge.began) });
}

function item(surge) {
  return h("li", { class: `surge level-${surge.level}` },
    h("div", {}, h("span", { class: "level" }, h("i", { "aria-hidden": "true" }, "▲".repeat(surge.level)), ` ${say(`level_${surge.level}_words`)}`),
      surge.event ? h("span", { class: "event" }, say("known_event", { name: surge.event })) : null),
    h("div", {}, jump(surge, `${nameOf(surge)}, ${spanWords(surge)}`)),
    h("div", {}, say("surge_persons", { observed: whole(surge.observed), expected: whole(surge.expected), more: more(surge) }), " ",
      h("small", {}, say("surge_size", { low: whole(surge.excess_low), high: whole(surge.excess_high) }), "; ", rarity(surge.times_a_year))),
    doubtOf(surge) ? h("div", { class: "doubt" }, doubtOf(surge)) : null);
}

export function mountSurges() {
  const list = h("ol", { class: "surges" }, surges.slice(0, MOST_LISTED).map(item));
  const rest = surges.slice(MOST_LISTED);
  return h("section", { class: "card", id: "surges", tabindex: -1, "aria-label": say("surges_title") },
    h("h2", {}, say("surges_title")), h("p", { class: "lead" }, say("surges_lead")),
    surges.length ? list : h("p", { class: "empty" }, say("surges_none")),
    rest.length ? h("details", { class: "behind" }, h("summary", {}, say("surges_rest", { n: rest.length })), h("ol", { class: "surges" }, rest.map(item))) : null,
    h("p", { class: "small" }, say("surges_model", { model: data.outlook.model })));
}

// Bars under the slider where an episode is, the louder the darker.
export function surgeMarks() {
  const last = Math.max(1, times.length - 1);
  const spans = surges.map((surge) => [surge, hoursOf(surge)]).filter(([, span]) => span);
  return h("div", { class: "surge-marks", "aria-hidden": "true", hidden: !spans.length }, spans.reverse().map(([surge, [from, to]]) => {
    const mark = h("i", { class: `level-${surge.level}` });
    Object.assign(mark.style, { left: `${(100 * from) / last}%`, width: `max(4px, ${(100 * (to - from)) / last}%)` });
    return mark;
  }));
}
