// The files of a message: pictures together, anything else as a card.

import { element, icon } from "../elements.js";
import { isSameFile, ownPath } from "../links.js";
import { sizeText } from "../sizes.js";
import { gallery } from "./gallery.js";

/** Nodes; what an embed shows is not shown twice. */
export function attachmentNodes(message) {
  const inEmbeds = message.embeds.flatMap(({ image, thumbnail }) => [image, thumbnail]).filter(Boolean);
  const shown = message.attachments.filter(({ url }) => !inEmbeds.some((part) => isSameFile(part.url, url)));
  const pictures = shown.filter(isPicture);
  const files = shown.filter((attachment) => !isPicture(attachment));
  return [pictures.length ? gallery(pictures) : null, ...files.map(fileCard)];
}

function isPicture({ content_type: type, width, height }) {
  return Boolean(type?.startsWith("image/") && width && height);
}

function fileCard({ url, filename, size, description }) {
  const link = { href: ownPath(url), download: filename };
  const named = { class: "quiet", "aria-label": `Download ${filename}` };
  return element(
    "div",
    { class: "file" },
    icon("file"),
    element(
      "div",
      { class: "file-text" },
      element("a", link, filename),
      element("small", {}, [sizeText(size), description].filter(Boolean).join(" · ")),
    ),
    element("a", { ...link, ...named }, icon("download")),
  );
}
