// Lines of the page's own among the messages: what is on its way to the bot, and what failed.

import { element, iconButton } from "../elements.js";
import { failUnder, release } from "../messages/components.js";
import { NO_ANSWER } from "../messages/messages.js";

/** The bot has not answered yet. A press shows that on its button. */
export function pending({ interaction_id: id, message_id: messageId, name }, history) {
  if (!messageId) history.note(notice(id, "pending", `Sending ${name} …`), id);
}

export function settled({ interaction_id: id, message_id: messageId }, history) {
  history.inTurn(() => document.getElementById(`interaction-${id}`)?.remove());
  if (messageId) release(messageId);
}

export function failed(event, history) {
  settled(event, history);
  const { interaction_id: id, message_id: messageId, name } = event;
  const sentence = `${name}: ${NO_ANSWER}`;
  if (messageId && failUnder(messageId, sentence)) return;
  history.note(notice(id, "failed", sentence), id);
}

function notice(id, kind, text) {
  const item = element("li", { class: `notice ${kind}`, id: `interaction-${id}` }, element("span", {}, text));
  if (kind === "failed") item.append(iconButton("cross", "Dismiss", () => item.remove()));
  return item;
}
