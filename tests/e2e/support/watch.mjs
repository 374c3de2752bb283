// What every page of the tests must hold: nothing in the console, no accessibility violations, nothing cut
// off or on top of something else, targets large enough.
import AxeBuilder from '@axe-core/playwright';
import { expect } from '@playwright/test';

// A request that fails is reported by the browser itself; tests of faults cause such on purpose.
const NETWORK = /^Failed to load resource|net::ERR_/;

// Collects what the pages of a context write to the console. Call `quiet` at the end.
export function watch(context) {
  const heard = [];
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !NETWORK.test(message.text())) {
      heard.push(`${message.type()}: ${message.text()} (${message.page()?.url()})`);
    }
  });
  context.on('weberror', (error) => heard.push(String(error.error())));
  return { quiet: () => expect(heard).toEqual([]) };
}

// What is still sliding or fading in has neither its place nor its colours.
async function atRest(page) {
  await page.evaluate(async () => {
    const moving = document.getAnimations().filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime));
    await Promise.allSettled(moving.map((one) => one.finished));
  });
}

// No violations of WCAG 2.2 A and AA.
export async function accessible(page, where) {
  await atRest(page);
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    // Measured by `wellLaidOut`, larger; the rule counts a target under a sticky bar as covered.
    .disableRules(['target-size'])
    .analyze();
  report(violations, where);
}

// The rules that a change of colours can break.
export async function readable(page, where) {
  await atRest(page);
  const rules = ['color-contrast', 'link-in-text-block'];
  report((await new AxeBuilder({ page }).withRules(rules).analyze()).violations, where);
}

function report(violations, where) {
  const told = violations.map(({ id, help, nodes }) => {
    const first = nodes.slice(0, 3).map((node) => `${node.target.join(' ')} ${node.any[0]?.message ?? ''}`);
    return `${id}: ${help}\n    ${first.join('\n    ')}`;
  });
  // Soft: a run tells of every screen.
  expect.soft(told, where).toEqual([]);
}

// Measures controls and text: no sideways scroll, no control over another, no text cut off, every target
// at least `target` pixels (links inside a text excepted, as in WCAG 2.5.8).
export async function wellLaidOut(page, where, target) {
  await atRest(page);
  const found = await page.evaluate((target) => {
    const wrong = [];
    const named = (element) => {
      const text = (element.getAttribute('aria-label') ?? element.innerText ?? '').trim().slice(0, 40);
      return `${element.tagName.toLowerCase()}.${[...element.classList].join('.')} „${text}“`;
    };
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth + 1) {
      const wide = [...document.querySelectorAll('body *')].filter(
        (element) => element.getBoundingClientRect().right > root.clientWidth + 1 && element.checkVisibility(),
      );
      wrong.push(`scrolls sideways: ${wide.slice(0, 3).map(named).join(', ')}`);
    }
    const controls = [...document.querySelectorAll('a[href], button, input, select, textarea, label.choice')].filter(
      (element) => {
        const box = element.getBoundingClientRect();
        const clipped = element.closest('.visually-hidden, .skip-link') || element.matches('.visually-hidden');
        const covered = document.querySelector('dialog[open]') && !element.closest('dialog[open]');
        return !clipped && !covered && element.checkVisibility({ visibilityProperty: true }) && box.width > 0;
      },
    );
    const boxOf = (element) => (element.closest('label, .search') ?? element).getBoundingClientRect();
    for (const element of controls) {
      const box = boxOf(element);
      const inText = element.tagName === 'A' && getComputedStyle(element).display === 'inline';
      if (!inText && (box.width < target - 0.5 || box.height < target - 0.5)) {
        wrong.push(`small: ${named(element)} ${Math.round(box.width)}×${Math.round(box.height)}`);
      }
      const style = getComputedStyle(element);
      const hides = (overflow) => overflow === 'hidden' || overflow === 'clip';
      const cutX = element.scrollWidth > element.clientWidth + 1 && hides(style.overflowX);
      const cutY = element.scrollHeight > element.clientHeight + 1 && hides(style.overflowY);
      if (element.tagName !== 'INPUT' && element.clientWidth > 0 && (cutX || cutY)) wrong.push(`cut: ${named(element)}`);
      if (style.textOverflow === 'ellipsis' && cutX) wrong.push(`ellipsis: ${named(element)}`);
    }
    // Sticky bars lie over what scrolls under them: only what scrolls together can be in the way.
    const layer = (element) => element.closest('.top-bar, .action-bar, .bottom-nav, .record__actions') ?? document.body;
    for (const [at, one] of controls.entries()) {
      for (const other of controls.slice(at + 1)) {
        if (one.contains(other) || other.contains(one) || layer(one) !== layer(other)) continue;
        if (one.closest('label') && one.closest('label') === other.closest('label')) continue;
        const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
        const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (width > 1 && height > 1) wrong.push(`overlap: ${named(one)} and ${named(other)}`);
      }
    }
    return wrong;
  }, target);
  expect.soft(found, where).toEqual([]);
}
