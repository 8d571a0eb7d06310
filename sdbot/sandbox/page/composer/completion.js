// Choices that the bot gives for what is typed.

import { ask } from "../api.js";

// Who types on is not asked about each letter.
const PAUSE_MILLISECONDS = 200;

let latest = 0;
let pause = null;

/** Ask for choices and show them, `show({choices, remark})`; answers that are overtaken are dropped. */
export function complete(call, focused, show) {
  forgetCompletion();
  const number = latest;
  pause = setTimeout(async () => {
    const answer = await ask("/sandbox/autocomplete", { ...call, focused }).catch((error) => error);
    if (number === latest) show({ choices: answer.choices ?? [], remark: answer.message });
  }, PAUSE_MILLISECONDS);
}

/** What is still to come is no longer wanted. */
export function forgetCompletion() {
  latest += 1;
  clearTimeout(pause);
}
