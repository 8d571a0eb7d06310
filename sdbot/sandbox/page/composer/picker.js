// What could come next, over the line: what is asked for, and a list to pick from.

import { element } from "../elements.js";

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

const picker = document.getElementById("picker");
const hint = document.getElementById("hint");
const note = document.getElementById("note");
const list = document.getElementById("suggestions");

let input = null;
let offers = [];
let take = null;
let active = -1;

/**
 * Show at an input what is asked for, {name, detail, kind}, and what can be picked, each {label,
 * detail, kind, group}. `isFirst` says that Enter and Tab take the first; `remark` stands for a
 * list that is not there.
 */
export function showPicker(shown) {
  if (input !== shown.input) hidePicker();
  ({ input, take = null } = shown);
  offers = inGroups(shown.offers ?? []);
  hint.replaceChildren(...(shown.asked ? parts(shown.asked) : []));
  hint.hidden = !shown.asked;
  note.textContent = shown.remark ?? "";
  note.hidden = !shown.remark;
  list.replaceChildren(...nodes());
  list.hidden = !offers.length;
  picker.hidden = hint.hidden && note.hidden && list.hidden;
  expand(!list.hidden);
  activate(shown.isFirst && offers.length ? 0 : -1);
}

export function hidePicker() {
  closeList();
  picker.hidden = true;
  input = null;
}

/** Whether an arrow would move in a list. */
export function isListOpen() {
  return !list.hidden;
}

function closeList() {
  list.hidden = true;
  if (!input) return;
  expand(false);
  activate(-1);
}

/** Only a combobox says that its list is open. */
function expand(isOpen) {
  if (input.getAttribute("role") === "combobox") input.setAttribute("aria-expanded", String(isOpen));
}

function parts({ name, label = name, detail, kind }) {
  return [element("b", {}, label), detail && element("span", { class: "detail" }, detail), kind && element("span", { class: "kind" }, kind)].filter(Boolean);
}

function inGroups(offers) {
  return [...Map.groupBy(offers, ({ group }) => group).values()].flat();
}

/** Offers of one group stand in it under its name. */
function nodes() {
  const built = offers.map(item);
  const groups = Map.groupBy(built, (node, index) => offers[index].group);
  return [...groups].flatMap(([name, inside]) => {
    if (!name) return inside;
    const heading = element("div", { class: "group", "aria-hidden": "true" }, name);
    return [element("div", { role: "group", "aria-label": name }, heading, ...inside)];
  });
}

function item(offer, index) {
  return element(
    "div",
    {
      role: "option",
      id: `suggestion-${index}`,
      "aria-selected": "false",
      // Before the input loses the focus.
      onmousedown: (event) => event.preventDefault(),
      onclick: () => take(offer),
    },
    ...parts(offer),
  );
}

function activate(index) {
  items()[active]?.setAttribute("aria-selected", "false");
  active = index;
  const chosen = items()[active];
  if (!chosen) return input.removeAttribute("aria-activedescendant");
  chosen.setAttribute("aria-selected", "true");
  chosen.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", chosen.id);
}

function items() {
  return list.querySelectorAll("[role=option]");
}

/** Arrows choose, Enter and Tab take what is chosen, Escape closes. True for a key that was used. */
export function press({ key, shiftKey }) {
  if (list.hidden) return false;
  if (STEPS[key]) move(STEPS[key]);
  else if (key === "Escape") closeList();
  else if (active >= 0 && !shiftKey && (key === "Enter" || key === "Tab")) take(offers[active]);
  else return false;
  return true;
}

function move(step) {
  const { length } = offers;
  activate(active < 0 ? (step > 0 ? 0 : length - 1) : (active + step + length) % length);
}
