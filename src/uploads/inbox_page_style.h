#pragma once

#include <string_view>

namespace bobbin::uploads {

/// Between <style> and </style>.
inline constexpr std::string_view kInboxPageStyle = R"(
:root{color-scheme:light dark;--ink:#1c2024;--soft:#5c6670;--line:#d5dade;--back:#fff;--field:#f6f8fa;--link:#0a58b0;--good:#1a7f37;--bad:#b42318}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#9aa5b0;--line:#3a424a;--back:#14181c;--field:#1b2127;--link:#7ab7ff;--good:#4cc46c;--bad:#ff8a7e}}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0 auto;max-width:46rem;padding:2rem 1.25rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back);-webkit-text-size-adjust:100%}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
h1{margin:0;font-size:1.375rem;font-weight:650;overflow-wrap:anywhere}
p{margin:.25rem 0 1.25rem;color:var(--soft)}
label{display:block;margin:1rem 0 .375rem;font-weight:550}
textarea,input[type=password]{display:block;width:100%;padding:.625rem .75rem;font:.9375rem/1.5 ui-monospace,monospace;color:inherit;background:var(--field);border:1px solid var(--line);border-radius:8px}
textarea{min-height:11rem;resize:vertical;tab-size:2}
textarea[aria-invalid=true]{border-color:var(--bad)}
#fault{margin:.5rem 0 0;color:var(--bad)}
button{min-height:2.75rem;padding:0 1.25rem;font:inherit;font-weight:550;color:#fff;background:#0a58b0;border:0;border-radius:8px;cursor:pointer}
button:disabled{opacity:.5;cursor:default}
form>button{margin-top:.875rem}
#files{position:absolute;width:1px;height:1px;opacity:0}
#drop{margin-top:1.5rem;padding:1.5rem 1rem;text-align:center;font-weight:400;color:var(--soft);border:2px dashed var(--line);border-radius:12px;cursor:pointer}
#drop u{color:var(--link);text-decoration:none}
#drop.over,#files:focus-visible+#drop{border-color:var(--link);color:var(--ink)}
ol{margin:1.5rem 0 0;padding:0;list-style:none}
li{display:grid;grid-template-columns:1fr auto;gap:.125rem .75rem;align-items:center;padding:.75rem 0;border-top:1px solid var(--line);overflow-wrap:anywhere}
li b{font-weight:550}
li span{grid-column:1;font-size:.9375rem;color:var(--soft)}
li.good span{color:var(--good)}
li.bad span{color:var(--bad)}
li button{grid-column:2;grid-row:1/3;min-height:2.25rem;padding:0 .875rem;font-size:.875rem}
progress{grid-column:1/3;width:100%;height:.375rem;accent-color:var(--link)}
)";

}  // namespace bobbin::uploads
