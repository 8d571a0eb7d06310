// What could come next, by where the caret stands.

import { call, commandsLike } from "./commands.js";
import { complete, forgetCompletion } from "./completion.js";
import { context } from "./context.js";
import { hintOf } from "./kinds.js";
import { offerNamed, offersLike, offersOf } from "./offers.js";
import { hidePicker, showPicker } from "./picker.js";

/** `act` has what becomes of what is taken: `open` a command, `add` an option, `pick` a value. */
export function suggest(draft, input, act) {
  forgetCompletion();
  const focused = document.activeElement;
  const field = draft.fieldOf(focused);
  if (field) suggestValues(draft, field, act);
  else if (focused !== input) hidePicker();
  else if (draft.command) suggestOptions(draft, input, act);
  else suggestCommands(input, act);
}

function suggestCommands(input, { open }) {
  const [, typed] = /^\/([^\n]*)$/.exec(input.value) ?? [];
  const found = typed === undefined ? [] : commandsLike(typed, context.commands);
  const offers = found.map((command) => ({
    label: `/${command.name}`,
    detail: command.description,
    kind: command.options.filter(({ required }) => required).map(({ name }) => name).join(", "),
    command,
  }));
  showPicker({ input, offers, take: ({ command }) => open(command), isFirst: true });
}

function suggestOptions(draft, input, { add }) {
  const { command, optionsLeft } = draft;
  const typed = input.value.trim().toLowerCase();
  const offers = optionsLeft
    .filter(({ name }) => name.startsWith(typed))
    .map((option) => ({ label: option.name, detail: option.description, kind: hintOf(option), option }));
  const asked = { label: `/${command.name}`, detail: command.description };
  showPicker({ input, asked, offers, take: ({ option }) => add(option), isFirst: Boolean(typed) });
}

function suggestValues(draft, field, { pick }) {
  const { option, input, text } = field;
  const kind = option.required ? `required, ${hintOf(option)}` : hintOf(option);
  const shown = { input, asked: { label: option.name, detail: option.description, kind }, take: (offer) => pick(field, offer) };
  if (option.autocomplete) return suggestCompletions(draft, field, shown);
  const all = offersOf(option);
  if (!all) return showPicker(shown);
  const offers = offersLike(text, all);
  const isFirst = Boolean(text.trim()) && !offerNamed(text, all);
  showPicker({ ...shown, offers, isFirst, remark: offers.length ? null : "Nothing fits that." });
}

/** Until the bot has answered, what it gave before stays, but nothing of it is chosen. */
function suggestCompletions(draft, field, shown) {
  const { option, text } = field;
  showPicker({ ...shown, offers: field.offers, remark: field.offers?.length ? null : "Loading options …" });
  const values = { ...valuesSoFar(draft), [option.name]: text };
  complete({ channel_id: context.channelId, ...call(draft.command, values) }, option.name, ({ choices, remark }) => {
    field.offers = choices.map(({ name, value }) => ({ label: name, value }));
    const isFirst = Boolean(text.trim()) && field.picked?.label !== text;
    showPicker({ ...shown, offers: field.offers, isFirst, remark: remark ?? (choices.length ? null : "No options fit that.") });
  });
}

/** Files that are still on their way are left out. */
function valuesSoFar(draft) {
  const typed = draft.fields.filter((field) => !field.isEmpty && !field.upload);
  return Object.fromEntries(typed.map((field) => [field.option.name, field.value()]));
}
