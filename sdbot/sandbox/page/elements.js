// Builds elements. Text only ever enters the page as text.

/** element("a", {class: "link", href: url}, "text", child, ...); what is null or false is left out. */
export function element(name, attributes = {}, ...children) {
  const built = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) built.setAttribute(key, "");
    else if (value !== null && value !== undefined && value !== false) built.setAttribute(key, value);
  }
  built.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return built;
}
