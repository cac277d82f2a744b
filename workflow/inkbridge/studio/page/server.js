/* The server of this machine: requests to it, and what it tells by itself. */

let base = document.baseURI;

const at = (path) => new URL(path, base);

/* The server has started again, with a new token in its address. */
export function moveTo(address) {
  if (new URL(address).origin === location.origin) base = address;
}

/* The server cannot be reached. */
export class Gone extends Error {}

/* The server's answer is an error. `status` is that of HTTP, `body` its JSON. */
export class Refused extends Error {
  constructor(status, body) {
    super(body.error ?? `HTTP ${status}`);
    Object.assign(this, { status, body });
  }
}

export async function ask(path, { method = "GET", json, text = json && JSON.stringify(json), body, keepalive = false, signal } = {}) {
  const options = { method, keepalive, signal, cache: "no-store" };
  if (text !== undefined) [options.body, options.headers] = [text, { "Content-Type": "application/json" }];
  else if (body !== undefined) [options.body, options.headers] = [body, { "Content-Type": "application/octet-stream" }];
  let response;
  try {
    response = await fetch(at(path), options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Gone(error.message);
  }
  if (response.ok) return response;
  throw new Refused(response.status, await response.json().catch(() => ({})));
}

/* The JSON of an answer; null if it has no content. */
export async function asJson(path, options) {
  const response = await ask(path, options);
  return response.status === 204 ? null : response.json();
}

/* Call the listeners with what the server tells, and `gone` and `back` when it cannot be reached and can again. */
export function listen(listeners) {
  const source = new EventSource(at("events")); // each try may be at another address
  const told = ({ data }) => {
    const news = JSON.parse(data);
    for (const [kind, value] of Object.entries(news)) listeners[kind]?.(value, news);
  };
  source.onmessage = told;
  source.onopen = () => listeners.back?.();
  source.onerror = () => {
    listeners.gone?.();
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(() => listen(listeners), 1000);
  };
  return source;
}
