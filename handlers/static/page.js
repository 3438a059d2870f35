// What every page of ours does in the portal's frame, besides htmx: fits the frame, opens the portal's cards, asks
// before what cannot be undone, refreshes what is being waited for, and says what went wrong beside its form.
(() => {
  "use strict";
  const one = (selector, around = document) => around.querySelector(selector);
  const inPortal = (act) => window.BX24 && BX24.init(() => act(BX24));

  // The library only lets a frame grow: a document is never lower than its window. So what has become much lower than
  // it was first gets a lower window; older portals answer no such wish, hence the timer.
  let fitted = 0;
  function fit() {
    const height = document.body.offsetHeight;
    const isMuchLower = height + 40 < fitted;
    fitted = height;
    inPortal((portal) => {
      if (isMuchLower) portal.resizeWindow(window.innerWidth, Math.max(height, 200));
      setTimeout(() => portal.fitWindow(), isMuchLower ? 200 : 0);
    });
  }

  document.addEventListener("DOMContentLoaded", fit);
  document.addEventListener("htmx:after:settle", fit);
  document.addEventListener("toggle", fit, true);

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-open-path]");
    if (link) {
      event.preventDefault();
      inPortal((portal) => portal.openPath(link.dataset.openPath));
    }
    if (event.target.closest("[data-reload]")) inPortal((portal) => portal.reloadWindow());
    const tab = event.target.closest("[role=tab]");
    if (tab) choose(tab);
  });

  function choose(tab) {
    for (const other of tab.closest("[role=tablist]").querySelectorAll("[role=tab]")) {
      other.setAttribute("aria-selected", String(other === tab));
      other.tabIndex = other === tab ? 0 : -1;
    }
    const panel = document.getElementById(tab.getAttribute("aria-controls"));
    if (panel) panel.setAttribute("aria-labelledby", tab.id);
  }

  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest && event.target.closest("[role=tab]");
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!tab || !step) return;
    const tabs = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    next.focus();
    next.click();
  });

  // hx-confirm asks in the page: a portal's frame may not open windows of the browser
  document.addEventListener("htmx:confirm", (event) => {
    const { ctx, issueRequest, dropRequest } = event.detail;
    if (!ctx.confirm) return;
    event.preventDefault();
    const dialog = one("#confirming");
    one("#confirming-text").textContent = ctx.confirm;
    dialog.returnValue = "";
    near(dialog, ctx.sourceElement);
    dialog.addEventListener("close", () => (dialog.returnValue === "yes" ? issueRequest() : dropRequest()), { once: true });
    dialog.showModal();
  });

  // the frame is as high as the page: what is centred in it, or sticks to its top, may be far from what a person sees
  function near(element, source) {
    element.style.top = `${Math.max(16, source.getBoundingClientRect().top - 80)}px`;
  }

  const STALE = [401, 409];
  const TRIES = 5;
  const tries = new WeakMap();

  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    const { status, headers } = ctx.response;
    if (status < 400) {
      tries.delete(ctx.sourceElement);
      const line = lineOf(ctx.sourceElement);
      if (line) line.replaceChildren();
      return;
    }
    if (STALE.includes(status)) {
      ctx.swap = "none";
      one("#stale").hidden = false;
      near(one("#stale"), ctx.sourceElement);
      fit();
      one("#stale button").focus();
    } else if (status === 503 && ctx.request.method === "GET" && again(ctx, headers)) {
      event.preventDefault();
    } else {
      ctx.target = lineOf(ctx.sourceElement);
      ctx.swap = "innerHTML";
      ctx.select = ctx.selectOOB = null;
    }
  });

  document.addEventListener("htmx:error", (event) => {
    const source = event.detail.ctx && event.detail.ctx.sourceElement;
    if (source) lineOf(source).replaceChildren(one("#no-connection").content.cloneNode(true));
  });

  function lineOf(element) {
    for (let around = element; around; around = around.parentElement) {
      const line = one("[data-message]", around);
      if (line) return line;
    }
    return one("#page-message");
  }

  function again(ctx, headers) {
    const tried = (tries.get(ctx.sourceElement) || 0) + 1;
    if (tried > TRIES) return false;
    tries.set(ctx.sourceElement, tried);
    const pause = 1000 * Number(headers.get("Retry-After") || 2);
    const { sourceElement: source, target, swap } = ctx;
    setTimeout(() => htmx.ajax("GET", ctx.request.action, { source, target, swap }), pause);
    return true;
  }

  // data-refresh="5": the element gets the event "refresh" every five seconds while somebody can see the page
  const due = new WeakMap();
  setInterval(() => {
    if (document.hidden || !one("#stale").hidden) return;
    for (const element of document.querySelectorAll("[data-refresh]")) {
      const now = Date.now();
      if (!due.has(element)) due.set(element, now + 1000 * Number(element.dataset.refresh));
      if (now < due.get(element)) continue;
      due.set(element, now + 1000 * Number(element.dataset.refresh));
      htmx.trigger(element, "refresh");
    }
  }, 250);
})();
