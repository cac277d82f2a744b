/* The look: how the drawing moves and what it looks like. */

import { parsed, written } from "./colours.js";
import { withLook } from "./drawing.js";
import { make, text } from "./texts.js";

const SPEEDS = [100, 80, 60, 50, 40, 30, 20]; // ms for which a frame is shown
const SIZES = [64, 128, 256, 512, 1024];
const SHEETS = [64, 128, 256, 512];

export class Settings {
  constructor(root, app) {
    Object.assign(this, { root, app });
    this.fields = Object.fromEntries([...root.querySelectorAll("[name]")].map((field) => [field.name, field]));
    const { frame_ms: speed, size, sheet } = this.fields;
    this.#offer(speed, SPEEDS, (ms) => text("frames_a_second", { count: Math.round(1000 / ms) }));
    this.#offer(size, SIZES, (side) => text("pixels", { side }));
    this.#offer(sheet, SHEETS, (side) => text("pixels", { side }));
    root.addEventListener("input", (event) => this.#changed(event.target));
    root.addEventListener("change", () => app.settle());
  }

  #offer(select, values, label) {
    select.offered = (value) => {
      if (![...select.options].some((option) => Number(option.value) === value)) select.append(make("option", { value }, label(value)));
    };
    values.forEach(select.offered);
  }

  #changed(field) {
    const { app } = this;
    const number = Number(field.value);
    if (field.name === "sheet") return app.resize(number);
    const change = ["ink", "paper", "transparent"].includes(field.name)
      ? { colours: this.#colours() }
      : { [field.name]: ["method", "easing", "play"].includes(field.name) ? field.value : number };
    app.change(withLook(app.drawing, change), `look ${field.name}`);
    return undefined;
  }

  #colours() {
    const { ink, paper, transparent } = this.fields;
    return written({ ink: ink.value, paper: transparent.checked ? null : paper.value });
  }

  render() {
    const { look, size } = this.app.drawing;
    const { ink, paper } = parsed(look.colours);
    const { fields } = this;
    fields.frame_ms.offered(look.frame_ms);
    fields.size.offered(look.size);
    fields.sheet.offered(size);
    const values = { ...look, ink, sheet: size };
    for (const [name, field] of Object.entries(fields)) {
      if (!(name in values)) continue;
      if (field.type === "range") field.max = Math.max(field.max, values[name]);
      if (String(field.value) !== String(values[name])) field.value = values[name];
    }
    fields.transparent.checked = !paper;
    fields.paper.disabled = !paper;
    if (paper) fields.paper.value = paper;
    for (const shown of this.root.querySelectorAll("[data-of]")) shown.textContent = this.root.elements[shown.dataset.of].value;
  }
}
