/* All texts of the page, from texts.json. */

let texts = {};

export async function loadTexts() {
  texts = await (await fetch(new URL("texts.json", import.meta.url))).json();
}

/* The text of this name, with {values} put in. "one | many" is chosen by `count`. */
export function text(name, values = {}) {
  const [one, many = one] = (texts[name] ?? name).split(" | ");
  return (values.count === 1 ? one : many).replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

/* Fill in the texts of elements: data-text is their content, data-label their accessible name and tooltip. */
export function fill(root) {
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
  for (const element of root.querySelectorAll("[data-label]")) name(element, text(element.dataset.label));
}

export function name(element, label) {
  element.setAttribute("aria-label", label);
  const keys = element.getAttribute("aria-keyshortcuts");
  if (element.matches("button, label")) element.title = keys ? `${label} (${keys.split(" ")[0].replaceAll("+", " ")})` : label;
}

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key in element && key !== "list") element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}
