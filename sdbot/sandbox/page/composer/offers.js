// What can be picked for an option: its choices, or the users, channels and roles there are.

import { channelName, isConversation, known, userName } from "../known.js";
import { BOOLEAN, CHANNEL, MENTIONABLE, ROLE, USER } from "./kinds.js";

const SOURCES = {
  [BOOLEAN]: () => [true, false].map((value) => ({ label: value ? "True" : "False", value })),
  [USER]: users,
  [CHANNEL]: channels,
  [ROLE]: roles,
  [MENTIONABLE]: () => [
    ...users().map((offer) => ({ ...offer, group: "Members" })),
    ...roles().map((offer) => ({ ...offer, group: "Roles" })),
  ],
};

/** [{label, detail, value, group}], or null for an option that takes what one types. */
export function offersOf(option) {
  if (option.choices?.length) return option.choices.map(({ name, value }) => ({ label: name, value }));
  return SOURCES[option.type]?.(option) ?? null;
}

function users() {
  return [...known.users.values()].map(({ id, username }) => ({ label: `@${userName(id)}`, detail: username, value: id }));
}

function channels({ channel_types: types = [] }) {
  return [...known.channels.values()]
    .filter((channel) => !isConversation(channel) && (!types.length || types.includes(channel.type)))
    .map((channel) => ({ label: `#${channelName(channel)}`, value: channel.id }));
}

/** The name of @everyone has its sign already. */
function roles() {
  return [...known.roles.values()].map(({ id, name }) => ({ label: `@${name.replace(/^@/, "")}`, value: id }));
}

/** Those that a text could mean, those first that begin with it; all of them for what is picked already. */
export function offersLike(text, offers) {
  const wanted = plain(text);
  if (offers.some(({ label }) => plain(label) === wanted)) return offers;
  const found = offers.filter(({ label, detail = "" }) => plain(label).includes(wanted) || plain(detail).includes(wanted));
  return found.sort((one, other) => plain(other.label).startsWith(wanted) - plain(one.label).startsWith(wanted));
}

/** The one that a text names. */
export function offerNamed(text, offers) {
  const wanted = plain(text);
  return offers.find(({ label, detail, value }) => [label, detail ?? "", String(value)].some((name) => plain(name) === wanted));
}

/** Without the signs that mentions have: @Ada, #paintings, <@1>. */
function plain(text) {
  return text.trim().toLowerCase().replace(/^<?[@#][!&]?|>$/g, "");
}
