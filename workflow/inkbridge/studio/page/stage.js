/* The sheet on which one keyframe is drawn: canvases one above the other, the pointer, and the keyboard's pen. */

import { indexOf, keyframeOf, newId, withStroke } from "./drawing.js";
import { Painter, Pen, STEADY, outline, paintStroke, simplified, tinted, widthAt } from "./ink.js";
import { Selection } from "./selection.js";

const MOST_PIXELS = 1280; // of a side of a canvas
const BAKED = 150; // points of the line being drawn that are painted anew at each move
const PEN_AGO = 2000; // ms after a pen in which touches are a resting hand
const CLEAR = 0.28; // of the nearest neighbour in the onion skin

export class Stage {
  constructor(root, app) {
    Object.assign(this, { root, app, live: null, penSeen: -Infinity, cursor: null });
    const canvas = (name) => root.querySelector(`.${name}`);
    this.layers = { onion: canvas("onion-layer"), ink: canvas("ink-layer"), live: canvas("live-layer") };
    this.nib = root.querySelector(".nib");
    this.selection = new Selection(this);
    this.#listen();
    this.painter = new Painter(64, app.size);
    new ResizeObserver(() => this.#fit()).observe(root);
    this.#fit();
  }

  get keyframe() {
    return keyframeOf(this.app.drawing, this.app.current);
  }

  /* --- layers --- */

  #fit() {
    const wanted = Math.min(MOST_PIXELS, Math.round(this.root.clientWidth * Math.min(2, devicePixelRatio || 1)));
    if (!wanted || (wanted === this.side && this.size === this.app.size)) return;
    [this.side, this.size] = [wanted, this.app.size];
    for (const layer of Object.values(this.layers)) layer.width = layer.height = this.side;
    this.painter = new Painter(this.side, this.size, 12);
    this.render();
  }

  context(name) {
    const context = (this[`_${name}`] ??= this.layers[name].getContext("2d"));
    const scale = this.side / this.size;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    return context;
  }

  clear(name) {
    const context = this.context(name);
    context.clearRect(0, 0, this.size, this.size);
    return context;
  }

  render() {
    if (this.size !== this.app.size) return this.#fit();
    this.colours = this.app.colours();
    this.#renderInk(this.keyframe);
    this.#renderOnion();
    this.selection.render();
    return undefined;
  }

