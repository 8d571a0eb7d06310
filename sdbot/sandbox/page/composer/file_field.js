// The field of an option that takes a file.

import { element, iconButton } from "../elements.js";
import { Upload } from "./upload.js";

export class FileField {
  /** `remove` is called for the cross of an optional one that holds no file. */
  constructor(option, remove) {
    const id = `option-${option.name}`;
    this.option = option;
    this.upload = null;
    this.chooser = element("input", { type: "file", hidden: true, onchange: () => this.take(this.chooser.files[0]) });
    this.input = element("button", {
      type: "button",
      id,
      class: "file-button",
      "aria-labelledby": `${id}-name ${id}`,
      "aria-describedby": "hint",
      onclick: () => this.chooser.click(),
      onkeydown: (event) => this.#press(event),
    });
    this.cross = iconButton("cross", `Remove ${option.name}`, () => (this.upload ? this.discard() : remove()), {
      class: "quiet remove",
      tabindex: -1,
    });
    this.node = element("span", { class: "field" }, element("span", { id: `${id}-name` }, option.name), this.input, this.chooser, this.cross);
    this.#show();
  }

  get isEmpty() {
    return !this.upload;
  }

  /** Begin to send a file; it takes the place of another. */
  take(file) {
    this.upload?.cancel();
    this.upload = new Upload(file);
    this.#show();
  }

  discard() {
    this.upload?.cancel();
    this.upload = null;
    this.chooser.value = "";
    this.#show();
  }

  focus() {
    this.input.focus();
  }

  check() {
    const { name, description, required } = this.option;
    this.isWrong = Boolean(required && this.isEmpty);
    this.node.classList.toggle("wrong", this.isWrong);
    return this.isWrong ? `${name} is required: ${description}` : null;
  }

  /** The id of the file when it has arrived; throws an Error with a sentence when it cannot. */
  value() {
    return this.upload?.done;
  }

  remember() {
    return { file: this.upload?.file };
  }

  restore({ file }) {
    if (file) this.take(file);
  }

  /** With a file in it the button sends as a line does; Space chooses another. */
  #press(event) {
    if (this.isEmpty || !["Enter", "Backspace", "Delete"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Enter") this.input.form.requestSubmit();
    else this.discard();
  }

  #show() {
    this.isWrong = false;
    this.node.classList.remove("wrong");
    this.input.replaceChildren(this.upload?.node ?? "Choose a file, or drop one");
    this.cross.hidden = this.isEmpty && Boolean(this.option.required);
  }
}
