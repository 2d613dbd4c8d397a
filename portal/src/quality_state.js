// What the reader of the quality page looks at: day, region, cell and hour; kept in the address.

export const data = JSON.parse(document.getElementById("data").textContent);
export const shownState = { lang: "en", day: data.days.length - 1, region: "", cell: -1, hour: 0, out: true };

const reactors = [];
let writing = 0;

export function onChange(react) {
  reactors.push(react);
}

export function forgetReactors() {
  reactors.length = 0;
}

export function today() {
  return data.days[shownState.day];
}

// Change the state and tell who listens what changed.
export function set(patch) {
  const changed = new Set(Object.keys(patch).filter((name) => shownState[name] !== patch[name]));
  if (!changed.size) return;
  Object.assign(shownState, patch);
  shownState.hour = Math.min(shownState.hour, Math.max(0, today().hours.length - 1));
  for (const react of [...reactors]) react(changed);
  remember();
}

export function remember() {
  clearTimeout(writing);
  writing = setTimeout(writeAddress, 120); // a browser refuses hundreds of addresses a minute
}

function writeAddress() {
  const parts = { lang: shownState.lang, day: today().day };
  if (shownState.region) parts.region = shownState.region;
  if (shownState.cell >= 0) parts.cell = data.cells[shownState.cell].cell_id;
  history.replaceState(null, "", `#${new URLSearchParams(parts)}`);
}

// The part of the state that the address names, without what this page does not know.
export function asked() {
  const given = new URLSearchParams(location.hash.slice(1));
  const found = {};
  if (["en", "nl"].includes(given.get("lang"))) found.lang = given.get("lang");
  const day = data.days.findIndex((one) => one.day === given.get("day"));
  if (day >= 0) found.day = day;
  if (data.regions.some((one) => one.region_id === given.get("region"))) found.region = given.get("region");
  const cell = data.cells.findIndex((one) => one.cell_id === given.get("cell"));
  if (cell >= 0) found.cell = cell;
  return found;
}

const regionNames = new Map(data.regions.map((one) => [one.region_id, one.name]));

export function regionName(id) {
  return regionNames.get(id) ?? id;
}

// Figures of the whole day, its files and regions; those of single cells and hours are many.
export function isWide(one) {
  return ["day", "delivery", "region"].includes(one.scope);
}

// A day's worst verdict, single cells and hours left out.
export function worstOf(day) {
  const has = (verdict) => day.checks.some((one) => one.verdict === verdict && isWide(one));
  return has("stop") ? "stop" : has("note") ? "note" : "fine";
}
