// The search of the documents. The index is a script of its own beside this one, which is loaded when somebody is about to
// search. Without a script the field is not shown, and everything else works.

const bobbinSearch = (() => {
  const SHOWN = 30;
  // Of an excerpt, in characters: its length, and how far before a word it may begin.
  const EXCERPT = 220;
  const LEAD = 90;

  /** `--keep-alive-timeout`, `keep_alive_timeout` and `BOBBIN_KEEP_ALIVE_TIMEOUT` are one option. */
  const fold = (text) => text.toLowerCase().replaceAll("_", "-");

  /** What has to be found: dashes before a name may be missing. */
  const wordsOf = (query) => fold(query).split(/\s+/).map((word) => word.replace(/^-+|[-,;:]+$/g, "")).filter(Boolean);

  /** A variable as the option that it stands for. */
  const asOption = (word) => word.replace(/^bobbin-(?=.)/, "");

  const isLetter = (character) => character !== undefined && /[\p{L}\p{N}]/u.test(character);

  /** How well a word is in a text: 3 as a whole word, 2 at the beginning of one, 1 within one, and 0. */
  function fit(text, word) {
    let best = 0;
    for (let at = text.indexOf(word), seen = 0; at >= 0 && seen < 20; at = text.indexOf(word, at + 1), seen++) {
      const begins = !isLetter(text[at - 1]);
      const ends = !isLetter(text[at + word.length]);
      best = Math.max(best, begins && ends ? 3 : begins ? 2 : 1);
      if (best === 3) break;
    }
    return best;
  }

  /** [{ page, title, less, anchor, heading, text }, and what is compared,] of what the index has. */
  const entriesOf = (pages) => pages.flatMap(([page, title, less, sections]) => sections.map(([anchor, heading, text]) => ({
    page, title, less, anchor, heading, text,
    foldedTitle: fold(title), foldedHeading: fold(heading), foldedText: fold(text),
  })));

  function score(entry, words) {
    let sum = 0;
    for (const word of words) {
      const [title, text] = [entry.foldedTitle, entry.foldedText].map((each) => fit(each, word));
      const heading = Math.max(fit(entry.foldedHeading, word), fit(entry.foldedHeading, asOption(word)));
      if (title + heading + text === 0) return 0;
      sum += 10 * heading + 4 * title + 2 * text;
    }
    const phrase = words.join(" ");
    if (entry.foldedHeading.replace(/^-+/, "").startsWith(asOption(phrase))) sum += 20;
    if (words.length > 1 && entry.foldedText.includes(phrase)) sum += 10;
    return entry.less ? sum / 2 : sum;
  }

  /** The entries in which every word is, the best first. */
  function find(entries, query) {
    const words = wordsOf(query);
    if (words.length === 0) return [];
    return entries.map((entry) => [score(entry, words), entry]).filter(([points]) => points > 0)
      .sort(([one], [other]) => other - one).map(([, entry]) => entry);
  }

  /** Where the words are: [[begin, end]], in order, and none over another. */
  function places(text, words) {
    const folded = fold(text);
    const found = [];
    for (const word of words) {
      for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + word.length)) found.push([at, at + word.length]);
    }
    found.sort(([one], [other]) => one - other);
    for (const place of found) while (text[place[0] - 1] === "-") place[0]--;
    return found.filter(([begin], index) => index === 0 || begin >= found[index - 1][1]);
  }

  /** Where the sentence, the cell or at least the word begins that is not too far before. */
  function beginning(text, at) {
    const near = text.slice(at - LEAD, at);
    const marks = [...near.matchAll(/[.:·] /g)];
    return at - LEAD + (marks.length ? marks[0].index + 2 : near.indexOf(" ") + 1);
  }

  /** The part of a text around the first of the words, from the beginning of a sentence where one is near. */
  function excerpt(text, words) {
    const folded = fold(text);
    const first = (word) => {
      for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + 1)) if (!isLetter(folded[at - 1])) return at;
      return folded.indexOf(word);
    };
    const at = Math.min(...words.map(first).filter((each) => each >= 0), text.length);
    const from = at === text.length || at < LEAD ? 0 : beginning(text, at);
    const to = text.length <= from + EXCERPT ? text.length : text.lastIndexOf(" ", from + EXCERPT);
    return text.slice(from, to).replace(/[ ·]+$/, "");
  }

  /** The index as it is packed: gzip in base64. */
  async function unpack(packed) {
    const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return entriesOf(await new Response(stream).json());
  }

  return { SHOWN, find, places, excerpt, wordsOf, unpack, take: () => {} };
})();

