// What is being written in one channel: words and files, or a command and its fields.

import { element, iconButton } from "../elements.js";
import { splitOptions } from "./commands.js";
import { FileField } from "./file_field.js";
import { ATTACHMENT, STRING } from "./kinds.js";
import { TextField } from "./text_field.js";
import { Upload } from "./upload.js";

export class Draft {
  /** `changed` is called when a command is left, or a field or file removed, by its cross. */
  constructor(changed) {
    this.changed = changed;
    this.text = "";
    this.command = null;
    this.fields = [];
    this.uploads = [];
    this.reply = null;
    // How many commands back the recalled one lies; 0 once it is changed.
    this.depth = 0;
    this.node = element("span", { class: "call", role: "group", hidden: true });
    this.tray = element("ul", { class: "tray", "aria-label": "Files to send", hidden: true });
  }

  get isEmpty() {
    return !this.command && !this.text.trim() && !this.uploads.length && !this.reply;
  }

  /** Begin a command with the fields that it requires. */
  open(command) {
    this.leave();
    this.command = command;
    this.text = "";
    const cross = iconButton("cross", `Leave /${command.name}`, () => this.#act(() => this.leave()), { class: "quiet remove", tabindex: -1 });
    this.node.replaceChildren(element("span", { class: "field name" }, `/${command.name}`, cross));
    this.node.setAttribute("aria-label", `/${command.name}`);
    this.node.hidden = false;
    this.tray.hidden = true;
    command.options.filter(({ required }) => required).forEach((option) => this.add(option));
  }

  leave() {
    this.fields.forEach((field) => field.discard());
    this.command = null;
    this.fields = [];
    this.node.replaceChildren();
    this.node.hidden = true;
    this.tray.hidden = !this.uploads.length;
  }

  /** The field of an option, which is made where there is none yet. */
  add(option) {
    const existing = this.fields.find((field) => field.option === option);
    if (existing) return existing;
    const Field = option.type === ATTACHMENT ? FileField : TextField;
    const field = new Field(option, () => this.#act(() => this.remove(field)));
    this.fields.push(field);
    this.node.append(field.node);
    return field;
  }

  remove(field) {
    field.discard();
    field.node.remove();
    this.fields = this.fields.filter((other) => other !== field);
  }

  /** The options without a field. */
  get optionsLeft() {
    return this.command.options.filter((option) => !this.fields.some((field) => field.option === option));
  }

  fieldOf(node) {
    return this.fields.find((field) => field.node.contains(node));
  }

  /** The first field that still waits for something. */
  get waiting() {
    return this.fields.find(({ option, isEmpty }) => option.required && isEmpty);
  }

  /** Put `words name: value …` into fields, and words that no required field takes into the line; returns the field that the text ends in, undefined for the line. */
  fill(text) {
    const { first, pairs } = splitOptions(text, this.command.options);
    const named = pairs.map(([option, value]) => {
      const field = this.add(option);
      if (option.type !== ATTACHMENT) field.text = value;
      return field;
    });
    const taker = first ? this.#taker() : undefined;
    if (taker) taker.text = first;
    this.text = taker ? "" : first;
    return named.at(-1) ?? taker;
  }

  /** The field for words without a name; undefined for none. */
  #taker() {
    const takers = this.fields.filter(({ option, isEmpty }) => isEmpty && option.required && option.type !== ATTACHMENT);
    return takers.find(({ option }) => option.type === STRING) ?? takers[0];
  }

  /** Take files: into the fields for them while a command is open; returns those that find no place. */
  takeFiles(files) {
    if (!this.command) {
      files.forEach((file) => this.#addUpload(file));
      return [];
    }
    const [file, ...others] = files;
    const isOpen = (option) => option.type === ATTACHMENT && (this.fields.find((field) => field.option === option)?.isEmpty ?? true);
    const option = this.command.options.find(isOpen);
    if (!file || !option) return files;
    this.add(option).take(file);
    return this.takeFiles(others);
  }

  #addUpload(file) {
    const upload = new Upload(file);
    const item = element("li", {}, upload.node, iconButton("cross", `Remove ${file.name}`, () => this.#act(removed)));
    const removed = () => {
      upload.cancel();
      item.remove();
      this.uploads = this.uploads.filter((other) => other !== upload);
      this.tray.hidden = !this.uploads.length;
    };
    this.uploads.push(upload);
    this.tray.append(item);
    this.tray.hidden = false;
  }

  #act(act) {
    act();
    this.changed();
  }
}
