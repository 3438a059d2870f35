// Fields in which people of the portal are picked: the portal's own dialog chooses, the form carries their numbers.
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-drop]")) return event.target.closest("li").remove();
    const picker = event.target.closest("[data-pick]") && event.target.closest("[data-picker]");
    if (!picker) return;
    const isMany = "many" in picker.dataset;
    BX24.init(() => (isMany ? BX24.selectUsers((people) => people.forEach(add)) : BX24.selectUser(add)));

    function add(person) {
      const list = picker.querySelector("ul");
      if (!isMany) list.replaceChildren();
      if (list.querySelector(`input[value="${Number(person.id)}"]`)) return;
      const item = picker.querySelector("template").content.cloneNode(true);
      item.querySelector("[data-name]").textContent = person.name;
      item.querySelector("input").value = Number(person.id);
      item.querySelector("[data-drop]").setAttribute("aria-label", `× ${person.name}`);
      list.append(item);
    }
  });
})();
