// The channel that is open: its name, its messages, what is new in it.

import { setActingChannel } from "./actions.js";
import { channelIcon, showChannels } from "./channels.js";
import { complain, setContext } from "./composer.js";
import { closeDrawer } from "./drawer.js";
import { History } from "./history/history.js";
import * as place from "./history/place.js";
import { showPresent } from "./history/present.js";
import { clear, newestId } from "./history/timeline.js";
import { nobodyTypes } from "./history/typing.js";
import { channelName, commandsIn, conversations, isConversation, known, textChannels } from "./known.js";
import { keepChannel, lastChannel, markRead, readUpTo } from "./reading.js";
import { setTroubledChannel } from "./troubles.js";

const title = document.getElementById("channel");
const sign = document.getElementById("channel-sign");
const list = document.getElementById("messages");
const beginning = document.getElementById("beginning");
const older = document.getElementById("older");

let history = null;

/** The history of the open channel; null before the first. */
export function room() {
  return history;
}

/** Open a channel at its end, or at one of its messages. */
export function openChannel(id, messageId = null) {
  if (!known.channels.has(id)) return complain("There is no such channel for you.");
  history?.close();
  clear();
  history = new History(id, readUpTo(id), changed);
  keepChannel(id);
  nobodyTypes();
  closeDrawer();
  showRoom();
  return messageId ? history.jump(messageId) : history.openNewest();
}

/** Where the person was last, or the first channel there is. */
export function openLastChannel() {
  const last = lastChannel();
  const [first] = [...textChannels(), ...conversations()];
  return openChannel(known.channels.has(last) ? last : first.id);
}

/** Lead to a message of any channel, or into a channel. */
export function jump(channelId, messageId) {
  if (channelId === history.channelId && messageId) history.jump(messageId);
  else openChannel(channelId, messageId);
}

/** Everything about the open channel but its messages. */
export function showRoom() {
  const channel = known.channels.get(history.channelId);
  const name = channelName(channel);
  const label = isConversation(channel) ? name : `#${name}`;
  document.title = `${label} · Sandbox`;
  title.textContent = name;
  sign.replaceChildren(channelIcon(channel));
  list.setAttribute("aria-label", `Messages in ${label}`);
  const welcome = isConversation(channel) ? `You and ${name}` : `Welcome to ${label}`;
  beginning.querySelector("h2").textContent = welcome;
  showChannels(channel.id);
  setActingChannel(channel);
  setTroubledChannel(channel);
  setContext({
    memberId: known.memberId,
    channelId: channel.id,
    channelName: name,
    commands: commandsIn(channel),
  });
}

/** After messages came or went, or one has scrolled. */
function changed() {
  beginning.hidden = history.hasOlder;
  older.hidden = !history.hasOlder;
  showPresent(history);
  if (place.isAtEnd() && !history.hasNewer && !document.hidden) markRead(history.channelId, newestId());
}

place.watchPlace(() => {
  history?.loadMore();
  if (history) changed();
});

document.addEventListener("visibilitychange", () => history && changed());

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.jump");
  if (!link) return;
  event.preventDefault();
  jump(link.dataset.channelId, link.dataset.messageId);
});
