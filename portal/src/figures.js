// The released figures, and the few numbers that this page computes from them.

import { data, times } from "./state.js";
import { dayOfMonth, dayShort, hourOf } from "./format.js";
import { fromNormal, newest, surges } from "./outlook.js";

const released = data.released;
const rowOf = new Map(released.zone_ids.map((id, row) => [id, row]));

// Area on the plane, holes taken off. Coordinates are metres.
function areaKm2(geometry) {
  if (!geometry) return null;
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const ring = (points) => Math.abs(d3.polygonArea(points));
  return d3.sum(polygons, (rings) => ring(rings[0]) - d3.sum(rings.slice(1), ring)) / 1e6;
}

export const zones = data.zones.features.map((feature) => ({
  id: feature.properties.zone_id,
  name: feature.properties.name || feature.properties.zone_id,
  level: feature.properties.level ?? "",
  parent: feature.properties.parent_id ?? null,
  feature,
  area: areaKm2(feature.geometry),
  row: rowOf.has(feature.properties.zone_id) ? rowOf.get(feature.properties.zone_id) : -1,
}));
export const zoneById = new Map(zones.map((zone) => [zone.id, zone]));
const parents = new Set(zones.map((zone) => zone.parent).filter((id) => id !== null));
// The zones of the map: those that are nobody's parent.
export const mapped = zones.filter((zone) => !parents.has(zone.id) && zone.feature.geometry);
export const upper = zones.filter((zone) => parents.has(zone.id));

// One entry: value, lower and upper, or null with status "C" (withheld), "L" (not observed) or null
// (not released).
export function entry(zone, t) {
  if (zone.row < 0 || !times.length) return { value: null, lower: null, upper: null, status: null };
  const at = (columns) => columns[zone.row][t];
  return {
    value: at(released.values), lower: at(released.lower),
    upper: at(released.upper), status: at(released.conf_status),
  };
}

// How much of a zone antenna sectors serve as a rule that were silent in an hour; 0 where little.
export function silentShare(zone, t) {
  return released.silent?.[zone.id]?.[times[t]] ?? 0;
}

function within(hour, [start, end]) {
  return start <= end ? hour >= start && hour < end : hour >= start || hour < end;
}

export function isNight(t) {
  return within(hourOf(times[t]), data.night_hours);
}

export function isDay(t) {
  return within(hourOf(times[t]), data.day_hours);
}

function medianOver(zone, belongs) {
  if (zone.row < 0) return null;
  const values = released.values[zone.row].filter((value, t) => value !== null && belongs(t));
  return values.length ? d3.median(values) : null;
}

// Median of the zone's released values in the night hours and in the day hours of the period.
const usual = new Map(zones.map((zone) => [zone.id,
  { night: medianOver(zone, isNight), day: medianOver(zone, isDay) }]));

export function usualOf(zone) {
  return usual.get(zone.id);
}

// Why a zone has no usual night or no usual day: what stands in their hours instead of numbers.
export function whyNoUsual(zone) {
  const { night, day } = usualOf(zone);
  const empty = d3.range(times.length).filter((t) => (night === null && isNight(t)) || (day === null && isDay(t)));
  const status = ["C", "L"].find((letter) => empty.some((t) => entry(zone, t).status === letter));
  return { status: status ?? null };
}

// Day against night as a share of the night, or null when either has no released value.
export function dayAgainstNight(zone) {
  const { night, day } = usualOf(zone);
  return night && day !== null ? day / night - 1 : null;
}

// The value that a measure shows on the map, or null.
export function measured(zone, t, measure) {
  const { value } = entry(zone, t);
  if (value === null) return null;
  if (measure === "density") return zone.area ? value / zone.area : null;
  if (measure === "normal") return fromNormal(zone, t, value);
  if (measure === "change") {
    const { night } = usualOf(zone);
    return night ? value / night - 1 : null;
  }
  return value;
}

export const free = d3.sum(released.conf_status, (row) => d3.sum(row, (c) => c === "F"));
export const withheld = d3.sum(released.conf_status, (row) => d3.sum(row, (c) => c === "C"));
export const unobserved = d3.sum(released.conf_status, (row) => d3.sum(row, (c) => c === "L"));
export const unreleased = d3.sum(released.conf_status, (row) => d3.sum(row, (c) => c === null));
// No record of any cell lies in an hour that was not observed, whatever the zone and the product.
export const isUnobserved = (t) => released.conf_status.some((row) => row[t] === "L");
export const isDevices = released.unit === "DEV";

// At most `most` marks of the period: starts of days, or every six hours when it is short.
export function timeMarks(most) {
  const all = d3.range(times.length);
  const starts = all.filter((t) => t === 0 || times[t].slice(0, 10) !== times[t - 1].slice(0, 10));
  if (starts.length < 3) {
    return all.filter((t) => hourOf(times[t]) % 6 === 0 || starts.includes(t))
      .map((t) => ({ t, text: starts.includes(t) ? dayShort(times[t]) : times[t].slice(11, 16) }));
  }
  const step = Math.ceil(starts.length / most);
  const words = starts.length > 28 ? dayOfMonth : dayShort;
  return starts.filter((_, i) => i % step === 0).map((t) => ({ t, text: words(times[t]) }));
}

// Where to start: the newest hour and what is unusual in it, where an outlook says that; else noon
// of the first day with numbers; at the zone with the most.
export function startingPoint() {
  const hasNumber = (t) => mapped.some((zone) => entry(zone, t).value !== null);
  const noons = d3.range(times.length).filter((t) => hourOf(times[t]) === 12);
  const t = newest >= 0 ? newest : noons.find(hasNumber) ?? d3.range(times.length).find(hasNumber) ?? noons[0] ?? 0;
  const largest = d3.greatest(mapped, (zone) => entry(zone, t).value ?? -1);
  const loud = surges.find((surge) => !surge.is_over && zoneById.has(surge.zone_id));
  return { t, zone: loud?.zone_id ?? (largest ? largest.id : null) };
}
