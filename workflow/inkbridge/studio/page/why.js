/* Why it moves as it does: two neighbouring keyframes, each strand in one colour in both. A point that is dragged to
   where it belongs makes a mark. */

import { indexOf, keyframeOf, withMark, withoutMark } from "./drawing.js";
import { Painter, tinted } from "./ink.js";
import { asJson } from "./server.js";
import { make, name, text } from "./texts.js";

const NEAR = 18; // pixels of the screen at which a point is found
const SNAP = 14; // pixels of the screen at which a dragged point goes onto a line
const LINE = 1.5; // width of a strand, of the 64 pixels of a cell
const SHORT = 1 / 64; // length of a strand, as a part of the side, up to which it is a point

export class Why {
  constructor(root, app) {
    Object.assign(this, { root, app, match: null, pair: 0, probe: null, drag: null });
    this.#build();
    for (const pane of Object.values(this.panes)) {
      pane.element.addEventListener("pointerdown", (event) => this.#down(pane, event));
      pane.element.addEventListener("pointermove", (event) => this.#move(pane, event));
      pane.element.addEventListener("pointerup", (event) => this.#up(event));
      pane.element.addEventListener("pointercancel", () => this.#cancel());
      pane.element.addEventListener("pointerleave", () => !this.drag && !this.kept && this.#point(null));
      new ResizeObserver(() => this.draw()).observe(pane.element);
    }
  }

  #build() {
    const button = (label, act, className = "pill") => {
      const one = make("button", { type: "button", className }, text(label));
      one.addEventListener("click", act);
      return one;
    };
    const pane = (side) => {
      const canvas = make("canvas", { role: "img" });
      const caption = make("figcaption");
      const element = make("div", { className: "pane" }, canvas);
      return { side, element, canvas, caption, figure: make("figure", {}, caption, element) };
    };
    this.panes = { from: pane("from"), to: pane("to") };
    this.earlier = button("earlier_pair", () => this.#turn(-1));
    this.later = button("later_pair", () => this.#turn(1));
    this.title = make("b");
    this.note = make("p", { className: "why-note" });
    this.note.setAttribute("role", "status");
    this.list = make("ul", { className: "marks" });
    this.root.append(
      make("div", { className: "pairs" }, this.earlier, this.title, this.later),
      make("div", { className: "panes" }, this.panes.from.figure, this.panes.to.figure),
      this.note,
      this.list,
      this.#form(),
    );
  }

  /* The same by keyboard: choose a line and a place on it, and the line and place where it belongs. */
  #form() {
    const field = (label, element) => make("label", {}, make("span", {}, text(label)), element);
    const range = () => make("input", { type: "range", min: 0, max: 100, step: 1, value: 50 });
    this.fields = { line: make("select"), place: range(), goal: make("select"), there: range() };
    const set = make("button", { type: "button", className: "pill" }, text("set_mark"));
    set.addEventListener("click", () => this.#markFromForm());
    for (const one of Object.values(this.fields)) one.addEventListener("input", () => this.#pointFromForm());
    const { line, place, goal, there } = this.fields;
    const fields = make("div", { className: "by-keys" }, field("mark_line", line), field("mark_place", place), field("mark_goal", goal), field("mark_there", there), set);
    return make("details", {}, make("summary", {}, text("mark_by_keys")), fields);
  }

  /* --- what is known --- */

  async open() {
    const { drawing, current } = this.app;
    const here = indexOf(drawing, current);
    this.wanted = Math.max(0, this.app.drawing.look.play === "loop" ? here : Math.min(here, drawing.keyframes.length - 2));
    this.render();
    await this.load();
  }

  /* There is a new preview, so there is a new match. */
  stale() {
    if (this.app.view === "why") return this.load();
    this.match = null;
    return undefined;
  }

  async load() {
    if (!this.match) this.note.textContent = text("why_waiting");
    try {
      const match = await asJson("match");
      if (!match?.pairs.length) throw new Error(text("waiting_for_two"));
      this.match = match;
      this.note.textContent = text("why_how");
      if (this.wanted !== undefined) this.pair = Math.min(this.wanted, match.pairs.length - 1);
      this.wanted = undefined;
      this.probe = null;
    } catch (error) {
      this.note.textContent = this.match ? text("why_how") : error.message;
    }
    this.app.player.done();
    this.render();
  }

  get #pair() {
    return this.match?.pairs[Math.min(this.pair, this.match.pairs.length - 1)];
  }

  #turn(by) {
    this.pair = (this.pair + by + this.match.pairs.length) % this.match.pairs.length;
    this.probe = null;
    this.render();
  }

  /* --- the pointer --- */

  #place(pane, event) {
    const box = pane.element.getBoundingClientRect();
    const scale = this.app.size / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  }

  #nearest(side, place, reach) {
    let best = null, least = (reach * this.app.size) / this.panes[side].element.clientWidth;
    this.#pair?.strands.forEach((strand, number) => {
      strand[side].forEach((point, at) => {
        const apart = Math.hypot(point[0] - place[0], point[1] - place[1]);
        if (apart < least) [best, least] = [{ strand: number, at }, apart];
      });
    });
    return best;
  }

  #down(pane, event) {
    if (event.button !== 0 || !this.#pair) return;
    const place = this.#place(pane, event);
    const mark = pane.side === "to" && this.#marks().find((one) => this.#isNear(one.goes_to, place));
    if (mark) this.drag = { mark, at: mark.at, goes_to: mark.goes_to };
    else if (pane.side === "to" && this.probe && this.#isNear(this.#partner("to"), place)) this.drag = { at: this.#partner("from") };
    else {
      this.#point(this.#nearest(pane.side, place, NEAR));
      this.kept = Boolean(this.probe);
      if (pane.side === "from" && this.probe) this.drag = { at: this.#partner("from") };
    }
    if (this.drag) pane.element.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  #isNear(one, other) {
    return Math.hypot(one[0] - other[0], one[1] - other[1]) < (NEAR * this.app.size) / this.panes.to.element.clientWidth;
  }

  #move(pane, event) {
    if (!this.drag) {
      if (!this.kept && event.pointerType !== "touch") this.#point(this.#nearest(pane.side, this.#place(pane, event), NEAR));
      return;
    }
    const place = this.#place(this.panes.to, event);
    const inside = place.every((value) => value >= 0 && value <= this.app.size);
    const snapped = inside && this.#nearest("to", place, SNAP);
    this.drag.goes_to = inside ? (snapped ? this.#pair.strands[snapped.strand].to[snapped.at] : place) : null;
    this.drag.moved = true;
    this.draw();
  }

  #up() {
    const { drag } = this;
    this.drag = null;
    if (drag?.moved && drag.goes_to) this.#mark(drag.at, drag.goes_to, drag.mark);
    this.draw();
  }

  #cancel() {
    this.drag = null;
    this.draw();
  }

  #point(probe) {
    if (probe?.strand === this.probe?.strand && probe?.at === this.probe?.at) return;
    this.probe = probe;
    if (!probe) this.kept = false;
    this.draw();
  }

