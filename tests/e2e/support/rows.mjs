// The phone's database from outside the app: reads rows, checks their checksums, and does harm to them.
// Every function that is run in the page stands for itself: it is sent there as text.

export const DATABASE = 'kardakar';
// As in tests/simulation/corruption.rs, and the same kinds of harm.
export const TABLES = ['meta', 'change', 'journal', 'outbox', 'held', 'list', 'form'];
export const HARMS = ['bit', 'gone', 'cut', 'earlier state', 'table gone', 'everything gone', 'changed places', 'earlier row'];

// All rows of the tables as [table, key, bytes in hexadecimal].
export async function read({ database, tables }) {
  const request = (of) => new Promise((done, failed) => ((of.onsuccess = () => done(of.result)), (of.onerror = () => failed(of.error))));
  const connection = await request(indexedDB.open(database));
  try {
    const present = tables.filter((table) => connection.objectStoreNames.contains(table));
    if (!present.length) return [];
    const transaction = connection.transaction(present);
    const all = [];
    for (const table of present) {
      const store = transaction.objectStore(table);
      const [keys, values] = await Promise.all([request(store.getAllKeys()), request(store.getAll())]);
      keys.forEach((key, at) => {
        let hex = '';
        for (const byte of new Uint8Array(values[at])) hex += byte.toString(16).padStart(2, '0');
        all.push([table, key, hex]);
      });
    }
    return all;
  } finally {
    connection.close();
  }
}

// Writes rows; null removes one. `instead`: everything else goes.
export async function write({ database, tables, rows, instead }) {
  const request = (of) => new Promise((done, failed) => ((of.onsuccess = () => done(of.result)), (of.onerror = () => failed(of.error))));
  const connection = await request(indexedDB.open(database));
  const transaction = connection.transaction(tables, 'readwrite', { durability: 'strict' });
  const finished = new Promise((done, failed) => ((transaction.oncomplete = done), (transaction.onabort = () => failed(transaction.error))));
  if (instead) for (const table of tables) transaction.objectStore(table).clear();
  for (const [table, key, hex] of rows) {
    const store = transaction.objectStore(table);
    if (hex === null) store.delete(key);
    else store.put(new Uint8Array(hex.match(/../g)?.map((byte) => parseInt(byte, 16)) ?? []), key);
  }
  await finished;
  connection.close();
}

export function remove({ database }) {
  return new Promise((done, failed) => {
    const request = indexedDB.deleteDatabase(database);
    request.onsuccess = () => done();
    request.onerror = () => failed(request.error);
  });
}

// Numbers from 0 to below 1, the same for the same seed.
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

// One kind of harm to these rows: what it is, the rows to write, and whether anything is different then.
export function harm(rows, earlier, draw) {
  const pick = () => rows[Math.floor(draw() * rows.length)];
  const below = (end) => Math.floor(draw() * end);
  const [table, key, hex] = pick();
  const size = hex.length / 2;
  switch (HARMS[below(HARMS.length)]) {
    case 'bit': {
      const at = below(size);
      const byte = (parseInt(hex.slice(at * 2, at * 2 + 2), 16) ^ (1 << below(8))).toString(16).padStart(2, '0');
      return { what: `a bit of ${table}/${key}, byte ${at}`, kind: 'bit', table, rows: [[table, key, hex.slice(0, at * 2) + byte + hex.slice(at * 2 + 2)]] };
    }
    case 'gone':
      return { what: `${table}/${key} is gone`, kind: 'gone', table, rows: [[table, key, null]] };
    case 'cut': {
      const keep = below(size);
      return { what: `${table}/${key} is cut to ${keep}`, kind: 'cut', table, rows: [[table, key, hex.slice(0, keep * 2)]] };
    }
    case 'earlier state':
      return { what: 'an earlier state', kind: 'earlier state', rows: earlier, instead: true };
    case 'table gone':
      return { what: `all of ${table}`, kind: 'table gone', table, rows: rows.filter(([of]) => of === table).map(([of, at]) => [of, at, null]) };
    case 'everything gone':
      return { what: 'everything', kind: 'everything gone', everything: true };
    case 'changed places': {
      const [otherTable, otherKey, other] = pick();
      if (other === hex) return null;
      return { what: `${table}/${key} and ${otherTable}/${otherKey} changed places`, kind: 'changed places', table, rows: [[table, key, other], [otherTable, otherKey, hex]] };
    }
    default: {
      const old = earlier.find(([of, at]) => of === table && at === key);
      if (!old || old[2] === hex) return null;
      return { what: `an earlier ${table}/${key}`, kind: 'earlier row', table, rows: [old] };
    }
  }
}
