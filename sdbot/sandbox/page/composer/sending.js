// What a draft becomes when it is sent.

import { call } from "./commands.js";
import { context } from "./context.js";

/** The sentence about what hinders a draft; its first wrong field has the focus then. */
export function hindranceOf(draft) {
  if (!draft.command) return draft.text.startsWith("/") ? `There is no command ${draft.text.trim()}.` : null;
  draft.fill(draft.text);
  const faults = draft.fields.map((field) => field.check());
  const wrong = faults.findIndex(Boolean);
  if (wrong >= 0) {
    draft.fields[wrong].focus();
    return faults[wrong];
  }
  return draft.text && `/${draft.command.name} has no option ${draft.text.trim()}.`;
}

/** {path, body} of the request, once the draft's files have arrived; throws an Error with a sentence. */
export async function requestOf(draft) {
  const channel_id = context.channelId;
  if (draft.command) {
    const values = await Promise.all(draft.fields.map(async (field) => [field.option.name, await field.value()]));
    return { path: "/sandbox/commands", body: { channel_id, type: 1, ...call(draft.command, Object.fromEntries(values)) } };
  }
  const attachment_ids = await Promise.all(draft.uploads.map(({ done }) => done));
  const body = { channel_id, content: draft.text.trim(), attachment_ids, reply_to: draft.reply?.id };
  return { path: "/sandbox/messages", body };
}
