/* Bring in: a file is read by the server, and what was read is shown before it comes into the drawing. */

import { MOST_KEYFRAMES, indexOf, isBlank, newId, withKeyframes } from "./drawing.js";
import { Gone, asJson } from "./server.js";
import { make, name, text } from "./texts.js";

const MOST_BYTES = 64 * 2 ** 20;

export class BringIn {
  constructor(dialog, app) {
    Object.assign(this, { dialog, app });
    this.picker = document.querySelector(".picker");
    this.shade = document.querySelector(".dropping");
    this.picker.addEventListener("change", () => this.read(this.picker.files[0]));
    document.querySelector(".bring-in").addEventListener("click", () => this.pick());
    const carries = (event) => event.dataTransfer?.types.includes("Files");
    addEventListener("dragover", (event) => carries(event) && (event.preventDefault(), (this.shade.hidden = false)));
    addEventListener("dragleave", (event) => !event.relatedTarget && (this.shade.hidden = true));
    addEventListener("drop", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      this.shade.hidden = true;
      this.read(event.dataTransfer.files[0]);
    });
    dialog.addEventListener("close", () => this.asking?.abort());
  }

  pick() {
    this.picker.value = "";
    this.picker.click();
  }

  async read(file) {
    if (!file) return;
    Object.assign(this, { file, layout: "", corners: null, found: null });
    this.#build();
    if (!this.dialog.open) this.dialog.showModal();
    if (file.size > MOST_BYTES) return void this.#tell(text("too_large"), true);
    await this.#ask();
  }

  async #ask() {
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    this.#tell(text("reading"));
    this.take.disabled = true;
    const query = new URLSearchParams({ name: this.file.name });
    if (this.layout) query.set("layout", this.layout);
    if (this.corners) query.set("corners", this.corners.flat().map((value) => value.toFixed(4)).join(","));
    try {
      this.found = await asJson(`read?${query}`, { method: "POST", body: this.file, signal: asking.signal });
      this.#show();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#tell(error instanceof Gone ? text("server_gone") : error.message, true);
    }
    this.app.player.done();
  }

  #build() {
    this.note = make("p", { className: "read-note" });
    this.note.setAttribute("role", "status");
    this.seen = make("div", { className: "seen" });
    this.cells = make("ol", { className: "cells" });
    this.words = make("ul", { className: "read-words" });
    const count = (label) => make("input", { type: "number", min: 1, max: 64, ariaLabel: text(label) });
    [this.columns, this.rows] = [count("columns"), count("rows")];
    for (const field of [this.columns, this.rows]) field.addEventListener("change", () => this.#lay());
    this.laid = make("p", { className: "laid" }, make("span", {}, text("layout")), this.columns, make("span", {}, "×"), this.rows);
    this.replacing = make("input", { type: "checkbox", checked: this.app.drawing.keyframes.every(isBlank) });
    const button = (label, act, className = "pill") => {
      const one = make("button", { type: "button", className }, text(label));
      one.addEventListener("click", act);
      return one;
    };
    this.take = button("add_to_drawing", () => this.#take(), "pill strong");
    this.dialog.replaceChildren(
      make("h2", { id: "bring-title" }, text("bring_title", { name: this.file.name })),
      this.note,
      make("div", { className: "read" }, this.seen, make("div", {}, this.cells, this.laid, this.words)),
      make("label", { className: "tick" }, this.replacing, make("span", {}, text("replace_all"))),
      make("div", { className: "answers" }, button("cancel", () => this.dialog.close()), this.take),
    );
    this.laid.hidden = true;
  }

  #tell(words, isProblem = false) {
    this.note.textContent = words;
    this.note.classList.toggle("problem", isProblem);
  }

  #show() {
    const { keyframes, layout, notes, warnings, picture, refused } = this.found;
    this.#tell(refused ?? text("was_read", { count: keyframes.length }), Boolean(refused));
    this.cells.replaceChildren(...keyframes.map((picture, number) => {
      const image = make("img", { src: `data:image/png;base64,${picture}`, alt: text("keyframe", { number: number + 1 }) });
      return make("li", { className: "paper" }, image);
    }));
    this.words.replaceChildren(...[...warnings.map((words) => make("li", { className: "problem" }, words)), ...notes.map((words) => make("li", {}, words))]);
    this.laid.hidden = !layout && !picture;
    if (layout) [this.columns.value, this.rows.value] = layout.split("x");
    this.#showPicture();
    this.take.disabled = !keyframes.length;
  }

  #lay() {
    if (!(this.columns.value > 0 && this.rows.value > 0)) return;
    this.layout = `${this.columns.value}x${this.rows.value}`;
    this.#ask();
  }

  /* The picture that was read, with the corners of its page, which can be dragged or moved by the arrow keys. */
  #showPicture() {
    const { picture, outline } = this.found;
    if (!picture) return void this.seen.replaceChildren();
    if (this.seen.childElementCount && this.corners) return;
    const image = make("img", { src: `data:image/jpeg;base64,${picture}`, alt: text("picture_read") });
    const page = make("div", { className: "page" }, image);
    this.seen.replaceChildren(page);
    if (outline || this.corners) return void this.#showCorners(page, outline);
    const set = make("button", { type: "button", className: "quiet" }, text("set_corners"));
    set.addEventListener("click", () => (set.remove(), this.#showCorners(page, [[0, 0], [1, 0], [1, 1], [0, 1]])));
    return void this.seen.append(set);
  }

  #showCorners(page, outline) {
    const places = (this.corners ?? outline).map((place) => [...place]);
    const frame = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const polygon = document.createElementNS(frame.namespaceURI, "polygon");
    frame.setAttribute("viewBox", "0 0 1 1");
    frame.setAttribute("preserveAspectRatio", "none");
    frame.setAttribute("aria-hidden", "true");
    frame.append(polygon);
    const corners = places.map((place, number) => this.#corner(places, number, () => put()));
    const put = () => {
      polygon.setAttribute("points", places.map((place) => place.join(",")).join(" "));
      corners.forEach((corner, number) => {
        [corner.style.left, corner.style.top] = places[number].map((value) => `${100 * value}%`);
      });
    };
    put();
    page.append(frame, ...corners);
    this.seen.append(make("p", {}, text("drag_corners")));
  }

  #corner(places, number, put) {
    const corner = make("button", { type: "button", className: "corner" });
    name(corner, text("corner", { which: text(`corner_${number}`) }));
    const set = (x, y) => {
      places[number] = [x, y].map((value) => Math.min(1, Math.max(0, value)));
      put();
    };
    const done = () => {
      this.corners = places;
      this.#ask();
    };
    corner.addEventListener("pointerdown", (event) => (corner.setPointerCapture(event.pointerId), event.preventDefault(), corner.focus()));
    corner.addEventListener("pointermove", (event) => {
      if (!corner.hasPointerCapture(event.pointerId)) return;
      const box = corner.parentElement.getBoundingClientRect();
      set((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
      corner.moved = true;
    });
    corner.addEventListener("pointerup", () => corner.moved && ((corner.moved = false), done()));
    corner.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!way) return;
      event.preventDefault();
      const step = event.shiftKey ? 0.03 : 0.005;
      set(...places[number].map((value, axis) => value + step * way[axis]));
      clearTimeout(this.waiting);
      this.waiting = setTimeout(done, 600);
    });
    return corner;
  }

  #take() {
    const { app } = this;
    const read = this.found.keyframes.map((picture) => ({ id: newId(), strokes: [], picture }));
    const kept = this.replacing.checked ? [] : app.drawing.keyframes;
    const room = MOST_KEYFRAMES - kept.length;
    const added = read.slice(0, room);
    if (!added.length) return this.#tell(text("too_many", { most: MOST_KEYFRAMES }), true);
    const at = kept.length ? indexOf(app.drawing, app.current) + 1 : 0;
    let drawing = withKeyframes({ ...app.drawing, keyframes: kept }, at, added);
    if (!kept.length) drawing = { ...drawing, size: Math.min(512, Math.max(64, this.found.size)) };
    app.change(drawing);
    app.show(added[0].id);
    this.dialog.close();
    return app.say("brought_in", { count: added.length });
  }
}
