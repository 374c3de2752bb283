// Traps of the app's WebAssembly: the page begins anew by itself, so that a test may not notice.
export const traps = [];

export function watchTraps(context) {
  context.on('weberror', (error) => {
    if (error.error().name === 'RuntimeError') traps.push(`${error.error()} at ${error.page()?.url()}`);
  });
  context.on('console', (message) => {
    if (message.text().startsWith('trapped at ')) traps.push(message.text());
  });
}
