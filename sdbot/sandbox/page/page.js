// Keeps the page true to the sandbox: the state once, then each event.

import { complain, onSend, setCommands } from "./composer.js";
import { element } from "./elements.js";
import { messageItem, NO_ANSWER } from "./messages.js";

const RECONNECT_MILLISECONDS = 1000;
const NEAR_BOTTOM_PIXELS = 40;

const scroll = document.getElementById("scroll");
const list = document.getElementById("messages");
const status = document.getElementById("status");
const restart = document.getElementById("restart");

let channelId = null;
let names = new Map();

/** Ask the sandbox to do something; throws an Error with its sentence when it will not. */
async function ask(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

/** Stay at the end while the reader is there, whatever grows: the list, or a phone's keyboard. */
function followTheEnd() {
  let follows = true;
  let lastTop = 0;
  scroll.addEventListener("scroll", () => {
    const { scrollTop, scrollHeight, clientHeight } = scroll;
    if (scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM_PIXELS) follows = true;
    // Only who scrolls up leaves the end; that the list has grown since does not.
    else if (scrollTop < lastTop) follows = false;
    lastTop = scrollTop;
  });
  const sizes = new ResizeObserver(() => {
    if (follows) scroll.scrollTop = scroll.scrollHeight;
  });
  sizes.observe(scroll);
  sizes.observe(list);
}

function showMessage(message) {
  if (message.channel_id !== channelId) return;
  const item = messageItem(message, names, press);
  const shown = document.getElementById(item.id);
  if (!shown) return list.append(item);
  const focused = shown.contains(document.activeElement) && document.activeElement.dataset.customId;
  shown.replaceWith(item);
  if (focused) item.querySelector(`[data-custom-id="${CSS.escape(focused)}"]`)?.focus();
}

async function press(message, button) {
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  try {
    await ask("/sandbox/components", { message_id: message.id, custom_id: button.dataset.customId });
  } catch (error) {
    release(message.id);
    complain(error.message);
  }
}

function release(messageId) {
  for (const button of document.querySelectorAll(`#message-${messageId} [aria-busy]`)) {
    button.removeAttribute("aria-busy");
  }
}

/** A line of the page's own. One with an interaction's id goes when that is settled. */
function notice(text, kind, id = null) {
  return element("li", { class: `notice ${kind}`, id: id && `interaction-${id}` }, text);
}

const EVENTS = {
  message_create: ({ message }) => showMessage(message),
  message_update: ({ message }) => showMessage(message),
  message_delete: ({ id }) => document.getElementById(`message-${id}`)?.remove(),
  interaction_create: ({ interaction_id: id, message_id: messageId, name }) => {
    if (!messageId) list.append(notice(`Sending ${name} …`, "pending", id));
  },
  interaction_answered: (event) => settle(event),
  interaction_failed: (event) => {
    settle(event);
    list.append(notice(`${event.name}: ${NO_ANSWER}`, "failed"));
  },
  modal: () => list.append(notice("The bot opened a form. This page cannot show forms.", "failed")),
  commands: ({ commands }) => setCommands(commands),
  bot: ({ bot }) => showStatus(bot.status, bot.text),
};

function settle({ interaction_id: id, message_id: messageId }) {
  document.getElementById(`interaction-${id}`)?.remove();
  if (messageId) release(messageId);
}

function showStatus(word, text) {
  status.dataset.status = word;
  status.textContent = text;
}

function showState(state) {
  channelId = state.channels[0].id;
  names = new Map(state.users.map((user) => [user.id, user.global_name ?? user.username]));
  setCommands(state.commands);
  showStatus(state.bot.status, state.bot.text);
  list.replaceChildren();
  state.messages.forEach(showMessage);
}

/** Listen first and ask for the state then, so that nothing falls between. */
function connect() {
  const socket = new WebSocket(`${location.origin.replace("http", "ws")}/sandbox/events`);
  let state = null;
  socket.addEventListener("open", () => {
    state = fetch("/sandbox/state").then((response) => response.json()).then(showState);
  });
  socket.addEventListener("message", async ({ data }) => {
    await state;
    const { type, ...event } = JSON.parse(data);
    EVENTS[type]?.(event);
  });
  socket.addEventListener("close", () => {
    showStatus("offline", "The sandbox is not running");
    setTimeout(connect, RECONNECT_MILLISECONDS);
  });
}

onSend((command, options) => ask("/sandbox/commands", { channel_id: channelId, name: command.name, options }));

restart.addEventListener("click", async () => {
  restart.disabled = true;
  await ask("/sandbox/bot/restart", {}).catch((error) => complain(error.message));
  restart.disabled = false;
});

followTheEnd();
connect();
