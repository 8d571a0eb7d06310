// The list of channels, threads in theirs, and of conversations.

import { element, icon } from "./elements.js";
import { channelName, conversations, isConversation, isThread, textChannels, threadsOf } from "./known.js";
import { isUnread } from "./reading.js";

const list = document.getElementById("channel-list");
const direct = document.getElementById("direct-list");

let open = () => {};
let openId = null;

/** `act(id)` is called for the channel that one chooses. */
export function onChannel(act) {
  open = act;
}

/** Draw the lists anew; `id` is the channel that is open. */
export function showChannels(id) {
  openId = id;
  const focused = document.activeElement?.dataset.channelId;
  list.replaceChildren(...textChannels().map(textItem));
  direct.replaceChildren(...conversations().map(channelItem));
  if (focused) document.querySelector(`#sidebar [data-channel-id="${focused}"]`)?.focus();
}

function textItem(channel) {
  const item = channelItem(channel);
  const threads = threadsOf(channel);
  if (threads.length) item.append(element("ul", { class: "threads" }, ...threads.map(channelItem)));
  return item;
}

function channelItem(channel) {
  const isOpen = channel.id === openId;
  const hasNews = !isOpen && isUnread(channel.id, channel.last_message_id);
  const attributes = {
    type: "button",
    class: hasNews ? "channel unread" : "channel",
    "data-channel-id": channel.id,
    "aria-current": isOpen ? "page" : null,
    onclick: () => open(channel.id),
  };
  const name = element("span", { class: "channel-name" }, channelName(channel));
  const news = hasNews ? element("span", { class: "unseen" }, " (unread)") : null;
  return element("li", {}, element("button", attributes, channelIcon(channel), name, news));
}

/** The sign before a channel's name. */
export function channelIcon(channel) {
  if (isConversation(channel)) return element("span", { class: "dot", "aria-hidden": "true" });
  return icon(isThread(channel) ? "thread" : "hash");
}
