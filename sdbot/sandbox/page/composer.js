// The line one writes in: words for everybody, or a command whose options become fields.

import { ask } from "./api.js";
import { context, enter } from "./composer/context.js";
import { draftAt, dropDraft, placeOfWriting, recall, remember, returnDraft } from "./composer/drafts.js";
import { clearFault, complain } from "./composer/fault.js";
import { receiveFiles } from "./composer/files.js";
import { hidePicker, isListOpen, press } from "./composer/picker.js";
import { hindranceOf, requestOf } from "./composer/sending.js";
import { suggest } from "./composer/suggest.js";
import { fieldTyped, openTyped } from "./composer/typing.js";
import { showDraft } from "./composer/view.js";

export { complain };

const form = document.getElementById("composer-form");
const input = document.getElementById("composer");

let place = placeOfWriting();
let draft = draftAt(place, changed);

/** Say what has changed of {memberId, channelId, channelName, commands}. */
export function setContext(change) {
  enter(change);
  if (place !== placeOfWriting()) clearFault();
  place = placeOfWriting();
  draft = draftAt(place, changed);
  refresh();
}

/** The next message answers this one. */
export function startReply(message) {
  if (draft.command) leave();
  draft.reply = message;
  changed();
}

function refresh() {
  showDraft(draft);
  suggest(draft, input, ACTS);
}

/** After what a mouse did, one goes on writing. */
function changed() {
  clearFault();
  proceed();
}

/** To the field that waits for something, else to another one or to the end of the line. */
function proceed(other = input) {
  showDraft(draft);
  (draft.waiting ?? other).focus();
  suggest(draft, input, ACTS);
}

const ACTS = {
  open(command) {
    draft.open(command);
    proceed();
  },
  add(option) {
    draft.text = "";
    draft.add(option).focus();
    refresh();
  },
  pick(field, offer) {
    field.pick(offer);
    field.check();
    proceed();
  },
};

function leave(text = "") {
  remember(place, draft);
  draft.leave();
  draft.text = text;
  changed();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  clearFault();
  if (draft.isEmpty || draft.isSending) return;
  const hindrance = hindranceOf(draft);
  refresh();
  if (hindrance) complain(hindrance);
  else await send(draft, place);
});

/** The line is free as soon as its files have arrived; what is refused comes back. */
async function send(sent, from) {
  sent.isSending = true;
  try {
    const { path, body } = await requestOf(sent);
    remember(from, sent);
    dropDraft(from);
    setContext({});
    await ask(path, body);
  } catch (error) {
    returnDraft(from, sent);
    setContext({});
    complain(error.message);
  }
  sent.isSending = false;
}

form.addEventListener("input", ({ target, inputType }) => {
  clearFault();
  draft.depth = 0;
  if (target === input) draft.text = input.value;
  const field = draft.fieldOf(target);
  if (field?.isWrong) field.check();
  const end = draft.command ? null : openTyped(draft, context.commands);
  if (end) return proceed(end.field);
  if (draft.command && inputType !== "insertFromPaste") fieldTyped(draft, target)?.focus();
  return refresh();
});

const KEYS = {
  Enter({ target, shiftKey }) {
    if (target.tagName !== "TEXTAREA") return false;
    if (shiftKey) return Boolean(draft.command);
    form.requestSubmit();
    return true;
  },
  Escape() {
    if (draft.command) leave();
    else if (draft.reply) dropReply();
    else return false;
    return true;
  },
  Backspace({ target }) {
    const field = draft.fieldOf(target);
    const isBehindFields = target === input && draft.command && !input.value;
    if (!isBehindFields && !field?.isEmpty) return false;
    goBack(field);
    return true;
  },
  ArrowDown() {
    refresh();
    return isListOpen();
  },
  ArrowUp({ target }) {
    if (target !== input || input.value || isListOpen() || !(draft.isEmpty || draft.depth)) return false;
    if (!recall(place, draft)) return false;
    showDraft(draft);
    hidePicker();
    return true;
  },
};

form.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (press(event) || KEYS[event.key]?.(event)) event.preventDefault();
});

/** From an empty field to the one before it; from a command without values to its name. */
function goBack(field) {
  const index = field ? draft.fields.indexOf(field) : draft.fields.length;
  if (field && !field.option.required) draft.remove(field);
  if (draft.fields[index - 1]) draft.fields[index - 1].focus();
  else if (draft.fields.every(({ isEmpty }) => isEmpty)) leave(`/${draft.command.name}`);
  else draft.fields[0].focus();
}

function dropReply() {
  draft.reply = null;
  changed();
}

document.getElementById("drop-reply").addEventListener("click", dropReply);

form.addEventListener("click", ({ target }) => {
  if (target.matches("textarea, [role=combobox]")) refresh();
});

form.addEventListener("focusin", ({ target }) => {
  const field = draft.fieldOf(target);
  if (field?.isWrong) complain(field.check());
  suggest(draft, input, ACTS);
});

form.addEventListener("focusout", ({ target, relatedTarget }) => {
  const field = draft.fieldOf(target);
  const isLeft = field && !field.node.contains(relatedTarget);
  // Who only looks elsewhere has not forgotten a field.
  const fault = isLeft && (!field.isEmpty || form.contains(relatedTarget)) ? field.check() : null;
  if (fault) complain(fault);
  hidePicker();
});

/** Who types where no text can stand means the line: on a page without a focus, on a field for a file. */
document.addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey }) => {
  const isLetter = key.length === 1 && key !== " " && !ctrlKey && !metaKey && !altKey;
  const takesNoText = document.activeElement === document.body || document.activeElement.matches(".file-button");
  if (isLetter && takesNoText && !document.querySelector("dialog:modal")) input.focus();
});

receiveFiles((files) => {
  const left = draft.takeFiles(files);
  changed();
  if (left.length) complain(`/${draft.command.name} takes no more files.`);
});
