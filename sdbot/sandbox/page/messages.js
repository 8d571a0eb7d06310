// One message as a list item.

import { element } from "./elements.js";
import { markdown } from "./markdown.js";
import { written } from "./times.js";

const EPHEMERAL = 1 << 6;
const LOADING = 1 << 7;
const BUTTON = 2;
const LINK = 5;
const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link" };
const MOST_PIXELS = 400;
const TOKEN_LIFE_MILLISECONDS = 15 * 60 * 1000;

export const NO_ANSWER = "The application did not respond";

/** `names` maps ids of users to names; `press(message, button element)` is called for a button. */
export function messageItem(message, names, press) {
  const { flags, author } = message;
  return element(
    "li",
    { class: flags & EPHEMERAL ? "message ephemeral" : "message", id: `message-${message.id}`, tabindex: -1 },
    element("span", { class: "avatar", "aria-hidden": "true" }, names.get(author.id)[0]),
    element(
      "article",
      {},
      usedCommand(message, names),
      element(
        "header",
        {},
        element("span", { class: "author" }, names.get(author.id)),
        author.bot && element("span", { class: "tag" }, "APP"),
        written(message.timestamp),
      ),
      flags & LOADING ? thinking(message, names) : text(message, names),
      attachments(message),
      components(message, press),
      flags & EPHEMERAL ? element("p", { class: "only-you" }, "Only you can see this") : null,
    ),
  );
}

function usedCommand({ interaction_metadata: metadata }, names) {
  if (!metadata?.name) return null;
  return element("p", { class: "used" }, `${names.get(metadata.user.id)} used `, element("b", {}, `/${metadata.name}`));
}

function thinking(message, names) {
  const isOver = Date.now() - Date.parse(message.timestamp) > TOKEN_LIFE_MILLISECONDS;
  return element("p", { class: "thinking" }, isOver ? NO_ANSWER : `${names.get(message.author.id)} is thinking…`);
}

function text(message, names) {
  const built = element("div", { class: "content" }, markdown(message.content, names));
  if (message.edited_timestamp && message.content) built.append(element("span", { class: "edited" }, "(edited)"));
  return built;
}

function attachments(message) {
  if (!message.attachments.length) return null;
  return element("div", { class: "attachments" }, ...message.attachments.map(attachment));
}

/** A picture has its size reserved before it is there; any other file is a download. */
function attachment({ url, filename, description, content_type: type, width, height }) {
  // The page may be open under another name of this machine than the link's.
  const path = new URL(url).pathname;
  const attributes = { href: path, target: "_blank", rel: "noopener" };
  if (!type.startsWith("image/")) return element("a", { ...attributes, class: "file" }, filename);
  const scale = Math.min(1, MOST_PIXELS / width, MOST_PIXELS / height);
  const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
  return element("a", attributes, element("img", { src: path, alt: description ?? filename, ...size }));
}

function components(message, press) {
  const rows = message.components.filter((row) => row.components?.some(({ type }) => type === BUTTON));
  if (!rows.length) return null;
  return element("div", { class: "components" }, ...rows.map((row) => buttonRow(message, row, press)));
}

function buttonRow(message, row, press) {
  const buttons = row.components.filter(({ type }) => type === BUTTON);
  return element("div", { class: "row" }, ...buttons.map((button) => buttonElement(message, button, press)));
}

function buttonElement(message, button, press) {
  const label = [button.emoji?.id ? null : button.emoji?.name, button.label].filter(Boolean).join(" ");
  const look = `button ${STYLES[button.style]}`;
  if (button.style === LINK) {
    return element("a", { class: look, href: button.url, target: "_blank", rel: "noreferrer noopener" }, label);
  }
  const attributes = { type: "button", class: look, disabled: button.disabled, "data-custom-id": button.custom_id };
  const built = element("button", attributes, label);
  built.addEventListener("click", () => press(message, built));
  return built;
}
