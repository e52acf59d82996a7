/** Says what is under the pointer on a trend; the page tells the same in its tables. */
export const trendScript: string = `
'use strict';
const runs = JSON.parse(document.getElementById('runs-data').textContent);
const tip = document.createElement('div');
tip.className = 'tip';
tip.hidden = true;
document.body.append(tip);
document.addEventListener('pointermove', (event) => {
  const svg = event.target.closest && event.target.closest('.spark');
  tip.hidden = !svg;
  if (!svg) return;
  const box = svg.getBoundingClientRect();
  const at = 300 * (event.clientX - box.left) / box.width;
  const points = [...svg.querySelector('.line').getAttribute('d').matchAll(/([\\d.]+) ([\\d.]+)/g)];
  let near = points[0];
  for (const point of points) if (Math.abs(point[1] - at) < Math.abs(near[1] - at)) near = point;
  const run = Math.round((near[1] - 1) / 298 * (runs.length - 1));
  const low = Number(svg.dataset.low);
  const high = Number(svg.dataset.high);
  const value = high > low ? low + (high - low) * (47 - near[2]) / 42 : low;
  tip.textContent = value.toPrecision(3) + ' · ' + (runs[run] || '');
  tip.style.left = Math.max(4, Math.min(innerWidth - tip.offsetWidth - 8, event.clientX + 12)) + 'px';
  tip.style.top = Math.max(4, event.clientY - tip.offsetHeight - 10) + 'px';
});
`;
