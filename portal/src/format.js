// Words, numbers and dates in the reader's language.

export const words = JSON.parse(document.getElementById("words").textContent);
const LOCALE = { en: "en-GB", nl: "nl-NL" };
let language = "en";

export function useLanguage(code) {
  language = code in LOCALE ? code : "en";
  document.documentElement.lang = language;
}

// The sentence of that key, with {names} filled in.
export function say(key, values = {}) {
  if (!(key in words)) {
    console.error(`No words for ${key}`); // the tests read the console
    return key;
  }
  return words[key][language].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// Words that may lack an entry: codes of charters, measures, expectations.
export function sayOr(key, otherwise) {
  return key in words ? say(key) : otherwise;
}

// Text of the data: the same in both languages, or one text a language.
export function textOf(text) {
  return typeof text === "string" ? text : text ? text[language] : "";
}

function localised(value, options) {
  return new Intl.NumberFormat(LOCALE[language], options).format(value).replace("-", "−");
}

export function whole(value) {
  return localised(value, { maximumFractionDigits: 0 });
}

// Three figures for small values, whole numbers for large ones.
export function short(value) {
  const size = Math.abs(value);
  return localised(value, { maximumFractionDigits: size >= 10 || size === 0 ? 0 : size >= 1 ? 1 : 2 });
}

export function percent(share, digits = 1) {
  return localised(share, { style: "percent", maximumFractionDigits: digits });
}

export function signedPercent(share, digits = 0) {
  const rounded = Number(share.toFixed(digits + 2));
  return localised(rounded === 0 ? 0 : rounded,
    { style: "percent", maximumFractionDigits: digits, signDisplay: "exceptZero" });
}

// The date is read from the text: times are local to the pilot, wherever the reader is.
function asDate(time) {
  const [year, month, day] = time.slice(0, 10).split("-").map(Number);
  return new Date(Date.UTC(year, month - 1, day));
}

function dated(time, options) {
  return new Intl.DateTimeFormat(LOCALE[language], { ...options, timeZone: "UTC" }).format(asDate(time));
}

export function dayLong(time) {
  return dated(time, { weekday: "long", day: "numeric", month: "long", year: "numeric" }).replace(",", "");
}

export function dayMiddle(time) {
  return dated(time, { weekday: "short", day: "numeric", month: "short" }).replace(",", "");
}

export function dayShort(time) {
  return dated(time, { weekday: "short", day: "numeric" }).replace(",", "");
}

// For periods of which a weekday and a number name several days.
export function dayOfMonth(time) {
  return dated(time, { day: "numeric", month: "short" });
}

// "2–8 March 2026"; one day when both are the same.
export function daysBetween(start, end) {
  return new Intl.DateTimeFormat(LOCALE[language], { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" })
    .formatRange(asDate(start), asDate(end)).replace(/\s*–\s*/, start.slice(0, 7) === end.slice(0, 7) ? "–" : " – ");
}

export function hourOf(time) {
  return Number(time.slice(11, 13));
}

// When the clock is set back an hour comes twice; only its offset tells which one.
const twice = new Set();

export function findDoubledHours(times) {
  const seen = new Set();
  for (const time of times) (seen.has(time.slice(0, 13)) ? twice : seen).add(time.slice(0, 13));
}

export function hours(time) {
  const two = (hour) => String(hour).padStart(2, "0") + ":00";
  const which = twice.has(time.slice(0, 13)) && time.length > 19 ? ` (UTC${time.slice(19)})` : "";
  return `${two(hourOf(time))}–${two((hourOf(time) + 1) % 24)}${which}`;
}

// What was released at once: a day, or an hour of one, written 2026-03-02T20; of two hours of one
// name the second has its offset: 2026-10-25T02+0100.
export const isHour = (period) => period.length > 10;

function withHour(day, period) {
  const offset = period.slice(13);
  return isHour(period) ? `${day}, ${hours(period.slice(0, 13))}${offset ? ` (UTC${offset.slice(0, 3)}:${offset.slice(3)})` : ""}` : day;
}

export const periodMiddle = (period) => withHour(dayMiddle(period), period);
export const periodLong = (period) => withHour(dayLong(period), period);
export const periodShort = (period) => (isHour(period) ? `${period.slice(11, 13)}:00` : dayShort(period));

export function momentLong(time) {
  return `${dayLong(time)}, ${hours(time)}`;
}

// The name of a country in the reader's language, from its two letters; else what was given.
export function countryName(code) {
  if (!/^[A-Z]{2}$/.test(code)) return say("country_code", { code });
  return new Intl.DisplayNames(LOCALE[language], { type: "region", fallback: "code" }).of(code);
}
