// Menus of a bot: of its own words, or of people, roles and channels.

import { element } from "../elements.js";
import { channelName, isConversation, known, userName } from "../known.js";
import { labelText } from "./emoji.js";

const STRING = 3;
const CHOICES = {
  [STRING]: ({ options }) => options,
  5: () => userChoices(),
  6: () => roleChoices(),
  7: () => [...userChoices(), ...roleChoices()],
  8: ({ channel_types: types }) => channelChoices(types),
};

export function isSelect({ type }) {
  return type in CHOICES;
}

/** {node, control, read}: `read` returns the values chosen; several are boxes to tick.
 *
 * `id` is for a field whose label stands above it.
 */
export function selectField(component, { label, id }) {
  const marked = new Set((component.default_values ?? []).map((given) => given.id));
  const choices = CHOICES[component.type](component).map((choice) => ({
    ...choice,
    isChosen: Boolean(choice.default) || marked.has(choice.value),
  }));
  if ((component.max_values ?? 1) > 1) return boxes(component, choices, label, id);
  return menu(component, choices, label, id);
}

function menu(component, choices, label, id) {
  const isOptional = component.min_values === 0 || component.required === false;
  const select = element(
    "select",
    { class: "select", id, "aria-label": id ? null : label, disabled: component.disabled },
    element("option", { value: "", disabled: !isOptional, selected: true }, component.placeholder ?? label),
    ...choices.map((choice) => {
      const text = [labelText(choice), choice.description].filter(Boolean).join(" – ");
      return element("option", { value: choice.value, selected: choice.isChosen }, text);
    }),
  );
  return { node: select, control: select, read: () => (select.value ? [select.value] : []) };
}

function boxes(component, choices, label, id) {
  const node = element(
    "div",
    { class: "boxes", role: "group", id, "aria-label": label },
    element("p", { class: "boxes-label", "aria-hidden": "true" }, countText(component, label, id)),
    ...choices.map((choice) => box(component, choice)),
  );
  const ticked = () => [...node.querySelectorAll("input:checked")].map(({ value }) => value);
  node.addEventListener("change", () => boundBoxes(component, node));
  boundBoxes(component, node);
  return { node, control: node.querySelector("input"), read: ticked };
}

function box(component, { value, isChosen, ...choice }) {
  const input = element("input", { type: "checkbox", value, checked: isChosen, disabled: component.disabled });
  const description = choice.description ? element("small", {}, choice.description) : null;
  return element("label", {}, input, element("span", {}, labelText(choice), description));
}

/** When as many are ticked as may be, the others cannot be. */
function boundBoxes(component, node) {
  const inputs = [...node.querySelectorAll("input")];
  const isFull = inputs.filter(({ checked }) => checked).length >= component.max_values;
  for (const input of inputs) input.disabled = component.disabled || (isFull && !input.checked);
}

/** "Style · choose 1 to 2"; where a label stands above, it is not said again. */
function countText({ min_values: least = 1, max_values: most }, label, id) {
  const count = least === most ? most : least ? `${least} to ${most}` : `up to ${most}`;
  return id ? `Choose ${count}` : `${label} · choose ${count}`;
}

function userChoices() {
  return [...known.users.keys()].map((id) => ({ value: id, label: `@${userName(id)}` }));
}

function roleChoices() {
  const roles = [...known.roles.values()].filter(({ id }) => id !== known.guild.id);
  return roles.map(({ id, name }) => ({ value: id, label: `@${name}` }));
}

function channelChoices(types) {
  const channels = [...known.channels.values()].filter((channel) => !isConversation(channel));
  const fitting = channels.filter(({ type }) => !types?.length || types.includes(type));
  return fitting.map((channel) => ({ value: channel.id, label: `#${channelName(channel)}` }));
}
