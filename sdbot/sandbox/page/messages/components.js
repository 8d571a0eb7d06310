// The rows under a message: buttons and selects, and what becomes of a press.

import { ask } from "../api.js";
import { complain } from "../composer.js";
import { element, icon } from "../elements.js";
import { labelText } from "./emoji.js";
import { isSelect, selectField } from "./selects.js";

const BUTTON = 2;
const LINK = 5;
const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "secondary" };

/** A node with the rows of a message; null if it has none. */
export function componentRows(message) {
  if (!message.components.length) return null;
  const rows = message.components.map(({ components = [] }) => {
    const shown = components.map((component) => componentNode(message, component));
    return element("div", { class: "row" }, ...shown);
  });
  return element("div", { class: "components" }, ...rows);
}

function componentNode(message, component) {
  if (isSelect(component)) return selectNode(message, component);
  if (component.type !== BUTTON) return null;
  return component.style === LINK ? linkButton(component) : pressButton(message, component);
}

function pressButton(message, button) {
  const attributes = {
    type: "button",
    class: `button ${STYLES[button.style]}`,
    disabled: button.disabled,
    "data-custom-id": button.custom_id,
  };
  const built = element("button", attributes, labelText(button));
  built.addEventListener("click", () => press(message, built));
  return built;
}

function linkButton(button) {
  const outside = { target: "_blank", rel: "noreferrer noopener" };
  const attributes = { class: "button secondary", href: button.url, ...outside };
  return element("a", attributes, labelText(button), icon("out"));
}

/** One choice is sent when it is made; several have a button of their own. */
function selectNode(message, component) {
  const isMultiple = (component.max_values ?? 1) > 1;
  const field = selectField(component, { label: component.placeholder ?? "Make a selection" });
  const send = (control) => press(message, control, field.read());
  if (!isMultiple) {
    field.control.dataset.customId = component.custom_id;
    field.control.addEventListener("change", () => send(field.control));
    return field.node;
  }
  const attributes = { type: "button", class: "button primary", "data-custom-id": component.custom_id };
  const submit = element("button", { ...attributes, disabled: component.disabled }, "Send selection");
  const judge = () => {
    submit.disabled = component.disabled || field.read().length < (component.min_values ?? 1);
  };
  field.node.addEventListener("change", judge);
  judge();
  submit.addEventListener("click", () => send(submit));
  return element("div", { class: "select-with-button" }, field.node, submit);
}

async function press(message, control, values) {
  if (control.getAttribute("aria-busy")) return;
  control.closest(".message").querySelector(".failed")?.remove();
  control.setAttribute("aria-busy", "true");
  try {
    const asked = { message_id: message.id, custom_id: control.dataset.customId, values };
    await ask("/sandbox/components", asked);
  } catch (error) {
    release(message.id);
    complain(error.message);
  }
}

/** What was pressed in a message can be pressed again. */
export function release(messageId) {
  for (const control of document.querySelectorAll(`#message-${messageId} [aria-busy]`)) {
    control.removeAttribute("aria-busy");
  }
}

/** Say under the rows of a message what went wrong; false if the message is not on the page. */
export function failUnder(messageId, sentence) {
  const rows = document.querySelector(`#message-${messageId} .components`);
  rows?.parentElement.querySelector(".failed")?.remove();
  rows?.after(element("p", { class: "failed" }, sentence));
  return Boolean(rows);
}
