// Flows and visitors: sparse tables of the data, opened into entries by pair and hour.

import { isUnobserved, mapped, upper, zoneById } from "./figures.js";
import { say } from "./format.js";
import { data, state, times } from "./state.js";

const WITHHELD = { value: null, lower: null, upper: null, status: "C" };
const NONE = { value: null, lower: null, upper: null, status: null };
const placeOfTime = new Map(times.map((time, t) => [time, t]));

// An entry may last several hours: where it began and how many they are, of any hour of it.
function lasting(letters, hour, t) {
  let [first, last] = [hour, hour];
  while (letters[first] === "=") first -= 1;
  while (letters[last + 1] === "=") last += 1;
  return { start: t - (hour - first), nHours: last - first + 1 };
}

// A withheld entry has no place in the columns of numbers: only its letter says that it is there.
function opened(released) {
  const hourOfMoment = new Map(released.times.map((time, hour) => [placeOfTime.get(time), hour]));
  return released.pairs.map(([first, second], p) => {
    const letters = released.conf_status[p];
    let places = null;
    const at = (t) => {
      const hour = hourOfMoment.get(t);
      if (hour === undefined || "-L".includes(letters[hour])) return NONE;
      if (letters[hour] === "C") return WITHHELD;
      places ??= d3.cumsum(letters, (letter) => (letter === "F" ? 1 : 0));
      const i = places[hour] - 1;
      return { value: released.values[p][i], lower: released.lower[p][i], upper: released.upper[p][i], status: "F", ...lasting(letters, hour, t) };
    };
    return { first, second, at };
  });
}

function by(pairs, name) {
  return d3.group(pairs, (pair) => pair[name]);
}

function tableOf(name) {
  const released = data[name];
  if (!released) return null;
  const pairs = opened(released);
  return {
    released, first: by(pairs, "first"), second: by(pairs, "second"),
    rowOf: new Map(released.zone_ids.map((id, row) => [id, row])),
    hours: new Set(released.times.map((time) => placeOfTime.get(time))),
  };
}

const flowTable = tableOf("flows");
const visitorTable = tableOf("visitors");
export const hasFlows = flowTable !== null;
export const hasVisitors = visitorTable !== null;
export const isFlowHour = (t) => hasFlows && flowTable.hours.has(t);
export const isVisitorHour = (t) => hasVisitors && visitorTable.hours.has(t);
export const isFlowZone = (zone) => hasFlows && flowTable.rowOf.has(zone.id);
export const isVisitorZone = (zone) => hasVisitors && visitorTable.rowOf.has(zone.id);

// The hours of the local day to which hour t belongs.
export function hoursOfDay(t) {
  return d3.range(times.length).filter((other) => times[other].slice(0, 10) === times[t].slice(0, 10));
}

// Free numbers of several entries added, and how many are withheld; withheld when none is free.
export function added(entries) {
  const open = entries.filter((now) => now.status === "F");
  const nWithheld = entries.length - open.length;
  if (!open.length) return { ...NONE, status: entries.length ? "C" : null, nWithheld };
  const hasBounds = open.every((now) => now.lower !== null && now.upper !== null);
  const { start, nHours } = open.length === 1 ? open[0] : {};
  return { status: "F", nWithheld, start, nHours, value: d3.sum(open, (now) => now.value),
    lower: hasBounds ? d3.sum(open, (now) => now.lower) : null, upper: hasBounds ? d3.sum(open, (now) => now.upper) : null };
}

// An entry of several hours counts once.
function during(pair, hours) {
  const entries = hours.map(pair.at).filter((now) => now.status !== null);
  return added(entries.filter((now, i) => now.status !== "F" || i === 0 || entries[i - 1].start !== now.start));
}

// Where trips begin or end: a zone, or the others of a region, which have no entry of their own.
const areas = new Map();
function areaOf(id) {
  if (zoneById.has(id)) return zoneById.get(id);
  const key = `${state.lang}|${id}`;
  if (!areas.has(key)) areas.set(key, { id, isOthers: true, name: say("flow_others", { region: zoneById.get(id.replace(/_O$/, ""))?.name ?? id }) });
  return areas.get(key);
}

