/* The preview: strokes that the server has found, painted frame by frame. The last result keeps playing until the next
   one is there. */

import { parsed } from "./colours.js";
import { ask, asJson } from "./server.js";
import { text } from "./texts.js";

const CELL = 64; // the strokes' pixels of a side
const LONGEST_STEP = 250; // ms: a page that was in the background goes on where it stopped
const LONGEST_SIDE = 1024;

export class Player {
  constructor(root, app) {
    Object.assign(this, { root, app, preview: null, frame: 0, due: 0, last: 0, shown: "" });
    const find = (selector) => root.querySelector(selector);
    this.canvas = find("canvas");
    this.context = this.canvas.getContext("2d");
    [this.hold, this.scrub, this.chart, this.bar, this.note] = [".hold", ".scrub", ".chart", ".progress", ".preview-note"].map(find);
    this.stop = find(".stop");
    this.stop.addEventListener("click", () => ask("cancel", { method: "POST", json: {} }).catch(() => null));
    this.count = find(".frame");
    this.held = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.hold.addEventListener("click", () => this.toggle());
    find(".back").addEventListener("click", () => this.step(-1));
    find(".forward").addEventListener("click", () => this.step(1));
    this.scrub.addEventListener("input", () => this.seek(Number(this.scrub.value)));
    new ResizeObserver(() => this.#fit()).observe(this.canvas);
    this.#tellHeld();
    requestAnimationFrame((now) => this.#tick(now));
  }

  async load() {
    if (this.loading) return void (this.again = true);
    this.loading = true;
    try {
      const preview = await asJson("preview");
      if (preview) this.show(preview);
    } catch {} // there is none yet, or the server is gone: the last one keeps playing
    this.loading = false;
    if (this.again) {
      this.again = false;
      await this.load();
    }
  }

  show(preview) {
    const part = this.preview ? this.frame / this.preview.frames : 0;
    this.preview = preview;
    this.shown = "";
    this.scrub.max = Math.max(1, preview.frames - 1);
    this.scrub.disabled = false;
    this.root.classList.add("has-preview");
    this.root.dataset.revision = preview.revision;
    this.#drawChart();
    this.seek(Math.floor(part * preview.frames));
  }

  /* How far the next preview has come, in [0, 1], or null if nobody knows. */
  progress(part, step) {
    this.bar.hidden = this.stop.hidden = false;
    if (part === null) this.bar.removeAttribute("value");
    else this.bar.value = part;
    this.#tell(step, false);
  }

  done() {
    this.bar.hidden = this.stop.hidden = true;
    this.#tell("", false);
  }

  failed(sentence) {
    this.done();
    this.#tell(sentence, true);
  }

  /* There is nothing to play yet, for the reason that the sentence gives. */
  waits(sentence) {
    this.done();
    this.preview = null;
    this.shown = "";
    this.scrub.disabled = true;
    this.root.classList.remove("has-preview");
    delete this.root.dataset.revision;
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.canvas.classList.remove("transparent");
    this.chart.replaceChildren();
    this.count.textContent = "";
    this.root.querySelector(".waiting").textContent = sentence[0].toUpperCase() + sentence.slice(1);
  }

  #tell(words, isProblem) {
    this.note.textContent = words;
    this.note.classList.toggle("problem", isProblem);
  }

  /* --- the clock --- */

  #tick(now) {
    const passed = Math.min(now - this.last, LONGEST_STEP);
    this.last = now;
    if (this.preview && !this.held) {
      this.due += passed;
      const steps = Math.floor(this.due / this.preview.frame_ms);
      this.due -= steps * this.preview.frame_ms;
      if (steps) this.#go(this.frame + steps);
    }
    requestAnimationFrame((next) => this.#tick(next));
  }

  #go(frame) {
    const { frames } = this.preview;
    if (frame >= frames && this.app.drawing.look.play === "once") {
      this.seek(frames - 1);
      return this.toggle(true);
    }
    return this.seek(frame);
  }

  seek(frame) {
    if (!this.preview) return;
    const { frames, segments } = this.preview;
    this.frame = ((frame % frames) + frames) % frames;
    this.scrub.value = this.frame;
    const key = segments.indexOf(this.frame) + 1;
    this.scrub.setAttribute("aria-valuetext", text(key ? "frame_is_keyframe" : "frame_of", { frame: this.frame + 1, frames, key }));
    this.count.textContent = `${this.frame + 1} / ${frames}`;
    this.root.dataset.frame = this.frame;
    this.paint();
  }

  step(by) {
    this.toggle(true);
    this.seek(this.frame + by);
  }

  toggle(held = !this.held) {
    if (this.held && !held && this.app.drawing.look.play === "once" && this.preview && this.frame === this.preview.frames - 1) this.seek(0);
    this.held = held;
    this.due = 0;
    this.#tellHeld();
  }

  #tellHeld() {
    this.hold.textContent = text(this.held ? "play" : "pause");
    this.hold.classList.toggle("held", this.held);
  }

  /* --- what is seen --- */

  #fit() {
    const side = Math.min(LONGEST_SIDE, Math.round(this.canvas.clientWidth * Math.min(2, devicePixelRatio || 1)));
    if (!side || side === this.canvas.width) return;
    this.canvas.width = this.canvas.height = side;
    this.shown = "";
    this.paint();
  }

  paint() {
    const { colours } = this.app.drawing.look;
    const what = `${this.frame} ${colours}`;
    if (!this.preview || what === this.shown) return;
    this.shown = what;
    const { ink, paper } = parsed(colours);
    const { context, canvas } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    canvas.classList.toggle("transparent", !paper);
    if (paper) {
      context.fillStyle = paper;
      context.fillRect(0, 0, canvas.width, canvas.height);
    }
    context.scale(canvas.width / CELL, canvas.height / CELL);
    paintFrame(context, this.preview.strokes[this.frame], ink);
  }

  /* A timing chart, as animators draw it: rings for keyframes, ticks for the drawings in between. */
  #drawChart() {
    const { frames, segments } = this.preview;
    const at = (frame) => `${(100 * frame) / Math.max(1, frames - 1)}%`;
    const few = segments.length <= 16;
    const ticks = frames <= 200 ? Array.from({ length: frames }, (_, frame) => frame) : [];
    this.chart.replaceChildren(
      ...ticks.map((frame) => shape("line", { x1: at(frame), x2: at(frame), y1: "40%", y2: "60%" })),
      ...segments.map((frame) => shape("circle", { cx: at(frame), cy: "50%", r: few ? 8 : 3 })),
      ...(few ? segments.map((frame, key) => shape("text", { x: at(frame), y: "50%", dy: "0.36em" }, key + 1)) : []),
    );
  }
}

export function paintFrame(context, strokes, colour) {
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = colour;
  for (const [x0, y0, x1, y1, x2, y2, x3, y3, width, opacity] of strokes) {
    if (opacity < 0.004 || width <= 0) continue;
    context.globalAlpha = Math.min(1, opacity);
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(x0, y0);
    context.bezierCurveTo(x1, y1, x2, y2, x3, y3);
    context.stroke();
  }
  context.globalAlpha = 1;
}

export function shape(tag, attributes, content = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = content;
  return element;
}

