// Draws the charts that lie in #charts as JSON; follows light and dark, narrow and wide, screen and print.
(() => {
  'use strict';
  const groups = JSON.parse(document.getElementById('charts').textContent);
  const root = document.documentElement;
  const narrow = matchMedia('(max-width: 40rem)');
  const colour = name => getComputedStyle(root).getPropertyValue('--' + name).trim();
  const series = i => colour('series-' + (1 + i % 4));
  const shorten = (text, most) => text.length <= most ? text : text.slice(0, Math.ceil(most / 2) - 1) + '\u2026' + text.slice(-Math.floor(most / 2));

  // Vertical marks with their names above the plot; of two that would overlap the stronger one is named.
  const marks = {
    id: 'marks',
    afterDatasetsDraw(chart, _, options) {
      const {ctx, chartArea: area, scales} = chart;
      const taken = [];
      ctx.save();
      ctx.font = '12px ' + colour('font');
      ctx.textAlign = 'center';
      for (const mark of options.list || []) {
        const x = scales.x.getPixelForValue(mark.at);
        if (x < area.left - 1 || x > area.right + 1) continue;
        ctx.strokeStyle = ctx.fillStyle = colour(mark.strong ? 'mark' : 'soft');
        ctx.lineWidth = mark.strong ? 2 : 1;
        ctx.setLineDash([5, 4]);
        ctx.beginPath();
        ctx.moveTo(x, area.top);
        ctx.lineTo(x, area.bottom);
        ctx.stroke();
        const half = ctx.measureText(mark.label).width / 2 + 4;
        if (taken.some(([a, b]) => x - half < b && x + half > a)) continue;
        taken.push([x - half, x + half]);
        ctx.fillText(mark.label, Math.min(Math.max(x, half), chart.width - half), area.top - 6);
      }
      ctx.restore();
    }
  };

  function datasets(chart) {
    const lines = chart.form === 'curve' || chart.form === 'profile';
    const sets = chart.series.map((one, i) => ({
      label: one.name,
      data: 'from' in one ? one.y.map((y, k) => ({x: one.from + (k + 0.5) * chart.width, y})) : one.x ? one.y.map((y, k) => ({x: one.x[k], y})) : one.y,
      borderColor: series(i),
      backgroundColor: series(i),
      borderWidth: lines ? 2 : 0,
      pointRadius: chart.form === 'curve' ? 4 : 2,
      pointHitRadius: 12,
      pointStyle: 'circle',
      spanGaps: false,
      barPercentage: chart.form === 'histogram' ? 1 : 0.9,
      categoryPercentage: chart.form === 'histogram' ? 1 : 0.85,
      grouped: chart.form === 'bars',
    }));
    chart.marks.filter(mark => mark.level).forEach((mark, i) => sets.push({
      type: 'line', label: mark.label, data: [{x: chart.low, y: mark.at}, {x: chart.high, y: mark.at}],
      borderColor: mark.strong ? colour('ink') : series(i + 1), backgroundColor: 'transparent', borderWidth: 1.5, borderDash: [6, 5], pointRadius: 0, pointHitRadius: 0,
    }));
    return sets;
  }

  function configuration(chart) {
    const lying = chart.form === 'bars';
    const title = text => ({display: !!text, text, color: colour('soft')});
    const ticks = {color: colour('soft'), maxRotation: 0, autoSkipPadding: 12};
    const value = {title: title(lying ? chart.x.title : chart.y.title), ticks: {...ticks}, grid: {color: colour('grid'), borderColor: colour('soft')}};
    const along = {title: title(lying ? chart.y.title : chart.x.title), ticks: {...ticks}, grid: {display: false, borderColor: colour('soft')}};
    if (chart.form === 'histogram') {
      value.type = 'logarithmic';
      value.min = 0.5;
      value.ticks.callback = v => /^10*$/.test(String(v)) ? v.toLocaleString('en') : '';
      value.ticks.autoSkip = false;
    }
    if (chart.form === 'curve' || chart.form === 'histogram') {
      Object.assign(along, {type: 'linear', min: chart.low, max: chart.high, offset: false});
      along.ticks.includeBounds = false;
    }
    if (chart.form === 'profile') along.ticks.display = false;
    if (lying) {
      value.beginAtZero = true;
      along.ticks.autoSkip = false;
      along.ticks.color = colour('ink');
      along.ticks.callback = function (v) { return shorten(this.getLabelForValue(v), narrow.matches ? 17 : 38); };
    }
    return {
      type: chart.form === 'bars' || chart.form === 'histogram' ? 'bar' : 'line',
      data: {labels: chart.categories.length ? chart.categories : undefined, datasets: datasets(chart)},
      plugins: [marks],
      options: {
        indexAxis: lying ? 'y' : 'x', responsive: true, maintainAspectRatio: false, animation: false, devicePixelRatio: Math.max(2, window.devicePixelRatio || 1), normalized: true,
        layout: {padding: {top: chart.form === 'histogram' ? 22 : 4, right: 8}},
        interaction: {mode: 'nearest', axis: lying ? 'y' : 'x', intersect: false},
        scales: lying ? {x: value, y: along} : {x: along, y: value},
        plugins: {
          legend: {display: chart.series.length + chart.marks.filter(mark => mark.level).length > 1, align: 'start', labels: {color: colour('ink'), usePointStyle: !lying, pointStyle: 'line', pointStyleWidth: 26, boxWidth: lying ? 22 : 26, boxHeight: 10, padding: 10}},
          tooltip: {filter: item => item.dataset.pointHitRadius !== 0, callbacks: chart.form === 'histogram' ? {title: items => items.length ? 'around ' + items[0].parsed.x.toPrecision(4) : ''} : {}},
          marks: {list: chart.marks.filter(mark => !mark.level).sort((a, b) => b.strong - a.strong)},
        },
      },
    };
  }

  const drawings = groups.map(group => {
    const figure = document.getElementById(group.id);
    const canvas = figure.querySelector('canvas'), choice = figure.querySelector('select');
    let drawn = null;
    const draw = () => {
      const chart = group.charts[choice ? choice.selectedIndex : 0];
      if (drawn) drawn.destroy();
      Chart.defaults.font.family = colour('font');
      drawn = new Chart(canvas, configuration(chart));
      canvas.setAttribute('aria-label', chart.text);
      const text = figure.querySelector('.chart-text');
      if (text) text.textContent = chart.text;
      canvas.dataset.drawn = chart.title;
    };
    if (choice) choice.addEventListener('change', draw);
    draw();
    return draw;
  });
  const redraw = () => drawings.forEach(draw => draw());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  narrow.addEventListener('change', redraw);
  const printing = on => { on ? root.dataset.print = '' : delete root.dataset.print; redraw(); };
  addEventListener('beforeprint', () => printing(true));
  addEventListener('afterprint', () => printing(false));
  matchMedia('print').addEventListener('change', event => printing(event.matches));
})();
