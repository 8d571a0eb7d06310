// The way back to the newest messages, for who has left them.

import { isAtEnd, isFarFromEnd } from "./place.js";

const button = document.getElementById("present");
const count = document.getElementById("missed");

let act = () => {};

/** `act()` is called for who wants to go back. */
export function onPresent(go) {
  act = go;
}

/** `missed` of a history are the messages that came while one was away. */
export function showPresent(history) {
  if (isAtEnd()) history.missed = 0;
  button.hidden = !(history.hasNewer || (!isAtEnd() && (history.missed || isFarFromEnd())));
  count.textContent = history.missed ? `${history.missed} new` : "";
}

button.addEventListener("click", () => act());
