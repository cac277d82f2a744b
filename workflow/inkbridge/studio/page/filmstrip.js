/* The filmstrip: a small picture of each keyframe; they are chosen, added, doubled, moved and deleted here. */

import { MOST_KEYFRAMES, blank, copyOf, indexOf, keyframeOf, moved, withKeyframes, without } from "./drawing.js";
import { Painter, tinted } from "./ink.js";
import { make, name, text } from "./texts.js";

const SIDE = 136; // pixels of a small picture
const APART = 6; // pixels that a mouse moves before it drags
const PRESS = 350; // ms that a finger rests before it drags

export class Filmstrip {
  constructor(root, app) {
    Object.assign(this, { root, app, cells: new Map(), drag: null });
    this.list = root.querySelector(".strip");
    root.querySelector(".add").addEventListener("click", () => this.add());
    root.querySelector(".duplicate").addEventListener("click", () => this.duplicate());
    root.querySelector(".earlier").addEventListener("click", () => this.shift(-1));
    root.querySelector(".later").addEventListener("click", () => this.shift(1));
    root.querySelector(".remove").addEventListener("click", () => this.remove());
    this.list.addEventListener("keydown", (event) => this.#key(event));
    this.list.addEventListener("pointerdown", (event) => this.#down(event));
    this.list.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) this.list.addEventListener(end, () => this.#drop());
    this.list.addEventListener("contextmenu", (event) => event.preventDefault());
    this.list.addEventListener("touchmove", (event) => this.drag?.active && event.preventDefault(), { passive: false });
  }

  get #here() {
    return indexOf(this.app.drawing, this.app.current);
  }

  /* --- changes --- */

  add() {
    this.#insert(blank(), "added");
  }

  duplicate() {
    this.#insert(copyOf(keyframeOf(this.app.drawing, this.app.current)), "duplicated");
  }

  #insert(keyframe, said) {
    if (this.app.drawing.keyframes.length >= MOST_KEYFRAMES) return this.app.say("too_many", { most: MOST_KEYFRAMES });
    const at = this.#here + 1;
    this.app.change(withKeyframes(this.app.drawing, at, [keyframe]));
    this.app.show(keyframe.id);
    return this.app.say(said, { number: at + 1 });
  }

  remove() {
    const { drawing } = this.app;
    const here = this.#here;
    const next = drawing.keyframes[here + 1] ?? drawing.keyframes[here - 1] ?? blank();
    const rest = without(drawing, this.app.current);
    this.app.change(rest.keyframes.length ? rest : withKeyframes(rest, 0, [next]));
    this.app.show(next.id);
    this.app.say("removed", { number: here + 1 });
  }

  shift(by) {
    const to = this.#here + by;
    if (to < 0 || to >= this.app.drawing.keyframes.length) return;
    this.app.change(moved(this.app.drawing, this.app.current, to));
    this.app.say("moved", { number: to + 1 });
  }

  go(by) {
    const { keyframes } = this.app.drawing;
    this.app.show(keyframes[(this.#here + by + keyframes.length) % keyframes.length].id);
  }

  #key(event) {
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (event.ctrlKey || event.metaKey) return;
    if (by && event.altKey) this.shift(by);
    else if (by) this.go(by);
    else if (event.key === "Home") this.app.show(this.app.drawing.keyframes[0].id);
    else if (event.key === "End") this.app.show(this.app.drawing.keyframes.at(-1).id);
    else if (event.key === "Delete" || event.key === "Backspace") this.remove();
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.cells.get(this.app.current)?.button.focus();
  }

  /* --- dragging a cell to another place --- */

  #down(event) {
    const cell = event.target.closest("li");
    if (!cell || event.button !== 0) return;
    this.drag = { cell, id: cell.dataset.id, x: event.clientX, pointer: event.pointerId, active: false };
    if (event.pointerType !== "mouse") this.drag.timer = setTimeout(() => this.#lift(), PRESS);
    else this.drag.mouse = true;
  }

  #lift() {
    this.drag.active = true;
    this.drag.cell.classList.add("lifted");
    this.list.setPointerCapture(this.drag.pointer);
  }

  #move(event) {
    const { drag } = this;
    if (!drag || event.pointerId !== drag.pointer) return;
    const far = event.clientX - drag.x;
    if (!drag.active) {
      if (Math.abs(far) < APART) return;
      if (!drag.mouse) return void this.#drop(); // it scrolls
      this.#lift();
    }
    drag.cell.style.transform = `translateX(${far}px)`;
    const others = [...this.list.children].filter((one) => one !== drag.cell);
    drag.to = others.filter((one) => middle(one) < event.clientX).length;
    others.forEach((one, number) => one.classList.toggle("gap", number === drag.to));
  }

