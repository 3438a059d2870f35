// Writes the settings of a step back to the portal's dialog, and shows only what the chosen values make matter.
(function () {
  "use strict";
  const form = document.querySelector("[data-step]");
  const inputs = [...form.querySelectorAll("[data-input]")];
  const dialog = document.getElementById("expressions");
  const isExpression = (value) => value.includes("{=");
  let target = null;

  function values(name) {
    const own = inputs.filter((one) => one.dataset.input === name);
    if (own[0].type === "checkbox") return own.filter((one) => one.checked).map((one) => one.value);
    if ("lines" in own[0].dataset) return own[0].value.split("\n").map((line) => line.trim()).filter(Boolean);
    return own[0].value ? [own[0].value] : [];
  }

  function stored(name) {
    const own = inputs.find((one) => one.dataset.input === name);
    return "multiple" in own.dataset ? values(name) : (values(name)[0] ?? "");
  }

  function send(names) {
    // older portals never call back: nobody waits
    BX24.placement.call("setPropertyValue", Object.fromEntries(names.map((name) => [name, stored(name)])));
  }

  function fit() {
    BX24.fitWindow();
  }

  function arrange() {
    for (const row of form.querySelectorAll("[data-row]")) {
      const { depends, when, neededBy } = row.dataset;
      if (depends) {
        const chosen = values(depends);
        row.hidden = !chosen.some((value) => isExpression(value) || when.split(" ").includes(value));
      }
      if (neededBy) {
        const type = values("document_type")[0] ?? "";
        row.querySelector(".required").hidden = !neededBy.split(" ").includes(type);
      }
    }
    fit();
  }

  function changed(name) {
    send([name]);
    arrange();
  }

  function insert(expression) {
    const [start, end] = [target.selectionStart ?? target.value.length, target.selectionEnd ?? target.value.length];
    target.value = target.value.slice(0, start) + expression + target.value.slice(end);
    dialog.close();
    target.focus();
    changed(target.dataset.input);
  }

  function search(text) {
    const wanted = text.toLowerCase();
    for (const item of dialog.querySelectorAll("li")) item.hidden = !item.textContent.toLowerCase().includes(wanted);
  }

  form.addEventListener("change", (event) => {
    if (event.target.dataset.input) changed(event.target.dataset.input);
  });
  // «Save» of the portal may be pressed while the field still has the focus
  form.addEventListener("input", (event) => {
    if (event.target.dataset.input) send([event.target.dataset.input]);
  });
  form.addEventListener("toggle", fit, true);
  form.addEventListener("click", (event) => {
    const { insert: name, pickUser } = event.target.dataset;
    if (name) {
      target = document.getElementById(name);
      dialog.showModal();
    }
    if (pickUser) {
      BX24.selectUser((user) => {
        document.getElementById(pickUser).value = `user_${user.id}`;
        changed(pickUser);
      });
    }
  });
  dialog.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-expression]");
    if (choice) insert(choice.dataset.expression);
    if ("close" in event.target.dataset) dialog.close();
  });
  dialog.querySelector("input").addEventListener("input", (event) => search(event.target.value));

  BX24.init(() => {
    arrange();
    // what is shown as chosen is what the step gets, also where nobody touches it
    const chosen = inputs.filter((one) => one.tagName === "SELECT" || one.type === "checkbox");
    send([...new Set(chosen.map((one) => one.dataset.input))]);
  });
})();
