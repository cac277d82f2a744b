/* The studio: joins the parts of the page. */

import { BringIn } from "./bring.js";
import { History, blank, indexOf, keyframeOf, withKeyframes } from "./drawing.js";
import { Filmstrip } from "./filmstrip.js";
import { decode, pictureOf, rounded } from "./ink.js";
import { Keys } from "./keys.js";
import { Player } from "./player.js";
import { Saver } from "./saving.js";
import { Settings } from "./settings.js";
import { listen, moveTo } from "./server.js";
import { Stage } from "./stage.js";
import { TakeOut } from "./take.js";
import { fill, loadTexts, make, name, text } from "./texts.js";
import { Why } from "./why.js";

const find = (selector) => document.querySelector(selector);

const USUAL = { tool: "pen", pen: 4, eraser: 14, smoothing: 0.35, before: 1, after: 0 }; // widths in percent of the sheet
const ADDRESS = "inkbridge-studio-address"; // where a newer tab has found the server, which may have started again
const REMEMBERED = "inkbridge-studio-tools";

class App {
  constructor(drawing) {
    this.history = new History(drawing);
    this.current = drawing.keyframes[0].id;
    this.tools = { ...USUAL, ...remembered() };
    this.view = "draw";
  }

  get drawing() {
    return this.history.now;
  }

  get size() {
    return this.drawing.size;
  }

  get tool() {
    return this.tools.tool;
  }

  get smoothing() {
    return this.tools.smoothing;
  }

  get onion() {
    return this.tools;
  }

  /* The width of a tool's stroke in pixels of the keyframe: finely for thin ones, so that the slider has all widths. */
  widthOf(tool) {
    const share = this.tools[tool === "eraser" ? "eraser" : "pen"];
    return Math.round(share * this.size) / 100;
  }

  colours() {
    const style = getComputedStyle(document.documentElement);
    const of = (property) => style.getPropertyValue(property).trim();
    return { ink: of("--ink"), paper: of("--paper"), pencil: of("--pencil"), before: of("--before"), after: of("--after") };
  }

  start() {
    this.stage = new Stage(find(".sheet"), this);
    this.film = new Filmstrip(find(".film"), this);
    this.player = new Player(find(".preview"), this);
    this.settings = new Settings(find(".look"), this);
    this.why = new Why(find(".why"), this);
    this.bring = new BringIn(find(".bring"), this);
    this.take = new TakeOut(find(".take"), this);
    this.keys = new Keys(find(".keys"), this);
    this.history.onChange((now, before) => this.#changed(now, before));
    this.#listenToTools();
    this.#listenToViews();
    find(".undo").addEventListener("click", () => this.undo());
    find(".redo").addEventListener("click", () => this.redo());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    this.render();
    this.#decodePictures();
  }

  /* --- changes --- */

  change(drawing, kind = null) {
    this.history.change(drawing, kind);
  }

  settle() {
    this.history.settle();
  }

  undo() {
    if (!this.history.canUndo) return this.say("nothing_to_undo");
    this.history.undo();
    return this.say("undone");
  }

  redo() {
    if (!this.history.canRedo) return this.say("nothing_to_redo");
    this.history.redo();
    return this.say("redone");
  }

  #changed(now, before) {
    if (indexOf(now, this.current) < 0) {
      const here = Math.max(0, indexOf(before, this.current));
      this.current = (now.keyframes[here] ?? now.keyframes.at(-1)).id;
    } else if (keyframeOf(now, this.current) === keyframeOf(before, this.current)) {
      const other = now.keyframes.find((keyframe) => keyframeOf(before, keyframe.id) !== keyframe);
      if (other && !this.stage.live) this.current = other.id; // what was undone elsewhere is shown
    }
    this.render();
    this.#decodePictures();
    this.saver.soon();
  }

  drawing_began() {
    clearInterval(this.beat);
    this.beat = setInterval(() => (this.stage.live ? this.saver.soon(0) : clearInterval(this.beat)), 600);
  }

  /* What is saved: the drawing, and the stroke that is being drawn. */
  get whole() {
    return this.stage ? this.stage.unfinished(this.drawing) : this.drawing;
  }

  resize(size) {
    const factor = size / this.size;
    const place = ([x, y, ...rest]) => rounded([x * factor, y * factor, rest[0] ?? 0]).slice(0, 2 + rest.length);
    const stroke = (one) => ({ ...one, width: one.width * factor, points: one.points.map(place) });
    const keyframes = this.drawing.keyframes.map((one) => ({ ...one, strokes: one.strokes.map(stroke) }));
    const marks = this.drawing.marks.map((mark) => ({ ...mark, at: place(mark.at), goes_to: place(mark.goes_to) }));
    this.change({ ...this.drawing, size, keyframes, marks });
  }

