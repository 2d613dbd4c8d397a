// What the reader looks at: kept in the address, so that a link shows the same.

export const data = JSON.parse(document.getElementById("data").textContent);
export const times = data.released ? data.released.times : [];
// Where the agency said what is normal, that is what a map is for.
const USUAL_MEASURE = data.outlook && times.length ? "normal" : "persons";
export const state = { lang: "en", tab: "map", t: 0, zone: null, measure: USUAL_MEASURE, playing: false,
  shows: "presence", way: "from", span: "hour", crowd: "all" };

const TABS = ["map", "accuracy", "quality", "privacy", "about"];
const MEASURES = ["persons", "density", ...(data.outlook ? ["normal"] : []), "change"];
// Choices that a page with flows or visitors has; what stands first is not written in the address.
const CHOICES = { shows: data.flows ? ["presence", "flows"] : ["presence"],
  way: ["from", "to"], span: ["hour", "day"], crowd: ["all", "visitors"] };
const watchers = [];
let writing = 0;

// The address without the hour: a page that is read again starts at its newest one.
export function forgetHour() {
  clearTimeout(writing);
  history.replaceState(null, "", address().replace(/&hour=[^&]*/, ""));
}

export function watch(react) {
  watchers.push(react);
}

export function forgetWatchers() {
  watchers.length = 0;
}

// Change the state and tell the watchers what changed.
export function change(patch) {
  const changed = new Set(Object.keys(patch).filter((name) => state[name] !== patch[name]));
  if (!changed.size) return;
  Object.assign(state, patch);
  for (const react of [...watchers]) react(changed);
  clearTimeout(writing);
  writing = setTimeout(writeAddress, 120); // a browser refuses hundreds of addresses a minute
}

function address() {
  const parts = { lang: state.lang, tab: state.tab };
  if (times.length) parts.hour = times[state.t];
  if (state.zone !== null) parts.zone = state.zone;
  if (state.measure !== USUAL_MEASURE) parts.measure = state.measure;
  for (const [name, values] of Object.entries(CHOICES)) if (state[name] !== values[0]) parts[name] = state[name];
  return "#" + new URLSearchParams(parts).toString().replaceAll("%3A", ":");
}

function writeAddress() {
  if (location.hash !== address()) history.replaceState(null, "", address());
}

// The part of the state that the address names, leaving out what this page does not know.
export function fromAddress(zoneIds) {
  const asked = new URLSearchParams(location.hash.slice(1));
  const found = {};
  if (["en", "nl"].includes(asked.get("lang"))) found.lang = asked.get("lang");
  if (TABS.includes(asked.get("tab"))) found.tab = asked.get("tab");
  if (MEASURES.includes(asked.get("measure"))) found.measure = asked.get("measure");
  for (const [name, values] of Object.entries(CHOICES)) if (values.includes(asked.get(name))) found[name] = asked.get(name);
  if (zoneIds.includes(asked.get("zone"))) found.zone = asked.get("zone");
  const hour = times.indexOf(asked.get("hour"));
  if (hour >= 0) found.t = hour;
  return found;
}
