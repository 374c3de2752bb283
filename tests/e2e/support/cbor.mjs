// CBOR as rows hold it (RFC 8949), as far as one has to walk over it.
const [BYTES, TEXT, ARRAY, MAP, TAG] = [2, 3, 4, 5, 6];

// The byte behind the item that begins at `at`.
function behind(bytes, at) {
  const [kind, short] = [bytes[at] >> 5, bytes[at] & 31];
  const width = short < 24 ? 0 : 1 << (short - 24);
  if (short > 27) throw new Error(`no item of CBOR that rows have: byte ${bytes[at]} at ${at}`);
  const start = at + 1 + width;
  const number = width === 0 ? short : Number(`0x${bytes.subarray(at + 1, start).toString('hex')}`);
  const several = (count) => {
    let end = start;
    for (let item = 0; item < count; item += 1) end = behind(bytes, end);
    return end;
  };
  if (kind === BYTES || kind === TEXT) return start + number;
  if (kind === ARRAY) return several(number);
  if (kind === MAP) return several(number * 2);
  return kind === TAG ? several(1) : start;
}

// The items of an array, each as its bytes.
export function items(bytes) {
  if (bytes[0] >> 5 !== ARRAY) throw new Error('not an array');
  const end = behind(bytes, 0);
  const found = [];
  // A count of 24 and more stands in the next byte.
  for (let at = (bytes[0] & 31) < 24 ? 1 : 2; at < end; ) {
    const next = behind(bytes, at);
    found.push(bytes.subarray(at, next));
    at = next;
  }
  return found;
}

// An array of fewer than 256 items.
export const array = (all) =>
  Buffer.concat([Buffer.from(all.length < 24 ? [0x80 | all.length] : [0x98, all.length]), ...all]);
