/* Keys for everything, and the list of them. */

import { make, text } from "./texts.js";

const OFF = "inkbridge-studio-no-single-keys";
const FIELDS = "input:not([type=range], [type=radio], [type=checkbox], [type=color], [type=file]), select, textarea, dialog *";

/* [keys as they are shown, name of the text, what they do]; `mod` is Control, or Command. */
const table = (app) => [
  ["P", "pen", () => app.useTool("pen"), "p"],
  ["E", "eraser", () => app.useTool("eraser"), "e"],
  ["S", "select", () => app.useTool("select"), "s"],
  ["[  ]", "key_width", null],
  ["O", "key_onion", () => app.set({ before: app.tools.before ? 0 : 1, after: 0 }), "o"],
  ["K", "key_play", () => app.player.toggle(), "k"],
  ["J  L", "key_frames", null],
  [",  .", "key_keyframes", null],
  ["N", "add", () => app.film.add(), "n"],
  ["D", "duplicate", () => app.film.duplicate(), "d"],
  ["Alt ←  Alt →", "key_shift", null],
  ["W", "key_why", () => app.see(app.view === "why" ? "draw" : "why"), "w"],
  ["Ctrl Z", "undo", () => app.undo(), "mod+z"],
  ["Ctrl Shift Z", "redo", () => app.redo(), "mod+shift+z"],
  ["Ctrl A", "key_all", () => (app.useTool("select"), app.stage.selection.chooseAll()), "mod+a"],
  ["Ctrl C  Ctrl V", "key_copy", null],
  ["Ctrl S", "key_save", () => app.saver.now(), "mod+s"],
  ["Ctrl O", "bring_in", () => app.bring.pick(), "mod+o"],
  ["Ctrl E", "take_out", () => app.take.open(), "mod+e"],
  ["?", "help", () => app.keys.open(), "?"],
];

const ALSO = (app) => ({
  "[": () => app.widen(-1),
  "]": () => app.widen(1),
  j: () => app.player.step(-1),
  l: () => app.player.step(1),
  ",": () => app.film.go(-1),
  ".": () => app.film.go(1),
  "alt+arrowleft": () => app.film.shift(-1),
  "alt+arrowright": () => app.film.shift(1),
  "mod+y": () => app.redo(),
  "mod+c": () => app.stage.selection.copy(),
  "mod+x": () => (app.stage.selection.copy(), app.stage.selection.delete()),
  "mod+v": () => app.stage.selection.paste(),
  delete: () => app.stage.selection.delete(),
  backspace: () => app.stage.selection.delete(),
});

const NEED_SELECTION = new Set(["mod+c", "mod+x", "delete", "backspace"]);

const ON_SHEET = ["sheet_move", "sheet_pen", "sheet_drop", "sheet_choose", "sheet_change"];

export class Keys {
  constructor(dialog, app) {
    Object.assign(this, { dialog, app });
    this.acts = { ...Object.fromEntries(table(app).filter(([, , act]) => act).map(([, , act, key]) => [key, act])), ...ALSO(app) };
    document.addEventListener("keydown", (event) => this.#press(event));
    document.querySelector(".help").addEventListener("click", () => this.open());
  }

  #press(event) {
    if (event.defaultPrevented || event.target.closest?.(FIELDS) || document.querySelector("dialog[open]")) return;
    const mod = event.ctrlKey || event.metaKey;
    const key = `${mod ? "mod+" : ""}${event.altKey ? "alt+" : ""}${mod && event.shiftKey ? "shift+" : ""}${event.key.toLowerCase()}`;
    const act = this.acts[key];
    if (!act || (!mod && !event.altKey && event.key.length === 1 && localStorage.getItem(OFF))) return;
    if (NEED_SELECTION.has(key) && !(this.app.tool === "select" && this.app.stage.selection.any)) return;
    event.preventDefault();
    act();
  }

  open() {
    const rows = table(this.app).map(([keys, words]) => make("div", {}, make("dt", {}, ...keys.split("  ").map((one) => make("kbd", {}, one))), make("dd", {}, text(words))));
    const single = make("input", { type: "checkbox", checked: !localStorage.getItem(OFF) });
    single.addEventListener("change", () => (single.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "yes")));
    const close = make("button", { type: "button", className: "pill" }, text("close"));
    close.addEventListener("click", () => this.dialog.close());
    this.dialog.replaceChildren(
      make("h2", { id: "keys-title" }, text("help_title")),
      make("p", {}, text("help_start")),
      make("dl", { className: "keys-list" }, ...rows),
      make("h3", {}, text("on_sheet")),
      make("ul", { className: "keys-sheet" }, ...ON_SHEET.map((words) => make("li", {}, text(words)))),
      make("label", { className: "tick" }, single, make("span", {}, text("single_keys"))),
      make("div", { className: "answers" }, close),
    );
    this.dialog.showModal();
  }
}
