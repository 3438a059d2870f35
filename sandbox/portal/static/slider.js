// Sliders: panels over the page, one over another, with a page of the portal or of an application inside.
import { mount } from "./frame.js";
import { element } from "./request.js";

const opened = [];
const GAP = 120; // what stays visible of the page below, in pixels

/** Open a page of the portal; onClose is called when the person or a page closes it. */
export function openPage(path, onClose) {
  const address = new URL(path, location.href);
  address.searchParams.set("IFRAME", "Y");
  address.searchParams.set("IFRAME_TYPE", "SIDE_SLIDER");
  const slider = show("page", {}, onClose);
  slider.body.append(element("iframe", { src: address, class: "page-frame", title: address.pathname }));
  return slider;
}

/** Open an application's page. look: {width, title, label: {text, bgColor}, leftBoundary}. */
export function openFrame(session, look, onClose) {
  const slider = show("application", look, onClose);
  slider.setTitle(look.title || session.title);
  const place = element("div");
  slider.body.append(place);
  slider.frame = mount(place, session, { slider });
  return slider;
}

/** Close the uppermost slider if it is of this kind ("page", "application"). */
export function closeTop(kind, done = () => {}) {
  const slider = opened.at(-1);
  if (slider?.kind === kind) close(slider, done);
}

function show(kind, look, onClose) {
  const title = element("h2", { class: "slider-title" });
  const button = element("button", { type: "button", class: "slider-close", "aria-label": "×" }, "×");
  const body = element("div", { class: "slider-body" });
  const panel = element("section", { class: "slider-panel", role: "dialog", "aria-modal": "true" }, title, body);
  const cover = element("div", { class: `slider slider-${kind}` }, panel);
  panel.append(button);
  const setTitle = (text) => {
    title.textContent = text;
    panel.setAttribute("aria-label", text);
  };
  const slider = { kind, cover, panel, body, onClose, setTitle };
  fit(panel, look, opened.length);
  if (look.label?.text) panel.append(element("span", { class: "slider-label" }, look.label.text));
  button.addEventListener("click", () => close(slider));
  cover.addEventListener("click", (event) => event.target === cover && close(slider));
  document.body.append(cover);
  opened.push(slider);
  return slider;
}

function fit(panel, look, depth) {
  const left = typeof look.leftBoundary === "number" ? look.leftBoundary : GAP + 40 * depth;
  panel.style.width = typeof look.width === "number" ? `min(${look.width}px, 100%)` : `calc(100% - ${left}px)`;
}

function close(slider, done = () => {}) {
  opened.splice(opened.indexOf(slider), 1);
  slider.frame?.destroy();
  slider.cover.remove();
  slider.onClose?.();
  done();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && opened.length) close(opened.at(-1));
});
