// The dialog in which a person picks colleagues for an application.
import { element } from "./request.js";

/** Show it; answer gets one record of a person, or with isMany a list of them. Closing it answers nothing. */
export async function pickPeople(isMany, answer) {
  const people = await (await fetch("/_people/")).json();
  const dialog = element("dialog", { class: "picker" });
  const chosen = new Set();
  const choose = (person, button) => {
    if (!isMany) return finish(person);
    chosen[chosen.has(person) ? "delete" : "add"](person);
    button.setAttribute("aria-pressed", chosen.has(person));
  };
  const finish = (result) => {
    dialog.close();
    dialog.remove();
    answer(result);
  };
  for (const person of people) {
    const button = element("button", { type: "button", "data-user": person.id }, person.name);
    button.addEventListener("click", () => choose(person, button));
    dialog.append(button);
  }
  if (isMany) {
    const done = element("button", { type: "button", class: "primary" }, "OK");
    done.addEventListener("click", () => finish([...chosen]));
    dialog.append(done);
  }
  document.body.append(dialog);
  dialog.showModal();
}