if (typeof document !== "undefined") {
  const here = document.currentScript.src;
  const form = document.querySelector(".search");
  const field = form.querySelector("input");
  const panel = form.querySelector(".results");
  const status = panel.querySelector("p");
  const list = panel.querySelector("ol");

  let index = null;
  let failure = "";

  const load = () => {
    if (index) return;
    index = new Promise((resolve, reject) => {
      bobbinSearch.take = (packed) => bobbinSearch.unpack(packed).then(resolve, reject);
      const script = document.createElement("script");
      script.src = new URL("search-index.js", here);
      script.onerror = reject;
      document.head.append(script);
    });
    index.catch(() => { failure = "The search does not work: its index could not be read."; });
  };

  /** A text with the words in it marked. */
  const marked = (name, text, words) => {
    const element = document.createElement(name);
    let from = 0;
    for (const [begin, end] of bobbinSearch.places(text, words)) {
      const mark = document.createElement("mark");
      mark.textContent = text.slice(begin, end);
      element.append(text.slice(from, begin), mark);
      from = end;
    }
    element.append(text.slice(from));
    return element;
  };

  const item = (entry, words) => {
    const made = document.createElement("li");
    const link = document.createElement("a");
    link.href = new URL(`${entry.page}#${entry.anchor}`, here);
    link.append(marked("strong", entry.heading, words));
    const title = document.createElement("small");
    title.textContent = entry.title;
    // Where the heading has it all, what follows is what it is about.
    const told = words.every((word) => entry.foldedHeading.includes(word));
    link.append(title, marked("span", bobbinSearch.excerpt(entry.text, told ? [] : words), words));
    made.append(link);
    return made;
  };

  const sentence = (count, query) => {
    if (count === 0) return `Nothing in the documents fits “${query}”.`;
    if (count === 1) return "One place fits.";
    return count > bobbinSearch.SHOWN ? `${count} places fit. These are the best ${bobbinSearch.SHOWN}.` : `${count} places fit.`;
  };

  const show = async () => {
    load();
    const query = field.value.trim();
    const words = bobbinSearch.wordsOf(query);
    const entries = await index.catch(() => null);
    // What was typed meanwhile is shown by its own call.
    if (query !== field.value.trim()) return;
    const found = entries && words.length ? bobbinSearch.find(entries, query) : [];
    list.replaceChildren(...found.slice(0, bobbinSearch.SHOWN).map((entry) => item(entry, words)));
    status.textContent = failure || sentence(found.length, query);
    panel.scrollTop = 0;
    panel.hidden = words.length === 0;
  };

  const close = () => { panel.hidden = true; };

  const move = (step) => {
    const stops = [field, ...list.querySelectorAll("a")];
    const at = stops.indexOf(document.activeElement) + step;
    stops[Math.max(0, Math.min(at, stops.length - 1))].focus();
  };

  form.hidden = false;
  // In a long navigation the page that is shown may be far down.
  const pages = document.querySelector("nav.pages");
  const current = pages.querySelector("[aria-current]");
  if (current.offsetTop > pages.clientHeight - 80) pages.scrollTop = current.offsetTop - pages.clientHeight / 2;
  field.addEventListener("focus", load);
  field.addEventListener("input", show);
  field.addEventListener("focus", () => { if (field.value.trim()) show(); });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    list.querySelector("a")?.click();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape" && !panel.hidden) {
      event.preventDefault();
      field.focus();
      close();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || document.activeElement === field) return;
    event.preventDefault();
    field.focus();
  });
  document.addEventListener("pointerdown", (event) => { if (!form.contains(event.target)) close(); });
  form.addEventListener("focusout", (event) => { if (event.relatedTarget && !form.contains(event.relatedTarget)) close(); });
  // A link within the page leaves the page as it is, so what covers it has to go.
  list.addEventListener("click", close);
  for (const panelOfLinks of document.querySelectorAll("nav[popover]")) {
    panelOfLinks.addEventListener("click", (event) => {
      if (event.target.closest("a") && panelOfLinks.matches(":popover-open")) panelOfLinks.hidePopover();
    });
  }
}
