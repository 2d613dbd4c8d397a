// Origins of the people in a zone: their names, and the few groups that a graphic can show.

import { zoneById } from "./figures.js";
import { countryName, say } from "./format.js";
import { added } from "./pairs.js";

// Okabe and Ito's colours: told apart under every common colour blindness. Foreign SIMs are also striped.
const RESIDENT = "#999999";
const ZONES = ["#0072b2", "#56b4e9", "#009e73"];
const MORE_ZONES = "#f0e442";
const COUNTRIES = ["#d55e00", "#e69f00"];
const MORE_COUNTRIES = "#cc79a7";
const REST = "#000000";
const EVERYBODY = "#5a5a5a";
const EVERYBODY_CODE = "_T"; // residents and visitors in one figure, of an hour in which few are expected

const SPECIAL = { [EVERYBODY_CODE]: "crowd_everybody", _O: "crowd_others", SIM_O: "crowd_abroad" };

export function originName(origin) {
  if (SPECIAL[origin.code]) return say(SPECIAL[origin.code]);
  if (origin.kind === "resident") return say("crowd_resident");
  if (origin.kind === "zone") return zoneById.get(origin.name)?.name ?? origin.name;
  if (origin.kind === "country") return countryName(origin.name);
  return say("crowd_rest");
}

// What sets a group apart; a zone's own region has its residents in a group of their own.
export function kindWords(origin, zone) {
  return say(origin.kind === "zone" && origin.name === zone.parent ? "crowd_kind_elsewhere" : `crowd_kind_${origin.kind}`);
}

function crowdGroup(id, kind, name, colour, rows) {
  return { id, kind, name, colour, isForeign: kind === "country",
    at: (t) => added(rows.map((row) => row.at(t)).filter((now) => now.status !== null)) };
}

// The largest of a kind one by one, the others as one group; withheld origins count as the smallest.
function byKind(rows, kind, colours, moreColour, moreWords, dayHours) {
  const size = (row) => added(dayHours.map((t) => row.at(t)).filter((now) => now.status !== null)).value ?? -1;
  const sorted = rows.map((row) => ({ row, name: originName(row.origin), size: size(row) })).filter(({ row }) => dayHours.some((t) => row.at(t).status !== null))
    .sort((a, b) => d3.descending(a.size, b.size) || a.name.localeCompare(b.name));
  const alone = sorted.filter(({ size: n }) => n >= 0).slice(0, sorted.length === colours.length + 1 ? colours.length + 1 : colours.length);
  const others = sorted.filter((one) => !alone.includes(one)).map(({ row }) => row);
  const all = alone.map(({ row, name }, i) => crowdGroup(`${kind}${i}`, kind, name, [...colours, moreColour][i], [row]));
  return others.length ? [...all, crowdGroup(`${kind}-more`, kind, say(alone.length ? moreWords : `${moreWords}_alone`, { n: others.length }), moreColour, others)] : all;
}

// Whether residents are in it: such a group is left out of visitors only.
export function hasResidents({ kind }) {
  return kind === "resident" || kind === "everybody";
}

// At most ten groups, in the order in which they are stacked.
export function crowdGroups(rows, dayHours) {
  const residents = rows.filter((row) => row.isResident);
  const of = (kind) => rows.filter((row) => !row.isResident && row.origin.kind === kind);
  const isEverybody = (row) => row.origin.code === EVERYBODY_CODE;
  const everybody = of("rest").filter(isEverybody);
  const rest = of("rest").filter((row) => !isEverybody(row));
  return [
    ...(residents.length ? [crowdGroup("resident", "resident", say("crowd_resident"), RESIDENT, residents)] : []),
    ...byKind(of("zone"), "zone", ZONES, MORE_ZONES, "crowd_more_zones", dayHours),
    ...byKind(of("country"), "country", COUNTRIES, MORE_COUNTRIES, "crowd_more_countries", dayHours),
    ...(rest.length ? [crowdGroup("rest", "rest", say("crowd_rest"), REST, rest)] : []),
    ...(everybody.length ? [crowdGroup("everybody", "everybody", say("crowd_everybody"), EVERYBODY, everybody)] : []),
  ];
}
