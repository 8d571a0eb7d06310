// Moments as a member reads them; relative ones are kept true.

import { element } from "./elements.js";

const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};
const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

function relativeText(date) {
  const seconds = Math.round((date - Date.now()) / 1000);
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return relative.format(Math.trunc(seconds / size), unit);
}

/** What `<t:UNIX:style>` stands for. */
export function moment(unix, style = "f") {
  const date = new Date(unix * 1000);
  const built = element("time", { datetime: date.toISOString(), title: date.toLocaleString() });
  if (style === "R") built.dataset.relative = "";
  built.textContent = style === "R" ? relativeText(date) : date.toLocaleString(undefined, STYLES[style]);
  return built;
}

/** When a message was written: the time, with the day if that is not today. */
export function written(timestamp) {
  const date = new Date(timestamp);
  const isToday = date.toDateString() === new Date().toDateString();
  const text = date.toLocaleString(undefined, isToday ? STYLES.t : { dateStyle: "short", timeStyle: "short" });
  return element("time", { datetime: timestamp, title: date.toLocaleString() }, text);
}

setInterval(() => {
  for (const shown of document.querySelectorAll("time[data-relative]")) {
    shown.textContent = relativeText(new Date(shown.dateTime));
  }
}, 1000);
