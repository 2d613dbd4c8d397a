// What is normal in each zone and hour, as the agency computed it from released figures.

import { data, times } from "./state.js";

const outlook = data.outlook ?? null;
export const hasOutlook = outlook !== null && times.length > 0;
export const surges = hasOutlook ? outlook.surges : [];
export const newest = hasOutlook ? times.indexOf(outlook.newest) : -1;
// Hours after the newest released one: what is forecast.
export const aheadTimes = hasOutlook ? outlook.times.filter((time) => !times.includes(time)) : [];
const rowOfZone = new Map(hasOutlook ? outlook.zone_ids.map((id, row) => [id, row]) : []);
const columnOfTime = new Map(hasOutlook ? outlook.times.map((time, column) => [time, column]) : []);

// The band of a zone in an hour, `{ q025, q100, q500, q900, q975 }`, or null.
export function bandAt(zone, time) {
  const [row, column] = [rowOfZone.get(zone.id), columnOfTime.get(time)];
  if (row === undefined || column === undefined || outlook.bands.q500[row][column] === null) return null;
  return Object.fromEntries(Object.entries(outlook.bands).map(([name, rows]) => [name, rows[row][column]]));
}

// How far a value lies from what is normal, as a share of that; null where nothing is known of it.
export function fromNormal(zone, t, value) {
  const band = hasOutlook ? bandAt(zone, times[t]) : null;
  return band && band.q500 > 0 ? value / band.q500 - 1 : null;
}

// First and last hour of the slider that an episode touches; null when it lies outside.
export function hoursOf(surge) {
  const began = times.indexOf(surge.began);
  if (began < 0) return null;
  const ended = surge.ended ? times.indexOf(surge.ended) : -1;
  return [began, surge.ended && ended >= 0 ? Math.max(began, ended - 1) : surge.is_over ? times.length - 1 : newest];
}
