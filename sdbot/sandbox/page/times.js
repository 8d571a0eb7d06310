// Moments as a member reads them; relative ones are kept true.

import { element } from "./elements.js";

// One of each: they are slow to make.
const FORMATS = {
  t: new Intl.DateTimeFormat(undefined, { timeStyle: "short" }),
  T: new Intl.DateTimeFormat(undefined, { timeStyle: "medium" }),
  d: new Intl.DateTimeFormat(undefined, { dateStyle: "short" }),
  D: new Intl.DateTimeFormat(undefined, { dateStyle: "long" }),
  f: new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" }),
  F: new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" }),
};
const SHORT = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "short" });
const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];
// As far as a date reaches (ECMA-262, 21.4.1.1).
const LAST_SECOND = 8.64e12;
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

function relativeText(date) {
  const seconds = Math.round((date - Date.now()) / 1000);
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return relative.format(Math.trunc(seconds / size), unit);
}

/** What `<t:UNIX:style>` stands for. */
export function moment(unix, style = "f") {
  const date = new Date(Math.min(Math.max(unix, -LAST_SECOND), LAST_SECOND) * 1000);
  const attributes = { datetime: date.toISOString(), title: FORMATS.F.format(date) };
  const built = element("time", { class: "moment", ...attributes });
  if (style === "R") built.dataset.relative = "";
  built.textContent = style === "R" ? relativeText(date) : FORMATS[style].format(date);
  return built;
}

/** When a message was written: the time, with the day if that is not today. */
export function written(timestamp) {
  const date = new Date(timestamp);
  const isToday = date.toDateString() === new Date().toDateString();
  return timeElement(timestamp, isToday ? FORMATS.t : SHORT);
}

/** "May 5, 2026" */
export function day(timestamp) {
  return timeElement(timestamp, FORMATS.D);
}

function timeElement(timestamp, format) {
  const date = new Date(timestamp);
  return element("time", { datetime: timestamp, title: FORMATS.F.format(date) }, format.format(date));
}

export function isSameDay(timestamp, other) {
  return new Date(timestamp).toDateString() === new Date(other).toDateString();
}

setInterval(() => {
  for (const shown of document.querySelectorAll("time[data-relative]")) {
    shown.textContent = relativeText(new Date(shown.dateTime));
  }
}, 1000);
