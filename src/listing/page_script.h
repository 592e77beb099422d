#pragma once

#include <string_view>

namespace bobbin::listing {

/// Between <script> and </script>: search as you type, and keys. "/" goes to the search, the arrows go from
/// entry to entry, Enter in the search opens the first entry that is shown, Escape empties the search.
inline constexpr std::string_view kPageScript = R"(
(() => {
  'use strict';
  const search = document.getElementById('search');
  const none = document.getElementById('none');
  const status = document.querySelector('[role=status]');
  const all = status.textContent;
  const entries = [...document.querySelectorAll('#entries a')].map(
    link => ({link, row: link.closest('tr'), name: link.textContent.toLowerCase()}));
  if (entries.length === 0) return;
  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(word => word !== '');
    let shown = 0;
    for (const {row, name} of entries) {
      const matches = words.every(word => name.includes(word));
      if (row.hidden === matches) row.hidden = !matches;
      if (matches) ++shown;
    }
    none.hidden = shown > 0;
    status.textContent = words.length > 0 ? `${shown} of ${entries.length}` : all;
  };
  const links = () => [...document.querySelectorAll(
    `${search.value === '' ? 'tbody' : '#entries'} tr:not([hidden]) a`)];
  const move = step => {
    const shown = links();
    const at = shown.indexOf(document.activeElement);
    if (at < 0 && document.activeElement !== search && document.activeElement !== document.body) return false;
    const next = at < 0 ? (step > 0 ? 0 : shown.length) : at + step;
    if (next < 0) search.focus();
    else if (next < shown.length) shown[next].focus();
    return true;
  };
  search.addEventListener('input', show);
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const inSearch = document.activeElement === search;
    let done = true;
    if (event.key === '/' && !inSearch) search.select();
    else if (event.key === 'ArrowDown') done = move(1);
    else if (event.key === 'ArrowUp' && !inSearch) done = move(-1);
    else if (event.key === 'Enter' && inSearch && search.value !== '') entries.find(({row}) => !row.hidden)?.link.click();
    else if (event.key === 'Escape' && search.value !== '') {
      search.value = '';
      show();
    } else done = false;
    if (done) event.preventDefault();
  });
  search.hidden = false;
  if (search.value !== '') show();
})();
)";

}  // namespace bobbin::listing
