// What can go wrong at Discord, to be switched on here.

import { ask } from "./api.js";
import { element, icon, iconButton } from "./elements.js";
import { bot, channelName, isConversation, isThread } from "./known.js";

// Those that befall the channel that is open.
const OF_A_CHANNEL = new Set(["permission_lost", "channel_deleted"]);

const panel = document.getElementById("troubles");
const list = document.getElementById("trouble-list");
const fault = document.getElementById("trouble-fault");
const button = document.getElementById("open-troubles");

let troubles = [];
let channel = null;

/** `listed` are the sandbox's; those of a channel are told apart here. */
export function showTroubles(listed) {
  troubles = listed;
  draw();
}

/** The channel that is open, as it is now. */
export function setTroubledChannel(open) {
  channel = open;
  draw();
}

function draw() {
  const focused = panel.contains(document.activeElement) ? document.activeElement.dataset.kind : null;
  const general = troubles.filter(({ kind }) => !OF_A_CHANNEL.has(kind));
  const sections = [
    section("Until switched off", general.filter(({ is_lasting: lasts }) => lasts)),
    section("Once", general.filter(({ is_lasting: lasts }) => !lasts)),
    section(`In ${place()}`, isTextChannel() ? troubles.filter(({ kind }) => OF_A_CHANNEL.has(kind)) : []),
  ];
  list.replaceChildren(...sections.filter(Boolean));
  if (focused) list.querySelector(`[data-kind="${focused}"]`)?.focus();
  button.classList.toggle("troubled", troubles.some((trouble) => trouble.is_on));
}

function place() {
  return channel ? `#${channelName(channel)}` : "this channel";
}

function isTextChannel() {
  return Boolean(channel) && !isConversation(channel) && !isThread(channel);
}

function section(title, listed) {
  if (!listed.length) return null;
  const rows = listed.map((trouble) => (trouble.is_lasting ? switchRow(trouble) : onceRow(trouble)));
  return element("section", {}, element("h3", {}, title), ...rows);
}

function switchRow({ kind, label, is_on: isOn }) {
  const isHere = OF_A_CHANNEL.has(kind) ? isDenied() : isOn;
  const input = element("input", { type: "checkbox", role: "switch", checked: isHere, "data-kind": kind });
  input.addEventListener("change", () => cause(kind, input.checked));
  return element("label", { class: "switch-row" }, element("span", {}, label), input);
}

/** Whether the bot has lost its permissions in the open channel. */
function isDenied() {
  return channel.permission_overwrites.some(({ id, deny }) => id === bot().id && deny !== "0");
}

function onceRow({ kind, label }) {
  const attributes = { type: "button", class: "once", "data-kind": kind, onclick: () => cause(kind, true) };
  return element("button", attributes, label, icon("storm"));
}

async function cause(kind, isOn) {
  fault.hidden = true;
  try {
    const answer = await ask("/sandbox/troubles", { kind, is_on: isOn, channel_id: channel?.id });
    showTroubles(answer.troubles);
  } catch (error) {
    fault.textContent = error.message;
    fault.hidden = false;
    draw();
  }
}

function toggle(isOpen) {
  panel.hidden = !isOpen;
  button.setAttribute("aria-expanded", String(isOpen));
  if (isOpen) panel.focus();
  else button.focus();
}

panel.querySelector("header").append(iconButton("cross", "Close", () => toggle(false)));
button.addEventListener("click", () => toggle(panel.hidden));
panel.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") toggle(false);
});
