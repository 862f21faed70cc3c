// Changes that no server has acknowledged yet, in this browser: by account, application and field, with what their writer had seen.
const PREFIX = "headwater:unsent:", DAYS = 14;
const read = (key) => { try { return JSON.parse(localStorage.getItem(key)) || {}; } catch { return {}; } };
const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));

function write(key, all) {
  try {
    if (Object.keys(all).length) localStorage.setItem(key, JSON.stringify(all)); else localStorage.removeItem(key);
    return true;
  } catch { return false; } // the browser has no room: only the page itself holds the words
}

// The changes of one application by one account; without an account (a form that is only tried) nothing is kept.
export function open(account, application) {
  const key = account && application ? `${PREFIX}${account}:${application}` : "";
  return {
    all: () => (key ? read(key) : {}),
    put: (changes) => !key || !Object.keys(changes).length || write(key, { ...read(key), ...Object.fromEntries(Object.entries(changes).map(([n, c]) => [n, { ...c, at: Date.now() }])) }),
    drop: (name) => { if (!key) return; const all = read(key); delete all[name]; write(key, all); },
  };
}

for (const key of keys()) {
  const all = read(key);
  write(key, Object.fromEntries(Object.entries(all).filter(([, change]) => change.at > Date.now() - DAYS * 86400000)));
}
// Signing out clears them; what has not reached the server is asked about first.
document.querySelectorAll("form[data-sign-out]").forEach((form) => form.addEventListener("submit", (event) => {
  const own = keys().filter((key) => key.startsWith(`${PREFIX}${form.dataset.signOut}:`));
  if (own.length && !confirm(form.dataset.unsent)) { event.preventDefault(); return; }
  own.forEach((key) => localStorage.removeItem(key));
}));
