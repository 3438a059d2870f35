// Keeps parts of a page fresh: those marked data-fresh are taken anew from the server when they have changed there.
const PERIOD = 2500; // milliseconds
const shown = new Map();

/** Bring the marked parts up to date; what has not changed stays untouched. */
export async function refresh() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-fresh]")) {
    const fresh = page.getElementById(part.id);
    if (!fresh || fresh.innerHTML === shown.get(part.id)) continue;
    shown.set(part.id, fresh.innerHTML);
    part.innerHTML = fresh.innerHTML;
  }
}

/** Refresh again and again while the page is looked at. */
export function keepFresh() {
  for (const part of document.querySelectorAll("[data-fresh]")) shown.set(part.id, part.innerHTML);
  setInterval(() => document.hidden || refresh().catch(() => {}), PERIOD);
}
