// Another build of the app: different files under another name, made from the first build by changing a text and
// renaming, so that no second compilation is needed.
import { createHash } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ka } from './phone.mjs';

// The title of the settings in the other build.
export const NEW_TITLE = 'განახლებული პარამეტრები';

const sha256 = (bytes) => `sha256-${createHash('sha256').update(bytes).digest('base64')}`;

// Another build in `folder`: other text, other name, other hashes.
export async function rebuild(folder) {
  const worker = await readFile(join(folder, 'sw.js'), 'utf8');
  const [, manifest] = worker.match(/^const M = (".*");$/m);
  const [build] = JSON.parse(manifest).split('\n');
  const next = build.replace(/./g, (digit) => (15 - parseInt(digit, 16)).toString(16));
  const edited = { '/': join(folder, 'index.html'), texts: join(folder, 'pkg', build, 'locale.ka.txt') };
  const page = (await readFile(edited['/'], 'utf8')).replaceAll(build, next);
  const texts = (await readFile(edited.texts, 'utf8')).replace(ka('settings.title'), NEW_TITLE);
  await writeFile(edited['/'], page);
  await writeFile(edited.texts, texts);
  for (const file of [...Object.values(edited), join(folder, 'sw.js')]) {
    for (const packed of ['.br', '.gz']) await rm(file + packed, { force: true });
  }
  const lines = JSON.parse(manifest).split('\n').slice(1).map((line) => {
    const [path, hash, kind] = line.split(' ');
    const changed = { '/': page, [`/pkg/${build}/locale.ka.txt`]: texts }[path];
    return [path.replace(build, next), changed === undefined ? hash : sha256(changed), kind].join(' ');
  });
  await writeFile(join(folder, 'sw.js'), worker.replace(manifest, JSON.stringify([next, ...lines].join('\n'))));
  await rename(join(folder, 'pkg', build), join(folder, 'pkg', next));
  return next;
}
