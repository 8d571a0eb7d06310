// What can be done with a message or a person: the menus, and the keys and gestures that open them.

import { ask } from "./api.js";
import { complain, startReply } from "./composer.js";
import { commandsIn, known, mayManageMessages, userName } from "./known.js";
import { messageUrl } from "./links.js";
import { openMenu } from "./menu.js";
import { EPHEMERAL } from "./messages/numbers.js";
import { messageOf } from "./messages/messages.js";

const ON_USER = 2;
const ON_MESSAGE = 3;
const LONG_PRESS_MILLISECONDS = 500;
const SLIP_PIXELS = 10;

const list = document.getElementById("messages");

let channel = null;

/** The channel in which things are done. */
export function setActingChannel(open) {
  channel = open;
}

function openMessageMenu(anchor, message) {
  const isEphemeral = message.flags & EPHEMERAL;
  const items = [
    !isEphemeral && { label: "Reply", icon: "reply", run: () => startReply(message) },
    message.content && { label: "Copy text", icon: "copy", run: () => copy(message.content) },
    { label: "Copy link", icon: "link", run: () => copy(messageUrl(message)) },
    apps(ON_MESSAGE, message.id),
    mayDelete(message) && { label: "Delete message", icon: "trash", isDanger: true, run: () => drop(message) },
    isEphemeral && { label: "Dismiss message", icon: "cross", run: () => drop(message) },
  ];
  openMenu(anchor, "Message", items.filter(Boolean));
}

function openUserMenu(anchor, userId) {
  const copyId = { label: "Copy user ID", icon: "copy", run: () => copy(userId) };
  openMenu(anchor, userName(userId), [copyId, apps(ON_USER, userId)].filter(Boolean));
}

/** The bot's commands for what the menu belongs to. */
function apps(type, targetId) {
  const commands = commandsIn(channel).filter((command) => command.type === type);
  const items = commands.map(({ name }) => {
    return { label: name, icon: "apps", run: () => use(type, name, targetId) };
  });
  return items.length ? { heading: "Apps", items } : null;
}

function mayDelete({ author, flags }) {
  if (flags & EPHEMERAL) return false;
  return author.id === known.memberId || mayManageMessages(channel);
}

function use(type, name, targetId) {
  act("/sandbox/commands", { channel_id: channel.id, type, name, target_id: targetId });
}

function drop(message) {
  act("/sandbox/messages/delete", { message_id: message.id });
}

async function act(path, body) {
  try {
    await ask(path, body);
  } catch (error) {
    complain(error.message);
  }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    complain("This browser does not let the page copy.");
  }
}

/** The menu of what is under `target`, at `anchor`; false where there is none. */
function openMenuOf(target, anchor) {
  const item = target.closest("#messages > .message");
  if (!item) return false;
  const message = messageOf.get(item);
  if (target.closest(".author, .avatar")) openUserMenu(anchor, message.author.id);
  else openMessageMenu(anchor, message);
  return true;
}

/** Selected text and links have the browser's own menu. */
function isForTheBrowser(target) {
  return target.closest("a, input, select, textarea") || !getSelection().isCollapsed;
}

list.addEventListener("click", ({ target }) => {
  const control = target.closest(".more-tool, .reply-tool, .author, .dismiss");
  if (!control) return;
  const message = messageOf.get(control.closest(".message"));
  if (control.matches(".more-tool")) openMessageMenu(control, message);
  else if (control.matches(".reply-tool")) startReply(message);
  else if (control.matches(".author")) openUserMenu(control, message.author.id);
  else drop(message);
});

// The menu key and Shift+F10 come as this event too, from what has the focus.
list.addEventListener("contextmenu", (event) => {
  const { target, clientX: x, clientY: y, pointerType } = event;
  if (pointerType === "touch") return event.preventDefault();
  if (isForTheBrowser(target)) return;
  const isByKey = event.button !== 2;
  if (openMenuOf(target, isByKey ? target : { x, y })) event.preventDefault();
});

// Where a long press is no event of the browser's, it is one here.
list.addEventListener("pointerdown", (event) => {
  const { target, pointerType, clientX: x, clientY: y } = event;
  if (pointerType !== "touch" || isForTheBrowser(target)) return;
  const ended = new AbortController();
  const timer = setTimeout(() => {
    if (openMenuOf(target, { x, y })) ignoreRelease();
  }, LONG_PRESS_MILLISECONDS);
  const end = (moved) => {
    if (moved.type === "pointermove" && Math.hypot(moved.clientX - x, moved.clientY - y) < SLIP_PIXELS) return;
    clearTimeout(timer);
    ended.abort();
  };
  for (const type of ["pointerup", "pointercancel", "pointermove"]) {
    document.addEventListener(type, end, { signal: ended.signal });
  }
});

/** The finger that leaves the menu's place presses nothing there. */
function ignoreRelease() {
  document.addEventListener("touchend", (event) => event.preventDefault(), { once: true, passive: false });
}
