/* Strokes → ink on a canvas, as the server paints them: round pens whose width follows the pressure of the pen. */

const FINEST = 0.12; // pixels of the keyframe that a point may be off if it is left out
const STEP = 2.5; // pixels of the keyframe between points of a curve
const STEPS = [8, 32, 128, 512]; // multiples of strokes at which pictures of a keyframe are kept

/* The width at a point of this pressure. The server's painter has the same formula. */
export const widthAt = (width, pressure) => width * (0.5 + pressure);

export const STEADY = 0.5; // the pressure of a mouse, at which a stroke is as wide as was chosen

/* A pen that follows the pointer: it smooths, and makes curves of the few points that a fast pointer leaves. */
export class Pen {
  constructor(smoothing) {
    this.pull = 1 - Math.min(0.85, Math.max(0, smoothing));
    this.points = []; // what is certain
    this.tail = []; // from there to the pointer
    this.raw = []; // the last three smoothed places
    this.aim = null;
  }

  to(x, y, pressure) {
    this.aim = [x, y, pressure];
    const last = this.raw.at(-1);
    if (!last) return this.#add(this.aim);
    const next = last.map((value, axis) => value + this.pull * (this.aim[axis] - value));
    if (Math.hypot(next[0] - last[0], next[1] - last[1]) < 0.2) return undefined;
    return this.#add(next);
  }

  #add(point) {
    this.raw.push(point);
    if (this.raw.length > 3) this.raw.shift();
    if (this.raw.length === 1) this.points.push(point);
    if (this.raw.length === 3) {
      const [a, b, c] = this.raw;
      const start = this.points.length === 1 ? this.points[0] : middle(a, b);
      this.points.push(...curve(start, b, middle(b, c)));
    }
    this.tail = this.raw.length > 1 ? [this.raw.at(-1)] : [];
    return undefined;
  }

  /* All points so far, up to the pointer itself. */
  all() {
    const ends = this.aim && this.raw.length && apart(this.raw.at(-1), this.aim) > 0.2 ? [this.aim] : [];
    return [...this.points, ...this.tail, ...ends];
  }
}

const middle = (a, b) => a.map((value, axis) => (value + b[axis]) / 2);
const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);

/* Points of the quadratic Bézier curve from `a` to `c`, without `a`. */
function curve(a, b, c) {
  const count = Math.max(1, Math.ceil((apart(a, b) + apart(b, c)) / STEP));
  return Array.from({ length: count }, (_, number) => {
    const t = (number + 1) / count;
    return a.map((value, axis) => (1 - t) ** 2 * value + 2 * t * (1 - t) * b[axis] + t * t * c[axis]);
  });
}

/* The same line with fewer points (Douglas and Peucker), rounded to what can be seen. */
export function simplified(points) {
  const kept = new Set([0, points.length - 1]);
  const open = [[0, points.length - 1]];
  while (open.length) {
    const [first, last] = open.pop();
    let worst = FINEST, at = -1;
    for (let number = first + 1; number < last; number++) {
      const off = offLine(points[number], points[first], points[last]);
      if (off > worst) [worst, at] = [off, number];
    }
    if (at < 0) continue;
    kept.add(at);
    open.push([first, at], [at, last]);
  }
  return points.filter((_, number) => kept.has(number)).map(rounded);
}

export const rounded = ([x, y, pressure]) => [Math.round(x * 100) / 100, Math.round(y * 100) / 100, Math.round(pressure * 1000) / 1000];

function offLine(point, a, b) {
  const along = [b[0] - a[0], b[1] - a[1]];
  const length = along[0] ** 2 + along[1] ** 2;
  const t = length ? Math.min(1, Math.max(0, ((point[0] - a[0]) * along[0] + (point[1] - a[1]) * along[1]) / length)) : 0;
  const pressure = a[2] + t * (b[2] - a[2]);
  return Math.hypot(point[0] - a[0] - t * along[0], point[1] - a[1] - t * along[1]) + 4 * Math.abs(point[2] - pressure);
}

/* The outline of a stroke. Pieces turn the same way round, so that they make one shape, filled without seams. */
export function outline(width, points) {
  const path = new Path2D();
  if (points.length === 1) disc(path, points[0], widthAt(width, points[0][2]) / 2);
  for (let number = 1; number < points.length; number++) piece(path, width, points[number - 1], points[number]);
  return path;
}

function piece(path, width, a, b) {
  const ra = widthAt(width, a[2]) / 2, rb = widthAt(width, b[2]) / 2;
  const distance = apart(a, b);
  if (distance <= Math.abs(ra - rb) + 1e-6) return ra > rb ? disc(path, a, ra) : disc(path, b, rb);
  const direction = Math.atan2(b[1] - a[1], b[0] - a[0]);
  const lean = Math.acos((ra - rb) / distance);
  path.moveTo(a[0] + ra * Math.cos(direction + lean), a[1] + ra * Math.sin(direction + lean));
  path.arc(a[0], a[1], ra, direction + lean, direction - lean + 2 * Math.PI);
  path.arc(b[0], b[1], rb, direction - lean, direction + lean);
  path.closePath();
  return undefined;
}

function disc(path, [x, y], radius) {
  path.moveTo(x + radius, y);
  path.arc(x, y, radius, 0, 2 * Math.PI);
  path.closePath();
}

const shapes = new WeakMap(); // stroke → what paints it

function shapeOf(stroke) {
  if (shapes.has(stroke)) return shapes.get(stroke);
  const { points } = stroke;
  const even = points.length > 1 && points.every((point) => point[2] === points[0][2]);
  const shape = { path: even ? polyline(points) : outline(stroke.width, points), line: even ? widthAt(stroke.width, points[0][2]) : 0 };
  shapes.set(stroke, shape);
  return shape;
}

