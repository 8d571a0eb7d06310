// What is covered until one asks to see it.

import { element } from "../elements.js";

/** `covered` under a lid that a click, Enter or the space bar takes away; `kind` is a class. */
export function spoiler(kind, covered) {
  const inside = element("span", { class: "covered", inert: true }, ...covered);
  const attributes = { class: `spoiler ${kind}`, role: "button", tabindex: 0, "aria-label": "Spoiler" };
  const built = element("span", attributes, inside);
  const reveal = (event) => {
    if (!inside.inert || (event.key && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    event.stopPropagation();
    uncover(built, inside);
  };
  built.addEventListener("click", reveal);
  built.addEventListener("keydown", reveal);
  return built;
}

function uncover(built, inside) {
  inside.inert = false;
  built.classList.add("revealed");
  for (const name of ["role", "aria-label"]) built.removeAttribute(name);
  // The focus stays where it was; the next reader does not stop here.
  built.tabIndex = -1;
}
