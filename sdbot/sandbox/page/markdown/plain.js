// A message in one line, without its marks: for replies and for who listens.

import { element } from "../elements.js";
import { markdown } from "./markdown.js";

const MOST = 120;
const BLOCKS = "p, li, h3, h4, h5, small, pre, blockquote";

export function plainText(message) {
  const built = element("div", {}, markdown(message.content));
  for (const covered of built.querySelectorAll(".spoiler")) covered.replaceWith("(spoiler)");
  for (const block of built.querySelectorAll(BLOCKS)) block.append(" ");
  return shortened(built.textContent.replace(/\s+/g, " ").trim()) || withoutWords(message);
}

function shortened(text) {
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
}

function withoutWords({ attachments, embeds }) {
  if (attachments.length) return attachments.length === 1 ? "a file" : `${attachments.length} files`;
  return embeds[0]?.title ?? (embeds.length ? "an embed" : "a message");
}