  /* Where the probe is in one of the keyframes. */
  #partner(side) {
    return this.#pair.strands[this.probe.strand][side][this.probe.at];
  }

  /* --- marks --- */

  #marks() {
    const pair = this.#pair;
    return pair ? this.app.drawing.marks.filter((mark) => mark.from === pair.from && mark.to === pair.to) : [];
  }

  #mark(at, goesTo, instead = null) {
    const { from, to } = this.#pair;
    const place = (point) => point.map((value) => Math.round(value * 10) / 10);
    const rest = instead ? withoutMark(this.app.drawing, instead) : this.app.drawing;
    this.app.change(withMark(rest, { from, to, at: place(at), goes_to: place(goesTo) }));
    this.probe = null;
    this.kept = false;
    this.app.say("marked");
  }

  #fromForm(side, line, share) {
    const points = this.#pair.strands[Number(line.value)][side];
    return { strand: Number(line.value), at: Math.round((Number(share.value) / 100) * (points.length - 1)) };
  }

  #pointFromForm() {
    if (!this.#pair) return;
    const { line, place, goal, there } = this.fields;
    this.probe = this.#fromForm("from", line, place);
    this.kept = true;
    const goes = this.#fromForm("to", goal, there);
    this.drag = { at: this.#partner("from"), goes_to: this.#pair.strands[goes.strand].to[goes.at] };
    this.draw();
    this.drag = null;
  }

  #markFromForm() {
    if (!this.#pair) return;
    const { line, place, goal, there } = this.fields;
    const [at, goes] = [this.#fromForm("from", line, place), this.#fromForm("to", goal, there)];
    this.#mark(this.#pair.strands[at.strand].from[at.at], this.#pair.strands[goes.strand].to[goes.at]);
  }

  /* --- what is seen --- */

  render() {
    if (this.app.view !== "why") return;
    const { drawing } = this.app;
    const pair = this.#pair;
    const number = (id) => indexOf(drawing, id) + 1;
    this.title.textContent = pair ? text("pair", { from: number(pair.from), to: number(pair.to) }) : "";
    this.earlier.disabled = this.later.disabled = !pair || this.match.pairs.length < 2;
    for (const side of ["from", "to"]) {
      const keyframe = pair && number(pair[side]);
      this.panes[side].caption.textContent = pair ? text("keyframe", { number: keyframe }) : "";
      name(this.panes[side].canvas, pair ? text("strands_of", { number: keyframe, count: pair.strands.length }) : text("why"));
    }
    this.#list(number);
    this.#offerLines();
    this.draw();
  }

  #list(number) {
    const rows = this.app.drawing.marks.map((mark, at) => {
      const label = text("mark_of", { number: at + 1, from: number(mark.from), to: number(mark.to) });
      const remove = make("button", { type: "button", className: "quiet" }, text("delete"));
      name(remove, `${text("delete")}: ${label}`);
      remove.addEventListener("click", () => (this.app.change(withoutMark(this.app.drawing, mark)), this.app.say("mark_deleted")));
      return make("li", {}, make("span", {}, label), remove);
    });
    this.list.replaceChildren(...rows);
  }

  #offerLines() {
    const strands = this.#pair?.strands ?? [];
    for (const select of [this.fields.line, this.fields.goal]) {
      const { value } = select;
      select.replaceChildren(...strands.map((strand, at) => make("option", { value: at }, text("line_of", { number: at + 1, colour: text(`colour_${strand.colour}`) }))));
      select.value = strands[value] ? value : 0;
    }
  }

  draw() {
    if (this.app.view !== "why") return;
    for (const pane of Object.values(this.panes)) this.#drawPane(pane);
  }

  #drawPane({ side, canvas, element }) {
    const pixels = Math.round(element.clientWidth * Math.min(2, devicePixelRatio || 1));
    if (!pixels) return;
    if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
    const { size } = this.app;
    if (this.painter?.side !== pixels || this.painter?.size !== size) this.painter = new Painter(pixels, size, 4);
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, pixels, pixels);
    const pair = this.#pair;
    const keyframe = pair && keyframeOf(this.app.drawing, pair[side]);
    if (!keyframe) return;
    const colours = this.app.colours();
    tinted(context, this.painter.canvasOf(keyframe), colours.ink, 0.13);
    context.scale(pixels / size, pixels / size);
    this.unit = size / element.clientWidth;
    pair.strands.forEach((strand, number) => this.#strand(context, strand, side, number));
    const goal = this.drag && side === "to" ? this.drag.goes_to : null;
    if (this.probe && !goal) this.#dot(context, this.#partner(side), colours);
    else if (this.drag) this.#dot(context, side === "from" ? this.drag.at : goal, colours);
    this.#marks().forEach((mark) => this.#pin(context, side === "from" ? mark.at : mark.goes_to, this.app.drawing.marks.indexOf(mark) + 1, colours));
  }

  #strand(context, strand, side, number) {
    const { size } = this.app;
    const points = strand[side];
    context.strokeStyle = this.match.palette[strand.colour];
    context.globalAlpha = this.probe && this.probe.strand !== number ? 0.25 : 1;
    context.lineWidth = (LINE * size) / 64;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    if (lengthOf(points) < SHORT * size) {
      if (lengthOf(strand[side === "from" ? "to" : "from"]) < SHORT * size) return;
      context.arc(points[0][0], points[0][1], (2.4 * size) / 64, 0, 2 * Math.PI); // it grows out of here, or has shrunk
      context.lineWidth /= 2;
    } else points.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.stroke();
    context.globalAlpha = 1;
  }

  #dot(context, place, colours) {
    if (!place) return;
    context.beginPath();
    context.arc(place[0], place[1], 6 * this.unit, 0, 2 * Math.PI);
    context.fillStyle = colours.paper;
    context.strokeStyle = colours.ink;
    context.lineWidth = 2.5 * this.unit;
    context.fill();
    context.stroke();
  }

  #pin(context, place, number, colours) {
    context.beginPath();
    context.arc(place[0], place[1], 9 * this.unit, 0, 2 * Math.PI);
    context.fillStyle = colours.ink;
    context.fill();
    context.fillStyle = colours.paper;
    context.font = `600 ${11 * this.unit}px ${getComputedStyle(document.body).fontFamily}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(number, place[0], place[1]);
  }
}

function lengthOf(points) {
  let length = 0;
  for (let at = 1; at < points.length; at++) length += Math.hypot(points[at][0] - points[at - 1][0], points[at][1] - points[at - 1][1]);
  return length;
}