function bySize(a, b) {
  return d3.descending(a.now.value ?? -1, b.now.value ?? -1) || a.name.localeCompare(b.name);
}

// Pairs of the zone, that way; where the data say so, a pair that is not listed is withheld.
function flowPairs(zone, way) {
  const row = flowTable.rowOf.get(zone.id);
  if (row === undefined) return [];
  const [here, there] = way === "from" ? ["first", "second"] : ["second", "first"];
  const listed = flowTable[here].get(row) ?? [];
  if (data.flows.unlisted !== "C") return listed;
  const known = new Set(listed.map((pair) => pair[there]));
  const at = (t) => (isFlowHour(t) && !isUnobserved(t) ? WITHHELD : NONE);
  return [...listed, ...d3.range(data.flows.zone_ids.length).filter((other) => !known.has(other))
    .map((other) => ({ [here]: row, [there]: other, at }))];
}

const flowHours = () => (state.span === "day" ? hoursOfDay(state.t) : [state.t]);

// Whether flows are released of the hour, or of any hour of the day, that is looked at.
export const isReleasedNow = () => flowHours().some(isFlowHour);

let lastRows = { key: "", rows: [] };

// Flows of the zone in the hour or day looked at, the way looked at: largest first, withheld last.
export function flowRows(zone) {
  const key = [state.lang, zone.id, state.way, state.span, state.t].join("|");
  if (lastRows.key !== key) lastRows = { key, rows: flowRowsAnew(zone) };
  return lastRows.rows;
}

function flowRowsAnew(zone) {
  const end = state.way === "from" ? "second" : "first";
  return flowPairs(zone, state.way).map((pair) => {
    const other = areaOf(data.flows.zone_ids[pair[end]]);
    return { other, name: other.name, now: during(pair, flowHours()) };
  }).filter((row) => row.now.status !== null).sort(bySize);
}

const largest = new Map();

// The largest flow to or from the zone in any hour (or day): lines of all hours share one scale.
export function largestFlow(zone) {
  const key = `${zone.id}|${state.span}`;
  if (!largest.has(key)) {
    const spans = state.span === "hour" ? d3.range(times.length).map((t) => [t])
      : d3.groups(d3.range(times.length), (t) => times[t].slice(0, 10)).map(([, hours]) => hours);
    const pairs = ["from", "to"].flatMap((way) => flowPairs(zone, way)).filter((pair) => pair.first !== pair.second);
    largest.set(key, d3.max(pairs, (pair) => d3.max(spans, (hours) => during(pair, hours).value ?? 0)) ?? 0);
  }
  return largest.get(key);
}

// Who is in the zone: one row an origin, with all its entries by hour.
export function visitorRows(zone) {
  const row = visitorTable.rowOf.get(zone.id);
  const pairs = (row === undefined ? null : visitorTable.first.get(row)) ?? [];
  return pairs.map((pair) => {
    const origin = data.visitors.origins[pair.second];
    return { origin, isResident: origin.kind === "resident", at: pair.at };
  });
}

// Share of a table's entries that is withheld, pairs that are not listed included.
export function withheldShareOf(released, nPairs) {
  if (released.n_entries) return d3.sum(Object.values(released.n_withheld)) / released.n_entries;
  const letters = released.conf_status.join("").replaceAll("-", "");
  const unlisted = released.unlisted === "C" ? (nPairs - released.pairs.length) * released.times.length : 0;
  const all = letters.length + unlisted;
  return all ? (letters.length - letters.replaceAll("C", "").length + unlisted) / all : null;
}

export const flowUnit = () => (data.flows.unit === "DEV_TRIP" ? "trips_devices" : "trips_persons");
export const visitorUnit = () => (data.visitors.unit === "DEV" ? "devices" : "persons");
export const drawable = new Set([...mapped, ...upper].filter((zone) => zone.feature.geometry));
