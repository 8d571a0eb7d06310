// A small form for one more channel.

import { ask } from "./api.js";

const dialog = document.getElementById("new-channel");
const form = dialog.querySelector("form");
const name = dialog.querySelector("input");
const fault = dialog.querySelector(".fault");

document.getElementById("add-channel").addEventListener("click", () => {
  name.value = "";
  fault.hidden = true;
  dialog.showModal();
});

dialog.querySelector(".cancel").addEventListener("click", () => dialog.close());

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await ask("/sandbox/channels", { name: name.value });
    dialog.close();
  } catch (error) {
    fault.textContent = error.message;
    fault.hidden = false;
  }
});
