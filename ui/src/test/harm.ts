// What a hostile text has become other than text.
import { expect } from 'vitest';

const ALLOWED = new Set(
  'a bdi br button circle code dd details dialog div dl dt ellipse em fieldset footer form g h1 h2 h3 header input kbd label legend li line main nav option p path polygon polyline pre rect section select small span strong summary svg table tbody td textarea th thead time tr ul'.split(' '),
);
// eslint-disable-next-line no-control-regex -- that is what must not be seen
const TURNING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** What a hostile text has become other than text. */
export function harm(): string[] {
  const found: string[] = [];
  for (const element of document.body.querySelectorAll('*')) {
    if (!ALLOWED.has(element.localName)) found.push(`<${element.localName}> ${element.outerHTML.slice(0, 120)}`);
    for (const { name, value } of element.attributes) {
      const leads = name === 'href' && !value.startsWith('#');
      const loads = ['src', 'action', 'style'].includes(name) && /javascript|hacked|url/.test(value);
      if (name.startsWith('on') || leads || loads) found.push(`${name}=${value} of <${element.localName}>`);
    }
    for (const node of element.childNodes) {
      if (node.nodeType === Node.TEXT_NODE && TURNING.test(node.textContent ?? '')) found.push(`a sign that turns text around in <${element.localName}> ${JSON.stringify(node.textContent)}`);
    }
  }
  return found;
}

export const expectOnlyText = () => expect(harm()).toEqual([]);
