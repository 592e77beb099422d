#pragma once

#include <string_view>

namespace bobbin::admin {

/// Between <style> and </style>.
inline constexpr std::string_view kPageStyle = R"(
:root{color-scheme:light dark;--ink:#1c2024;--soft:#5c6670;--line:#e3e6e9;--back:#fff;--card:#f6f8fa;--good:#1a7f37;--bad:#c6282b}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#9aa5b0;--line:#2d343b;--back:#14181c;--card:#1b2127;--good:#56c271;--bad:#ff7b72}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:62rem;padding:1.5rem 1rem 3rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back);-webkit-text-size-adjust:100%}
header{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:baseline;justify-content:space-between;margin-bottom:1rem}
h1{margin:0;font-size:1.375rem;font-weight:650}
h2{margin:2rem 0 .5rem;font-size:1.0625rem;font-weight:650}
p{margin:0;color:var(--soft);overflow-wrap:anywhere}
.verdict{font-weight:650;color:var(--good)}
.bad,.bad td:nth-child(2){color:var(--bad)}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.625rem;margin:0}
dl div{padding:.625rem .875rem;background:var(--card);border-radius:8px}
dt{font-size:.8125rem;color:var(--soft)}
dd{margin:0;font-size:1.125rem;font-weight:600;font-variant-numeric:tabular-nums}
.wide{overflow-x:auto}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.4375rem .75rem .4375rem 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
th{font-size:.8125rem;font-weight:500;color:var(--soft);white-space:nowrap}
td:first-child{overflow-wrap:anywhere;min-width:8rem}
.n{text-align:right;white-space:nowrap}
time{white-space:nowrap}
)";

}  // namespace bobbin::admin
