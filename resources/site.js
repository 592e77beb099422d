// Shows the address of this server in the examples, and stores documents: a form can send JSON only by a script, so the
// forms are hidden without one, and the commands for a terminal remain.

for (const shown of document.querySelectorAll(".origin")) shown.textContent = location.origin;

const answer = document.getElementById("answer");

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** `kind`: "good", "bad" or "", for what is neither. */
function show(kind, ...parts) {
  answer.className = `answer ${kind}`;
  answer.replaceChildren(...parts);
}

function link(address) {
  const made = element("a", address);
  made.href = address;
  return made;
}

function explain(status, problem) {
  if (status === 404 || status === 405) return "This server takes no documents. Start it with --uploads on.";
  return problem?.detail ?? "Nothing was stored.";
}

async function store(json) {
  show("", element("p", "It is being stored."));
  try {
    const response = await fetch("/upload", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: json,
    });
    const result = await response.json().catch(() => null);
    const status = element("strong", `${response.status} ${result?.title ?? response.statusText}`);
    if (response.status === 201) {
      status.textContent = "201 Created";
      show("good", status, element("p", "It is on disk, at this address:"), link(result.filepath));
      return true;
    }
    show("bad", status, element("p", explain(response.status, result)));
  } catch {
    show("bad", element("strong", "No answer"), element("p", "The server could not be reached. Whether anything was stored is not known."));
  }
  return false;
}

function onSubmit(form, handle) {
  if (form === null) return;
  const button = form.querySelector("button");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    await handle();
    button.disabled = false;
  });
}

onSubmit(document.getElementById("upload"), () => store(document.getElementById("document").value));

onSubmit(document.getElementById("message"), async () => {
  const text = document.getElementById("text");
  const from = document.getElementById("from").value;
  if (await store(JSON.stringify({ from, message: text.value }))) text.value = "";
});
