// Pictures of a message, in a mosaic whose room is kept before they are there.

import { element, icon } from "../elements.js";
import { ownPath } from "../links.js";
import { spoiler } from "../markdown/spoilers.js";
import { openLightbox } from "./lightbox.js";

const MOST_WIDTH = 480;
const MOST_HEIGHT = 420;
const COVERED = "SPOILER_";

/** For attachments or objects like them: {url, filename, description, width, height}. */
export function gallery(pictures) {
  const built = element("div", { class: "gallery", "data-count": pictures.length });
  built.append(...pictures.map((picture, index) => tile(picture, () => openLightbox(pictures, index))));
  if (pictures.length === 1) keepRoom(built, pictures[0]);
  else if (pictures.length > 4) built.dataset.rest = pictures.length % 3;
  return built;
}

/** The room of a picture that stands alone: its own size, within bounds. */
function keepRoom(box, { width, height }) {
  const scale = Math.min(1, MOST_WIDTH / width, MOST_HEIGHT / height);
  box.style.width = `${Math.round(width * scale)}px`;
  box.style.aspectRatio = `${width} / ${height}`;
}

function tile(picture, open) {
  const image = element("img", { src: ownPath(picture.url), alt: altText(picture), decoding: "async" });
  const attributes = { type: "button", class: "tile", onclick: open };
  const button = element("button", attributes, image);
  image.addEventListener("error", () => button.replaceWith(missing()));
  return picture.filename.startsWith(COVERED) ? spoiler("picture", [button]) : button;
}

function altText({ description, filename }) {
  return description ?? filename;
}

/** Stands in the room of a picture that cannot be had. */
function missing() {
  return element("span", { class: "tile missing" }, icon("picture"), "This picture is no longer there");
}
