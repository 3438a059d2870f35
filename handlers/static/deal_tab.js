// The tab «ЭДО»: ticking documents, requisites by their type, faults beside their fields, reasons, files.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const all = (selector, around = document) => [...around.querySelectorAll(selector)];

  // --- documents: a ticked one shows its requisites, and only those that its type takes

  function tick(box) {
    const paper = byId(`paper-${box.dataset.tick}`);
    if (!paper) return;
    paper.hidden = paper.disabled = !box.checked;
    box.closest("tr").classList.toggle("chosen", box.checked);
    if (box.checked) arrange(paper);
  }

  function arrange(paper) {
    const type = paper.querySelector("[data-type]");
    if (!type) return;
    const mode = paper.querySelector("[id$='-vat_mode']").value;
    for (const row of all("[data-takes]", paper)) {
      const isVat = "vat" in row.dataset;
      const isTaken = row.dataset.takes.split(" ").includes(type.value);
      row.hidden = !isTaken || (isVat && mode === "none");
      const isNeeded = row.dataset.needs.split(" ").includes(type.value) || (isVat && mode === "amount");
      mark(row, isNeeded && !row.hidden);
    }
  }

  function mark(row, isNeeded) {
    const label = row.querySelector("label");
    const star = label.querySelector(".must");
    if (star && !isNeeded) star.remove();
    if (!star && isNeeded) {
      const made = document.createElement("span");
      made.className = "must";
      made.setAttribute("aria-hidden", "true");
      made.textContent = " *";
      label.append(made);
    }
    row.querySelector("input, select, textarea").setAttribute("aria-required", String(isNeeded));
  }

  document.addEventListener("change", (event) => {
    if (event.target.dataset.tick) tick(event.target);
    const paper = event.target.closest("[data-paper]");
    if (paper) arrange(paper);
    fit();
  });

  // --- faults: each beside its field, and a list whose lines lead there

  function clearFaults() {
    for (const line of all("[data-fault-line]")) line.remove();
    for (const field of all(".field.wrong")) if (!field.querySelector(".error")) field.classList.remove("wrong");
    for (const input of all("[data-faulty]")) {
      input.removeAttribute("aria-invalid");
      const others = (input.getAttribute("aria-describedby") || "").split(" ").filter((id) => !id.endsWith("-told"));
      others.join("") ? input.setAttribute("aria-describedby", others.join(" ")) : input.removeAttribute("aria-describedby");
      delete input.dataset.faulty;
    }
  }

  function showFault(target, text) {
    const field = target.closest(".field") || target;
    const line = document.createElement("p");
    line.className = "error";
    line.dataset.faultLine = "";
    line.id = `${target.id}-told`;
    line.textContent = text;
    field.classList.add("wrong");
    field.append(line);
    target.dataset.faulty = "";
    if (target.matches("input, select, textarea")) target.setAttribute("aria-invalid", "true");
    const told = [target.getAttribute("aria-describedby"), line.id].filter(Boolean).join(" ");
    if (target.matches("input, select, textarea")) target.setAttribute("aria-describedby", told);
    for (let around = target.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
  }

  function targetsOf(item) {
    const named = item.dataset.fields.split(" ").filter(Boolean).map(byId);
    const seen = named.filter((target) => target && !target.closest("[hidden]"));
    return seen.length ? seen : [byId(item.dataset.fallback)].filter(Boolean);
  }

  function showFaults(list) {
    for (const item of all("[data-fault]", list)) for (const target of targetsOf(item)) showFault(target, item.dataset.fault);
    list.focus();
  }

  // --- what a fragment has to tell the rest of the page

  function settle() {
    for (const box of all("[data-tick]")) tick(box);
    for (const news of all("[data-announce]")) {
      const { announce, nonce } = news.dataset;
      news.remove();
      if (nonce && byId("nonce")) {
        byId("nonce").value = nonce;
        clearFaults();
        const list = byId("fault-list");
        if (list) showFaults(list);
      }
      for (const name of announce.split(" ").filter(Boolean)) document.body.dispatchEvent(new CustomEvent(name));
    }
    fit();
  }

  document.addEventListener("htmx:after:settle", settle);

  document.addEventListener("htmx:before:request", (event) => {
    if (event.target.id === "reason-form") byId("reason-dialog").close();
  });

  // what is under way goes on by itself when we are busy or the network is away for a moment
  const PAUSE = 2000;

  function goOn(source) {
    if (source && source.id === "progress") setTimeout(() => htmx.trigger(source, "again"), PAUSE);
    return Boolean(source) && source.id === "progress";
  }

  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.response.status === 503 && goOn(ctx.sourceElement)) ctx.swap = "none";
    else if (ctx.response.status >= 400) for (const waiting of all(":scope > .progress", ctx.sourceElement)) waiting.remove();
  });

  document.addEventListener("htmx:error", (event) => goOn(event.detail.ctx && event.detail.ctx.sourceElement));

  // --- presses

  document.addEventListener("click", (event) => {
    const press = event.target.closest("button, a");
    if (!press) return;
    if ("go" in press.dataset) {
      event.preventDefault();
      const [target] = targetsOf(press.closest("[data-fault]"));
      if (target) target.focus();
    }
    if (press.dataset.reason) askReason(press.dataset);
    if ("closeDialog" in press.dataset) press.closest("dialog").close();
    if (press.dataset.file) openFile(press.dataset.file, press.dataset.id);
    if ("openApplication" in press.dataset) BX24.init(() => BX24.openApplication({}));
  });

  function askReason({ reason, package: number, nonce, title, text }) {
    const form = byId("reason-form");
    for (const [name, value] of Object.entries({ action: reason, package: number, nonce })) form.elements[name].value = value;
    byId("reason-title").textContent = title;
    byId("reason-text").textContent = text;
    byId("reason").value = "";
    byId("reason-dialog").showModal();
  }

  // a new tab cannot show the page's token, so an address is asked for that is good once
  async function openFile(kind, id) {
    const tab = window.open("", "_blank");
    const headers = JSON.parse(document.body.getAttribute("hx-headers:inherited"));
    const asked = { method: "POST", headers: { ...headers, "HX-Request": "true" }, body: new URLSearchParams({ kind, id }) };
    try {
      const answer = await fetch("/bitrix24/pages/deal-tab/files", asked);
      if (!answer.ok) throw await answer.text();
      const { address } = await answer.json();
      tab ? tab.location.replace(address) : window.location.assign(address);
    } catch (failure) {
      if (tab) tab.close();
      const line = byId("page-message");
      if (typeof failure === "string") line.innerHTML = failure;
      else line.replaceChildren(byId("no-connection").content.cloneNode(true));
      fit();
    }
  }

  function fit() {
    if (window.BX24) BX24.init(() => BX24.fitWindow());
  }
})();
