/* Saving: to the project file by the server, and into the browser, so that neither's end loses work. */

import { Gone, Refused, asJson } from "./server.js";
import { digest, rest, written, writtenKeyframe } from "./written.js";

const EVERY = 300; // ms between savings
const PATIENCE = [500, 1000, 2000, 3000]; // ms before another try to reach the server

/* --- the browser's copy, in IndexedDB: each keyframe by itself, so that only what has changed is written --- */

function inStore(mode, use) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("inkbridge-studio", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("drawings");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction("drawings", mode, { durability: "relaxed" });
      const request = use(transaction.objectStore("drawings"));
      transaction.oncomplete = () => (database.close(), resolve(request?.result));
      transaction.onabort = () => (database.close(), reject(transaction.error));
    };
  });
}

/* The browser's copy of the drawing in one file. */
class Copy {
  #written = new Map(); // id → the keyframe that was last written

  constructor(place) {
    this.place = place;
  }

  #key(id) {
    return `${this.place}/${id}`;
  }

  /* Return the drawing that the browser has, and the digest of the saved one that it comes from; null if all is saved. */
  async read() {
    try {
      const head = await inStore("readonly", (store) => store.get(this.place));
      if (!head?.unsaved) return null;
      const { rest: others, ids, on } = head;
      const texts = await Promise.all(ids.map((id) => inStore("readonly", (store) => store.get(this.#key(id)))));
      return { drawing: { ...JSON.parse(others), keyframes: texts.map((text) => JSON.parse(text)) }, on };
    } catch {
      return null;
    }
  }

  /* Never fails: without a database, as in some private windows, the project file is all there is. */
  async write(drawing, on, unsaved) {
    try {
      const ids = drawing.keyframes.map((keyframe) => keyframe.id);
      const gone = [...this.#written.keys()].filter((id) => !ids.includes(id));
      const changed = drawing.keyframes.filter((keyframe) => this.#written.get(keyframe.id) !== keyframe);
      await inStore("readwrite", (store) => {
        changed.forEach((keyframe) => store.put(writtenKeyframe(keyframe), this.#key(keyframe.id)));
        gone.forEach((id) => store.delete(this.#key(id)));
        store.put({ rest: rest(drawing), ids, on, unsaved }, this.place);
      });
      gone.forEach((id) => this.#written.delete(id));
      changed.forEach((keyframe) => this.#written.set(keyframe.id, keyframe));
    } catch {}
  }
}

export const same = (one, other) => one === other || digest(one) === digest(other);

/* Keeps the project file and the browser's copy up to date with `current()`. Calls `told(state)` with "saved", "saving",
   "gone", "moved", "conflict" or "refused", and what it is about. */
export class Saver {
  constructor({ current, told, adopt }) {
    Object.assign(this, { current, told, adopt, base: null, saved: null, timer: null, busy: false, tries: 0, theirs: null });
    addEventListener("pagehide", () => this.#last());
    document.addEventListener("visibilitychange", () => document.hidden && this.#last());
  }

  /* Read the drawing. Return it, and whether work was found in the browser that the file does not have. */
  async open() {
    const { drawing, revision, place } = await asJson("drawing");
    [this.base, this.saved, this.place] = [revision, drawing, place];
    this.copy = new Copy(place);
    const copy = await this.copy.read();
    if (!copy || same(copy.drawing, drawing)) return { drawing, place };
    if (copy.on === digest(drawing)) return { drawing: copy.drawing, place, restored: true };
    return { drawing, place, other: copy.drawing };
  }

  get unsaved() {
    return this.current() !== this.saved;
  }

  /* Something changed: save soon. */
  soon(after = EVERY) {
    if (this.timer || this.theirs) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.now();
    }, after);
  }

  async now() {
    if (this.busy || this.theirs) return;
    const drawing = this.current();
    if (drawing === this.saved) return;
    this.busy = true;
    this.told("saving");
    await this.copy.write(drawing, digest(this.saved), true);
    try {
      this.base = await this.#send(drawing);
      this.saved = drawing;
      this.tries = 0;
      await this.copy.write(drawing, "", false);
      this.busy = false;
      if (this.unsaved) this.soon();
      else this.told("saved");
    } catch (error) {
      this.busy = false;
      await this.#failed(error);
    }
  }

  async #send(drawing, options = {}) {
    const one = this.#onlyChange(drawing);
    const base = this.base;
    const answer = one
      ? await asJson(`keyframes/${encodeURIComponent(one.id)}`, { method: "PATCH", text: `{"base":${base},"keyframe":${writtenKeyframe(one)}}`, ...options })
      : await asJson("drawing", { method: "PUT", text: `{"base":${base},"drawing":${written(drawing)}}`, ...options });
    return answer.revision;
  }

  /* The one keyframe in which the drawing differs from the saved one, or nothing if more differs. */
  #onlyChange(drawing) {
    const { saved } = this;
    if (rest(drawing) !== rest(saved) || drawing.keyframes.length !== saved.keyframes.length) return null;
    if (drawing.keyframes.some((keyframe, number) => keyframe.id !== saved.keyframes[number].id)) return null;
    const changed = drawing.keyframes.filter((keyframe, number) => keyframe !== saved.keyframes[number]);
    return changed.length === 1 ? changed[0] : null;
  }

  async #failed(error) {
    const moved = error.status === 404; // the server has started again, with another address
    if (moved || error instanceof Gone || error.status >= 500) {
      this.told(moved ? "moved" : "gone");
      return this.soon(PATIENCE[Math.min(this.tries++, PATIENCE.length - 1)]);
    }
    if (error instanceof Refused && error.status === 409) return this.#conflict();
    this.told("refused", error.message);
    return undefined;
  }

  /* Another tab saved, or the server started again. In the latter case its drawing is the one that we saved. */
  async #conflict() {
    try {
      const { drawing, revision } = await asJson("drawing");
      this.base = revision;
      if (same(drawing, this.saved)) return this.soon(0);
      if (same(drawing, this.current())) {
        this.saved = this.current();
        return this.told("saved");
      }
      this.theirs = drawing;
      return this.told("conflict");
    } catch (error) {
      return this.#failed(error);
    }
  }

  /* After a conflict: keep this tab's drawing, or take the other one. */
  resolve(mine) {
    const theirs = this.theirs;
    this.theirs = null;
    this.saved = theirs;
    if (!mine) this.adopt(theirs);
    this.told("saved");
    this.soon(0);
  }

  /* The server says that the file has another revision. */
  async noticed(revision) {
    if (revision === this.base || this.busy || this.theirs) return;
    try {
      const found = await asJson("drawing");
      if (this.busy || found.revision === this.base) return;
      if (same(found.drawing, this.saved)) {
        this.base = found.revision;
        return;
      }
      if (this.unsaved) return void (await this.#conflict());
      [this.base, this.saved] = [found.revision, found.drawing];
      this.adopt(found.drawing);
    } catch {} // the next saving tells
  }

  /* The server cannot be reached: even if there is nothing to save, say so. */
  lost() {
    if (this.theirs) return;
    this.soon(PATIENCE[0]);
    if (!this.unsaved && !this.busy) this.told("gone");
  }

  /* The server can be reached again. */
  back() {
    if (this.theirs || this.base === null) return;
    clearTimeout(this.timer);
    this.timer = null;
    if (this.unsaved) this.now();
    else this.told("saved");
  }

  /* The page may be closed: save what is not saved yet, without waiting. */
  #last() {
    const drawing = this.current();
    if (this.base === null || drawing === this.saved || this.theirs) return;
    this.copy.write(drawing, digest(this.saved), true);
    if (!this.busy) this.#send(drawing, { keepalive: true }).then((revision) => ([this.base, this.saved] = [revision, drawing]), () => null);
  }
}
