// Builds elements. Text only ever enters the page as text.

const SVG = "http://www.w3.org/2000/svg";

/** element("a", {class: "link", href: url, onclick: act}, "text", child, ...); null and false are left out. */
export function element(name, attributes = {}, ...children) {
  const built = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) set(built, key, value);
  built.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return built;
}

function set(built, key, value) {
  if (typeof value === "function") built.addEventListener(key.slice(2), value);
  else if (value === true) built.setAttribute(key, "");
  else if (value !== null && value !== undefined && value !== false) built.setAttribute(key, value);
}

/** One of the drawings in icons.svg, for the eye alone. */
export function icon(name) {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("class", "icon");
  drawn.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/page/icons.svg#${name}`);
  drawn.append(use);
  return drawn;
}

/** A button that is an icon; `label` is its name. */
export function iconButton(name, label, act, attributes = {}) {
  const named = { type: "button", class: "quiet", "aria-label": label, title: label, onclick: act };
  return element("button", { ...named, ...attributes }, icon(name));
}
