// Builds the page again when language or tab changes; everything else is an update.

import { about } from "./about.js";
import { accuracy } from "./accuracy.js";
import { mountDayNight } from "./daynight.js";
import { h, s } from "./dom.js";
import { free, isDevices, mapped, startingPoint, withheld, zones } from "./figures.js";
import { daysBetween, findDoubledHours, periodMiddle, say, textOf, useLanguage } from "./format.js";
import { keepFresh } from "./fresh.js";
import { flowChoices, flowTitle, mountFlows } from "./flows.js";
import { mountMap } from "./map.js";
import { hasOutlook } from "./outlook.js";
import { hasFlows, hasVisitors } from "./pairs.js";
import { privacy } from "./privacy.js";
import { quality } from "./quality.js";
import { radios } from "./radios.js";
import { measureWords } from "./sentences.js";
import { change, data, forgetWatchers, fromAddress, state, times, watch } from "./state.js";
import { mountSurges, unusualNow } from "./surges.js";
import { mountTime, stopPlaying } from "./time.js";
import { mountVisitors } from "./visitors.js";
import { mountZone } from "./zone.js";

const TAB_NAMES = ["map", "accuracy", "quality", "privacy", "about"];

function mark() {
  return s("svg", { width: 34, height: 34, viewBox: "0 0 32 32", "aria-hidden": "true", class: "mark" },
    s("rect", { width: 32, height: 32, rx: 6 }),
    s("path", { d: "M9 6v20M9 8h6M9 14h9M9 20h6M9 26h9" }), s("circle", { cx: 23, cy: 14, r: 3 }));
}

function languages() {
  return h("div", { class: "languages", role: "group", "aria-label": "Language / Taal" },
    [["en", "English"], ["nl", "Nederlands"]].map(([code, name]) => h("button", {
      type: "button", lang: code, id: `lang-${code}`, "aria-pressed": String(state.lang === code), "aria-label": name,
      onclick: () => change({ lang: code }),
    }, code.toUpperCase())));
}

function header() {
  return h("header", { class: "top" }, h("div", { class: "inner" },
    mark(),
    h("div", { class: "titles" }, h("h1", {}, textOf(data.title)),
      h("p", {}, say("subtitle", { agency: data.agency.name, period: daysBetween(data.period_start, data.period_end) }))),
    languages()));
}

function tabs() {
  const go = (tab) => {
    change({ tab });
    document.getElementById(`tab-${tab}`).focus();
  };
  return h("div", { class: "tabs", role: "tablist", "aria-label": say("sections") }, TAB_NAMES.map((tab, i) => h("button", {
    type: "button", role: "tab", id: `tab-${tab}`, "aria-controls": "panel",
    "aria-selected": String(state.tab === tab), tabindex: state.tab === tab ? 0 : -1,
    onclick: () => go(tab),
    onkeydown: (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) go(TAB_NAMES.at((i + step) % TAB_NAMES.length));
      if (event.key === "Home") go(TAB_NAMES[0]);
      if (event.key === "End") go(TAB_NAMES.at(-1));
    },
  }, say(`tab_${tab}`))));
}

function measures() {
  const offered = ["persons", "density", ...(hasOutlook ? ["normal"] : []), "change"]
    .filter((m) => m !== "density" || mapped.some((zone) => zone.area));
  return h("fieldset", { class: "measures" }, h("legend", { class: "unseen" }, say("measure")),
    offered.map((measure) => h("label", {},
      h("input", { type: "radio", name: "measure", value: measure, checked: state.measure === measure,
        onchange: () => change({ measure }) }),
      h("span", {}, measure === "persons" && isDevices ? say("tab_devices") : say(`short_${measure}`, { per: say("per_km2") })))));
}

