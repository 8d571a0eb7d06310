// One file on its way to the sandbox: a small picture of it, its name and size, how far it is.

import { asked } from "../api.js";
import { sizeText } from "../sizes.js";
import { element, icon } from "../elements.js";
import { complain } from "./fault.js";

const THUMBNAIL_PIXELS = 96;

export class Upload {
  /** `done` becomes the id by which the sandbox knows the file, or an Error with its sentence. */
  constructor(file) {
    this.file = file;
    this.progress = element("progress", { max: 1, value: 0, "aria-label": `Upload of ${file.name}` });
    this.detail = element("small", {}, sizeText(file.size));
    const text = element("span", { class: "upload-text" }, element("span", { class: "file-name" }, file.name), this.detail);
    this.node = element("span", { class: "upload" }, this.#thumbnail(), text, this.progress);
    this.done = this.#send();
    this.done.then(() => this.progress.remove(), (error) => this.#fail(error.message));
  }

  /** What is removed need not arrive. */
  cancel() {
    this.request.abort();
  }

  #send() {
    const request = new XMLHttpRequest();
    this.request = request;
    return new Promise((resolve, reject) => {
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        this.progress.value = loaded / total;
      });
      request.addEventListener("load", () => {
        if (request.status === 200) resolve(request.response.id);
        else reject(new Error(request.response?.message ?? `${this.file.name} could not be sent.`));
      });
      request.addEventListener("error", () => reject(new Error(`${this.file.name} did not reach the sandbox.`)));
      request.responseType = "json";
      request.open("POST", asked("/sandbox/uploads", { filename: this.file.name }));
      request.send(this.file);
    });
  }

  #fail(sentence) {
    complain(sentence);
    this.progress.remove();
    this.node.classList.add("failed");
    this.detail.textContent = sentence;
  }

  #thumbnail() {
    const shown = element("span", { class: "thumbnail", "aria-hidden": "true" }, icon("file"));
    if (this.file.type.startsWith("image/")) {
      createImageBitmap(this.file, { resizeHeight: THUMBNAIL_PIXELS, resizeQuality: "high" }).then(
        (picture) => shown.replaceChildren(drawn(picture)),
        () => {}, // What only calls itself a picture keeps the icon.
      );
    }
    return shown;
  }
}

function drawn(picture) {
  const canvas = element("canvas", { width: picture.width, height: picture.height });
  canvas.getContext("2d").drawImage(picture, 0, 0);
  return canvas;
}