  #drop() {
    const { drag } = this;
    this.drag = null;
    if (!drag) return;
    clearTimeout(drag.timer);
    drag.cell.classList.remove("lifted");
    drag.cell.style.transform = "";
    [...this.list.children].forEach((one) => one.classList.remove("gap"));
    if (!drag.active || drag.to === undefined || drag.to === indexOf(this.app.drawing, drag.id)) return;
    this.app.change(moved(this.app.drawing, drag.id, drag.to));
    this.app.show(drag.id);
    this.app.say("moved", { number: drag.to + 1 });
  }

  /* --- what is seen --- */

  render() {
    const { drawing, size } = this.app;
    if (this.painter?.size !== size) this.painter = new Painter(SIDE, size, MOST_KEYFRAMES + 24);
    const { ink } = this.app.colours();
    const ids = new Set(drawing.keyframes.map((keyframe) => keyframe.id));
    for (const [id, cell] of this.cells) if (!ids.has(id)) (cell.item.remove(), this.cells.delete(id));
    drawing.keyframes.forEach((keyframe, number) => {
      const cell = this.#cell(keyframe.id);
      if (this.list.children[number] !== cell.item) this.list.insertBefore(cell.item, this.list.children[number] ?? null);
      const here = keyframe.id === this.app.current;
      cell.number.textContent = number + 1;
      name(cell.button, text("keyframe_of", { number: number + 1, count: drawing.keyframes.length }));
      cell.button.setAttribute("aria-current", here ? "true" : "false");
      cell.button.tabIndex = here ? 0 : -1;
      const shown = `${ink} ${this.painter.size}`;
      if (cell.keyframe !== keyframe || cell.shown !== shown) this.#picture(cell, keyframe, ink);
      Object.assign(cell, { keyframe, shown });
    });
    const few = drawing.keyframes.length < 2;
    this.root.querySelector(".earlier").disabled = this.#here <= 0;
    this.root.querySelector(".later").disabled = few || this.#here >= drawing.keyframes.length - 1;
    for (const more of [".add", ".duplicate"]) this.root.querySelector(more).disabled = drawing.keyframes.length >= MOST_KEYFRAMES;
  }

  /* Bring the shown keyframe into view. */
  reveal() {
    const item = this.cells.get(this.app.current)?.item;
    if (!item) return;
    const [left, right] = [item.offsetLeft, item.offsetLeft + item.offsetWidth];
    if (left < this.list.scrollLeft) this.list.scrollLeft = left - 24;
    if (right > this.list.scrollLeft + this.list.clientWidth) this.list.scrollLeft = right - this.list.clientWidth + 24;
  }

  redraw() {
    this.painter?.forget();
    for (const cell of this.cells.values()) cell.keyframe = null;
    this.render();
  }

  #cell(id) {
    if (this.cells.has(id)) return this.cells.get(id);
    const canvas = make("canvas", { width: SIDE, height: SIDE });
    const number = make("small");
    const button = make("button", { type: "button" }, canvas, number);
    button.addEventListener("click", () => this.app.show(id));
    const item = make("li", {}, button);
    item.dataset.id = id;
    this.cells.set(id, { item, button, canvas, number });
    return this.cells.get(id);
  }

  #picture(cell, keyframe, ink) {
    const context = cell.canvas.getContext("2d");
    context.clearRect(0, 0, SIDE, SIDE);
    tinted(context, this.painter.canvasOf(keyframe, keyframe.id === this.app.current), ink);
  }
}

const middle = (element) => {
  const box = element.getBoundingClientRect();
  return (box.left + box.right) / 2;
};
