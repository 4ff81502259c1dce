(() => {
  const page = JSON.parse(document.getElementById("report-data").textContent);
  const { colour, config, axis } = Page;
  const days = Page.daysOf(page.days);
  const range = [days[0], days[days.length - 1]];
  const readColours = () => Page.readColours(["panel", "ink", "soft", "line", "article", "unhedged"]);
  const label = () => [{ text: page.quality, xref: "paper", yref: "paper", x: 1, y: 1,
    xanchor: "right", yanchor: "bottom", showarrow: false, font: { color: colour.soft, size: 12 } }];

  const growth = () => {
    const traces = [{ type: "scatter", x: days, y: page.levels, mode: "lines",
      name: `${page.name} rebuilt`, line: { width: 2.2, color: colour.article } }];
    const all = [...page.levels];
    if (page.published) {
      all.push(...page.published.levels);
      traces.push({ type: "scatter", x: Page.daysOf(page.published.days), y: page.published.levels,
        mode: "lines", name: `${page.name} published`,
        line: { width: 1.6, color: colour.unhedged } });
    }
    Plotly.react("growth-chart", traces, Page.layout({ xaxis: Page.timeAxis(range),
      yaxis: Page.logAxis(all, { fixedrange: true }), annotations: label() }), config);
  };

  const differences = () => Plotly.react("difference-chart", [
    { type: "bar", x: page.months, y: page.differences, name: "rebuilt less published",
      marker: { color: colour.article }, hovertemplate: "%{x|%b %Y}: %{y:.2f} %<extra></extra>" },
  ], Page.layout({ showlegend: false, hovermode: "closest", xaxis: Page.timeAxis(range),
    yaxis: axis({ nticks: 6, fixedrange: true }), annotations: label() }), config);

  const drawAll = () => {
    readColours();
    growth();
    if (page.published) differences();
  };
  drawAll();
  Page.redraw(drawAll);
})();
