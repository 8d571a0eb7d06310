// How the bot is, and what can be done about it.

import { ask } from "./api.js";
import { complain } from "./composer.js";
import { openMenu } from "./menu.js";

const status = document.getElementById("status");
const presence = document.getElementById("presence");
const restart = document.getElementById("restart");
const more = document.getElementById("bot-menu");

/** `text` is a sentence, `activity` what the bot says it is doing. */
export function showBot({ status: word, text, presence: activity }) {
  document.body.dataset.bot = word;
  status.textContent = text;
  presence.textContent = activity ?? "";
}

async function control(action) {
  restart.disabled = true;
  await ask(`/sandbox/bot/${action}`, {}).catch((error) => complain(error.message));
  restart.disabled = false;
}

restart.addEventListener("click", () => control("restart"));

more.addEventListener("click", () => {
  openMenu(more, "The bot", [
    { label: "Start", icon: "play", run: () => control("start") },
    { label: "Restart", icon: "restart", run: () => control("restart") },
    { label: "Stop", icon: "stop", run: () => control("stop") },
    { label: "Kill", icon: "cross", isDanger: true, run: () => control("kill") },
  ]);
});
