// One picture of a message, large; the arrow keys lead to the others.

import { element, icon, iconButton } from "../elements.js";
import { ownPath } from "../links.js";

/** `pictures` are attachments; the focus is kept inside and comes back where it was. */
export function openLightbox(pictures, first) {
  const image = element("img", {});
  const caption = element("p", {});
  const count = element("span", { class: "count" });
  const named = { "aria-label": "Download", title: "Download" };
  const download = element("a", { class: "quiet", ...named }, icon("download"));
  const dialog = element("dialog", { class: "lightbox", "aria-label": "Picture" });
  let shown = first;

  function show(index) {
    shown = (index + pictures.length) % pictures.length;
    const { url, filename, description, width, height } = pictures[shown];
    image.src = download.href = ownPath(url);
    image.alt = caption.textContent = description ?? filename;
    image.width = width;
    image.height = height;
    download.download = filename;
    count.textContent = `${shown + 1} of ${pictures.length}`;
  }

  const steps = [
    iconButton("left", "Previous picture", () => show(shown - 1), { class: "quiet step previous" }),
    iconButton("right", "Next picture", () => show(shown + 1), { class: "quiet step next" }),
  ];
  const isAlone = pictures.length === 1;
  const close = iconButton("cross", "Close", () => dialog.close(), { autofocus: true });
  dialog.append(
    element("div", { class: "lightbox-bar" }, isAlone ? null : count, download, close),
    element("figure", {}, image, element("figcaption", {}, caption)),
    ...(isAlone ? [] : steps),
  );
  dialog.addEventListener("keydown", ({ key }) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (step) show(shown + step);
  });
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog || target.localName === "figure") dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  show(first);
  document.body.append(dialog);
  dialog.showModal();
}
