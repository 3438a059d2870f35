// The portal's side of a frame: shows an application's page and answers what the library inside asks for.
// A message is "command:params:key:session" or {method, params, callback, appSid}; an answer is "key:json".
import { commands } from "./commands.js";
import { post } from "./request.js";

/** Ask the portal for a new session of an application's page; null: it is not installed completely. */
export async function open(wanted) {
  return (await post("/_frame/", wanted)).session;
}

/**
 * Show the page of a session inside `place`. `around`: {slider, dialog}, what commands of the page may act upon.
 * The frame: {session, place, element, slider, dialog}.
 */
export function mount(place, session, around = {}) {
  const element = document.createElement("iframe");
  element.name = session.name;
  element.title = session.title;
  element.allow = "geolocation; microphone; camera; autoplay";
  element.className = "app-frame";
  place.classList.add("app-layout");
  place.replaceChildren(element);
  const frame = { session, place, element, ...around };
  const listen = (event) => receive(frame, event);
  window.addEventListener("message", listen);
  frame.destroy = () => window.removeEventListener("message", listen);
  submit(session);
  return frame;
}

function submit(session) {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: session.url, target: session.name, hidden: true });
  for (const [name, value] of Object.entries(session.fields)) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    form.append(input);
  }
  document.body.append(form);
  form.submit();
  form.remove();
}

function receive(frame, event) {
  const { session, element } = frame;
  if (event.source !== element.contentWindow || event.origin !== session.origin) return;
  const question = read(event.data);
  if (!question || question.sid !== session.sid) return;
  const command = find(session, question.command);
  if (!command) return; // unknown commands are passed over in silence
  command(frame, question.params, (result) => {
    if (!question.key) return;
    const text = result === undefined ? "" : JSON.stringify(result);
    element.contentWindow?.postMessage(`${question.key}:${text}`, session.origin);
  });
}

function find(session, name) {
  if (Object.hasOwn(commands.everywhere, name)) return commands.everywhere[name];
  return session.commands.includes(name) ? commands.placed[name] : undefined;
}

/** The parameters may hold colons themselves: the key and the session are the last two parts. */
function read(data) {
  if (data && typeof data === "object")
    return { command: data.method, params: data.params || {}, key: data.callback, sid: data.appSid };
  if (typeof data !== "string") return null;
  const parts = data.split(":");
  const text = parts.slice(1, -2).join(":");
  return { command: parts[0], params: text ? JSON.parse(text) : {}, key: parts.at(-2), sid: parts.at(-1) };
}
