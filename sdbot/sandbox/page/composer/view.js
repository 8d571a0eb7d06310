// The draft that is shown.

import { isConversation, known, userName } from "../known.js";
import { context } from "./context.js";

const NAMED_OPTIONS = 3;

const input = document.getElementById("composer");
const send = document.getElementById("send");
const reply = document.getElementById("reply");
const call = document.getElementById("call");
const files = document.getElementById("files");

export function showDraft(draft) {
  if (draft.node.parentNode !== call) exchange(draft);
  if (input.value !== draft.text) input.value = draft.text;
  input.setAttribute("aria-label", label(draft));
  input.placeholder = draft.command ? optionsText(draft.optionsLeft) : label(draft);
  reply.hidden = !draft.reply || Boolean(draft.command);
  if (draft.reply) document.getElementById("replied-to").textContent = userName(draft.reply.author.id);
  send.disabled = draft.isEmpty;
}

/** The focus stays in the line when its field is gone. */
function exchange(draft) {
  const hadFocus = call.contains(document.activeElement);
  call.replaceChildren(draft.node);
  files.replaceChildren(draft.tray);
  if (hadFocus) input.focus();
}

function label({ command }) {
  if (command) return `Options of /${command.name}`;
  const channel = known.channels.get(context.channelId);
  return `Message ${channel && isConversation(channel) ? "@" : "#"}${context.channelName}`;
}

/** "+ steps, + seed …" */
function optionsText(options) {
  const names = options.slice(0, NAMED_OPTIONS).map(({ name }) => `+ ${name}`);
  return names.join(", ") + (options.length > NAMED_OPTIONS ? " …" : "");
}
