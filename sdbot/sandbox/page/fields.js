// The fields of a form: texts, menus and files, each under its label.

import { Upload } from "./composer/upload.js";
import { element } from "./elements.js";
import { isSelect, selectField } from "./messages/selects.js";

const LABEL = 18;
const FILES = 19;
const PARAGRAPH = 2;
const MOST_TEXT = 4000;

/** {customId, node, control, read} for a component of a modal: a row or a label with a field.
 *
 * `read` returns a text, or values, or a promise of them.
 */
export function formField(holder, index) {
  const [component] = holder.type === LABEL ? [holder.component] : holder.components;
  const label = holder.label ?? component.label;
  const id = `field-${index}`;
  const field = fieldOf(component, label, id);
  const isRequired = component.required !== false;
  const describedBy = [holder.description && `${id}-description`, field.counter && `${id}-counter`];
  const node = element(
    "div",
    { class: "form-field" },
    labelNode(field, id, label, isRequired),
    descriptionNode(holder, id),
    field.node,
    field.counter,
  );
  field.control.setAttribute("aria-describedby", describedBy.filter(Boolean).join(" "));
  return { customId: component.custom_id, node, control: field.control, read: field.read };
}

function fieldOf(component, label, id) {
  if (isSelect(component)) return selectField(component, { label, id });
  return component.type === FILES ? fileField(component, id) : textField(component, id);
}

/** Of several boxes each has a label of its own. */
function labelNode({ control }, id, label, isRequired) {
  const sign = isRequired ? element("span", { class: "required", title: "required" }, " *") : null;
  const isOne = control.id === id;
  const attributes = isOne ? { for: id } : { "aria-hidden": "true" };
  return element(isOne ? "label" : "p", { class: "field-label", ...attributes }, label, sign);
}

function descriptionNode({ description }, id) {
  if (!description) return null;
  return element("p", { class: "description", id: `${id}-description` }, description);
}

function textField(component, id) {
  const most = component.max_length ?? MOST_TEXT;
  const attributes = {
    id,
    class: "text-field",
    placeholder: component.placeholder,
    required: component.required !== false,
    minlength: component.min_length,
    maxlength: most,
  };
  const isLong = component.style === PARAGRAPH;
  const input = element(isLong ? "textarea" : "input", attributes);
  input.value = component.value ?? "";
  const counter = element("p", { class: "counter", id: `${id}-counter` });
  const count = () => {
    counter.textContent = `${input.value.length} / ${most}`;
  };
  input.addEventListener("input", count);
  count();
  return { node: input, control: input, counter, read: () => input.value };
}

/** Files are on their way as soon as they are chosen. */
function fileField(component, id) {
  const most = component.max_values ?? 1;
  const attributes = { type: "file", id, multiple: most > 1, required: component.required !== false };
  const input = element("input", attributes);
  const shown = element("div", { class: "uploads" });
  let uploads = [];
  input.addEventListener("change", () => {
    for (const upload of uploads) upload.cancel();
    const isTooMany = input.files.length > most;
    input.setCustomValidity(isTooMany ? `Choose at most ${most} files.` : "");
    uploads = isTooMany ? [] : [...input.files].map((file) => new Upload(file));
    shown.replaceChildren(...uploads.map(({ node }) => node));
  });
  const read = () => Promise.all(uploads.map(({ done }) => done));
  return { node: element("div", {}, input, shown), control: input, read };
}
