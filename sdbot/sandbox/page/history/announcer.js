// Tells those who listen what is new: whole messages, never each step of one that is being made.

import { userName } from "../known.js";
import { plainText } from "../markdown/plain.js";
import { LOADING } from "../messages/numbers.js";

const line = document.getElementById("announcer");
const waiting = new Set();

export function announce(message) {
  if (message.flags & LOADING) waiting.add(message.id);
  else say(message);
}

/** A deferred answer is told when its first words are there. */
export function announceUpdate(message) {
  if (waiting.has(message.id) && !(message.flags & LOADING)) {
    waiting.delete(message.id);
    say(message);
  }
}

function say(message) {
  line.textContent = `${userName(message.author.id)}: ${plainText(message)}`;
}
