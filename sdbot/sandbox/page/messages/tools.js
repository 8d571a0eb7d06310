// The buttons of the message that one points at or has the focus in. There is one set for all.

import { element, iconButton } from "../elements.js";
import { EPHEMERAL } from "./numbers.js";
import { messageOf } from "./messages.js";

const list = document.getElementById("messages");
const reply = iconButton("reply", "Reply", null, { class: "quiet reply-tool" });
const more = iconButton("more", "More", null, { class: "quiet more-tool", "aria-haspopup": "menu" });
const tools = element("div", { class: "tools" }, reply, more);

/** A message that is drawn anew keeps them. */
export function keepTools(old, fresh) {
  if (old.contains(tools)) give(fresh);
}

function give(item) {
  reply.hidden = Boolean(messageOf.get(item).flags & EPHEMERAL);
  item.querySelector(".body").append(tools);
}

/** Whoever uses them keeps them. */
function isInUse() {
  return tools.contains(document.activeElement) || more.ariaExpanded === "true";
}

list.addEventListener("pointerover", ({ target }) => {
  const item = target.closest(".message");
  if (item && !item.contains(tools) && !isInUse()) give(item);
});

list.addEventListener("focusin", ({ target }) => {
  const item = target.closest(".message");
  if (item && !item.contains(tools)) give(item);
});
