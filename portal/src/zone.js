// The panel of the chosen zone: its figure in words, its line, its day against its night.

import { h } from "./dom.js";
import { dayAgainstNight, entry, mapped, measured, silentShare, upper, usualOf, whyNoUsual, zoneById } from "./figures.js";
import { momentLong, percent, say, sayOr, short, signedPercent, whole } from "./format.js";
import { mountLine } from "./line.js";
import { bandAt } from "./outlook.js";
import { intervalSentence, noNumberWords, unitWords } from "./sentences.js";
import { change, data, state, times } from "./state.js";

function chooser() {
  const option = (zone) => h("option", { value: zone.id }, zone.name);
  const byName = (list) => [...list].sort((a, b) => a.name.localeCompare(b.name));
  const levels = [...new Set(upper.map((zone) => zone.level))];
  return h("select", { id: "zone", onchange: (event) => change({ zone: event.target.value }) },
    h("optgroup", { label: say("level_bottom") }, byName(mapped).map(option)),
    levels.map((level) => h("optgroup", { label: sayOr(`level_${level}`, level) },
      byName(upper.filter((zone) => zone.level === level)).map(option))));
}

function place(zone) {
  const parent = zoneById.get(zone.parent);
  const level = sayOr(`one_${zone.level}`, zone.level);
  return parent ? say("level_in", { level, parent: parent.name }) : level;
}

// Two bars from zero: the usual night and the usual day.
function dayNight(zone) {
  const { night, day } = usualOf(zone);
  const title = h("h3", {}, say("daynight_title"));
  if (night === null || day === null) {
    return [title, h("p", { class: "small" }, say(
      { C: "daynight_withheld", L: "daynight_not_observed" }[whyNoUsual(zone).status] ?? "daynight_not_released"))];
  }
  const most = Math.max(night, day) || 1;
  const bar = (name, [start, end], value) => h("div", { class: `pair ${name}` },
    h("span", {}, say(`usual_${name}`, { start, end })),
    h("span", { class: "rail" }, h("i", { style: { width: `${(100 * value) / most}%` } })),
    h("b", {}, whole(value)));
  const moved = dayAgainstNight(zone);
  return [title, bar("night", data.night_hours, night), bar("day", data.day_hours, day),
    moved === null ? null : h("p", { class: "small" }, say(moved >= 0 ? "daynight_more" : "daynight_less",
      { change: signedPercent(Math.abs(moved)).replace("+", ""), unit: unitWords() }))];
}

export function mountZone() {
  const select = chooser();
  const where = h("p", { class: "where" });
  const figure = h("div", { class: "figure", id: "figure", "aria-live": "polite", "aria-atomic": "true" });
  const pair = h("div", { class: "daynight", id: "daynight" });
  const line = mountLine();

  function figureNow(zone) {
    const now = entry(zone, state.t);
    const moment = h("p", { class: "at" }, momentLong(times[state.t]));
    if (now.value === null) {
      return [moment, h("p", { class: "none", id: "number" }, noNumberWords(now)),
        now.status === "C" ? h("p", { id: "interval" }, say("withheld_why", { threshold: data.threshold }))
          : now.status === "L" ? h("p", { id: "interval" }, say("not_observed_why")) : null];
    }
    const density = measured(zone, state.t, "density");
    const moved = measured(zone, state.t, "change");
    const band = bandAt(zone, times[state.t]);
    const away = measured(zone, state.t, "normal");
    const silent = silentShare(zone, state.t);
    return [moment,
      h("p", { class: "big" }, h("b", { id: "number" }, whole(now.value)), " ", h("span", {}, unitWords())),
      h("p", { id: "interval" }, intervalSentence(now)),
      silent ? h("p", { class: "small", id: "silent" }, say("figure_silent", { share: percent(silent, 0) })) : null,
      h("ul", { class: "aside" },
        density === null ? null : h("li", {}, h("b", {}, short(density)), ` ${say("per_km2")}`),
        away === null ? null : h("li", { id: "normal" }, h("b", {}, signedPercent(away)), ` ${say("against_normal_band", { low: whole(band.q025), high: whole(band.q975) })}`),
        moved === null ? null : h("li", {}, h("b", {}, signedPercent(moved)), ` ${say("against_usual_night")}`))];
  }

  function update(changed) {
    const zone = zoneById.get(state.zone);
    if (!zone) return;
    if (changed.has("playing")) figure.setAttribute("aria-live", state.playing ? "off" : "polite");
    if (changed.has("zone")) {
      select.value = zone.id;
      where.textContent = place(zone);
      pair.replaceChildren(...dayNight(zone).filter(Boolean));
    }
    figure.replaceChildren(...figureNow(zone).filter(Boolean));
    line.update(changed);
  }
  update(new Set(["zone", "t"]));
  const box = h("section", { class: "card panel", "aria-label": say("panel_label") },
    h("div", { class: "choose" }, h("label", { for: "zone" }, say("choose_zone")), select, where),
    figure,
    h("h3", {}, say("line_title")), line.key, line.box, line.table,
    pair);
  return { box, update };
}