// The head of the map: what it shows, and the choices that belong to that.
function mapHead() {
  const title = h("h2", {});
  const shows = radios("shows", say("map_shows"), [["presence", say("shows_presence")], ["flows", say("flows")]]);
  const ofPresence = measures();
  const ofFlows = hasFlows ? flowChoices() : null;
  const box = h("div", { class: "card-head" }, title,
    h("div", { class: "choices" }, hasFlows ? shows.box : null, ofPresence, ofFlows ? ofFlows.boxes : null));
  function update() {
    const isFlows = state.shows === "flows";
    title.textContent = isFlows ? flowTitle() + (state.span === "day" ? `, ${say("flow_whole_day")}` : "") : measureWords(state.measure);
    ofPresence.hidden = isFlows;
    if (!ofFlows) return;
    for (const one of ofFlows.boxes) one.hidden = !isFlows;
    shows.update();
    ofFlows.update();
  }
  update();
  return { box, update };
}

function brokenNotice() {
  const days = data.releases.filter((release) => release.is_broken).map((release) => periodMiddle(release.day));
  return days.length ? h("div", { class: "notice", id: "broken", role: "note" },
    h("h2", {}, say(times.length ? "broken" : "broken_all")),
    h("p", {}, say("broken_why", { days: days.join(", ") }), " ", h("a", { href: "#tab=about" }, say("broken_list")))) : null;
}

function mapTab() {
  if (!times.length || !mapped.length) return [brokenNotice() ?? h("section", { class: "card" }, h("p", {}, say("nothing_released")))];
  const map = mountMap();
  const time = mountTime();
  const zone = mountZone();
  const all = mountDayNight();
  const head = mapHead();
  const flows = hasFlows ? mountFlows() : null;
  const visitors = hasVisitors ? mountVisitors() : null;
  watch((changed) => {
    const has = (...names) => names.some((name) => changed.has(name));
    if (has("measure", "zone", "shows", "way", "span")) head.update();
    if (has("t", "playing")) time.update();
    if (has("t", "zone", "measure", "shows", "way", "span")) map.update(changed);
    if (has("t", "zone", "playing")) zone.update(changed);
    if (flows && has("t", "zone", "way", "span")) flows.update();
    if (visitors && has("t", "zone", "crowd")) visitors.update();
    all.update(changed);
  });
  const own = [flows, visitors].filter(Boolean).map((section) => section.box);
  return [
    unusualNow(),
    brokenNotice(),
    free ? null : h("div", { class: "notice", id: "all-withheld", role: "note" },
      h("h2", {}, say("all_withheld")), h("p", {}, say(withheld ? "all_withheld_why" : "nothing_released", { threshold: data.threshold }))),
    h("div", { class: "columns" },
      h("section", { class: "card map-card", "aria-label": say("tab_map") },
        head.box, time.box, map.map, map.key, map.table),
      zone.box),
    hasOutlook ? mountSurges() : null,
    own.length ? h("div", { class: own.length > 1 ? "pairs top-aligned" : "alone" }, own) : null,
    all.box].filter(Boolean);
}

const SECTIONS = { map: mapTab, accuracy, quality, privacy, about };

function draw(changed) {
  if (!changed.has("lang") && !changed.has("tab")) return;
  const focused = document.activeElement ? document.activeElement.id : "";
  stopPlaying();
  useLanguage(state.lang);
  document.title = `${textOf(data.title)} · Peil`;
  forgetWatchers();
  watch(draw);
  const banner = data.legal_basis === "synthetic" ? h("p", { class: "banner" }, h("b", {}, say("synthetic")), " ", say("synthetic_why")) : null;
  document.getElementById("page").replaceChildren(
    h("a", { class: "skip", href: "#panel", onclick: (event) => { event.preventDefault(); document.getElementById("panel").focus(); } }, say("skip")),
    header(),
    h("nav", { class: "tabbar" }, h("div", { class: "inner" }, tabs())),
    h("main", { id: "panel", class: "inner", role: "tabpanel", tabindex: -1, "aria-labelledby": `tab-${state.tab}` },
      banner, SECTIONS[state.tab]()),
    h("footer", { class: "inner bottom" }, h("p", {}, textOf(data.attribution)), h("p", {}, say("footer"))));
  const again = document.getElementById(focused);
  if (focused && again) again.focus();
}

function start() {
  findDoubledHours(times);
  Object.assign(state, startingPoint());
  Object.assign(state, fromAddress(zones.map((zone) => zone.id)));
  draw(new Set(["lang", "tab"]));
  keepFresh();
  addEventListener("hashchange", () => change(fromAddress(zones.map((zone) => zone.id))));
}

start();
