(() => {
  const page = JSON.parse(document.getElementById("report-data").textContent);
  const { $, make, plain, narrow, colour, config, axis } = Page;
  const readColours = () => Page.readColours(["panel", "ink", "soft", "line", "article", "unhedged",
    "static", "other", "lose", "layer1", "layer2", "layer3"]);
  let surface = page.surfaces[0];
  if (!surface || !surface.slices.length) return;

  // ---- one smile -------------------------------------------------------------------------------
  const bars = (slice, rows, y, low, high, stroke) => ({
    type: "scatter", mode: "markers", name: "bid to ask", x: rows.map((i) => slice.strike[i]),
    y: rows.map(y), hoverinfo: "skip",
    marker: { size: 2, symbol: "line-ns-open", color: stroke, line: { width: 1.2 } },
    error_y: { type: "data", symmetric: false, array: rows.map(high), arrayminus: rows.map(low),
      color: stroke, thickness: rows.length > 120 ? 1.2 : 1.8, width: 0 }, showlegend: true,
  });
  const all = (slice) => [...slice.strike.keys()];
  // As far as the bands say something: beyond, a band of a tick is many vol points wide.
  const shown = (slice) => {
    const rows = all(slice).filter((i) => Math.abs(slice.delta[i]) >= 0.002);
    return rows.length > 4 ? rows : all(slice);
  };
  const smile = (slice, from, to) => {
    const rows = [...slice.fit_strike.keys()].filter((i) =>
      slice.fit_strike[i] >= from && slice.fit_strike[i] <= to);
    return { type: "scatter", mode: "lines", name: "fit", x: rows.map((i) => slice.fit_strike[i]),
      y: rows.map((i) => slice.fit[i]), line: { color: colour.unhedged, width: 1.8 },
      hovertemplate: "%{x:,.0f}: %{y:.2f} %<extra></extra>" };
  };
  const smileTraces = (slice) => {
    const rows = shown(slice);
    const from = slice.strike[rows[0]], to = slice.strike[rows[rows.length - 1]];
    return [smile(slice, from, to), bars(slice, rows, (i) => slice.mid[i],
      (i) => slice.mid[i] - slice.bid[i], (i) => slice.ask[i] - slice.mid[i], colour.article)];
  };
  const layout = (more) => Page.layout(Object.assign({ hovermode: "closest",
    margin: { l: 8, r: 14, t: 8, b: 36 } }, more));

  const drawPanels = () => {
    $("panels").replaceChildren(...surface.panels.map((at) => {
      const slice = surface.slices[at];
      const box = make("div", undefined, "panel");
      const title = make("h3", slice.name);
      title.append(make("small", `${plain(slice.days, 1)} days`));
      const plot = make("div", undefined, "plot");
      plot.setAttribute("role", "img");
      plot.setAttribute("aria-label", `Smile of ${slice.name}`);
      box.append(title, plot);
      return box;
    }));
    document.querySelectorAll(".panel .plot").forEach((plot, n) => {
      Plotly.react(plot, smileTraces(surface.slices[surface.panels[n]]), layout({ showlegend: false,
        margin: { l: 4, r: 6, t: 4, b: 26 }, dragmode: false,
        xaxis: axis({ nticks: 5, tickformat: ",.0f", fixedrange: true }),
        yaxis: axis({ nticks: 5, fixedrange: true }) }), config);
    });
  };

  const drawOne = () => {
    const slice = surface.slices[+$("slice-choice").value], rows = shown(slice);
    const verdict = $("slice-verdict");
    verdict.textContent = slice.good ? "good" : `poor: ${slice.reasons}`;
    verdict.className = `verdict ${slice.good ? "good" : "poor"}`;
    Plotly.react("one-chart", smileTraces(slice), layout({ margin: { l: 8, r: 14, t: 26, b: 40 },
      xaxis: axis({ tickformat: ",.0f" }), yaxis: axis({ ticksuffix: " %" }) }), config);
    const judged = rows.filter((i) => Math.abs(slice.delta[i]) >= 0.03);
    const inside = (i) => slice.outside[i] === 0;
    const dots = (name, kept, stroke) => ({ type: "scatter", mode: "markers", name,
      x: kept.map((i) => slice.strike[i]), y: kept.map((i) => slice.off[i]),
      marker: { size: 5, color: stroke }, hovertemplate: "%{x:,.0f}: %{y:+.3f}<extra></extra>" });
    Plotly.react("off-chart", [
      bars(slice, judged, () => 0, (i) => slice.mid[i] - slice.bid[i], (i) => slice.ask[i] - slice.mid[i],
        colour.line),
      dots("inside", judged.filter(inside), colour.static),
      dots("outside", judged.filter((i) => !inside(i)), colour.lose),
    ], layout({ margin: { l: 8, r: 14, t: 26, b: 40 }, xaxis: axis({ tickformat: ",.0f" }),
      yaxis: axis({ zeroline: true }) }), config);
  };

  // ---- all of them -----------------------------------------------------------------------------
  const mixed = (share) => {             // near expiries light, far ones dark
    const parse = (hex) => [1, 3, 5].map((n) => parseInt(hex.slice(n, n + 2), 16));
    const [a, b] = [parse(colour.layer1), parse(colour.other)];
    return `rgb(${a.map((v, n) => Math.round(v + share * (b[n] - v))).join(",")})`;
  };
  const inTime = (slice) => {
    const times = surface.slices.map((one) => Math.log(one.days));
    const low = Math.min(...times), high = Math.max(...times);
    return high > low ? (Math.log(slice.days) - low) / (high - low) : 0;
  };
  const drawOrder = () => {
    $("order-none").hidden = !surface.unordered;
    $("order-none").textContent = surface.unordered;
    $("order-drawn").hidden = Boolean(surface.unordered);
    if (surface.unordered) return;
    const clock = $("clock-choice").value;
    const traces = surface.slices.flatMap((slice, n) => (slice.clock === clock && slice.good ? [{
      type: "scatter", mode: "lines", name: slice.name, x: surface.variances[n].k,
      y: surface.variances[n].w, line: { color: mixed(inTime(slice)), width: 1.3 },
      hovertemplate: `${slice.name}<br>k %{x:.3f}: w %{y:.5f}<extra></extra>` }] : []));
    Plotly.react("order-chart", traces, layout({ showlegend: false,
      margin: { l: 8, r: 14, t: 10, b: 44 },
      xaxis: axis({ title: { text: "ln(strike / forward)", font: { size: 12, color: colour.soft } } }),
      yaxis: Page.logAxis(traces.flatMap((trace) => trace.y), { fixedrange: true,
        title: { text: "total variance", font: { size: 12, color: colour.soft } } }) }), config);
  };
  const drawOutside = () => {
    const traces = [[0, 14, "to 14 days", colour.layer1], [14, 60, "14 to 60 days", colour.article],
      [60, 1e9, "beyond 60 days", colour.other]].map(([from, to, name, stroke]) => {
      const x = [], y = [], text = [];
      for (const slice of surface.slices) {
        if (slice.days < from || slice.days >= to) continue;
        slice.delta.forEach((delta, i) => {
          if (Math.abs(delta) < 0.03) return;
          x.push(delta); y.push(slice.outside[i]); text.push(`${slice.name} ${slice.strike[i]}`);
        });
      }
      return { type: "scatter", mode: "markers", name, x, y, text, marker: { size: 4, color: stroke, opacity: 0.55 },
        hovertemplate: "%{text}: %{y:+.3f}<extra></extra>" };
    });
    Plotly.react("outside-chart", traces, layout({ margin: { l: 8, r: 14, t: 26, b: 44 },
      xaxis: axis({ title: { text: "delta: puts below 0, calls above", font: { size: 12, color: colour.soft } } }),
      yaxis: axis({}) }), config);
  };
  const DAYS = [1, 2, 7, 14, 30, 60, 91, 182, 365, 730, 1826];
  const byTime = (id, traces, more) => Plotly.react(id, traces, layout(Object.assign({
    margin: { l: 8, r: 14, t: traces.length > 1 ? 26 : 8, b: 44 }, showlegend: traces.length > 1,
    xaxis: Page.logAxis(traces.flatMap((trace) => trace.x),
      { title: { text: "days", font: { size: 12, color: colour.soft } } }, DAYS),
  }, more)), config);
  const clocked = (pick, digits, unit, more) => ["AM", "PM"].flatMap((clock) => {
    const own = surface.slices.filter((one) => one.clock === clock && one[pick] !== null);
    return own.length ? [Object.assign({ type: "scatter", mode: "lines+markers", name: clock,
      x: own.map((one) => one.days), y: own.map((one) => one[pick]), marker: { size: 6 },
      line: { width: 1.3, color: clock === "AM" ? colour.unhedged : colour.article },
      text: own.map((one) => one.name), hovertemplate: `%{text}: %{y:.${digits}f}${unit}<extra></extra>` },
    more ? more(own, clock) : {})] : [];
  });
  const drawTerm = () => {
    byTime("atm-chart", clocked("atm", 2, " %"), { yaxis: axis({ ticksuffix: " %" }) });
    byTime("skew-chart", clocked("skew", 3, ""), { yaxis: axis({}) });
    const rates = clocked("own_rate", 3, " %", (own, clock) => ({ mode: "markers", name: `${clock}, of the quotes`,
      error_y: { type: "data", array: own.map((one) => 2 * (one.own_error || 0)), thickness: 1.2, width: 0 } }));
    const curve = surface.slices.filter((one) => one.curve_rate !== null);
    if (curve.length) rates.push({ type: "scatter", mode: "lines", name: "curve", x: curve.map((one) => one.days),
      y: curve.map((one) => one.curve_rate), line: { color: colour.soft, width: 1.4, dash: "dot" },
      hovertemplate: "curve: %{y:.3f} %<extra></extra>" });
    const long = surface.slices.filter((one) => one.days >= 14 && one.own_rate !== null).map((one) => one.own_rate);
    const range = long.length ? [Math.min(...long) - 0.8, Math.max(...long) + 0.8] : undefined;
    byTime("rate-chart", rates, { yaxis: axis({ ticksuffix: " %", range }) });
  };

  const drawAll = () => { readColours(); drawPanels(); drawOne(); drawOrder(); drawOutside(); drawTerm(); };
  const fill = (id, pairs) => $(id).replaceChildren(...pairs.map(([value, text]) => {
    const option = make("option", text);
    option.value = value;
    return option;
  }));
  const choose = (n) => {
    surface = page.surfaces[n];
    fill("slice-choice", surface.slices.map((slice, at) => [at, `${slice.name}${slice.good ? "" : " (poor)"}`]));
    const near = surface.slices.reduce((best, slice, at) =>
      (Math.abs(slice.days - 30) < Math.abs(surface.slices[best].days - 30) ? at : best), 0);
    $("slice-choice").value = near;
    fill("clock-choice", ["PM", "AM"].filter((clock) => surface.slices.some((s) => s.clock === clock && s.good))
      .map((clock) => [clock, clock]));
    drawAll();
  };
  choose(0);
  $("slice-choice").addEventListener("change", drawOne);
  $("clock-choice").addEventListener("change", drawOrder);
  if ($("surface-choice")) $("surface-choice").addEventListener("change", (event) => choose(+event.target.value));
  Page.redraw(drawAll);
})();
