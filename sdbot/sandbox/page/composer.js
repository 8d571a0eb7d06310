// The line one types in, with what could come next above it.

import { parseLine } from "./commands.js";
import { element } from "./elements.js";
import { suggestionsFor } from "./suggestions.js";

const form = document.getElementById("composer-form");
const input = document.getElementById("composer");
const list = document.getElementById("suggestions");
const fault = document.getElementById("fault");

let commands = [];
let suggestions = [];
let active = -1;

export function setCommands(registered) {
  commands = registered;
  if (document.activeElement === input) suggest();
}

/** `send(command, options)` may throw an Error whose message is for the member. */
export function onSend(send) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const line = input.value;
    if (!line.trim()) return;
    const { command, options, fault: sentence } = parseLine(line, commands);
    if (sentence) return complain(sentence);
    input.value = "";
    close();
    try {
      await send(command, options);
    } catch (error) {
      if (!input.value) input.value = line;
      complain(error.message);
    }
  });
}

/** Show a sentence over the input until something is typed. */
export function complain(sentence) {
  fault.textContent = sentence;
  fault.hidden = false;
}

function suggest() {
  suggestions = suggestionsFor(input.value, commands);
  active = -1;
  list.replaceChildren(...suggestions.map(suggestionItem));
  list.hidden = !suggestions.length;
  input.setAttribute("aria-expanded", String(!list.hidden));
  input.removeAttribute("aria-activedescendant");
}

function suggestionItem({ label, detail, hint }, index) {
  const item = element(
    "li",
    { role: "option", id: `suggestion-${index}`, "aria-selected": "false" },
    element("b", {}, label),
    element("span", { class: "detail" }, detail),
    element("span", { class: "hint" }, hint),
  );
  // Before the input loses the focus.
  item.addEventListener("mousedown", (event) => event.preventDefault());
  item.addEventListener("click", () => take(index));
  return item;
}

function take(index) {
  input.value = suggestions[index].line;
  input.focus();
  suggest();
}

function move(step) {
  const count = suggestions.length;
  list.children[active]?.setAttribute("aria-selected", "false");
  active = active < 0 ? (step > 0 ? 0 : count - 1) : (active + step + count) % count;
  const item = list.children[active];
  item.setAttribute("aria-selected", "true");
  item.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", item.id);
}

function close() {
  list.hidden = true;
  suggestions = [];
  active = -1;
  fault.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

input.addEventListener("input", () => {
  fault.hidden = true;
  suggest();
});

input.addEventListener("blur", () => {
  list.hidden = true;
});

input.addEventListener("focus", suggest);

// Tab completes, arrows choose, Enter takes what is chosen and otherwise sends.
input.addEventListener("keydown", (event) => {
  if (!suggestions.length || list.hidden || event.isComposing) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) move(step);
  else if (event.key === "Escape") close();
  else if (event.key === "Enter" && active >= 0) take(active);
  else if (event.key === "Tab" && !event.shiftKey) take(Math.max(active, 0));
  else return;
  event.preventDefault();
});
