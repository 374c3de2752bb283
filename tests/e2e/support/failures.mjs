// Ends a run with what failed, a few lines each: whoever has only the last lines of a log still sees why.
const LINES = 12;

export default class Failures {
  failed = [];

  onTestEnd(test, result) {
    if (result.status === 'passed' || result.status === 'skipped') return;
    const said = result.errors.map((error) => plain(error.message ?? error.value ?? '')).join('\n');
    const where = result.errors[0]?.location;
    this.failed.push({ title: test.title, where: where ? `${where.file.split('/').at(-1)}:${where.line}` : '', said });
  }

  onEnd() {
    for (const { title, where, said } of this.failed) {
      console.log(`\n  FAILED: ${title} (${where})`);
      const lines = said.split('\n').filter((line) => line.trim());
      for (const line of lines.slice(0, LINES)) console.log(`    ${line.slice(0, 200)}`);
    }
  }
}

// Without the codes for a terminal's colours.
function plain(text) {
  return text.replace(/\u001b\[[0-9;]*m/g, '');
}
