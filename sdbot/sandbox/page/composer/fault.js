// The sentence over the composer about what went wrong.

const shown = document.getElementById("fault");

/** It stands until something is typed. */
export function complain(sentence) {
  shown.textContent = sentence;
  shown.hidden = false;
}

export function clearFault() {
  shown.hidden = true;
}
