// Keeps the page true to the sandbox: the state first, then each event.

import { read, setMember } from "./api.js";
import { showBot } from "./bot.js";
import { onChannel, showChannels } from "./channels.js";
import { complain } from "./composer.js";
import { follow } from "./connection.js";
import { announce, announceUpdate } from "./history/announcer.js";
import * as notices from "./history/notices.js";
import { onPresent } from "./history/present.js";
import { startTyping, stopTyping } from "./history/typing.js";
import { known, learn, learnChannels } from "./known.js";
import { onMember, showMember } from "./members.js";
import { CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND } from "./messages/numbers.js";
import { openModal } from "./modal.js";
import "./new_channel.js";
import { keepMember, lastMember } from "./reading.js";
import { openChannel, openLastChannel, room, showRoom } from "./room.js";
import { showTroubles } from "./troubles.js";

const RECONNECT_MILLISECONDS = 1000;

let unfollow = () => {};
let retry = null;
let starts = 0;

/** Who looks is who looked last in this browser, if the sandbox still knows them. */
async function start() {
  const number = ++starts;
  clearTimeout(retry);
  unfollow();
  try {
    const { users, member_id: first } = await read("/sandbox/state", { member_id: null });
    if (number !== starts) return;
    const memberId = users.find(({ id, bot }) => id === lastMember() && !bot)?.id ?? first;
    setMember(memberId);
    unfollow = follow(memberId, { state: showState, event: showEvent, lost });
  } catch {
    lost();
  }
}

function lost() {
  showBot({ status: "offline", text: "The sandbox is not running" });
  clearTimeout(retry);
  retry = setTimeout(start, RECONNECT_MILLISECONDS);
}

function become(memberId) {
  keepMember(memberId);
  start();
}

function showState(state) {
  const isSame = known.memberId === state.member_id && state.channels.some(({ id }) => id === room().channelId);
  learn(state);
  showMember();
  showBot(state.bot);
  showTroubles(state.troubles);
  if (!isSame) return openLastChannel();
  showRoom();
  return room().reopen();
}

const EVENTS = {
  message_create: ({ message }) => createMessage(message),
  message_update: ({ message }) => {
    announceUpdate(message);
    if (isHere(message)) room().put(message, false);
  },
  message_delete: (event) => isHere(event) && room().remove(event.id),
  interaction_create: (event) => isHere(event) && notices.pending(event, room()),
  interaction_answered: (event) => isHere(event) && notices.settled(event, room()),
  interaction_failed: (event) => isHere(event) && notices.failed(event, room()),
  modal: openModal,
  typing: (event) => isHere(event) && startTyping(event.user_id),
  channels: ({ channels }) => showNewChannels(channels),
  commands: ({ commands }) => {
    known.commands = commands;
    showRoom();
  },
  bot: ({ bot }) => showBot(bot),
  troubles: ({ troubles }) => showTroubles(troubles),
};

function showEvent({ type, ...event }) {
  EVENTS[type]?.(event);
}

function isHere({ channel_id: channelId }) {
  return channelId === room().channelId;
}

function createMessage(message) {
  known.channels.get(message.channel_id).last_message_id = message.id;
  if (!isHere(message)) {
    showChannels(room().channelId);
    return;
  }
  announce(message);
  stopTyping(message.author.id);
  room().put(message, true);
  if (isOwn(message)) room().toPresent();
}

/** What one says, and what a command of one's own brings at once. */
function isOwn({ author, type, interaction_metadata: metadata }) {
  const isFirstAnswer = type === CHAT_INPUT_COMMAND || type === CONTEXT_MENU_COMMAND;
  return author.id === known.memberId || (isFirstAnswer && metadata.user.id === known.memberId);
}

function showNewChannels(channels) {
  learnChannels(channels);
  if (known.channels.has(room().channelId)) return showRoom();
  openLastChannel();
  return complain("The channel you were in is gone.");
}

onChannel(openChannel);
onMember(become);
onPresent(() => room().toPresent());
start();
