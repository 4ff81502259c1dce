(() => {
  const page = JSON.parse(document.getElementById("report-data").textContent);
  if (!page.chains.length) return;
  const { $, make, svg, day, MONTHS, plain, narrow, colour, config, axis } = Page;
  const readColours = () => Page.readColours(["panel", "ink", "soft", "line", "article", "unhedged",
    "static", "other", "layer2", "lose", "good", "usable", "doubtful"]);
  for (const chain of page.chains) {
    chain.sessions = Page.daysOf(chain.days);
    chain.rows = new Map(chain.sessions.map((iso, row) => [iso, row]));
    chain.absent = chain.missing ? Page.daysOf(chain.missing) : [];
  }
  let chain = page.chains[0];

  // ---- lines that break where sessions are missing -------------------------------------------
  const broken = (values) => {
    const found = [];
    let from = 0;
    for (const [row] of chain.breaks) {
      found.push(...values.slice(from, row), null);
      from = row;
    }
    return found.concat(values.slice(from));
  };
  // The x of a break: any moment between the two sessions.
  const times = () => {
    const found = [];
    let from = 0;
    for (const [row] of chain.breaks) {
      found.push(...chain.sessions.slice(from, row), chain.sessions[row - 1] + " 12:00");
      from = row;
    }
    return found.concat(chain.sessions.slice(from));
  };
  const few = () => chain.sessions.length < 90;
  const line = (name, values, stroke, more) => Object.assign({ type: "scatter", name, x: times(),
    y: broken(values), mode: few() ? "lines+markers" : "lines", connectgaps: false, cliponaxis: false,
    marker: { size: chain.sessions.length === 1 ? 9 : 5, color: stroke },
    line: { color: stroke, width: 1.6 } }, more);
  // A session without neighbours is no line: of many sessions these alone are dots.
  const withDots = (traces) => (few() ? traces : traces.flatMap((trace) => {
    const none = (value) => value === null || value === undefined;
    const rows = [...trace.y.keys()].filter((i) => !none(trace.y[i]) && none(trace.y[i - 1])
      && none(trace.y[i + 1]));
    return rows.length ? [trace, Object.assign({}, trace, { mode: "markers", hoverinfo: "skip",
      hovertemplate: null, showlegend: false, x: rows.map((i) => trace.x[i]),
      y: rows.map((i) => trace.y[i]) })] : [trace];
  }));
  const plot = (id, traces, more) => Plotly.react(id, withDots(traces), layout(more), config);
  const known = (values) => values.some((value) => value !== null);

  // ---- time: holes of months are left out, so that what is there is seen -----------------------
  const HOLE = 45;                       // sessions
  const holes = () => chain.breaks.filter(([, n]) => n > HOLE).map(([row]) => {
    const shift = (iso, by) => new Date(Date.parse(iso + "T00:00:00Z") + by * 86400000)
      .toISOString().slice(0, 10);
    return { bounds: [shift(chain.sessions[row - 1], 4), shift(chain.sessions[row], -3)] };
  });
  const whole = () => {
    const at = (iso, by) => new Date(Date.parse(iso + "T00:00:00Z") + by * 86400000).toISOString().slice(0, 10);
    const first = chain.sessions[0], last = chain.sessions[chain.sessions.length - 1];
    const edge = few() || holes().length ? 2 : 0;
    return [at(first, -edge), at(last, edge)];
  };
  // Few sessions, or a scale with holes in it: the ticks are sessions, named in full.
  const ticks = () => {
    const n = chain.sessions.length, most = Math.min(n, narrow() ? 3 : 7);
    if (!few() && !holes().length) return {};
    const rows = [...new Set([...Array(most).keys()].map((i) =>
      (most === 1 ? 0 : Math.round(i * (n - 1) / (most - 1)))))];
    return { tickmode: "array", tickvals: rows.map((row) => chain.sessions[row]),
      ticktext: rows.map((row) => day(chain.sessions[row]).replace(/ (\d{4})$/, "<br>$1")) };
  };
  const timeAxis = (more) => Page.timeAxis(whole(), Object.assign({ fixedrange: narrow(),
    rangebreaks: holes() }, ticks(), more));
  const upright = (more) => axis(Object.assign({ fixedrange: true, nticks: 6, rangemode: "tozero" }, more));
  const seams = (y0 = 0, y1 = 1) => holes().map(({ bounds }) => ({ type: "line", xref: "x", yref: "paper",
    x0: bounds[0], x1: bounds[0], y0, y1, line: { color: colour.soft, width: 1, dash: "dot" } }));
  const layout = (more) => Page.layout(Object.assign({ xaxis: timeAxis(), shapes: seams() }, more));
  const title = (text, y) => ({ text, xref: "paper", yref: "paper", x: 0, y, xanchor: "left",
    yanchor: "bottom", showarrow: false, font: { size: 12, color: colour.soft } });

  const drawQuotes = () => plot("quotes-chart",
    [line("quotes", chain.quotes, colour.article, { hovertemplate: "%{y:,.0f} quotes<extra></extra>" })],
    { showlegend: false, yaxis: upright({ tickformat: ",~s" }), margin: { l: 8, r: 14, t: 10, b: 40 } });

  const drawExpiries = () => plot("expiries-chart", [
    line("expiries", chain.expiries, colour.article, { hovertemplate: "%{y}" }),
    line("years to the farthest", chain.farthest, colour.unhedged, { yaxis: "y2", hovertemplate: "%{y:.2f}" }),
  ], { annotations: [title("Expiries", 1), title("Years to the farthest", 0.4)],
    margin: { l: 8, r: 14, t: 24, b: 40 }, showlegend: false, hoversubplots: "axis",
    xaxis: timeAxis({ anchor: "y2" }), yaxis: upright({ domain: [0.56, 1], nticks: 4 }),
    yaxis2: upright({ domain: [0, 0.38], nticks: 4 }) });

  const drawShares = () => {
    const per = { hovertemplate: "%{y:.1f} %" };
    const traces = [line("no bid", chain.zero, colour.article, per), line("wide", chain.wide, colour.unhedged, per)];
    if (known(chain.stale)) traces.push(line("stale", chain.stale, colour.other, per));
    return plot("shares-chart", traces, { yaxis: upright({ ticksuffix: " %" }) });
  };

  const drawParity = () => plot("parity-chart", [
    line("off by (median)", chain.residual, colour.article, { hovertemplate: "%{y:.2f} points" }),
    line("strikes beyond their spreads", chain.beyond, colour.doubtful, { yaxis: "y2", hovertemplate: "%{y:.1f} %" }),
  ], { annotations: [title("Median, index points", 1), title("Strikes beyond their spreads", 0.37)],
    margin: { l: 8, r: 14, t: 24, b: 40 }, showlegend: false, hoversubplots: "axis",
    xaxis: timeAxis({ anchor: "y2" }), yaxis: upright({ domain: [0.5, 1] }),
    yaxis2: upright({ domain: [0, 0.36], ticksuffix: " %", nticks: 4 }) });

  const drawForward = () => plot("forward-chart",
    [line("forward less underlying", chain.forward, colour.other, { hovertemplate: "%{y:+.2f} points<extra></extra>" })],
    { showlegend: false, yaxis: upright({ rangemode: "normal" }), margin: { l: 8, r: 14, t: 10, b: 40 } });

  const drawVix = () => {
    $("vix-box").hidden = !known(chain.own);
    if (!known(chain.own)) return null;
    const traces = [line("from these quotes", chain.own, colour.article, { hovertemplate: "%{y:.2f}" })];
    const beside = chain.published.map((value, row) => (chain.own[row] === null ? null : value));
    if (known(beside)) traces.push(line("published", beside, colour.unhedged,
      { hovertemplate: "%{y:.2f}", line: { color: colour.unhedged, width: 1.6, dash: "dot" } }));
    const both = known(chain.difference);
    if (both) traces.push(line("difference", chain.difference, colour.other, { yaxis: "y2",
      showlegend: false, hovertemplate: "%{y:+.3f}" }));
    return plot("vix-chart", traces, { annotations: both ? [title("Difference", 0.34)] : [],
      hoversubplots: "axis", xaxis: timeAxis({ anchor: both ? "y2" : "y" }),
      yaxis: upright({ domain: [both ? 0.46 : 0, 1], rangemode: "normal" }),
      yaxis2: upright({ domain: [0, 0.33], rangemode: "normal", nticks: 4, visible: both }) });
  };

  // ---- the calendar: one square a session ------------------------------------------------------
  const UTC = (iso) => Date.parse(iso + "T00:00:00Z");
  const placeOf = (iso) => {             // week of the year and weekday, Monday 0
    const first = UTC(iso.slice(0, 4) + "-01-01");
    const lead = (new Date(first).getUTCDay() + 6) % 7;
    const n = (UTC(iso) - first) / 86400000 + lead;
    return [Math.floor(n / 7), n % 7];
  };
  let marker, geometry;
  const drawCalendar = () => {
    const width = $("calendar").clientWidth, left = narrow() ? 40 : 48;
    const step = (width - left) / 54, size = Math.max(step - (narrow() ? 1 : 2.5), 2);
    const high = narrow() ? step * 1.25 : Math.min(step, 15), tall = high - (step - size);
    const years = [...new Set(chain.sessions.map((iso) => iso.slice(0, 4)))].sort();
    const root = svg("svg", {});
    const put = (text, x, y, name) => {
      const node = svg("text", Object.assign({ x, y }, name ? { class: name } : {}));
      node.textContent = text; root.append(node);
    };
    let y = 14;
    (narrow() ? [0, 3, 6, 9] : MONTHS.map((_, n) => n)).forEach((n) => put(MONTHS[n], left + step * (4.36 * n), 10));
    geometry = { left, step, size, high, tall, tops: {} };
    let before = null;
    for (const year of years) {
      if (before !== null && +year - before > 1) {
        const span = +year - before === 2 ? `${before + 1}` : `${before + 1} to ${+year - 1}`;
        put(`${span}: no quotes`, left, y + 16); y += 26;
      }
      geometry.tops[year] = y + 4;
      put(year, 0, y + 4 + 2.9 * high, "year");
      y += 4 + 5 * high + (narrow() ? 6 : 9);
      before = +year;
    }
    const paths = page.verdicts.map(() => "");
    const square = (iso) => {
      const [week, weekday] = placeOf(iso);
      return [left + week * step, geometry.tops[iso.slice(0, 4)] + weekday * high];
    };
    const draw = (iso, verdict) => {
      const inset = verdict === 3 ? 0.4 : 0, [x, top] = square(iso);
      paths[verdict] += `M${(x + inset).toFixed(1)} ${(top + inset).toFixed(1)}h${(size - 2 * inset).toFixed(1)}`
        + `v${(tall - 2 * inset).toFixed(1)}h${(2 * inset - size).toFixed(1)}z`;
    };
    chain.sessions.forEach((iso, row) => draw(iso, +chain.verdict[row]));
    chain.absent.forEach((iso) => draw(iso, 3));
    paths.forEach((d, n) => { if (d) root.append(svg("path", { d, class: "p" + n })); });
    marker = svg("rect", { class: "at", rx: 2, width: size + 2, height: tall + 2 });
    root.append(marker);
    root.setAttribute("viewBox", `0 0 ${width} ${y}`);
    geometry.square = square; geometry.height = y; geometry.width = width;
    $("calendar").replaceChildren(root);
    root.addEventListener("pointermove", (event) => point(root, event));
    root.addEventListener("pointerdown", (event) => point(root, event));
  };
  const point = (root, event) => {
    const box = root.getBoundingClientRect(), scale = geometry.width / box.width;
    const x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
    const week = Math.floor((x - geometry.left) / geometry.step);
    for (const [year, top] of Object.entries(geometry.tops)) {
      const weekday = Math.floor((y - top) / geometry.high);
      if (weekday < 0 || weekday > 4) continue;
      const first = UTC(year + "-01-01"), lead = (new Date(first).getUTCDay() + 6) % 7;
      const iso = new Date(first + (week * 7 + weekday - lead) * 86400000).toISOString().slice(0, 10);
      if (chain.rows.has(iso)) return show(chain.rows.get(iso));
      if (chain.absent.includes(iso)) return showMissing(iso);
    }
    return undefined;
  };
  const mark = (iso) => {
    const [x, y] = geometry.square(iso);
    marker.setAttribute("x", x - 1); marker.setAttribute("y", y - 1);
  };
  const reading = (items) => $("session-reading").replaceChildren(...items.flatMap(([name, text, tone]) =>
    [make("dt", name), make("dd", text, tone)]));
  const part = (value, digits, unit) => (value === null ? "unknown" : plain(value, digits) + unit);
  const show = (row) => {
    const verdict = page.verdicts[+chain.verdict[row]], why = chain.reasons[row];
    mark(chain.sessions[row]);
    $("session-day").value = row;
    $("session-date").textContent = day(chain.sessions[row]);
    const vix = chain.own[row] === null ? "not computable" : plain(chain.own[row], 2)
      + (chain.published[row] === null ? "" : `, published ${plain(chain.published[row], 2)}`);
    reading([
      ["Verdict", verdict + (why ? ": " + why[0].toLowerCase() + why.slice(1) : ""), "verdict " + verdict],
      ["Quotes", `${plain(chain.quotes[row], 0)}, ${chain.expiries[row]} ${chain.expiries[row] === 1 ? "expiry" : "expiries"}, the farthest in ${chain.farthest[row] < 1 ? plain(365 * chain.farthest[row], 0) + (Math.round(365 * chain.farthest[row]) === 1 ? " day" : " days") : plain(chain.farthest[row], 2) + " years"}`],
      ["Shares", `no bid ${part(chain.zero[row], 1, " %")}, wide ${part(chain.wide[row], 1, " %")}, stale ${part(chain.stale[row], 1, " %")}`],
      ["Parity", chain.residual[row] === null ? "no strike to check it on" : `off by ${plain(chain.residual[row], 2)} points (median), ${part(chain.beyond[row], 1, " %")} of strikes beyond their spreads`],
      ["VIX", vix],
    ]);
  };
  const showMissing = (iso) => {
    mark(iso);
    $("session-date").textContent = day(iso);
    reading([["Verdict", "missing: a session of the exchange without a quote", "verdict missing"]]);
  };

  // ---- all of it -------------------------------------------------------------------------------
  const timed = ["quotes-chart", "expiries-chart", "shares-chart", "parity-chart", "forward-chart", "vix-chart"];
  const worst = () => {                  // the slider begins where one would look first
    for (const verdict of "210") {
      const row = chain.verdict.lastIndexOf(verdict);
      if (row >= 0) return row;
    }
    return 0;
  };
  const drawAll = () => {
    readColours();
    drawCalendar();
    drawQuotes(); drawExpiries(); drawShares(); drawParity(); drawForward(); drawVix();
    show(Math.min(+$("session-day").value, chain.sessions.length - 1));
  };
  const choose = (n) => {
    chain = page.chains[n];
    document.querySelectorAll(".of-chain").forEach((box) => { box.hidden = +box.dataset.chain !== n; });
    $("session-day").max = chain.sessions.length - 1;
    $("session-day").value = worst();
    drawAll();
  };
  choose(0);
  Page.link(timed.filter((id) => $(id).on), whole);
  $("session-day").addEventListener("input", (event) => show(+event.target.value));
  if ($("chain-choice")) $("chain-choice").addEventListener("change", (event) => choose(+event.target.value));
  Page.redraw(drawAll);
})();
