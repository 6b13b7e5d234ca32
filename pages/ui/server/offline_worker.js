// Keeps the last digest its reader has seen on this device, and shows it where a page cannot be fetched. It answers for
// nothing else and keeps nothing else. The digest lies in one record, sealed with a key that no script can read out;
// with the record the key is gone. `PAGES` is written before this file by the server.
const NAME = "quarterdeck", STORE = "digest", LAST = "last", DAY = 86_400_000;
const LEAVING = /\/(auth\/logout|oauth2\/sign_out|sign_?out|logout)\/?$/i;
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";
const STYLE = `
  :root { color-scheme: light dark; font-family: "Source Sans 3", "Segoe UI", Helvetica, Arial, sans-serif; }
  body { margin: 0; background: light-dark(#fbfaf7, #10181f); color: light-dark(#17242d, #e8eef2); }
  header { padding: 1rem; font-size: 1rem; line-height: 1.5; }
  h1 { margin: 0 0 0.25rem; font-size: 1.4rem; }
  header p { margin: 0 0 0.25rem; }
  header a { display: inline-flex; align-items: center; min-height: 48px; color: light-dark(#0b6e6e, #4cc2b8); }
  main { background: #ffffff; color: #1b2733; }
  @media (max-width: 640px) {
    main > table, main > table > tbody, main > table > tbody > tr, main > table > tbody > tr > td {
      display: block; box-sizing: border-box; max-width: 100%; }
    main > table > tbody > tr > td { padding: 14px !important; }
    main table table { display: block; overflow-x: auto; }
    main table table :is(td, th) { padding: 4px 3px !important; }
  }`;

const opened = () => new Promise((resolve, reject) => {
  const asked = indexedDB.open(NAME, 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});
const run = async (mode, work) => {
  const base = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const change = base.transaction(STORE, mode);
      const asked = work(change.objectStore(STORE));
      change.oncomplete = () => resolve(asked.result);
      change.onerror = change.onabort = () => reject(change.error);
    });
  } finally {
    base.close();
  }
};
const forget = () => run("readwrite", (store) => store.clear());
const current = async () => {
  const record = await run("readonly", (store) => store.get(LAST));
  if (record && record.until <= Date.now()) await forget();
  return record && record.until > Date.now() ? record : undefined;
};

const keep = async ({ seal, html, brand, days }) => {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify({ html, brand }));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain);
  const seen = Date.now(), until = seen + days * DAY;
  await run("readwrite", (store) => store.put({ seal, key, iv, sealed, seen, until }, LAST));
  return { until };
};
// Whoever opens a page says who they are and what they may see; for anybody and anything else the digest is gone.
const attend = async ({ seal }) => {
  const record = await current();
  if (record && record.seal !== seal) await forget();
  return {};
};
const WORK = { keep, attend, forget };

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  const work = Object.hasOwn(WORK, event.data?.kind) ? WORK[event.data.kind] : undefined;
  if (!work) return;
  const answer = (result) => event.ports[0]?.postMessage(result ?? {});
  event.waitUntil(work(event.data).then(answer, (error) => answer({ problem: String(error) })));
});

self.addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate" || event.request.destination !== "document") return;
  const path = new URL(event.request.url).pathname;
  if (LEAVING.test(path)) event.waitUntil(forget());
  const scope = new URL(self.registration.scope).pathname;
  const name = path.startsWith(scope) ? path.slice(scope.length).replace(/\/$/, "") : undefined;
  if (PAGES.includes(name)) event.respondWith(page(event.request));
});

// A page that is answered by a way to sign in, or by a refusal, is no longer this person's.
const page = async (request) => {
  try {
    const response = await fetch(request);
    if (response.type === "opaqueredirect" || [401, 403].includes(response.status)) await forget();
    return response;
  } catch {
    return without();
  }
};

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const ago = (moment) => {
  const minutes = Math.round((moment - Date.now()) / 60_000), words = new Intl.RelativeTimeFormat("en");
  if (minutes > -1) return "just now";
  if (minutes > -60) return words.format(minutes, "minute");
  return minutes > -48 * 60 ? words.format(Math.round(minutes / 60), "hour") : words.format(Math.round(minutes / 1440), "day");
};
const without = async () => {
  let brand = "Quarterdeck", html = "", line = "No digest is kept on this device.";
  try {
    const record = await current();
    if (record) {
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: record.iv }, record.key, record.sealed);
      ({ html, brand } = JSON.parse(new TextDecoder().decode(plain)));
      const when = new Date(record.seen).toLocaleString(undefined, { dateStyle: "long", timeStyle: "short" });
      line = `This is the digest as you last saw it, on ${when} (${ago(record.seen)}); nothing in it is newer.`;
    }
  } catch (error) {
    line = "The digest on this device cannot be read.";
  }
  const text = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>No connection · ${escaped(brand)}</title>
<style>${STYLE}</style></head><body><header><h1>No connection</h1><p>${escaped(line)}</p>
<p><a href="">Try again</a></p></header><main>${html}</main></body></html>`;
  const headers = { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY, "Cache-Control": "no-store" };
  return new Response(text, { status: 503, headers });
};
