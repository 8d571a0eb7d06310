// A menu at a button or at the pointer, with arrow keys as menus have them.

import { element, icon } from "./elements.js";

const MARGIN = 8;

let close = () => {};
let openOf = null;

/** Open a menu, or close the one that this anchor has open.
 *
 * `anchor` is the element it belongs to, or a point {x, y}; `items` are {label, icon, run}, with
 * `isDanger`, or with `isChecked` where one of several is chosen, or {heading, items}.
 */
export function openMenu(anchor, label, items) {
  const wasOpen = openOf === anchor;
  close();
  if (wasOpen) return;
  const menu = element("div", { class: "menu", role: "menu", popover: "manual", "aria-label": label });
  menu.append(...items.map((item) => (item.items ? group(item) : menuItem(item))));
  menu.addEventListener("keydown", (event) => move(menu, event));
  openOf = anchor;
  setExpanded(anchor, true);
  close = closing(menu, anchor);
  document.body.append(menu);
  menu.showPopover();
  put(menu, anchor);
  menuItems(menu)[0].focus({ preventScroll: true });
}

/** What closes a menu: a choice, a key, or whatever happens outside of it. */
function closing(menu, anchor) {
  const origin = document.activeElement;
  const itemId = origin.closest("li")?.id;
  const ended = new AbortController();
  const end = () => {
    const hadFocus = menu.contains(document.activeElement);
    close = () => {};
    openOf = null;
    ended.abort();
    setExpanded(anchor, false);
    menu.remove();
    // The message of the menu may have been drawn anew meanwhile.
    const back = origin.isConnected ? origin : document.getElementById(itemId);
    if (hadFocus) back?.focus({ preventScroll: true });
  };
  const endOutside = ({ target }) => menu.contains(target) || (anchor.contains?.(target) ?? false) || end();
  document.addEventListener("pointerdown", endOutside, { signal: ended.signal, capture: true });
  document.addEventListener("focusin", endOutside, { signal: ended.signal });
  window.addEventListener("resize", end, { signal: ended.signal });
  return end;
}

function setExpanded(anchor, isExpanded) {
  if (anchor.ariaHasPopup) anchor.setAttribute("aria-expanded", String(isExpanded));
}

function group({ heading, items }) {
  const title = element("p", { class: "menu-heading", "aria-hidden": "true" }, heading);
  return element("div", { role: "group", "aria-label": heading }, title, ...items.map(menuItem));
}

function menuItem({ label, icon: drawn, run, isDanger, isChecked }) {
  const isChoice = isChecked !== undefined;
  const attributes = {
    type: "button",
    role: isChoice ? "menuitemradio" : "menuitem",
    "aria-checked": isChoice ? String(isChecked) : null,
    class: isDanger ? "menu-item danger" : "menu-item",
    tabindex: -1,
  };
  const sign = isChoice ? isChecked && icon("check") : drawn && icon(drawn);
  const built = element("button", attributes, element("span", {}, label), sign);
  built.addEventListener("click", () => {
    close();
    run();
  });
  return built;
}

function menuItems(menu) {
  return [...menu.querySelectorAll(".menu-item")];
}

function move(menu, event) {
  const items = menuItems(menu);
  const at = items.indexOf(document.activeElement);
  const target = {
    ArrowDown: (at + 1) % items.length,
    ArrowUp: (at - 1 + items.length) % items.length,
    Home: 0,
    End: items.length - 1,
  }[event.key];
  if (target !== undefined) items[target].focus();
  else if (event.key === "Tab" || event.key === "Escape") close();
  else if (event.key.length !== 1 || event.key === " " || !focusByLetter(items, at, event.key)) return;
  event.preventDefault();
}

/** The next item whose label begins so. */
function focusByLetter(items, at, letter) {
  const order = [...items.slice(at + 1), ...items.slice(0, at + 1)];
  const found = order.find(({ textContent }) => textContent.toLowerCase().startsWith(letter.toLowerCase()));
  found?.focus();
  return found;
}

/** Beside its anchor, inside the window. On a phone the stylesheet puts it at the bottom. */
function put(menu, anchor) {
  const place = anchor instanceof Element ? anchor.getBoundingClientRect() : new DOMRect(anchor.x, anchor.y);
  const { width, height } = menu.getBoundingClientRect();
  const isBelow = place.bottom + MARGIN + height <= innerHeight;
  const top = isBelow ? place.bottom : place.top - height;
  menu.style.left = `${Math.max(MARGIN, Math.min(place.left, innerWidth - width - MARGIN))}px`;
  menu.style.top = `${Math.max(MARGIN, Math.min(top, innerHeight - height - MARGIN))}px`;
}
