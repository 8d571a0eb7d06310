// The messages that stand on the page now, oldest first, in groups and days.

import { element } from "../elements.js";
import { EPHEMERAL } from "../messages/numbers.js";
import { hasOrigin, messageItem, messageOf } from "../messages/messages.js";
import { keepTools } from "../messages/tools.js";
import { compareIds } from "../snowflakes.js";
import { day, isSameDay } from "../times.js";

const GROUP_MILLISECONDS = 7 * 60 * 1000;
const KEPT_WHEN_EQUAL = ".gallery";

const list = document.getElementById("messages");

export function itemOf(id) {
  return document.getElementById(`message-${id}`);
}

export function clear() {
  list.replaceChildren();
}

export function count() {
  return list.children.length;
}

function messages() {
  return [...list.children].map((item) => messageOf.get(item)).filter(Boolean);
}

/** Ids of the first and last message; null when there is none. */
export function oldestId() {
  return messages()[0]?.id ?? null;
}

export function newestId() {
  return messages().at(-1)?.id ?? null;
}

/** Put a message where its id belongs; one that is there is replaced. Call `regroup` afterwards. */
export function put(message) {
  const item = messageItem(message);
  const shown = itemOf(message.id);
  if (shown) replace(shown, item);
  else insert(item, message.id);
}

/** A line of the page's own among the messages; its id says when it was. */
export function insert(item, id) {
  item.dataset.id = id;
  list.insertBefore(item, list.children[placeOf(id)] ?? null);
}

/** How many items are older than an id. */
function placeOf(id) {
  let [from, to] = [0, list.children.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (compareIds(list.children[middle].dataset.id, id) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

export function remove(id) {
  itemOf(id)?.remove();
}

/** The focus stays on the same control, and pictures that are there are not loaded again. */
function replace(shown, item) {
  const focus = focusIn(shown);
  item.dataset.id = shown.dataset.id;
  keepEqualPictures(shown, item);
  keepTools(shown, item);
  shown.replaceWith(item);
  if (focus === null) return;
  const control = focus && item.querySelector(focus);
  (control ?? item).focus({ preventScroll: true });
}

/** A selector of what has the focus in an item: "" for the item itself, null for nothing. */
function focusIn(item) {
  const active = document.activeElement;
  if (!item.contains(active)) return null;
  if (active.dataset.customId) return `[data-custom-id="${CSS.escape(active.dataset.customId)}"]`;
  return active.matches(".more-tool, .reply-tool") ? `.${active.classList[1]}` : "";
}

function keepEqualPictures(shown, item) {
  const [old, fresh] = [shown, item].map((one) => [...one.querySelectorAll(KEPT_WHEN_EQUAL)]);
  // What follows the path of a link is new in each answer.
  const source = ({ src, alt }) => `${new URL(src).pathname} ${alt}`;
  const sources = (gallery) => [...gallery.querySelectorAll("img")].map(source).join();
  for (const gallery of fresh) {
    const same = old.find((candidate) => sources(candidate) === sources(gallery));
    if (same) gallery.replaceWith(same);
  }
}

/** Keep at most so many items, and take from the far end what is more; returns whether any went. */
export function trim(most, isFromStart) {
  const excess = count() - most;
  for (let left = excess; left > 0; left -= 1) {
    (isFromStart ? list.firstElementChild : list.lastElementChild).remove();
  }
  return excess > 0;
}

/** Who continues whom, where a day begins, and which message is the first after `readId`. */
export function regroup(readId) {
  let previous = null;
  let isNewMarked = false;
  for (const item of list.children) {
    const message = messageOf.get(item);
    const isFirstUnread = !isNewMarked && isUnread(message, readId);
    isNewMarked ||= isFirstUnread;
    const isNew = isFirstUnread && previous !== null;
    const startsDay = message && !(previous && isSameDay(previous.timestamp, message.timestamp));
    setLine(item, "new-line", isNew, () => [element("span", {}, "New")]);
    setLine(item, "day-line", startsDay, () => [element("span", {}, day(message.timestamp))]);
    item.classList.toggle("continued", !isNew && !startsDay && continues(previous, message));
    previous = message ?? previous;
  }
  setTabStop();
}

function isUnread(message, readId) {
  return Boolean(message && readId && compareIds(message.id, readId) > 0);
}

function continues(previous, message) {
  if (!previous || !message || hasOrigin(message) || previous.author.id !== message.author.id) return false;
  if ((previous.flags & EPHEMERAL) !== (message.flags & EPHEMERAL)) return false;
  return Date.parse(message.timestamp) - Date.parse(previous.timestamp) < GROUP_MILLISECONDS;
}

function setLine(item, name, isWanted, build) {
  const shown = item.querySelector(`:scope > .${name}`);
  if (shown && !isWanted) shown.remove();
  if (!shown && isWanted) item.prepend(element("p", { class: `line ${name}` }, ...build()));
}

/** The Tab key comes to one message; arrow keys lead on. */
function setTabStop() {
  const stops = list.querySelectorAll(':scope > [tabindex="0"]');
  if (stops.length === 1) return;
  for (const stop of stops) stop.tabIndex = -1;
  const last = [...list.children].findLast((item) => messageOf.has(item));
  if (last) last.tabIndex = 0;
}

list.addEventListener("focusin", ({ target }) => {
  const item = target.closest("#messages > li");
  for (const stop of list.querySelectorAll(':scope > [tabindex="0"]')) stop.tabIndex = -1;
  item.tabIndex = 0;
});

list.addEventListener("keydown", (event) => {
  const step = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
  if (!step || event.target.parentElement !== list) return;
  let next = event.target[step];
  while (next && !messageOf.has(next)) next = next[step];
  if (!next) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
});
