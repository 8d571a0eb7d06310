// Where links lead: to a message of this page, into a channel, or to another tab.

import { element } from "./elements.js";
import { channelName, isConversation, known } from "./known.js";

const JUMP = /^https?:\/\/[^/]+\/channels\/(?:\d{1,20}|@me)\/(\d{1,20})(?:\/(\d{1,20}))?$/;
const LOOPBACK = new Set(["127.0.0.1", "localhost"]);

/** `children` are shown in the place of the address. */
export function link(url, children) {
  const [, channelId, messageId] = JUMP.exec(url) ?? [];
  if (channelId) return jumpLink(channelId, messageId, children);
  return element("a", { href: url, target: "_blank", rel: "noreferrer noopener" }, ...(children ?? [url]));
}

/** Leads to a message, or into a channel; the page follows it without being loaded again. */
export function jumpLink(channelId, messageId, children) {
  const href = messageId ? `#message-${messageId}` : `#channel-${channelId}`;
  const attributes = { href, class: "jump", "data-channel-id": channelId, "data-message-id": messageId };
  const place = channelLabel(channelId);
  return element("a", attributes, ...(children ?? [messageId ? `${place} › message` : place]));
}

function channelLabel(id) {
  const channel = known.channels.get(id);
  if (!channel) return "#unknown";
  return isConversation(channel) ? channelName(channel) : `#${channelName(channel)}`;
}

/** The address by which other programs, bots above all, know a message. */
export function messageUrl({ channel_id: channelId, id }) {
  const isDm = isConversation(known.channels.get(channelId));
  return `https://discord.com/channels/${isDm ? "@me" : known.guild.id}/${channelId}/${id}`;
}

/** Whether two links are to one file; what follows their paths says only how long they are good. */
export function isSameFile(url, other) {
  return URL.canParse(url) && URL.canParse(other) && new URL(url).pathname === new URL(other).pathname;
}

/** The path and query of a file that the sandbox itself has; null for one that is elsewhere.
 *
 * The page may be open under another name of this machine than the link's.
 */
export function ownPath(url) {
  if (!URL.canParse(url)) return null;
  const { hostname, port, pathname, search } = new URL(url);
  return LOOPBACK.has(hostname) && port === location.port ? pathname + search : null;
}