  #renderInk(keyframe) {
    const context = this.clear("ink");
    const picture = this.painter.canvasOf(keyframe, true);
    context.setTransform(1, 0, 0, 1, 0, 0);
    tinted(context, picture, this.colours.ink);
  }

  /* Paint these strokes in place of those of the keyframe, while some are dragged: those above the ones that rest. */
  renderStrokes(resting, dragged) {
    this.#renderInk({ strokes: resting, picture: this.keyframe.picture });
    const context = this.context("ink");
    for (const stroke of dragged) paintStroke(context, stroke, this.colours.ink);
  }

  #renderOnion() {
    const context = this.clear("onion");
    context.setTransform(1, 0, 0, 1, 0, 0);
    const { keyframes, look } = this.app.drawing;
    const { before, after } = this.app.onion;
    const here = indexOf(this.app.drawing, this.app.current);
    const round = look.play === "loop";
    const neighbour = (step) => keyframes[round ? (here + step + keyframes.length) % keyframes.length : here + step];
    const shown = new Set([this.keyframe]);
    for (let far = 1; far <= Math.max(before, after); far++) {
      for (const [most, step, colour] of [[before, -far, this.colours.before], [after, far, this.colours.after]]) {
        const other = far <= most ? neighbour(step) : null;
        if (!other || shown.has(other)) continue;
        shown.add(other);
        tinted(context, this.painter.canvasOf(other), colour, CLEAR / far + 0.14);
      }
    }
  }

  /* --- the pointer --- */

  #listen() {
    const { root } = this;
    root.addEventListener("pointerdown", (event) => this.#down(event));
    root.addEventListener("pointermove", (event) => this.#move(event));
    root.addEventListener("pointerup", (event) => this.#up(event));
    root.addEventListener("pointercancel", () => this.cancel());
    root.addEventListener("pointerleave", () => this.showNib(null));
    root.addEventListener("lostpointercapture", (event) => this.#up(event));
    root.addEventListener("contextmenu", (event) => event.preventDefault());
    root.addEventListener("keydown", (event) => this.#key(event));
    root.addEventListener("blur", () => this.#endKeyboard());
  }

  /* The place of an event in pixels of the keyframe, and the pressure there. */
  place(event) {
    const box = this.box;
    const scale = this.size / box.width;
    const pressure = event.pointerType === "pen" ? event.pressure : STEADY;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale, pressure];
  }

  #down(event) {
    if (event.pointerType === "pen") this.penSeen = event.timeStamp;
    if (event.pointerType === "touch" && event.timeStamp - this.penSeen < PEN_AGO) return;
    if (this.pointer !== undefined && event.pointerId !== this.pointer) return void this.cancel(); // a second finger
    if (event.button !== 0 && event.button !== 5) return;
    this.box = this.root.getBoundingClientRect();
    this.pointer = event.pointerId;
    try {
      this.root.setPointerCapture(event.pointerId);
    } catch {} // the pointer may be gone already
    const erasing = event.button === 5 || (event.buttons & 32) > 0;
    if (this.app.tool === "select" && !erasing) this.selection.press(this.place(event), event);
    else this.begin(this.place(event), erasing ? "eraser" : this.app.tool);
  }

  #move(event) {
    if (!this.box || this.pointer === undefined) this.box = this.root.getBoundingClientRect();
    this.showNib(this.place(event));
    if (event.pointerId !== this.pointer) return;
    if (this.selection.pressed) return void this.selection.drag(this.place(event), event);
    if (!this.live) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) this.live.pen.to(...this.place(one));
    this.#paintLive();
  }

  #up(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = undefined;
    if (event.pointerType === "pen") this.penSeen = event.timeStamp;
    if (this.selection.pressed) this.selection.release();
    else this.end();
  }

  showNib(place) {
    const drawing = place && this.app.tool !== "select";
    this.nib.hidden = !drawing;
    if (!drawing) return;
    const scale = this.root.clientWidth / this.size;
    const wide = Math.max(3, this.app.widthOf(this.app.tool) * scale);
    this.nib.style.width = this.nib.style.height = `${wide}px`;
    this.nib.style.transform = `translate(${place[0] * scale - wide / 2}px, ${place[1] * scale - wide / 2}px)`;
  }

  /* --- a stroke --- */

  begin(place, tool) {
    const { app } = this;
    this.live = { id: newId(), keyframe: app.current, tool, width: app.widthOf(tool), pen: new Pen(app.smoothing), painted: 0 };
    this.live.pen.to(...place);
    this.clear("live");
    this.#paintLive();
    app.drawing_began();
  }

  /* Points that are certain are painted once. What is not yet is painted anew at each move. */
  #paintLive() {
    const { tool, pen, width } = this.live;
    const erase = tool === "eraser";
    if (erase) {
      const context = this.context("ink");
      context.globalCompositeOperation = "destination-out";
      context.fill(outline(width, pen.all().slice(this.live.painted)));
      context.globalCompositeOperation = "source-over";
      this.live.painted = Math.max(0, pen.points.length - 1);
      return;
    }
    const context = this.context("live");
    context.fillStyle = this.colours.ink;
    const certain = pen.points.length;
    if (certain - this.live.painted > BAKED) {
      this.#restore(context);
      context.fill(outline(width, pen.points.slice(this.live.painted)));
      this.live.painted = certain - 1;
      this.live.baked ??= Object.assign(document.createElement("canvas"), { width: this.side, height: this.side });
      const copy = this.live.baked.getContext("2d");
      copy.clearRect(0, 0, this.side, this.side);
      copy.drawImage(this.layers.live, 0, 0);
    }
    this.#restore(context);
    context.fill(outline(width, pen.all().slice(this.live.painted)));
  }

  #restore(context) {
    const { baked } = this.live;
    context.clearRect(0, 0, this.size, this.size);
    if (baked) context.drawImage(baked, 0, 0, this.size, this.size);
  }

  #stroke() {
    const { id, tool, width, pen } = this.live;
    return { id, tool, width, points: simplified(pen.all()) };
  }

  /* The drawing with the stroke as far as it is drawn, so that not even half a stroke is lost. */
  unfinished(drawing) {
    if (!this.live || indexOf(drawing, this.live.keyframe) < 0) return drawing;
    return withStroke(drawing, this.live.keyframe, this.#stroke());
  }

  end() {
    if (!this.live) return;
    const [stroke, id] = [this.#stroke(), this.live.keyframe];
    this.live = null;
    if (indexOf(this.app.drawing, id) >= 0) this.app.change(withStroke(this.app.drawing, id, stroke));
    this.clear("live");
    this.selection.render();
  }

  cancel() {
    this.pointer = undefined;
    this.live = null;
    this.selection.cancel();
    this.clear("live");
    this.render();
  }

  /* --- the keyboard's pen --- */

  #key(event) {
    if (event.ctrlKey || event.metaKey) return;
    if (this.app.tool === "select") return void (this.selection.key(event) && consume(event));
    const step = event.altKey ? 1 : event.shiftKey ? this.size / 16 : this.size / 64;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    this.cursor ??= [this.size / 2, this.size / 2];
    if (way) {
      this.cursor = this.cursor.map((value, axis) => Math.min(this.size, Math.max(0, value + step * way[axis])));
      this.showNib(this.cursor);
      if (this.live?.keys) {
        this.live.pen.to(...this.cursor, STEADY);
        this.#paintLive();
      }
      this.app.say("cursor", { x: Math.round(this.cursor[0]), y: Math.round(this.cursor[1]) });
    } else if (event.key === " " || event.key === "Enter") {
      if (this.live) this.#endKeyboard();
      else {
        this.begin([...this.cursor, STEADY], this.app.tool);
        this.live.keys = true;
        this.live.pen.pull = 1;
        this.showNib(this.cursor);
        this.app.say("pen_down");
      }
    } else if (event.key === "Escape" && this.live) {
      this.cancel();
      this.app.say("stroke_dropped");
    } else return;
    consume(event);
  }

  #endKeyboard() {
    if (!this.live?.keys) return;
    this.end();
    this.app.say("pen_up");
  }

  /* Half the width of the widest part of a stroke of these points. */
  static reach(stroke) {
    return Math.max(...stroke.points.map((point) => widthAt(stroke.width, point[2]))) / 2;
  }
}

function consume(event) {
  event.preventDefault();
  event.stopPropagation();
}