function polyline(points) {
  const path = new Path2D();
  points.forEach(([x, y], number) => (number ? path.lineTo(x, y) : path.moveTo(x, y)));
  return path;
}

export function paintStroke(context, stroke, colour) {
  const { path, line } = shapeOf(stroke);
  context.globalCompositeOperation = stroke.tool === "eraser" ? "destination-out" : "source-over";
  context.fillStyle = context.strokeStyle = colour;
  context.lineCap = context.lineJoin = "round";
  if (line) {
    context.lineWidth = line;
    context.stroke(path);
  } else context.fill(path);
  context.globalCompositeOperation = "source-over";
}

/* Pictures of keyframes at one size. What was painted is not painted again: a further stroke goes onto the picture that
   is there. Some pictures with fewer strokes are kept as well, so that undo has little to paint. */
export class Painter {
  #kept = []; // {strokes, picture, canvas, stays}, the last used last
  constructor(side, size, most = 16) {
    Object.assign(this, { side, size, most });
  }

  /* Return a canvas with the ink of a keyframe, black on nothing, until the next call. `steps`: whether it is drawn on,
     so that pictures with fewer strokes will be needed. */
  canvasOf({ strokes, picture }, steps = false) {
    const start = this.#start(strokes, picture);
    if (start?.strokes.length === strokes.length) return this.#keep(start);
    let canvas = start && !start.stays ? this.#drop(start) : this.#copy(start?.canvas);
    if (!start && picture) drawPicture(canvas, picture, this.side);
    let done = start?.strokes.length ?? 0;
    const stops = steps ? STEPS.map((step) => Math.floor((strokes.length - 1) / step) * step) : [];
    for (const stop of [...new Set([...stops, strokes.length])].filter((one) => one > done).sort((a, b) => a - b)) {
      const context = canvas.getContext("2d");
      context.setTransform(this.side / this.size, 0, 0, this.side / this.size, 0, 0);
      for (const stroke of strokes.slice(done, stop)) paintStroke(context, stroke, "#000");
      done = stop;
      if (done === strokes.length) break;
      this.#keep({ strokes: strokes.slice(0, done), picture, canvas, stays: true });
      canvas = this.#copy(canvas);
    }
    return this.#keep({ strokes, picture, canvas, stays: false });
  }

  /* The kept picture with the most of these strokes and no others. */
  #start(strokes, picture) {
    const fits = (one) => one.picture === picture && one.strokes.length <= strokes.length && one.strokes.every((stroke, number) => stroke === strokes[number]);
    return this.#kept.filter(fits).reduce((best, one) => (!best || one.strokes.length >= best.strokes.length ? one : best), null);
  }

  #copy(canvas) {
    const copy = document.createElement("canvas");
    copy.width = copy.height = this.side;
    if (canvas) copy.getContext("2d").drawImage(canvas, 0, 0);
    return copy;
  }

  #drop(one) {
    this.#kept = this.#kept.filter((other) => other !== one);
    return one.canvas;
  }

  #keep(one) {
    this.#drop(one);
    this.#kept = [...this.#kept, one].slice(-this.most);
    return one.canvas;
  }

  forget() {
    this.#kept = [];
  }
}

/* Pictures of keyframes that were brought in: grey PNGs whose white is ink, decoded to black ink on nothing. */
const pictures = new Map(); // base64 → a canvas, or null while it is decoded

export const pictureOf = (picture) => pictures.get(picture) ?? null;

export async function decode(picture) {
  if (!picture || pictures.get(picture)) return;
  const image = new Image();
  image.src = `data:image/png;base64,${picture}`;
  try {
    await image.decode();
  } catch {
    return;
  }
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < pixels.data.length; at += 4) {
    pixels.data[at + 3] = pixels.data[at];
    pixels.data[at] = pixels.data[at + 1] = pixels.data[at + 2] = 0;
  }
  context.putImageData(pixels, 0, 0);
  pictures.set(picture, canvas);
}

function drawPicture(canvas, picture, side) {
  const decoded = pictureOf(picture);
  if (decoded) canvas.getContext("2d").drawImage(decoded, 0, 0, side, side);
}

const layers = new Map(); // side → a canvas to tint on

/* Put the ink of a canvas on another one, in a colour. */
export function tinted(context, canvas, colour, alpha = 1) {
  const { width, height } = context.canvas;
  const layer = layers.get(width) ?? Object.assign(document.createElement("canvas"), { width, height });
  layers.set(width, layer);
  const paint = layer.getContext("2d");
  paint.globalCompositeOperation = "copy";
  paint.drawImage(canvas, 0, 0, width, height);
  paint.globalCompositeOperation = "source-in";
  paint.fillStyle = colour;
  paint.fillRect(0, 0, width, height);
  context.globalAlpha = alpha;
  context.drawImage(layer, 0, 0);
  context.globalAlpha = 1;
}

/* How far a place is from the ink of a stroke; 0 or less is on it. */
export function distanceTo(stroke, x, y) {
  const { points, width } = stroke;
  let least = Infinity;
  for (let number = 0; number < points.length; number++) {
    const a = points[Math.max(0, number - 1)], b = points[number];
    const along = [b[0] - a[0], b[1] - a[1]];
    const length = along[0] ** 2 + along[1] ** 2;
    const t = length ? Math.min(1, Math.max(0, ((x - a[0]) * along[0] + (y - a[1]) * along[1]) / length)) : 0;
    const half = widthAt(width, a[2] + t * (b[2] - a[2])) / 2;
    least = Math.min(least, Math.hypot(x - a[0] - t * along[0], y - a[1] - t * along[1]) - half);
  }
  return least;
}
