// Draws the chart of a report, and saves its tables as files.
(() => {
  "use strict";
  const COLOURS = ["#8e99a5", "#0b66c2", "#1a7f37"];
  const HEIGHT = 240;

  function draw(figure) {
    const [days, ...counts] = JSON.parse(figure.dataset.chart);
    const names = JSON.parse(figure.dataset.names);
    const russian = document.documentElement.lang === "ru";
    const moments = days.map((day) => Date.parse(day) / 1000);
    const series = names.map((label, number) => ({ label, stroke: COLOURS[number], width: 2, points: { size: 4 } }));
    const day = (_, at) => (at === null ? "—" : new Date(at * 1000).toLocaleDateString(russian ? "ru" : "en", { timeZone: "UTC" }));
    figure.replaceChildren();
    new uPlot(
      {
        width: figure.clientWidth,
        height: HEIGHT,
        tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
        scales: { y: { range: (_, low, high) => [0, Math.max(high, 4)] } },
        series: [{ label: russian ? "День" : "Day", value: day }, ...series],
        axes: [
          { values: (_, found) => found.map((at) => day(_, at).replace(/[./]\d{4}$/, "")), space: 70 },
          { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10000] },
        ],
      },
      [moments, ...counts],
      figure,
    );
  }

  function drawAll() {
    for (const figure of document.querySelectorAll("[data-chart]:empty")) draw(figure);
  }

  async function save(button) {
    const query = new URLSearchParams(new FormData(document.getElementById("report-form")));
    const headers = JSON.parse(document.body.getAttribute("hx-headers:inherited"));
    button.disabled = true;
    try {
      const answer = await fetch(`${button.dataset.csv}?${query}`, { headers });
      if (!answer.ok) throw new Error(String(answer.status));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await answer.blob());
      link.download = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition"))[1];
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    } catch {
      // what is wrong with the period or the page is said where the form says it
      htmx.trigger(document.getElementById("report-form"), "submit");
    } finally {
      button.disabled = false;
    }
  }

  document.addEventListener("DOMContentLoaded", drawAll);
  document.addEventListener("htmx:after:settle", drawAll);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-csv]");
    if (button) save(button);
  });
})();
