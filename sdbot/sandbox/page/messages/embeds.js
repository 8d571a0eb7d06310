// What a bot shows beside its words: a card with a bar in the colour it chose.

import { element } from "../elements.js";
import { isSameFile, link, ownPath } from "../links.js";
import { inline } from "../markdown/inline.js";
import { markdown } from "../markdown/markdown.js";
import { written } from "../times.js";
import { gallery } from "./gallery.js";

// Where the size of a picture is not known.
const UNKNOWN_SIZE = { width: 400, height: 300 };
const THUMBNAIL = 80;

/** `attachments` tell the sizes of pictures that came with the message. */
export function embedCard(embed, attachments) {
  const card = element(
    "div",
    { class: "embed" },
    element(
      "div",
      { class: "embed-text" },
      author(embed.author),
      title(embed),
      embed.description && element("div", { class: "content" }, markdown(embed.description)),
      fields(embed.fields),
    ),
    embed.thumbnail ? picture(embed.thumbnail, attachments, "thumbnail") : null,
    embed.image ? picture(embed.image, attachments, "image") : null,
    footer(embed),
  );
  if (Number.isInteger(embed.color)) {
    card.style.setProperty("--bar", `#${embed.color.toString(16).padStart(6, "0")}`);
  }
  return card;
}

function author(shown) {
  if (!shown?.name) return null;
  return element("p", { class: "embed-author" }, shown.url ? link(shown.url, [shown.name]) : shown.name);
}

function title({ title: text, url }) {
  if (!text) return null;
  return element("p", { class: "embed-title" }, ...(url ? [link(url, inline(text))] : inline(text)));
}

function fields(shown) {
  if (!shown?.length) return null;
  const pairs = shown.map(({ name, value, inline: isInline }) =>
    element(
      "div",
      { class: isInline ? "embed-field inline" : "embed-field" },
      element("dt", {}, ...inline(name)),
      element("dd", { class: "content" }, markdown(value)),
    ),
  );
  return element("dl", { class: "fields" }, ...pairs);
}

function footer({ footer: shown, timestamp }) {
  if (!shown?.text && !timestamp) return null;
  const separator = shown?.text && timestamp ? " · " : null;
  return element("p", { class: "embed-footer" }, shown?.text, separator, timestamp ? written(timestamp) : null);
}

/** A picture of the sandbox's own; one from elsewhere is a link, for this page asks no other site. */
function picture({ url, width, height }, attachments, kind) {
  if (!ownPath(url)) {
    const host = URL.canParse(url) ? new URL(url).hostname : url;
    return element("p", { class: `embed-${kind} elsewhere` }, link(url, [`Picture at ${host}`]));
  }
  const attachment = attachments.find((candidate) => isSameFile(candidate.url, url));
  const size = width && height ? { width, height } : UNKNOWN_SIZE;
  const shown = { filename: new URL(url).pathname.split("/").at(-1), ...size, ...attachment, url };
  const built = gallery([shown]);
  built.classList.add(`embed-${kind}`);
  if (kind === "thumbnail") built.style.width = `${THUMBNAIL}px`;
  return built;
}
