import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { drawPlan, loadNeeds, plan } from '../../../lib/topology/index.ts';
import { PICTURES } from '../../../lib/topology/planning/pictures.ts';
import { textWidth } from '../../../lib/topology/planning/drawing.ts';
import { needsOf } from './needs.ts';

const ROOT = join(import.meta.dirname, '../../..');
const files = readdirSync(join(ROOT, 'examples')).filter((it) => it.startsWith('plan-'));

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
type Attributes = Readonly<Record<string, string>>;

function parsed(svg: string) {
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' });
  const { svg: root } = parser.parse(svg) as { svg: Attributes & { rect: Attributes[]; text: Attributes[] } };
  const box = (it: Attributes): Rectangle => ({
    x: Number(it['x'] ?? 0),
    y: Number(it['y'] ?? 0),
    width: Number(it['width']),
    height: Number(it['height']),
  });
  return { paper: box(root), boxes: root.rect.slice(1).map(box), texts: root.text };
}

const spanOf = (text: Attributes): readonly [from: number, to: number] => {
  const width = textWidth(String(text['#text']), text['class'] as 'small');
  const x = Number(text['x']);
  return text['text-anchor'] === 'middle' ? [x - width / 2, x + width / 2] : [x, x + width];
};

describe.each(files)('the picture of %s', (file) => {
  const made = plan(loadNeeds(join(ROOT, 'examples', file)));
  const svg = drawPlan(made);

  it('is well-formed', () => expect(XMLValidator.validate(svg)).toBe(true));

  it('has every word within its box, and every box on the paper', () => {
    const { paper, boxes, texts } = parsed(svg);
    for (const box of boxes) {
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(paper.width);
      expect(box.y + box.height).toBeLessThanOrEqual(paper.height);
    }
    for (const text of texts) {
      const [from, to] = spanOf(text);
      const y = Number(text['y']);
      expect(to, String(text['#text'])).toBeLessThanOrEqual(paper.width);
      const around = boxes.filter((it) => it.x <= from && it.y < y && y < it.y + it.height && from < it.x + it.width);
      for (const box of around) expect(to, String(text['#text'])).toBeLessThanOrEqual(box.x + box.width);
    }
  });

  it('shows every site, place and mail system', () => {
    for (const { name, region, sites, mailSystem } of made.places)
      for (const word of [`${name} (${region})`, `mail system ${mailSystem.name}`, ...sites.map((it) => it.name)])
        expect(svg).toContain(`>${word}</text>`);
  });
});

it('a name that is too long for its box is shortened, and what XML would take for its own is escaped', () => {
  const needs = needsOf({});
  const [site] = needs.sites as [(typeof needs.sites)[0]];
  const named = (name: string) => drawPlan(plan({ ...needs, sites: [{ ...site, name }] }));
  expect(named('a-name-that-is-longer-than-any-box')).toMatch(/>a-name-that-is-longer-[a-z-]*…<\/text>/);
  const svg = named('<&">');
  expect(XMLValidator.validate(svg)).toBe(true);
  expect(svg).toContain('&lt;&amp;&quot;&gt;');
});

it.each(Object.entries(PICTURES))('docs/topologies/%s.svg is drawn from %s (npm run docs)', (name, example) => {
  const drawn = drawPlan(plan(loadNeeds(join(ROOT, 'examples', example))));
  expect(readFileSync(join(ROOT, 'docs/topologies', `${name}.svg`), 'utf8')).toBe(drawn);
});
