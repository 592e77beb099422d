#pragma once

#include <string_view>

namespace bobbin::uploads {

/// Between <script> and </script>. Documents are sent one after the other, each with an Idempotency-Key of
/// its own, which stays the same when it is tried again.
inline constexpr std::string_view kInboxPageScript = R"(
(() => {
  'use strict';
  const main = document.querySelector('main');
  const form = document.querySelector('form');
  const text = document.getElementById('text');
  const fault = document.getElementById('fault');
  const files = document.getElementById('files');
  const drop = document.getElementById('drop');
  const token = document.getElementById('token');
  const sent = document.getElementById('sent');
  const takes = main.dataset.takes.split(' ');
  const largest = Number(main.dataset.largest);
  const types = {json: 'application/json', lines: 'application/x-ndjson', batch: 'application/cloudevents-batch+json'};

  const typeOfText = types[takes[0]] ?? 'text/plain';
  const typeOf = file => {
    const known = /\.(ndjson|jsonl)$/i.test(file.name) ? 'lines' : /\.json$/i.test(file.name) ? 'json' : 'any';
    if (takes.includes(known) && known !== 'any') return types[known];
    return takes.includes('any') ? file.type || 'application/octet-stream' : typeOfText;
  };
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');

  const line = name => {
    const item = document.createElement('li');
    const title = document.createElement('b');
    const says = document.createElement('span');
    const progress = document.createElement('progress');
    const again = document.createElement('button');
    title.textContent = name;
    says.textContent = 'Waiting';
    progress.max = 1;
    progress.value = 0;
    again.textContent = 'Try again';
    again.type = 'button';
    again.hidden = true;
    item.append(title, again, says, progress);
    sent.prepend(item);
    return {item, says, progress, again};
  };

  const receipt = answer => {
    if (answer === null) return 'Kept';
    if (answer.status === 'quarantined') return `Kept aside as number ${answer.sequence}, since it is no document: ${answer.detail}`;
    if (answer.stored !== undefined) return `Kept: ${answer.stored} new` + (answer.repeated ? `, ${answer.repeated} that came before` : '');
    return `Kept as number ${answer.sequence}, ${answer.id}`;
  };

  const post = (content, type, key, progress) => new Promise(resolve => {
    const request = new XMLHttpRequest();
    const done = (status, detail, answer = null) => resolve({status, detail, answer});
    request.open('POST', main.dataset.path);
    request.setRequestHeader('Content-Type', type);
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('Idempotency-Key', key);
    if (token && token.value !== '') request.setRequestHeader('Authorization', `Bearer ${token.value}`);
    request.upload.onprogress = event => { if (event.lengthComputable) progress.value = event.loaded / event.total; };
    request.onerror = () => done(0, 'The server cannot be reached. Nobody knows whether this has been kept.');
    request.onload = () => {
      let answer = null;
      try { answer = JSON.parse(request.responseText); } catch {}
      done(request.status, answer?.detail ?? `The server has answered ${request.status}.`, answer);
    };
    request.send(content);
  });

  let last = Promise.resolve();
  const send = (name, content, type) => {
    const shown = line(name);
    const key = newKey();
    const attempt = async () => {
      shown.again.hidden = true;
      shown.progress.hidden = false;
      shown.item.className = '';
      shown.says.textContent = 'Sending';
      const result = await post(content, type, key, shown.progress);
      const isKept = result.status >= 200 && result.status < 300;
      shown.progress.hidden = true;
      shown.item.className = isKept ? 'good' : 'bad';
      shown.says.textContent = isKept ? receipt(result.answer) : result.detail;
      shown.again.hidden = isKept || ![0, 401, 408, 429].includes(result.status) && result.status < 500;
      if (result.status === 401 && token) token.focus();
      return {isKept, ...result};
    };
    const queue = () => (last = last.then(attempt));
    shown.again.addEventListener('click', queue);
    return queue();
  };

  const show = (words, byte) => {
    fault.textContent = words;
    fault.hidden = words === '';
    text.setAttribute('aria-invalid', String(words !== ''));
    if (byte === undefined) return;
    const at = new TextDecoder().decode(new TextEncoder().encode(text.value).slice(0, byte)).length;
    text.focus();
    text.setSelectionRange(at, at + 1);
  };
  text.addEventListener('input', () => show(''));
  form.addEventListener('submit', async event => {
    event.preventDefault();
    const content = text.value;
    if (content.trim() === '') return show('There is nothing to send.');
    const {isKept, status, detail} = await send('Document', content, typeOfText);
    const byte = /\(byte (\d+)\)/.exec(detail ?? '');
    if (isKept && text.value === content) text.value = '';
    if (status === 400 && text.value === content) show(detail, byte ? Number(byte[1]) : undefined);
  });

  const sendFiles = chosen => {
    for (const file of chosen) {
      if (file.size <= largest) {
        send(file.name, file, typeOf(file));
        continue;
      }
      const shown = line(file.name);
      shown.item.className = 'bad';
      shown.progress.hidden = true;
      shown.says.textContent = `It is larger than ${main.dataset.most}, and has not been sent.`;
    }
  };
  files.addEventListener('change', () => {
    sendFiles([...files.files]);
    files.value = '';
  });
  for (const kind of ['dragenter', 'dragover', 'dragleave', 'drop'])
    document.addEventListener(kind, event => {
      if (!event.dataTransfer.types.includes('Files')) return;
      event.preventDefault();
      drop.classList.toggle('over', kind === 'dragenter' || kind === 'dragover');
      if (kind === 'drop') sendFiles([...event.dataTransfer.files]);
    });
  form.querySelector('button').disabled = false;
  drop.hidden = files.disabled = false;
})();
)";

}  // namespace bobbin::uploads
