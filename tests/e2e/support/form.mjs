// Georgian labels of the questionnaires, from their source: tests name questions and choices by code.
import { readFileSync } from 'node:fs';

export class Form {
  constructor(id) {
    const source = readFileSync(new URL(`../../../forms/${id}.md`, import.meta.url), 'utf8');
    this.questions = new Map();
    this.lists = new Map();
    let sheet = '';
    let columns = null;
    for (const line of source.split('\n').filter((line) => line.startsWith('|'))) {
      const cells = line.slice(1).split(/(?<!\\)\|/).map((cell) => cell.trim());
      if (cells[0]) {
        [sheet, columns] = [cells[0], null];
      } else if (!columns) {
        columns = cells;
      } else {
        this.read(sheet, Object.fromEntries(columns.map((name, at) => [name, cells[at] ?? ''])));
      }
    }
  }

  read(sheet, row) {
    const label = row['label::ქართული (ka)'];
    if (sheet === 'survey' && row.name) this.questions.set(row.name, { label, type: row.type });
    if (sheet === 'choices') this.lists.set(`${row.list_name}/${row.name}`, label);
  }

  label(question) {
    return this.questions.get(question).label;
  }

  choice(question, code) {
    const list = this.questions.get(question).type.split(' ')[1];
    return this.lists.get(`${list}/${code}`);
  }

  // Answers by code → answers by label, as the page shows them.
  answers(given) {
    return Object.fromEntries(
      Object.entries(given).map(([question, value]) => {
        const { type } = this.questions.get(question);
        const select = /^(select_one|select_multiple|rank) /.test(type);
        const told = select && [value].flat().map((code) => this.choice(question, code) ?? code);
        return [this.label(question), select ? (Array.isArray(value) ? told : told[0]) : value];
      }),
    );
  }
}
