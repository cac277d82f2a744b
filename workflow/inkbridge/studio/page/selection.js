/* Chosen strokes of the keyframe: they can be moved, scaled, turned, copied and deleted. */

import { newId, withStrokes } from "./drawing.js";
import { distanceTo, rounded, widthAt } from "./ink.js";

const NEAR = 8; // pixels of the screen from a stroke or handle at which it is hit
const LEVER = 26; // pixels of the screen from the box to the handle that turns it
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Selection {
  constructor(stage) {
    Object.assign(this, { stage, app: stage.app, chosen: new Set(), pressed: null, clipboard: [] });
  }

  get strokes() {
    return this.stage.keyframe?.strokes ?? [];
  }

  get any() {
    return this.#pens().length > 0;
  }

  #pens() {
    return this.strokes.filter((stroke) => this.chosen.has(stroke.id));
  }

  get #unit() {
    return this.stage.size / this.stage.root.clientWidth; // pixels of the keyframe for one of the screen
  }

  choose(ids) {
    this.chosen = new Set(ids);
    this.stage.clear("live");
    this.render();
    this.app.selectionChanged();
  }

  chooseAll() {
    this.choose(this.strokes.filter((stroke) => stroke.tool === "pen").map((stroke) => stroke.id));
    this.app.say(this.any ? "chosen" : "nothing_to_choose", { count: this.#pens().length });
  }

  /* --- the pointer --- */

  press(place, event) {
    const [x, y] = place;
    const handle = this.any && this.#handleAt(x, y);
    const hit = handle ? null : this.#strokeAt(x, y);
    if (hit && !this.chosen.has(hit.id)) this.choose(event.shiftKey ? [...this.chosen, hit.id] : [hit.id]);
    else if (hit && event.shiftKey) this.choose([...this.chosen].filter((id) => id !== hit.id));
    const kind = handle || (hit || this.#inside(x, y) ? "move" : "frame");
    if (kind === "frame" && !event.shiftKey) this.choose([]);
    this.pressed = { kind, start: [x, y], now: [x, y], box: this.any ? this.box() : null, keep: [...this.chosen], moved: false };
  }

  drag([x, y], event) {
    const { pressed } = this;
    pressed.now = [x, y];
    if (!pressed.moved && Math.hypot(x - pressed.start[0], y - pressed.start[1]) < 2 * this.#unit) return;
    pressed.moved = true;
    if (pressed.kind === "frame") return void this.#frame(pressed);
    pressed.matrix = this.#matrix(pressed, event.shiftKey);
    const still = new Set(this.strokes);
    const changed = this.#changed(pressed.matrix);
    pressed.resting ??= changed.filter((stroke) => still.has(stroke));
    this.stage.renderStrokes(pressed.resting, changed.filter((stroke) => !still.has(stroke)));
    this.render(pressed.matrix);
  }

  release() {
    const { pressed } = this;
    this.pressed = null;
    if (pressed.matrix) this.apply(pressed.matrix);
    else this.render();
  }

  cancel() {
    this.pressed = null;
  }

  #frame({ start, now, keep }) {
    const [left, right] = [Math.min(start[0], now[0]), Math.max(start[0], now[0])];
    const [top, bottom] = [Math.min(start[1], now[1]), Math.max(start[1], now[1])];
    const within = ([x, y]) => x >= left && x <= right && y >= top && y <= bottom;
    const found = this.strokes.filter((stroke) => stroke.tool === "pen" && stroke.points.some(within));
    this.choose([...keep, ...found.map((stroke) => stroke.id)]);
    const context = this.stage.context("live");
    this.#dashed(context);
    context.strokeRect(left, top, right - left, bottom - top);
  }

  #matrix({ kind, start, now, box }, straight) {
    if (kind === "move") return [1, 0, 0, 1, now[0] - start[0], now[1] - start[1]];
    const middle = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    if (kind === "turn") {
      let angle = Math.atan2(now[1] - middle[1], now[0] - middle[0]) - Math.atan2(start[1] - middle[1], start[0] - middle[0]);
      if (straight) angle = (Math.round((angle * 12) / Math.PI) * Math.PI) / 12;
      return turned(angle, middle);
    }
    const anchor = [kind.includes("e") ? box.left : box.right, kind.includes("s") ? box.top : box.bottom];
    const ratio = (axis) => (now[axis] - anchor[axis]) / (start[axis] - anchor[axis] || 1);
    const even = Math.hypot(now[0] - anchor[0], now[1] - anchor[1]) / Math.max(1e-6, Math.hypot(start[0] - anchor[0], start[1] - anchor[1]));
    const [wide, high] = straight ? [ratio(0), ratio(1)] : [even, even];
    return scaled(wide, high, anchor);
  }

  /* --- changes --- */

  /* The strokes of the keyframe with the chosen ones moved by a matrix, and the erasers that touch nothing else. */
  #changed(matrix) {
    const along = this.#erasersAlong();
    return this.strokes.map((stroke) => {
      if (!this.chosen.has(stroke.id) && !along.has(stroke.id)) return stroke;
      return { ...stroke, points: stroke.points.map(([x, y, p]) => rounded([...applied(matrix, [x, y]), p])) };
    });
  }

  #erasersAlong() {
    const along = new Set();
    this.strokes.forEach((eraser, number) => {
      if (eraser.tool !== "eraser") return;
      const touched = this.strokes.slice(0, number).filter((stroke) => stroke.tool === "pen" && touches(eraser, stroke));
      if (touched.length && touched.every((stroke) => this.chosen.has(stroke.id))) along.add(eraser.id);
    });
    return along;
  }

  apply(matrix, kind = null) {
    this.app.change(withStrokes(this.app.drawing, this.app.current, this.#changed(matrix)), kind);
  }

  delete() {
    const gone = new Set([...this.chosen, ...this.#erasersAlong()]);
    const count = this.#pens().length;
    this.app.change(withStrokes(this.app.drawing, this.app.current, this.strokes.filter((stroke) => !gone.has(stroke.id))));
    this.choose([]);
    this.app.say("deleted", { count });
  }

  copy() {
    const along = this.#erasersAlong();
    this.clipboard = this.strokes.filter((stroke) => this.chosen.has(stroke.id) || along.has(stroke.id));
    this.app.say("copied", { count: this.#pens().length });
  }

  paste() {
    if (!this.clipboard.length) return;
    const copies = this.clipboard.map((stroke) => ({ ...stroke, id: newId() }));
    this.app.change(withStrokes(this.app.drawing, this.app.current, [...this.strokes, ...copies]));
    this.app.useTool("select");
    this.choose(copies.filter((stroke) => stroke.tool === "pen").map((stroke) => stroke.id));
  }

  /* Return whether a key was for the selection. */
  key(event) {
    const { size } = this.stage;
    if (event.key === "PageDown" || event.key === "PageUp") return this.#next(event.key === "PageDown" ? 1 : -1);
    if (event.key === "Escape" && this.any) return this.choose([]), true;
    if (!this.any) return false;
    if (event.key === "Delete" || event.key === "Backspace") return this.delete(), true;
    const box = this.box();
    const middle = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    const step = event.altKey ? 1 : event.shiftKey ? size / 16 : size / 64;
    const way = KEYS[event.key];
    const angle = { "[": -1, "]": 1 }[event.key];
    const factor = { "+": 1.05, "=": 1.05, "-": 1 / 1.05 }[event.key];
    if (way) this.apply([1, 0, 0, 1, step * way[0], step * way[1]], "move keys");
    else if (angle) this.apply(turned((angle * Math.PI) / 36, middle), "turn keys");
    else if (factor) this.apply(scaled(factor, factor, middle), "scale keys");
    else return false;
    return true;
  }

  #next(step) {
    const pens = this.strokes.filter((stroke) => stroke.tool === "pen");
    if (!pens.length) return this.app.say("nothing_to_choose"), true;
    const at = pens.findIndex((stroke) => this.chosen.has(stroke.id));
    const number = at < 0 ? (step > 0 ? 0 : pens.length - 1) : (at + step + pens.length) % pens.length;
    this.choose([pens[number].id]);
    this.app.say("chosen_stroke", { number: number + 1, count: pens.length });
    return true;
  }

  /* --- where things are --- */

  box() {
    const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
    for (const stroke of this.#pens()) {
      for (const [x, y, pressure] of stroke.points) {
        const reach = widthAt(stroke.width, pressure) / 2;
        box.left = Math.min(box.left, x - reach);
        box.right = Math.max(box.right, x + reach);
        box.top = Math.min(box.top, y - reach);
        box.bottom = Math.max(box.bottom, y + reach);
      }
    }
    return box;
  }

  #handles(box = this.box()) {
    const lever = LEVER * this.#unit;
    const above = box.top - lever > 0 ? box.top - lever : box.bottom + lever;
    return {
      nw: [box.left, box.top], ne: [box.right, box.top], sw: [box.left, box.bottom], se: [box.right, box.bottom],
      turn: [(box.left + box.right) / 2, Math.min(this.stage.size, Math.max(0, above))],
    };
  }

  #handleAt(x, y) {
    const found = Object.entries(this.#handles()).filter(([, place]) => Math.hypot(place[0] - x, place[1] - y) < 1.6 * NEAR * this.#unit);
    return found.at(-1)?.[0];
  }

  #inside(x, y) {
    if (!this.any) return false;
    const box = this.box();
    return x > box.left && x < box.right && y > box.top && y < box.bottom;
  }

  #strokeAt(x, y) {
    const hits = this.strokes.filter((stroke) => stroke.tool === "pen" && distanceTo(stroke, x, y) < NEAR * this.#unit);
    return hits.find((stroke) => this.chosen.has(stroke.id)) ?? hits.at(-1);
  }

  render(matrix = null) {
    const context = this.stage.live ? null : this.stage.clear("live");
    if (!context || !this.any || this.app.tool !== "select") return;
    if (matrix) context.transform(...matrix);
    const box = this.box();
    this.#dashed(context);
    context.strokeRect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    if (matrix) return;
    context.setLineDash([]);
    context.fillStyle = this.stage.colours.paper;
    for (const [x, y] of Object.values(this.#handles(box))) {
      context.beginPath();
      context.arc(x, y, 5.5 * this.#unit, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
  }

  #dashed(context) {
    context.lineWidth = 1.5 * this.#unit;
    context.setLineDash([5 * this.#unit, 4 * this.#unit]);
    context.strokeStyle = this.stage.colours.pencil;
  }
}

const applied = ([a, b, c, d, e, f], [x, y]) => [a * x + c * y + e, b * x + d * y + f];

function turned(angle, [x, y]) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [cos, sin, -sin, cos, x - cos * x + sin * y, y - sin * x - cos * y];
}

const scaled = (wide, high, [x, y]) => [wide, 0, 0, high, x - wide * x, y - high * y];

const touches = (eraser, stroke) => eraser.points.some(([x, y, p]) => distanceTo(stroke, x, y) < widthAt(eraser.width, p) / 2);
