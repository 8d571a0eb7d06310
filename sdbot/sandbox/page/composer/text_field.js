// The field of an option that one types or picks.

import { element, iconButton } from "../elements.js";
import { BOOLEAN, INTEGER, STRING } from "./kinds.js";
import { offersOf } from "./offers.js";
import { valueOf } from "./values.js";

export class TextField {
  /** `remove` is called for the cross of an optional one. */
  constructor(option, remove) {
    this.option = option;
    this.picked = null;
    this.input = isPicked(option) ? picking(option) : typing(option);
    this.node = element(
      "span",
      { class: "field" },
      element("label", { for: this.input.id }, option.name),
      this.input,
      !option.required && iconButton("cross", `Remove ${option.name}`, remove, { class: "quiet remove", tabindex: -1 }),
    );
  }

  get text() {
    return this.input.value;
  }

  set text(text) {
    this.input.value = text;
  }

  get isEmpty() {
    return !this.text.trim();
  }

  /** Take an offer; its label stands for its value while nothing else is typed. */
  pick(offer) {
    this.picked = offer;
    this.text = offer.label;
  }

  focus() {
    this.input.focus();
    this.input.setSelectionRange(this.text.length, this.text.length);
  }

  /** The sentence about what does not fit; the field shows that there is one. */
  check() {
    const { fault = null } = valueOf(this.option, this.text, this.picked);
    this.input.setAttribute("aria-invalid", String(Boolean(fault)));
    return fault;
  }

  get isWrong() {
    return this.input.getAttribute("aria-invalid") === "true";
  }

  /** Undefined for an empty field. */
  value() {
    return valueOf(this.option, this.text, this.picked).value;
  }

  remember() {
    return { text: this.text, picked: this.picked };
  }

  restore({ text, picked }) {
    this.text = text;
    this.picked = picked;
  }

  discard() {}
}

function isPicked(option) {
  return Boolean(option.autocomplete || offersOf(option));
}

function typing(option) {
  const attributes = { id: `option-${option.name}`, "aria-describedby": "hint", "aria-required": String(Boolean(option.required)) };
  if (option.type === STRING) return element("textarea", { ...attributes, rows: 1, enterkeyhint: "send", oninput: joinLines });
  // A phone's keys for numbers may lack the minus.
  const isCounted = option.min_value >= 0;
  const mode = isCounted ? (option.type === INTEGER ? "numeric" : "decimal") : "text";
  return element("input", { ...attributes, type: "text", inputmode: mode, enterkeyhint: "send", class: "short" });
}

function picking(option) {
  return element("input", {
    id: `option-${option.name}`,
    type: "text",
    role: "combobox",
    class: option.type === BOOLEAN ? "short" : null,
    enterkeyhint: "send",
    spellcheck: "false",
    "aria-autocomplete": "list",
    "aria-controls": "suggestions",
    "aria-expanded": "false",
    "aria-describedby": "hint",
    "aria-required": String(Boolean(option.required)),
  });
}

/** An option has one line only. */
function joinLines({ target }) {
  if (target.value.includes("\n")) target.value = target.value.replace(/\s*\n\s*/g, " ");
}
