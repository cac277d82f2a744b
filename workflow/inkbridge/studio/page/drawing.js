/* The drawing: the content of the project file, its changes, and undo. Values are never changed in place: a change
   makes new ones, and shares what stays. So an undone drawing is simply an earlier value. */

export const MOST_KEYFRAMES = 64;

export const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export const blank = () => ({ id: newId(), strokes: [], picture: null });

export const isBlank = (keyframe) => !keyframe.strokes.length && !keyframe.picture;

export class History {
  #past = [];
  #future = [];
  #merging = null;
  #listeners = [];

  constructor(drawing) {
    this.now = drawing;
  }

  onChange(listener) {
    this.#listeners.push(listener);
  }

  /* Change the drawing. Changes in a row of the same kind, as of one slider, are undone together. */
  change(next, kind = null) {
    if (next === this.now) return;
    if (!kind || kind !== this.#merging) this.#past.push(this.now);
    this.#merging = kind;
    this.#future = [];
    this.#set(next);
  }

  /* The next change is undone by itself. */
  settle() {
    this.#merging = null;
  }

  /* Show another drawing that came from elsewhere; it can be undone as well. */
  replace(next) {
    this.change(next);
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  undo() {
    if (this.canUndo) this.#step(this.#past, this.#future);
  }

  redo() {
    if (this.canRedo) this.#step(this.#future, this.#past);
  }

  #step(from, to) {
    to.push(this.now);
    this.#merging = null;
    this.#set(from.pop());
  }

  #set(next) {
    const before = this.now;
    this.now = next;
    this.#listeners.forEach((listener) => listener(next, before));
  }
}

/* Changes: each takes a drawing and returns another one. */

export const indexOf = (drawing, id) => drawing.keyframes.findIndex((keyframe) => keyframe.id === id);

export const keyframeOf = (drawing, id) => drawing.keyframes[indexOf(drawing, id)];

export function withStrokes(drawing, id, strokes) {
  const keyframes = drawing.keyframes.map((one) => (one.id === id ? { ...one, strokes } : one));
  return { ...drawing, keyframes };
}

export const withStroke = (drawing, id, stroke) => withStrokes(drawing, id, [...keyframeOf(drawing, id).strokes, stroke]);

export function withKeyframes(drawing, at, added) {
  return pruned({ ...drawing, keyframes: drawing.keyframes.toSpliced(at, 0, ...added) });
}

export function copyOf(keyframe) {
  return { ...keyframe, id: newId(), strokes: keyframe.strokes.map((stroke) => ({ ...stroke, id: newId() })) };
}

export function without(drawing, id) {
  return pruned({ ...drawing, keyframes: drawing.keyframes.filter((keyframe) => keyframe.id !== id) });
}

export function moved(drawing, id, to) {
  const keyframe = keyframeOf(drawing, id);
  const others = drawing.keyframes.filter((one) => one !== keyframe);
  const at = Math.min(others.length, Math.max(0, to));
  return pruned({ ...drawing, keyframes: others.toSpliced(at, 0, keyframe) });
}

export const withLook = (drawing, changes) => ({ ...drawing, look: { ...drawing.look, ...changes } });

export const withMark = (drawing, mark) => ({ ...drawing, marks: [...drawing.marks, mark] });

export const withoutMark = (drawing, mark) => ({ ...drawing, marks: drawing.marks.filter((one) => one !== mark) });

/* Marks hold between neighbours only; those of keyframes that are neighbours no more go. */
function pruned(drawing) {
  const ids = drawing.keyframes.map((keyframe) => keyframe.id);
  const next = new Map(ids.map((id, number) => [id, ids[(number + 1) % ids.length]]));
  const marks = drawing.marks.filter((mark) => next.get(mark.from) === mark.to);
  return { ...drawing, marks: marks.length === drawing.marks.length ? drawing.marks : marks };
}
