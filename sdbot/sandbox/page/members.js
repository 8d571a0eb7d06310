// Who is looking, and the change to another.

import { element, icon } from "./elements.js";
import { known, people, userName } from "./known.js";
import { openMenu } from "./menu.js";
import { avatar } from "./messages/avatars.js";

const button = document.getElementById("member");

/** `become(id)` is called for the person whom one chooses. */
export function onMember(become) {
  button.addEventListener("click", () => {
    const items = people().map(({ id }) => ({
      label: `${userName(id)}${titleOf(id) ? ` (${titleOf(id)})` : ""}`,
      isChecked: id === known.memberId,
      run: () => become(id),
    }));
    openMenu(button, "Act as", items);
  });
}

export function showMember() {
  const id = known.memberId;
  const name = element("b", {}, userName(id));
  const title = element("small", {}, titleOf(id) || "Member");
  const words = element("span", { class: "member-words" }, name, title);
  button.replaceChildren(avatar(id), words, icon("switch"));
  button.setAttribute("aria-label", `You are ${userName(id)}. Act as somebody else`);
}

/** The names of a person's roles. */
function titleOf(id) {
  return (known.users.get(id).roles ?? []).map((role) => known.roles.get(role)?.name).join(", ");
}
