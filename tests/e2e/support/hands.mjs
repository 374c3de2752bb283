// What a person does in a window of any engine, through the page's own elements.

// Against a hang only: the other engines are slow, above all while the service worker fetches the app.
const PATIENCE_MS = 60_000;

export class Hands {
  constructor(window) {
    this.window = window;
  }

  // Waits until a function in the page answers with something true, and returns it.
  async until(what, act, ...values) {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      // While a page gives way to another, nothing can be run in it.
      const found = await this.window.run(act, ...values).catch((error) => ((this.error = error), null));
      if (found) return found;
      if (Date.now() > end) throw new Error(`${what}: not in ${PATIENCE_MS} ms; ${await this.describe()}`);
      await new Promise((later) => setTimeout(later, 50));
    }
  }

  async describe() {
    const text = () => `${location.href} shows: ${document.body.innerText.slice(0, 600)}`;
    return this.window.run(text).catch((error) => `${error}; ${this.error}`);
  }

  // Presses the first visible button, link or choice with this text.
  press(text) {
    return this.until(`to press “${text}”`, pressed, text);
  }

  // Gives a question with options its answer, out of the sheet where there are many.
  async choose(label, option) {
    const way = await this.until(`to answer “${label}”`, chosen, label, option);
    if (way === 'sheet') await this.press(option);
  }

  // Puts a text into the box of a question or field.
  fill(selector, value) {
    return this.until(`to fill ${selector}`, filled, selector, value);
  }

  see(selector, text = '') {
    return this.until(`to see ${selector} with “${text}”`, seen, selector, text);
  }
}

function pressed(text) {
  const all = document.querySelectorAll('button, a, label.choice, .options__item');
  const shown = [...all].filter((element) => element.getClientRects().length && !element.disabled);
  const words = (element) => (element.getAttribute('aria-label') ?? element.textContent).trim().replace(/\s+/g, ' ');
  const found = shown.find((element) => words(element) === text) ?? shown.find((element) => words(element).startsWith(text));
  found?.click();
  return Boolean(found);
}

function chosen(label, option) {
  const named = (element) => element.querySelector('.question__label')?.textContent.includes(label);
  const question = [...document.querySelectorAll('.question')].find(named);
  const sheet = question?.querySelector('button.select');
  sheet?.click();
  if (sheet) return 'sheet';
  const choices = [...(question?.querySelectorAll('label.choice') ?? [])];
  const found = choices.find((choice) => choice.textContent.includes(option));
  found?.click();
  return found && 'row';
}

function filled(selector, value) {
  const box = [...document.querySelectorAll(selector)].find((element) => element.getClientRects().length);
  if (!box) return false;
  box.focus();
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(box), 'value').set.call(box, value);
  box.dispatchEvent(new Event('input', { bubbles: true }));
  box.blur();
  return box.value === value;
}

function seen(selector, text) {
  const shown = (element) => element.getClientRects().length && element.textContent.includes(text);
  return [...document.querySelectorAll(selector)].some(shown);
}
