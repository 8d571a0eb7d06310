// A person's picture: the first letter of the name on a colour that is always the same.

import { element } from "../elements.js";
import { known, userName } from "../known.js";

const TINTS = 7;

export function avatar(userId) {
  const tint = known.users.get(userId)?.bot ? "bot" : Number(BigInt(userId) % BigInt(TINTS));
  return element("span", { class: "avatar", "data-tint": tint, "aria-hidden": "true" }, userName(userId)[0]);
}
