// A form that the bot opens. It stays until the sandbox takes it, or until one leaves it.

import { ask } from "./api.js";
import { element, iconButton } from "./elements.js";
import { formField } from "./fields.js";

let open = null;

/** `data` is {title, components}; the answer goes to the interaction that opened the form. */
export function openModal({ interaction_id: interactionId, data }) {
  open?.close();
  const fields = data.components.map(formField);
  const fault = element("p", { class: "fault", role: "alert", hidden: true });
  const submit = element("button", { class: "button primary" }, "Submit");
  const dialog = element("dialog", { class: "modal", "aria-labelledby": "modal-title" });
  const leave = () => dialog.close();
  const cancel = element("button", { type: "button", class: "button", onclick: leave }, "Cancel");
  const form = element(
    "form",
    {},
    element(
      "header",
      {},
      element("h2", { id: "modal-title" }, data.title),
      iconButton("cross", "Close", leave),
    ),
    element("div", { class: "fields-of-form" }, ...fields.map(({ node }) => node), fault),
    element("footer", {}, cancel, submit),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.setAttribute("aria-busy", "true");
    fault.hidden = true;
    try {
      await ask("/sandbox/modals", { interaction_id: interactionId, values: await valuesOf(fields) });
      dialog.close();
    } catch (error) {
      fault.textContent = error.message;
      fault.hidden = false;
    }
    submit.removeAttribute("aria-busy");
  });
  dialog.append(form);
  show(dialog, fields);
}

async function valuesOf(fields) {
  const pairs = fields.map(async ({ customId, read }) => [customId, await read()]);
  return Object.fromEntries(await Promise.all(pairs));
}

function show(dialog, fields) {
  const origin = document.activeElement;
  dialog.addEventListener("close", () => {
    open = null;
    dialog.remove();
    origin?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  fields[0]?.control.focus();
  open = dialog;
}
