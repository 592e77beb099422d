#pragma once

#include <string_view>

namespace bobbin::listing {

/// Between <style> and </style>. The names of files are never cut off: they are there to be told apart.
inline constexpr std::string_view kPageStyle = R"(
:root{color-scheme:light dark;--ink:#1c2024;--soft:#5c6670;--line:#e3e6e9;--back:#fff;--hover:#f3f6f9;--link:#0a58b0;--field:#f6f8fa}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#9aa5b0;--line:#2d343b;--back:#14181c;--hover:#1d242b;--link:#7ab7ff;--field:#1b2127}}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0 auto;max-width:62rem;padding:2rem 1.5rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back);-webkit-text-size-adjust:100%}
a{color:var(--link);text-decoration:none}
a:hover{text-decoration:underline}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:4px}
header{display:flex;flex-wrap:wrap;gap:.75rem 1.5rem;align-items:center;justify-content:space-between;margin:0 .75rem 1.25rem}
nav{min-width:0;flex:1 1 20rem}
ol{display:flex;flex-wrap:wrap;align-items:baseline;margin:0;padding:0;list-style:none;font-size:1.125rem;overflow-wrap:anywhere}
li:not(:last-child)::after{content:"/";margin:0 .5rem;color:var(--soft)}
h1{display:inline;margin:0;font-size:inherit;font-weight:650}
input{flex:0 1 17rem;min-width:10rem;height:2.5rem;padding:0 .75rem;font:inherit;color:inherit;background:var(--field);border:1px solid var(--line);border-radius:8px}
input::placeholder{color:var(--soft);opacity:1}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th{padding:0;text-align:left;border-bottom:1px solid var(--line)}
form{margin:0}
button{width:100%;padding:.5rem .75rem;font:inherit;font-size:.875rem;font-weight:500;text-align:inherit;color:var(--soft);background:none;border:0;border-radius:4px;cursor:pointer;white-space:nowrap}
button:hover,[aria-sort] button{color:var(--ink)}
[aria-sort] button::after{content:"\2191";margin-left:.375rem}
[aria-sort=descending] button::after{content:"\2193"}
td{padding:0 .75rem;border-bottom:1px solid var(--line);color:var(--soft);white-space:nowrap}
td:first-child{padding:0;width:100%;white-space:normal;overflow-wrap:anywhere}
th:nth-child(2),td:nth-child(2){text-align:right}
td a{display:block;padding:.5rem .75rem .5rem 2.5rem;background:no-repeat .75rem .625rem/1.25rem url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20' fill='none' stroke='%237d8893' stroke-width='1.4' stroke-linejoin='round'%3E%3Cpath d='M5 2.5h6.5L15.5 6.5v11H5zM11.5 2.5v4h4'/%3E%3C/svg%3E")}
.d a{font-weight:500;background-image:url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20' fill='%237fb2ec' stroke='%233f80c8' stroke-width='1.2' stroke-linejoin='round'%3E%3Cpath d='M2.5 5V15.5h15V6.5H9.5L7.5 4h-5z'/%3E%3C/svg%3E")}
.up a{background-image:url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20' fill='none' stroke='%237d8893' stroke-width='1.6' stroke-linecap='round' stroke-linejoin='round'%3E%3Cpath d='M10 16V4.5M5 9.5l5-5 5 5'/%3E%3C/svg%3E")}
tbody tr:hover{background:var(--hover)}
.note td{padding:.75rem;white-space:normal}
.note:hover{background:none}
#none,#total{margin:1rem .75rem;color:var(--soft)}
#total{font-size:.875rem}
section{margin:2rem .75rem 0;padding-top:1rem;border-top:1px solid var(--line)}
h2{margin:0;font-size:1rem;font-weight:650}
pre{margin:.75rem 0;font:.875rem/1.6 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;tab-size:4}
@media(max-width:40rem){
body{padding:1rem .25rem}
nav{flex-basis:100%}
ol a,ol h1{display:inline-block;padding:.625rem .5rem;margin:-.375rem -.5rem}
input{flex:1 1 100%;height:2.75rem}
table,thead,tbody{display:block}
thead tr{display:flex;border-bottom:1px solid var(--line)}
th{border:0}
th:first-child{flex:1}
button{min-height:2.75rem}
tbody tr{display:grid;grid-template-columns:auto 1fr;border-bottom:1px solid var(--line);position:relative}
td,td:first-child{padding:0;border:0;font-size:.875rem}
td:first-child{grid-column:1/-1;font-size:1rem}
td a{padding:.625rem .75rem 2.125rem 2.75rem;background-position:.75rem .75rem}
.up a{padding-bottom:.625rem}
td:nth-child(n+2){margin-top:-1.875rem;pointer-events:none;padding-bottom:.5rem}
td:nth-child(2){padding-left:2.75rem}
td:nth-child(2):not(:empty)::after{content:"\b7";margin:0 .5rem}
.note td{grid-column:1/-1;padding:.75rem}
}
)";

}  // namespace bobbin::listing
