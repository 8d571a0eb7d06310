// Lists in markdown: lines with a dash, a star or a number, and one more list inside each item.

import { element } from "../elements.js";
import { inline } from "./inline.js";

export const LIST_LINE = /^( {0,12})([-*]|\d{1,9}\.) +(\S.*)$/;
const NESTED_FROM = 1;

/** Nodes for lines that all match LIST_LINE; a list of the other kind is a list of its own. */
export function listBlock(lines) {
  const built = document.createDocumentFragment();
  let outer = null;
  let inner = null;
  for (const line of lines) {
    const [, indent, sign, text] = LIST_LINE.exec(line);
    const item = element("li", {}, ...inline(text));
    if (outer && indent.length >= NESTED_FROM) {
      inner = continued(inner, sign, outer.lastElementChild);
      inner.append(item);
    } else {
      outer = continued(outer, sign, built);
      inner = null;
      outer.append(item);
    }
  }
  return built;
}

/** The list that a sign continues, or a new one at the end of `parent`. */
function continued(list, sign, parent) {
  const isOrdered = sign.endsWith(".");
  if (list?.localName === (isOrdered ? "ol" : "ul")) return list;
  const fresh = isOrdered ? element("ol", { start: parseInt(sign, 10) }) : element("ul");
  parent.append(fresh);
  return fresh;
}
