// What an application's page may ask of the portal: command(frame, params, answer). Some never answer.
import { open } from "./frame.js";
import { pickPeople } from "./people.js";
import { refresh } from "./refresh.js";
import { post } from "./request.js";
import { closeTop, openPage, openFrame } from "./slider.js";

const OPENED = /^\/(crm\/(deal|lead|contact|company|type)|marketplace|company\/personal\/user\/\d+|workgroups\/group\/\d+)\//;
const SLIDER = "bx24_"; // how parameters of the slider itself are told from those of the page in it

const of = (frame, action) => `/_frame/${frame.session.sid}/${action}`;

function getInitData(frame, params, answer) {
  answer(frame.session.init);
  frame.session.init.FIRST_RUN = false;
}

async function refreshAuth(frame, params, answer) {
  const pair = await post(of(frame, "refresh"));
  Object.assign(frame.session.init, pair);
  answer(pair);
}

async function setInstall(frame, params, answer) {
  await post(of(frame, "option"), { kind: "run" });
  answer(params);
}

async function setInstallFinish(frame) {
  await post(of(frame, "finish"));
  const address = new URL(location.href);
  address.searchParams.set("install_finished", "Y");
  location.assign(address);
}

async function setAppOption(frame, params, answer) {
  if (!frame.session.init.IS_ADMIN) return;
  await post(of(frame, "option"), { kind: "app", name: params.name, value: params.value });
  answer(params);
}

async function setUserOption(frame, params, answer) {
  await post(of(frame, "option"), { kind: "user", name: params.name, value: params.value });
  answer(params);
}

function resizeWindow(frame, params, answer) {
  const width = params.width === "100%" ? "100%" : `${parseInt(params.width, 10) || 100}px`;
  const height = parseInt(params.height, 10);
  frame.place.style.width = width;
  if (height) frame.place.style.height = `${height}px`;
  const { width: shownWidth, height: shownHeight } = frame.place.getBoundingClientRect();
  answer({ width: shownWidth, height: shownHeight });
}

function setScroll(frame, params, answer) {
  if (params.scroll >= 0) window.scrollTo(window.scrollX, parseInt(params.scroll, 10));
  answer(params);
}

function setTitle(frame, params, answer) {
  if (frame.slider) frame.slider.setTitle(params.title);
  else document.title = params.title;
  answer(params);
}

function reloadWindow() {
  location.reload();
}

function openPath(frame, params, answer) {
  const path = typeof params.path === "string" ? params.path : "";
  if (!OPENED.test(path)) return answer({ result: "error", errorCode: "PATH_NOT_AVAILABLE" });
  openPage(path, () => answer({ result: "close" }));
}

async function openApplication(frame, params, answer) {
  const look = {};
  const options = {};
  for (const [name, value] of Object.entries(params)) {
    if (name.startsWith(SLIDER)) look[name.slice(SLIDER.length)] = value;
    else options[name] = value;
  }
  const session = await open({ client_id: frame.session.client_id, options });
  if (session) openFrame(session, look, () => answer());
}

function closeApplication(frame, params, answer) {
  closeTop("application", answer);
}

function selectUser(frame, params, answer) {
  pickPeople(Boolean(params.mult), answer);
}

function getInterface(frame, params, answer) {
  answer({ command: frame.session.commands, event: [] });
}

async function reloadData(frame, params, answer) {
  await refresh();
  answer();
}

/** Values of a step's settings go into hidden inputs of the form around; an older portal never says that it is done. */
function setPropertyValue(frame, params, answer) {
  frame.dialog.set(params);
  if (!frame.dialog.isOld) answer();
}

export const commands = {
  everywhere: {
    getInitData,
    refreshAuth,
    setInstall,
    setInstallFinish,
    setAppOption,
    setUserOption,
    resizeWindow,
    setScroll,
    setTitle,
    reloadWindow,
    openPath,
    openApplication,
    closeApplication,
    selectUser,
    getInterface,
  },
  placed: { reloadData, setPropertyValue },
};