  async #decodePictures() {
    const missing = this.drawing.keyframes.map((keyframe) => keyframe.picture).filter((picture) => picture && !pictureOf(picture));
    if (!missing.length) return;
    await Promise.all(missing.map(decode));
    this.redraw();
  }

  /* --- what is seen --- */

  show(id) {
    this.stage.end();
    this.settle();
    this.current = id;
    this.stage.selection.chosen.clear();
    this.render();
    this.film.reveal();
  }

  render() {
    const number = indexOf(this.drawing, this.current) + 1;
    const count = this.drawing.keyframes.length;
    this.stage.render();
    this.film.render();
    this.settings.render();
    this.player.paint();
    this.why.render();
    find(".where").textContent = text("keyframe_of", { number, count });
    const { strokes } = this.stage.keyframe;
    name(find(".sheet"), `${text("keyframe_of", { number, count })}, ${text("strokes", { count: strokes.length })}`);
    find(".undo").disabled = !this.history.canUndo;
    find(".redo").disabled = !this.history.canRedo;
  }

  redraw() {
    this.stage.painter.forget();
    this.film.redraw();
    this.render();
    this.why.draw();
  }

  say(words, values) {
    find(".voice").textContent = text(words, values);
  }

  selectionChanged() {}

  /* --- tools --- */

  #listenToTools() {
    const form = find(".tools");
    form.addEventListener("input", ({ target }) => {
      const value = target.type === "radio" ? target.value : Number(target.value);
      this.set(target.name === "width" ? { [this.tool === "eraser" ? "eraser" : "pen"]: value } : { [target.name]: value });
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    find(".look").addEventListener("submit", (event) => event.preventDefault());
    this.#showTools();
  }

  set(changes) {
    Object.assign(this.tools, changes);
    localStorage.setItem(REMEMBERED, JSON.stringify(this.tools));
    this.#showTools();
    this.stage.render();
  }

  useTool(tool) {
    this.set({ tool });
    this.say(tool);
  }

  widen(by) {
    const kind = this.tool === "eraser" ? "eraser" : "pen";
    this.set({ [kind]: Math.min(60, Math.max(1, this.tools[kind] + by)) });
  }

  #showTools() {
    const { elements } = find(".tools");
    elements.tool.value = this.tool;
    elements.width.value = this.tools[this.tool === "eraser" ? "eraser" : "pen"];
    elements.width.disabled = this.tool === "select";
    for (const one of ["smoothing", "before", "after"]) elements[one].value = this.tools[one];
    find(".sheet").dataset.tool = this.tool;
  }

  /* --- views --- */

  #listenToViews() {
    const tabs = [...document.querySelectorAll("[role=tab]")];
    tabs.forEach((tab, number) => {
      tab.addEventListener("click", () => this.see(tab.getAttribute("aria-controls")));
      tab.addEventListener("keydown", (event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        const other = tabs[(number + 1) % tabs.length];
        this.see(other.getAttribute("aria-controls"));
        other.focus();
        event.preventDefault();
      });
    });
  }

  see(view) {
    this.view = view;
    for (const tab of document.querySelectorAll("[role=tab]")) {
      const chosen = tab.getAttribute("aria-controls") === view;
      tab.setAttribute("aria-selected", chosen);
      tab.tabIndex = chosen ? 0 : -1;
      find(`#${tab.getAttribute("aria-controls")}`).hidden = !chosen;
    }
    document.body.dataset.view = view;
    if (view === "why") this.why.open();
    else this.render();
  }
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(REMEMBERED)) ?? {};
  } catch {
    return {};
  }
}

/* --- saving, and what it tells --- */

function banner(words, answers = {}) {
  const box = find(".banner");
  box.hidden = !words;
  if (!words) return;
  box.querySelector("p").textContent = words;
  const buttons = Object.entries(answers).map(([label, act]) => {
    const button = make("button", { type: "button", className: "pill" }, text(label));
    button.addEventListener("click", () => (banner(""), act()));
    return button;
  });
  box.querySelector(".answers").replaceChildren(...buttons);
}

function told(saver) {
  let trouble = ""; // what the banner is about
  const sentences = {
    gone: () => banner(text("server_gone")),
    moved: () => banner(text("server_moved")),
    refused: (why) => banner(text("not_saved", { why }), { try_again: () => saver().soon(0), close: () => null }),
    conflict: () => banner(text("conflict"), { keep_mine: () => saver().resolve(true), take_theirs: () => saver().resolve(false) }),
  };
  return (state, sentence) => {
    if (state === "saving" && trouble) return;
    document.body.dataset.saving = state;
    find(".state").textContent = text(`state_${state}`);
    if (state === "saving" || state === trouble) return;
    if (trouble && state === "saved") banner("");
    sentences[state]?.(sentence);
    trouble = state === "saved" ? "" : state;
  };
}

async function start() {
  await loadTexts();
  fill(document);
  let app;
  const saver = new Saver({
    current: () => app?.whole ?? saver.saved,
    told: told(() => saver),
    adopt: (drawing) => (app.history.replace(drawing), app.say("taken_over")),
  });
  let found;
  try {
    found = await saver.open();
  } catch (error) {
    return banner(text("cannot_open", { why: error.message }), { try_again: () => location.reload() });
  }
  const { drawing } = found;
  app = new App(drawing.keyframes.length ? drawing : withKeyframes(drawing, 0, [blank()]));
  app.saver = saver;
  find(".place").textContent = found.place;
  document.title = `${found.place} · inkbridge studio`;
  app.start();
  if (found.restored) {
    banner(text("restored"), { close: () => null });
    saver.soon(0);
  } else if (found.other) {
    banner(text("other_copy"), { use_copy: () => app.history.replace(found.other), leave_copy: () => null });
  }
  find(".state").textContent = text("state_saved");
  document.body.dataset.saving = "saved";
  listen({
    revision: (revision) => saver.noticed(revision),
    preview: () => app.player.load().then(() => (app.player.done(), app.why.stale())),
    progress: (part, news) => app.player.progress(part, news.step),
    waiting: (sentence) => app.player.waits(sentence),
    cancelled: () => app.player.failed(text("cancelled")),
    failed: (sentence) => app.player.failed(sentence),
    gone: () => saver.lost(),
    back: () => saver.back(),
  });
  localStorage.setItem(`${ADDRESS} ${found.place}`, document.baseURI);
  addEventListener("storage", ({ key, newValue }) => {
    if (key === `${ADDRESS} ${found.place}` && newValue) moveTo(newValue);
  });
  app.player.load();
  document.body.dataset.ready = "true";
  Object.assign(window, { studio: app }); // for the console
  return undefined;
}

start();
