/* Drawings as text. Strokes and keyframes never change, so each is written once: saving a drawing costs what is new. */

const known = new WeakMap(); // stroke or keyframe → its JSON

function once(part, write) {
  if (!known.has(part)) known.set(part, write(part));
  return known.get(part);
}

const writtenStroke = (stroke) => once(stroke, ({ id, tool, width, points }) => JSON.stringify({ id, tool, width, points }));

export const writtenKeyframe = (keyframe) =>
  once(keyframe, ({ id, strokes, picture }) => `{"id":${JSON.stringify(id)},"strokes":[${strokes.map(writtenStroke)}],"picture":${JSON.stringify(picture ?? null)}}`);

/* All but the keyframes, with sorted keys. */
export function rest({ keyframes: _, ...others }) {
  return JSON.stringify(others, (key, value) => (isPlain(value) ? Object.fromEntries(Object.entries(value).sort()) : value));
}

const isPlain = (value) => value && typeof value === "object" && !Array.isArray(value);

export const written = (drawing) => `${rest(drawing).slice(0, -1)},"keyframes":[${drawing.keyframes.map(writtenKeyframe)}]}`;

const digests = new WeakMap(); // keyframe → digest of its JSON

/* A short text that stands for a drawing: the same for the same content. */
export function digest(drawing) {
  const parts = drawing.keyframes.map((keyframe) => {
    if (!digests.has(keyframe)) digests.set(keyframe, hash(writtenKeyframe(keyframe)));
    return digests.get(keyframe);
  });
  return hash([rest(drawing), ...parts].join());
}

/* Two 32-bit hashes of a text (FNV-1a, with different primes): to notice changes, not to keep secrets. */
function hash(text) {
  let [one, other] = [0x811c9dc5, 0x1234567];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 0x01000193);
    other = Math.imul(other ^ code, 0x5bd1e995);
  }
  return (one >>> 0).toString(36) + (other >>> 0).toString(36);
}
