/* Take out: the server makes a file, and the browser keeps it; or the drawing goes into the gallery's configuration. */

import { Gone, ask, asJson } from "./server.js";
import { make, text } from "./texts.js";

const FORMATS = ["gif", "webp", "apng", "mp4", "svg", "frames", "sheet"];

export class TakeOut {
  constructor(dialog, app) {
    Object.assign(this, { dialog, app });
    document.querySelector(".take-out").addEventListener("click", () => this.open());
    dialog.addEventListener("close", () => this.asking?.abort());
  }

  open() {
    if (this.dialog.open) return;
    const chips = FORMATS.map((format, number) => {
      const radio = make("input", { type: "radio", name: "format", value: format, checked: !number });
      return make("label", { className: "chip" }, radio, make("span", {}, text(`format_${format}`)));
    });
    this.formats = make("fieldset", { className: "formats" }, make("legend", {}, text("format")), ...chips);
    this.about = make("p", { className: "about-format" });
    this.note = make("p", { className: "take-note" });
    this.note.setAttribute("role", "status");
    this.formats.addEventListener("input", () => this.#explain());
    this.#explain();
    const button = (label, act, className = "pill") => {
      const one = make("button", { type: "button", className }, text(label));
      one.addEventListener("click", act);
      return one;
    };
    this.save = button("save_file", () => this.#save(), "pill strong");
    this.gallery = make("input", { type: "text", maxLength: 60, value: this.#stem(), pattern: "[A-Za-z][A-Za-z0-9_-]*" });
    this.add = button("add_to_gallery", () => this.#add());
    this.dialog.replaceChildren(
      make("h2", { id: "take-title" }, text("take_title")),
      this.formats, this.about,
      make("div", { className: "answers" }, this.save),
      make("h3", {}, text("gallery")),
      make("p", {}, text("gallery_what")),
      make("div", { className: "to-gallery" }, make("label", {}, make("span", {}, text("gallery_name")), this.gallery), this.add),
      this.note,
      make("div", { className: "answers" }, button("close", () => this.dialog.close())),
    );
    this.dialog.showModal();
  }

  get #format() {
    return this.formats.querySelector(":checked").value;
  }

  #explain() {
    this.about.textContent = text(`about_${this.#format}`);
  }

  #stem() {
    const stem = this.app.saver.place.replace(/^.*[\\/]/, "").replace(/\.inkbridge$/, "");
    return stem.replace(/[^A-Za-z0-9_-]+/g, "_").replace(/^[^A-Za-z]+/, "") || "drawing";
  }

  async #do(button, work) {
    button.disabled = true;
    this.note.classList.remove("problem");
    this.note.textContent = text("making");
    this.asking = new AbortController();
    try {
      await this.app.saver.now(); // what is made is what is seen
      this.note.textContent = await work(this.asking.signal);
    } catch (error) {
      this.note.classList.add("problem");
      this.note.textContent = error.name === "AbortError" ? "" : error instanceof Gone ? text("server_gone") : error.message;
    }
    button.disabled = false;
    this.app.player.done();
  }

  #save() {
    const format = this.#format;
    return this.#do(this.save, async (signal) => {
      const response = await ask("export", { method: "POST", json: { format }, signal });
      const name = /filename="?([^";]+)/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? `${this.#stem()}.${format}`;
      const address = URL.createObjectURL(await response.blob());
      make("a", { href: address, download: decodeURIComponent(name) }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
      return text("file_made", { name });
    });
  }

  #add() {
    return this.#do(this.add, async (signal) => {
      const done = await asJson("gallery", { method: "POST", json: { name: this.gallery.value.trim() }, signal });
      return text("in_gallery", done);
    });
  }
}
