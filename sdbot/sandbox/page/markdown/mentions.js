// Who and what a text names: people, roles, channels, commands, moments.

import { element } from "../elements.js";
import { known, roleIds, userName } from "../known.js";
import { jumpLink } from "../links.js";
import { moment } from "../times.js";

/** Pairs of a pattern, to be tried at one place of a text, and what builds a node of its match. */
export const MENTIONS = [
  [/<@!?(\d{1,20})>/y, ([, id]) => mention(`@${userName(id)}`, id === known.memberId)],
  [/<@&(\d{1,20})>/y, ([, id]) => mention(`@${roleName(id)}`, roleIds().includes(id))],
  [/@(?:everyone|here)\b/y, ([text]) => mention(text, true)],
  [/<#(\d{1,20})>/y, ([, id]) => channelMention(id)],
  [/<\/([-\w \p{L}\p{N}]{1,100}):\d{1,20}>/uy, ([, name]) => mention(`/${name}`, false)],
  [/<a?:(\w{2,32}):\d{1,20}>/y, ([, name]) => `:${name}:`],
  [/<t:(-?\d{1,13})(?::([tTdDfFR]))?>/y, ([, unix, style]) => moment(Number(unix), style)],
];

function roleName(id) {
  return known.roles.get(id)?.name ?? "unknown role";
}

function mention(text, isMine) {
  return element("span", { class: isMine ? "mention mine" : "mention" }, text);
}

function channelMention(id) {
  const built = jumpLink(id);
  built.classList.add("mention");
  return built;
}
