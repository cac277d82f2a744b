"use strict";
(() => {
  const NAMES = ["doodle", "variant", "method", "noise"];
  const form = document.querySelector(".filters");
  const main = document.querySelector("main");
  const count = document.querySelector(".count");
  const nothing = document.querySelector(".nothing");
  const reset = document.querySelector(".reset");
  const holdButton = document.querySelector(".hold");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const boxes = [...form.querySelectorAll("input")];
  const cells = [...main.querySelectorAll(".cell")];

  let held = calm.matches;
  let awake = null; // the one cell that moves while all others are held

  const chosen = (name) =>
    new Set(boxes.filter((box) => box.name === name && box.checked).map((box) => box.value));

  /* What is shown */

  function factsOf(cell) {
    return { ...cell.dataset, doodle: cell.closest(".doodle").dataset.doodle };
  }

  // A group in which nothing is chosen lets everything through.
  function show() {
    const wanted = Object.fromEntries(NAMES.map((name) => [name, chosen(name)]));
    for (const cell of cells) {
      const facts = factsOf(cell);
      cell.hidden = !NAMES.every((name) => !wanted[name].size || wanted[name].has(facts[name]));
    }
    for (const block of main.querySelectorAll(".variant, .doodle")) {
      block.hidden = !block.querySelector(".cell:not([hidden])");
    }
    layOut(cells.filter((cell) => !cell.hidden));
    for (const button of form.querySelectorAll("[data-clears]")) {
      button.setAttribute("aria-pressed", String(!wanted[button.dataset.clears].size));
    }
  }

  // One column for each noise, so that rows are methods; with one noise left, one for each method.
  function layOut(visible) {
    const distinct = (name) => new Set(visible.map((cell) => cell.dataset[name])).size;
    const columns = distinct("noise") > 1 ? distinct("noise") : Math.max(1, distinct("method"));
    main.style.setProperty("--columns", columns);
    main.style.setProperty("--columns-narrow", Math.min(columns, 2));
    const total = Number(count.dataset.total);
    const number = document.createElement("b");
    number.textContent = visible.length;
    const rest = visible.length === total ? "" : ` of ${total}`;
    const word = document.createElement("span");
    word.className = "word";
    word.textContent = total === 1 ? " animation" : " animations";
    count.replaceChildren(number, rest, word);
    nothing.hidden = visible.length > 0;
    reset.hidden = visible.length === total;
  }

  /* Hold: a key drawing stands in for the moving picture */

  function still(cell, isStill) {
    cell.classList.toggle("still", isStill);
    cell.querySelector("source").media = isStill ? "all" : "not all";
  }

  function hold(isHeld) {
    held = isHeld;
    awake = null;
    cells.forEach((cell) => still(cell, held));
    holdButton.textContent = held ? "Play" : "Hold";
    holdButton.classList.toggle("held", held);
  }

  // While all is held, the drawing under the pointer or the focus still plays.
  function wake(event) {
    const cell = event.target.closest(".cell");
    if (!held || cell === awake) return;
    if (awake) still(awake, true);
    if (cell) still(cell, false);
    awake = cell;
  }

  /* The address keeps it all: only a fragment may change on a page opened from disk */

  function remember() {
    const state = new URLSearchParams();
    boxes.filter((box) => box.checked).forEach((box) => state.append(box.name, box.value));
    if (held !== calm.matches) state.set("hold", held ? "1" : "0");
    history.replaceState(null, "", `#${state}`);
  }

  function recall() {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const box of boxes) box.checked = state.getAll(box.name).includes(box.value);
    hold(state.has("hold") ? state.get("hold") === "1" : calm.matches);
    show();
  }

  function clear(name) {
    boxes.filter((box) => !name || box.name === name).forEach((box) => (box.checked = false));
    show();
    remember();
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => {
    show();
    remember();
  });
  form.addEventListener("click", (event) => {
    const name = event.target.dataset.clears;
    if (name) clear(name);
  });
  reset.addEventListener("click", () => {
    clear();
    holdButton.focus(); // the button that had the focus has just gone
  });
  holdButton.addEventListener("click", () => {
    hold(!held);
    remember();
  });
  main.addEventListener("pointerover", wake);
  main.addEventListener("focusin", wake);
  calm.addEventListener("change", () => {
    hold(calm.matches);
    remember();
  });
  window.addEventListener("hashchange", () => {
    // A link to a place on this page has moved the reader; the filters stay as they are.
    if (document.getElementById(location.hash.slice(1))) remember();
    else recall();
  });
  // The way back to the filters is offered once they are out of sight.
  const toFilters = document.querySelector(".to-filters");
  new IntersectionObserver(([seen]) => (toFilters.hidden = seen.isIntersecting)).observe(form);
  recall();
})();
