(() => {
  const page = JSON.parse(document.getElementById("report-data").textContent);
  const { $, narrow, colour, config, axis } = Page;
  const days = Page.daysOf(page.days);
  const readColours = () => Page.readColours(["panel", "ink", "soft", "line", "article", "unhedged",
    "static", "other", "lose", "good"]);
  const lines = () => [colour.unhedged, colour.static, colour.other, colour.soft];

  const fan = (id, of, title, log) => {
    const traces = [];
    const band = (low, high, opacity, name) => {
      traces.push({ type: "scatter", x: days, y: of.bands[low], mode: "lines", line: { width: 0 },
        hoverinfo: "skip", showlegend: false });
      traces.push({ type: "scatter", x: days, y: of.bands[high], mode: "lines", line: { width: 0 },
        fill: "tonexty", fillcolor: colour.article + opacity, name, hoverinfo: "skip" });
    };
    if (of.bands.length) {
      band(0, 4, "22", "5 to 95 %");
      band(1, 3, "44", "25 to 75 %");
    }
    of.paths.forEach((y, i) => traces.push({ type: "scatter", x: days, y, mode: "lines",
      name: `path ${page.first + i}`, line: { width: 1.1, color: lines()[i % 4] } }));
    if (of.bands.length) {
      traces.push({ type: "scatter", x: days, y: of.bands[2], mode: "lines", name: "median",
        line: { width: 2.4, color: colour.article } });
    }
    const named = { text: title, font: { size: 12 } };
    Plotly.react(id, traces, Page.layout({
      xaxis: Page.timeAxis([days[0], days[days.length - 1]]),
      yaxis: log ? Page.logAxis([...of.bands, ...of.paths].flat(), { title: named, fixedrange: true })
        : axis({ title: named, nticks: 8 }),
      annotations: [{ text: "simulated", xref: "paper", yref: "paper", x: 1, y: 1, xanchor: "right",
        yanchor: "bottom", showarrow: false, font: { color: colour.soft, size: 12 } }],
    }), config);
  };

  const bars = () => {
    const rows = page.facts.slice().reverse();
    const names = rows.map((row) => row.name);
    const clip = (at) => Math.max(-2.1, Math.min(2.1, at));
    Plotly.react("facts-chart", [
      { type: "bar", orientation: "h", y: names, x: names.map(() => 2), base: -1, width: 0.5,
        marker: { color: colour.article + "33" }, name: "5 to 95 % of these paths",
        hoverinfo: "skip" },
      { type: "scatter", mode: "markers", y: names, x: rows.map((row) => clip(row.at)),
        marker: { size: 9, color: rows.map((row) => (row.inside ? colour.ink : colour.lose)) },
        name: "history", hovertemplate: "%{y}<extra></extra>" },
    ], Page.layout({
      hovermode: "closest", margin: { l: 8, r: 14, t: 30, b: 40 }, dragmode: false,
      xaxis: axis({ range: [-2.2, 2.2], tickvals: [-1, 0, 1],
        ticktext: ["5 %", "middle", "95 %"], fixedrange: true }),
      yaxis: axis({ fixedrange: true, showgrid: false,
        tickfont: { color: colour.soft, size: narrow() ? 9 : 11 } }),
    }), config);
  };

  const drawAll = () => {
    readColours();
    fan("spx-chart", page.spx, "SPX, first close 100", true);
    fan("vix-chart", page.vix, "VIX, points", false);
    if (page.facts.length) bars();
  };
  drawAll();
  Page.redraw(drawAll);
})();
