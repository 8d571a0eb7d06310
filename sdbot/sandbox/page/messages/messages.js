// One message as a list item.

import { element, icon } from "../elements.js";
import { known, roleIds, userName } from "../known.js";
import { markdown } from "../markdown/markdown.js";
import { plainText } from "../markdown/plain.js";
import { written } from "../times.js";
import { attachmentNodes } from "./attachments.js";
import { avatar } from "./avatars.js";
import { componentRows } from "./components.js";
import { embedCard } from "./embeds.js";
import { CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND, EPHEMERAL, LOADING, REPLY } from "./numbers.js";

const TOKEN_LIFE_MILLISECONDS = 15 * 60 * 1000;

export const NO_ANSWER = "The application did not respond";

/** The message that a list item shows. */
export const messageOf = new WeakMap();

export function messageItem(message) {
  const item = element(
    "li",
    { class: classes(message), id: `message-${message.id}`, tabindex: -1 },
    element("div", { class: "body" }, avatar(message.author.id), article(message)),
  );
  messageOf.set(item, message);
  return item;
}

function classes(message) {
  const isEphemeral = message.flags & EPHEMERAL;
  return ["message", isEphemeral && "ephemeral", isToMe(message) && "to-me"].filter(Boolean).join(" ");
}

function isToMe({ mentions, mention_roles: roles, mention_everyone: isToAll, author }) {
  if (author.id === known.memberId) return false;
  const isNamed = mentions.some(({ id }) => id === known.memberId);
  return isToAll || isNamed || roles.some((id) => roleIds().includes(id));
}

function article(message) {
  const isLoading = message.flags & LOADING;
  return element(
    "article",
    {},
    origin(message),
    header(message),
    isLoading ? thinking(message) : text(message),
    ...attachmentNodes(message),
    ...message.embeds.map((embed) => embedCard(embed, message.attachments)),
    componentRows(message),
    message.flags & EPHEMERAL ? onlyYou() : null,
  );
}

/** Whether a message says what it answers, and so never continues the one above. */
export function hasOrigin({ type }) {
  return type === REPLY || type === CHAT_INPUT_COMMAND || type === CONTEXT_MENU_COMMAND;
}

function origin(message) {
  if (message.type === REPLY) return repliedTo(message.referenced_message);
  const metadata = hasOrigin(message) ? message.interaction_metadata : null;
  if (!metadata) return null;
  const sign = message.type === CHAT_INPUT_COMMAND ? "/" : "";
  const command = element("b", {}, `${sign}${metadata.name}`);
  return element("p", { class: "origin used" }, `${userName(metadata.user.id)} used `, command);
}

/** A line of the message that is answered; it leads there. */
function repliedTo(original) {
  if (!original) return element("p", { class: "origin" }, "The message this answers was deleted");
  const jump = {
    class: "jump",
    href: `#message-${original.id}`,
    "data-channel-id": original.channel_id,
    "data-message-id": original.id,
  };
  const author = element("b", {}, userName(original.author.id));
  return element("p", { class: "origin reply" }, element("a", jump, author, " ", plainText(original)));
}

function header({ author, timestamp }) {
  const name = { type: "button", class: "author", "data-user-id": author.id, "aria-haspopup": "menu" };
  return element(
    "header",
    {},
    element("button", name, userName(author.id)),
    author.bot && element("span", { class: "tag" }, "APP"),
    written(timestamp),
  );
}

function thinking(message) {
  const isOver = Date.now() - Date.parse(message.timestamp) > TOKEN_LIFE_MILLISECONDS;
  if (isOver) return element("p", { class: "failed" }, NO_ANSWER);
  const three = [element("i"), element("i"), element("i")];
  const dots = element("span", { class: "dots", "aria-hidden": "true" }, ...three);
  return element("p", { class: "thinking" }, dots, `${userName(message.author.id)} is thinking…`);
}

function text(message) {
  const built = element("div", { class: "content" }, markdown(message.content));
  const isEdited = message.edited_timestamp && message.content;
  if (isEdited) built.append(element("span", { class: "edited" }, "(edited)"));
  return built;
}

function onlyYou() {
  const dismiss = element("button", { type: "button", class: "as-link dismiss" }, "Dismiss message");
  const words = element("span", {}, "Only you can see this · ", dismiss);
  return element("p", { class: "only-you" }, icon("eye"), words);
}
