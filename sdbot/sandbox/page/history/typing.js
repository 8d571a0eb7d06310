// Who is writing now.

import { known, userName } from "../known.js";

// Discord's own: a bot that still works says so again.
const LASTS_MILLISECONDS = 10_000;

const line = document.getElementById("typing");
const timers = new Map();

export function startTyping(userId) {
  if (userId === known.memberId) return;
  stopTyping(userId);
  timers.set(userId, setTimeout(() => stopTyping(userId), LASTS_MILLISECONDS));
  draw();
}

/** Their message is there, or it takes too long. */
export function stopTyping(userId) {
  clearTimeout(timers.get(userId));
  timers.delete(userId);
  draw();
}

/** For another channel. */
export function nobodyTypes() {
  for (const userId of [...timers.keys()]) stopTyping(userId);
}

function draw() {
  const names = [...timers.keys()].map(userName);
  const verb = names.length > 1 ? "are" : "is";
  line.textContent = names.length ? `${names.join(" and ")} ${verb} typing…` : "";
}
