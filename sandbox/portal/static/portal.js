// Every page of the portal: switches in the header, tabs, sliders, what is clicked in a timeline, settings of a robot.
import { mount, open } from "./frame.js";
import { keepFresh, refresh } from "./refresh.js";
import { embedded, post } from "./request.js";
import { openFrame, openPage } from "./slider.js";
import { showDialog } from "./dialog.js";

const CARD = /^\/(crm|company|marketplace)\//; // what opens in a slider, as everywhere in the portal

document.querySelector(".switch select")?.addEventListener("change", (event) => event.target.form.submit());

for (const tab of document.querySelectorAll('[role="tab"]')) tab.addEventListener("click", () => choose(tab));

async function choose(chosen) {
  for (const tab of document.querySelectorAll('[role="tab"]')) {
    const isChosen = tab === chosen;
    tab.setAttribute("aria-selected", isChosen);
    document.getElementById(tab.getAttribute("aria-controls")).hidden = !isChosen;
  }
  const panel = document.getElementById(chosen.getAttribute("aria-controls"));
  if (!chosen.dataset.frame || panel.frame) return;
  panel.frame = true; // a second click comes before the answer
  panel.frame = mount(panel, await open(JSON.parse(chosen.dataset.frame)));
}

for (const button of document.querySelectorAll("[data-slider]"))
  button.addEventListener("click", async () => openFrame(await open(JSON.parse(button.dataset.slider)), {}));

document.addEventListener("click", (event) => {
  const complete = event.target.closest("[data-complete]");
  if (complete) return finish(complete.dataset.complete);
  const acting = event.target.closest("[data-action]");
  if (!acting || acting.dataset.action === "null") return;
  event.preventDefault();
  act(acting.dataset.activity, JSON.parse(acting.dataset.action));
});

async function finish(activity) {
  await post(`/_timeline/${activity}/complete`);
  await refresh();
}

async function act(activity, action) {
  if (action.type === "redirect") return follow(action.uri);
  const question = { path: action.path };
  if (action.type === "restEvent") {
    await post(`/_timeline/${activity}/event`, question);
    return refresh();
  }
  const { session } = await post(`/_timeline/${activity}/application`, question);
  if (session) openFrame(session, action.slider || {});
}

function follow(uri) {
  if (!uri) return;
  if (CARD.test(uri)) openPage(uri);
  else window.open(uri, "_blank", "noopener");
}

showDialog(document.querySelector(".settings-dialog"), embedded("session"));
if (document.querySelector("[data-fresh]")) keepFresh();
