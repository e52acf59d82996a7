/** Filters by machine and branch, and keeps the choice in the address; without it everything is shown. */
export const indexScript: string = `
'use strict';
const controls = document.querySelector('.controls');
controls.hidden = false;
const filters = ['machine', 'branch'].map((id) => document.getElementById(id));
function show() {
  for (const row of document.querySelectorAll('[data-machine]')) {
    row.hidden = filters.some((filter) => filter.value !== '*' && row.dataset[filter.id] !== filter.value);
  }
}
function read() {
  const asked = new URLSearchParams(location.search);
  for (const filter of filters) {
    const value = asked.get(filter.id) ?? '*';
    filter.value = [...filter.options].some((option) => option.value === value) ? value : '*';
  }
  show();
}
for (const filter of filters) {
  filter.addEventListener('change', () => {
    const asked = new URLSearchParams();
    for (const one of filters) if (one.value !== '*') asked.set(one.id, one.value);
    history.replaceState(null, '', '?' + asked + location.hash);
    show();
  });
}
addEventListener('popstate', read);
read();
`;
