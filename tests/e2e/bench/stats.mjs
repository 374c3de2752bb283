// Samples → a line of the table and a line of JSON; collects what is above its limit.
const failed = [];
let bench = 'phone';

// Which benchmark the lines are of.
export function name(of) {
  bench = of;
}

export function percentile(samples, share) {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}

const shown = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(1));

// `of` names what the limit holds for: `p95`, `max`, `p50` or `value`.
export function report(name, unit, samples, limit, of = 'p95') {
  const all = [samples].flat();
  const found = {
    p50: percentile(all, 0.5),
    p95: percentile(all, 0.95),
    max: Math.max(...all),
    value: all[0],
  };
  const over = limit !== undefined && found[of] > limit;
  if (over) failed.push(`${name}: ${of} ${shown(found[of])} ${unit}, limit ${limit}`);
  const many = all.length > 1;
  const numbers = many
    ? `p50 ${shown(found.p50)}  p95 ${shown(found.p95)}  max ${shown(found.max)}  n ${all.length}`
    : shown(found.value);
  const against = limit === undefined ? '' : `   limit ${limit} (${of})${over ? '  ABOVE' : ''}`;
  console.log(`${name.padEnd(44)} ${unit.padEnd(6)} ${numbers}${against}`);
  const line = { bench, name, unit, n: all.length };
  if (many) Object.assign(line, { p50: found.p50, p95: found.p95, max: found.max });
  else line.value = found.value;
  if (limit !== undefined) Object.assign(line, { limit, of });
  lines.push(JSON.stringify(line));
}

const lines = [];

// Prints the lines of JSON; a limit that was passed fails the run.
export function close() {
  console.log(`\n${lines.join('\n')}`);
  if (failed.length === 0) return;
  console.error(`\nabove the limit:\n  ${failed.join('\n  ')}`);
  process.exitCode = 1;
}
