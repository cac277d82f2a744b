"use strict";
(() => {
  const FACETS = ["doodle", "variant", "method", "noise"];
  const MOST_COMPARED = 12;
  const LONGEST_STEP = 250; // ms: so a page that was in the background continues where it stopped
  const find = (selector) => document.querySelector(selector);
  const form = find(".filters");
  const main = find("main");
  const comparison = find(".comparison");
  const scrub = find(".scrub");
  const speed = find(".speed select");
  const holdButton = find(".hold");
  const pickedButton = find(".compare-picked");
  const shownButton = find(".compare-shown");
  const reset = find(".reset");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const boxes = [...form.querySelectorAll("input")];

  /* Every animation of the gallery. `card` is its place on the page, or null as long as its doodle has not come into
     view. Before, the page knows no more of it than filters and the clock need; then its card knows everything. */

  const animations = [...main.querySelectorAll(".card")].map((card) => ({ card, id: card.dataset.id, section: card.closest(".doodle"), hidden: false }));
  const later = JSON.parse(find("#later").textContent);
  const sections = new Map([...main.querySelectorAll(".doodle")].map((section) => [section.dataset.doodle, section]));
  for (const [doodle, rows] of later.doodles) {
    for (const [variant, method, noise, pace] of rows) {
      const names = [variant, method, noise].map((number, kind) => later.names[kind][number]);
      const [frames, frameMs, keys] = later.paces[pace];
      const facts = { variant: names[0], method: names[1], noise: names[2], frames, frameMs, keys };
      animations.push({ card: null, id: [doodle, ...names].join("/"), section: sections.get(doodle), hidden: false, facts });
    }
  }
  const byId = new Map(animations.map((one) => [one.id, one]));
  const factsOf = (one) => one.card?.dataset ?? one.facts;

  /* One clock for all. It counts the frames of the leader, the longest of the animations that are shown.
     Every other animation shows the frame that is due at the same time. */

  let frame = 0;
  let length = 1; // frames of the leader
  let frameMs = 1; // how long the leader shows a frame
  let keys = []; // frames of the leader that are keyframes
  let held = calm.matches;
  let last = 0; // when the clock was last read
  let due = 0; // ms since the leader's frame began

  function tick(now) {
    const passed = Math.min(now - last, LONGEST_STEP);
    last = now;
    if (!held) {
      due += passed * Number(speed.value);
      const steps = Math.floor(due / frameMs);
      due -= steps * frameMs;
      if (steps) seek(frame + steps);
      else players.forEach(draw); // some may be faster than the leader
    }
    requestAnimationFrame(tick);
  }

  function seek(number) {
    frame = ((number % length) + length) % length;
    scrub.value = frame;
    const key = keys.indexOf(frame) + 1;
    scrub.setAttribute("aria-valuetext", `${frame + 1} of ${length}${key ? `, keyframe ${key}` : ""}`);
    find(".frame").textContent = `${frame + 1} / ${length}`;
    players.forEach(draw);
  }

  function hold(isHeld) {
    held = isHeld;
    due = 0;
    holdButton.textContent = held ? "Play" : "Pause";
    holdButton.classList.toggle("held", held);
  }

  // The track shows the marks of the leader. Shorter animations start again earlier.
  function measure() {
    const playing = comparing() ? [...comparison.querySelectorAll(".card")].map((card) => card.dataset) : shown().map(factsOf);
    const leader = playing.reduce((most, facts) => (duration(facts) > duration(most) ? facts : most), playing[0]);
    const now = time();
    length = leader ? frames(leader) : 1;
    frameMs = leader ? pace(leader) : 1;
    keys = leader ? leader.keys.split(",").map(Number) : [];
    scrub.max = Math.max(1, length - 1);
    drawChart();
    const passed = Math.floor(now / frameMs);
    due = held ? 0 : now - passed * frameMs;
    seek(passed);
  }

  const frames = (facts) => Number(facts.frames);
  const pace = (facts) => Number(facts.frameMs);
  const duration = (facts) => frames(facts) * pace(facts);
  const time = () => frame * frameMs + due; // ms since the leader began
  const frameOf = (facts) => Math.floor(time() / pace(facts)) % frames(facts);

  // A timing chart, as animators draw it: rings for keys, ticks for the drawings in between.
  function drawChart() {
    const at = (number) => `${(100 * number) / Math.max(1, length - 1)}%`;
    const ticks = Array.from({ length }, (_, number) => number).filter((number) => number % 5 === 0);
    find(".chart").replaceChildren(
      ...ticks.map((number) => shape("line", { x1: at(number), x2: at(number), y1: "38%", y2: "62%" })),
      ...keys.map((number) => shape("circle", { cx: at(number), cy: "50%", r: 9 })),
      ...keys.map((number, index) => shape("text", { x: at(number), y: "50%", dy: "0.36em" }, index + 1)),
    );
  }

  function shape(name, attributes, text = "") {
    const element = document.createElementNS(find(".chart").namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  }

  /* Players: a card in view has its sprite in memory, a card out of view has nothing */

  const players = new Map(); // card → what draws it
  let ink = "";

  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) isIntersecting ? load(target) : release(target);
  }, { rootMargin: "20% 0px" });

  async function load(card) {
    if (players.has(card)) return;
    const player = {
      context: card.querySelector("canvas").getContext("2d"),
      columns: Number(card.dataset.columns),
      points: pairs(card.querySelector(".trail")?.getAttribute("d") ?? ""),
      here: card.querySelector(".here"),
      sprite: null,
    };
    players.set(card, player);
    draw(player, card);
    const image = new Image();
    image.src = card.dataset.sprite;
    try {
      await image.decode();
      const sprite = await createImageBitmap(image); // stays decoded; an image might not
      if (players.get(card) !== player) return sprite.close();
      player.sprite = sprite;
      draw(player, card);
    } catch {
      card.classList.add("missing");
    }
  }

  function release(card) {
    players.get(card)?.sprite?.close();
    players.delete(card);
    delete card.dataset.frame;
  }

  function pairs(path) {
    const numbers = (path.match(/-?\d+/g) ?? []).map(Number);
    return Array.from({ length: numbers.length / 2 }, (_, index) => numbers.slice(2 * index, 2 * index + 2));
  }

  function draw(player, card) {
    const { context, sprite, columns, points, here } = player;
    const number = frameOf(card.dataset);
    if (card.dataset.frame === String(number)) return; // it is already shown
    here?.setAttribute("transform", `translate(${points[number].join(" ")})`);
    if (!sprite) return;
    const side = context.canvas.width;
    context.globalCompositeOperation = "copy";
    context.drawImage(sprite, (number % columns) * side, Math.floor(number / columns) * side, side, side, 0, 0, side, side);
    context.globalCompositeOperation = "source-in"; // the sprite gives the opacity, the page the colour
    context.fillStyle = ink;
    context.fillRect(0, 0, side, side);
    card.dataset.frame = number;
  }

  function takeColours() {
    ink = getComputedStyle(document.body).color;
    for (const [card, player] of players) {
      delete card.dataset.frame; // so that it is drawn again
      draw(player, card);
    }
  }

  /* What is shown */

  const shown = () => animations.filter((one) => !one.hidden);
  const chosen = (name) =>
    new Set(boxes.filter((box) => box.name === name && box.checked).map((box) => box.value));

  // A group of filters in which nothing is chosen lets everything through.
  function show() {
    const wanted = Object.fromEntries(FACETS.map((name) => [name, chosen(name)]));
    const lets = (name, value) => !wanted[name].size || wanted[name].has(value);
    for (const one of animations) {
      const facts = factsOf(one);
      one.hidden = !(
        lets("doodle", one.section.dataset.doodle) &&
        lets("variant", facts.variant) && lets("method", facts.method) && lets("noise", facts.noise)
      );
      if (one.card) one.card.hidden = one.hidden;
    }
    layOut(shown());
    for (const button of form.querySelectorAll("[data-clears]")) {
      button.setAttribute("aria-pressed", String(!wanted[button.dataset.clears].size));
    }
    measure();
  }

  // A doodle has a column for each noise, so that rows are methods. If one noise is left, it has one for each method.
  function layOut(visible) {
    const bySection = new Map([...sections.values()].map((section) => [section, []]));
    for (const one of visible) bySection.get(one.section).push(one);
    for (const [section, own] of bySection) {
      section.hidden = !own.length;
      const distinct = (name) => new Set(own.map((one) => factsOf(one)[name])).size;
      const columns = distinct("noise") > 1 ? distinct("noise") : distinct("method");
      section.style.setProperty("--columns", columns);
      section.style.setProperty("--columns-narrow", Math.min(columns, 2));
      hideVariants(section);
    }
    reserve(bySection);
    const count = find(".count");
    const total = Number(count.dataset.total);
    const number = document.createElement("b");
    number.textContent = visible.length;
    const rest = visible.length === total ? "" : ` of ${total}`;
    count.replaceChildren(number, `${rest} ${total === 1 ? "animation" : "animations"}`);
    find(".nothing").hidden = visible.length > 0;
    reset.hidden = visible.length === total;
    shownButton.hidden = visible.length < 2 || visible.length > MOST_COMPARED;
    shownButton.textContent = `Compare these ${visible.length}`;
  }

  function hideVariants(section) {
    for (const block of section.querySelectorAll(".variant")) block.hidden = !block.querySelector(".card:not([hidden])");
  }

  /* Doodles that are shown later. Their scripts call showDoodle, because a page that is opened from disk may load
     scripts, but no other files. */

  const arriving = new Map(); // section → a promise that it is on the page
  let heightOfOne = 100; // px of an animation, on average
  const approach = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) fetchDoodle(target);
  }, { rootMargin: "100% 0px" });

  // Return a promise that the doodle is on the page, or cannot be.
  function fetchDoodle(section) {
    if (!arriving.has(section)) {
      const script = document.createElement("script");
      script.src = section.dataset.content;
      script.onerror = () => section.classList.add("missing");
      arriving.set(section, new Promise((resolve) => {
        script.addEventListener("load", resolve);
        script.addEventListener("error", resolve);
      }));
      document.head.append(script);
      approach.unobserve(section);
    }
    return arriving.get(section);
  }

  window.showDoodle = (name, content) => {
    const section = sections.get(name);
    section.innerHTML = content;
    section.style.minHeight = "";
    section.classList.remove("later");
    document.body.prepend(section.querySelector(".inks")); // also seen where the gallery is hidden
    for (const card of section.querySelectorAll(".card")) {
      const one = byId.get(card.dataset.id);
      one.card = card;
      card.hidden = one.hidden;
      boxOf(card).checked = picks.has(one.id);
      sight.observe(card);
    }
    hideVariants(section);
  };

  // Keep as much room for doodles that are shown later as those on the page need for as many animations.
  function reserve(bySection) {
    const built = [...bySection].find(([section, own]) => own.length && !section.classList.contains("later"));
    if (built && built[0].offsetHeight) heightOfOne = built[0].offsetHeight / built[1].length;
    for (const [section, own] of bySection) {
      if (section.classList.contains("later")) section.style.minHeight = `${heightOfOne * own.length}px`;
    }
  }
  function clear(name) {
    boxes.filter((box) => !name || box.name === name).forEach((box) => (box.checked = false));
    show();
    remember();
  }

  /* Compare: the picked cards, larger, in place of the gallery */

  const boxOf = (card) => card.querySelector(".pick input");
  const picks = new Set(); // ids
  const picked = () => animations.filter((one) => picks.has(one.id));
  const comparing = () => !comparison.hidden;
  let opener = null; // the element that had the focus before
  let place = 0; // how far the page was scrolled before

  function pick(ids) {
    picks.clear();
    for (const id of ids) if (byId.has(id)) picks.add(id);
    for (const { id, card } of animations) if (card) boxOf(card).checked = picks.has(id);
    showPicks();
  }

  function showPicks() {
    const count = picked().length;
    pickedButton.hidden = count < 2 || comparing();
    pickedButton.textContent = `Compare ${count}`;
    find(".unpick").hidden = count === 0 || comparing();
    find(".unpick").textContent = count === 1 ? "1 picked · Clear" : "Clear";
  }

  function compare() {
    opener = document.activeElement;
    place = window.scrollY;
    const missing = picked().filter((one) => !one.card);
    if (missing.length) Promise.all(missing.map((one) => fetchDoodle(one.section))).then(() => comparing() && hangPicked());
    hangPicked();
    comparison.hidden = false;
    document.body.classList.add("comparing");
    window.scrollTo(0, 0);
    showPicks();
    measure();
    find("#comparison-title").focus({ preventScroll: true });
  }

  function hangPicked() {
    hang(picked().filter((one) => one.card).map((one) => one.card.cloneNode(true)));
    if (comparing()) measure();
  }

  function hang(copies) {
    const list = comparison.querySelector(".cards");
    for (const copy of list.children) {
      sight.unobserve(copy);
      release(copy);
    }
    list.replaceChildren(...copies);
    list.style.setProperty("--count", copies.length);
    for (const copy of copies) {
      copy.hidden = false;
      delete copy.dataset.frame; // nothing is drawn on its canvas yet
      boxOf(copy).checked = true;
      sight.observe(copy);
    }
  }

  function leave() {
    comparison.hidden = true;
    document.body.classList.remove("comparing");
    hang([]);
    showPicks();
    measure();
    window.scrollTo({ top: place, behavior: "instant" });
    const back = opener?.isConnected && opener.checkVisibility() && opener !== document.body ? opener : main;
    back.focus({ preventScroll: true });
  }

  function drop(copy) {
    picks.delete(copy.dataset.id);
    boxOf(byId.get(copy.dataset.id).card).checked = false;
    const next = copy.nextElementSibling ?? copy.previousElementSibling;
    sight.unobserve(copy);
    release(copy);
    copy.remove();
    if (!next) return leave();
    comparison.querySelector(".cards").style.setProperty("--count", comparison.querySelectorAll(".card").length);
    boxOf(next).focus();
    return measure();
  }

  /* The fragment of the address keeps the state of the page: nothing else may change on a page opened from disk */

  function address() {
    const state = new URLSearchParams();
    boxes.filter((box) => box.checked).forEach((box) => state.append(box.name, box.value));
    picked().forEach((one) => state.append("pick", one.id));
    if (comparing()) state.set("view", "compare");
    if (speed.value !== "1") state.set("speed", speed.value);
    if (held) state.set("frame", frame);
    else if (calm.matches) state.set("play", "1");
    return `#${state}`;
  }

  let waiting = 0;
  // Wait, because browsers refuse to change the address too often, as would happen while the slider is dragged.
  function remember() {
    clearTimeout(waiting);
    waiting = setTimeout(() => history.replaceState(null, "", address()), 200);
  }

  function enter() {
    history.replaceState(null, "", address());
    compare();
    history.pushState(null, "", address()); // so that the browser's back button leaves the comparison
  }

  function exit() {
    leave();
    remember();
  }

  function recall() {
    clearTimeout(waiting);
    const state = new URLSearchParams(location.hash.slice(1));
    for (const box of boxes) box.checked = state.getAll(box.name).includes(box.value);
    speed.value = [...speed.options].some((option) => option.value === state.get("speed")) ? state.get("speed") : "1";
    hold(state.has("frame") || (calm.matches && !state.has("play")));
    pick(new Set(state.getAll("pick")));
    if (comparing()) leave();
    show();
    if (state.get("view") === "compare" && picked().length) compare();
    if (state.has("frame")) seek(Math.min(Number(state.get("frame")) || 0, length - 1));
    else if (held) seek(keys[Math.floor(keys.length / 2)] ?? 0); // a doodle's first drawing is often just a dot
  }

  /* Events */

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
    boxes[0]?.focus(); // the button that had the focus is hidden now
  });

  holdButton.addEventListener("click", () => {
    hold(!held);
    remember();
  });
  scrub.addEventListener("input", () => {
    hold(true);
    seek(Number(scrub.value));
    remember();
  });
  for (const [selector, step] of [[".back", -1], [".forward", 1]]) {
    find(selector).addEventListener("click", () => {
      hold(true);
      seek(frame + step);
      remember();
    });
  }
  speed.addEventListener("change", remember);

  main.addEventListener("change", (event) => {
    if (!event.target.closest(".pick")) return;
    const { id } = event.target.closest(".card").dataset;
    event.target.checked ? picks.add(id) : picks.delete(id);
    showPicks();
    remember();
  });
  comparison.addEventListener("change", (event) => {
    drop(event.target.closest(".card"));
    remember();
  });
  pickedButton.addEventListener("click", enter);
  shownButton.addEventListener("click", () => {
    pick(new Set(shown().map((one) => one.id)));
    enter();
  });
  find(".unpick").addEventListener("click", () => {
    pick(new Set());
    remember();
    holdButton.focus();
  });
  find(".leave").addEventListener("click", exit);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && comparing()) exit();
  });

  calm.addEventListener("change", () => {
    hold(calm.matches);
    remember();
  });
  dark.addEventListener("change", takeColours);
  window.addEventListener("hashchange", () => {
    // A link to a place on this page was followed; what is shown stays as it is.
    if (document.getElementById(location.hash.slice(1))) remember();
    else recall();
  });
  // Offer a link back to the filters once they are out of sight.
  new IntersectionObserver(([seen]) => (find(".to-filters").hidden = seen.isIntersecting || comparing())).observe(form);

  takeColours();
  recall();
  for (const player of document.querySelectorAll(".playing, main .card")) sight.observe(player);
  for (const section of main.querySelectorAll(".later")) approach.observe(section);
  requestAnimationFrame(tick);
})();
