/** What events, tasks and notes have alike: text, categories, sensitivity. */
import {
  children,
  element,
  type Element,
  integer,
  MalformedValue,
  type TagName,
  textOf,
} from '../../protocol/index.ts';
import type { Component } from '../content-lines/component.ts';
import { ContentLine } from '../content-lines/content-line.ts';
import { escapeText, textList } from '../content-lines/text-values.ts';
import { isSameBody, readResourceBody, resourceBody, type ResourceText } from '../resource-body.ts';
import { type Field, isEmpty } from '../resource-fields.ts';
import { oneLine, xmlText } from '../xml-text.ts';

/** Whatever a field is of. */
export interface HasComponent {
  readonly component: Component;
}

/** MS-ASCAL 2.2.2.10 */
export const CATEGORIES_LIMIT = 300;

export const textField = <S extends HasComponent>(tag: TagName, name: string): Field<S> => ({
  tag,
  read: ({ component }) => {
    const text = oneLine(component.text(name) ?? '');
    return text === '' ? undefined : element(tag, text);
  },
  write: ({ component }, it) => component.setText(name, it && oneLine(textOf(it))),
});

export const categoriesField = <S extends HasComponent>(tag: TagName, inner: TagName): Field<S> => ({
  tag,
  read: ({ component }) => {
    const names = component.lines('CATEGORIES').flatMap((it) => textList(it.value).map(oneLine));
    const some = [...new Set(names)].slice(0, CATEGORIES_LIMIT);
    return some.length === 0
      ? undefined
      : element(
          tag,
          some.map((it) => element(inner, it)),
        );
  },
  write: ({ component }, it) => {
    const names = children(it, inner)
      .map((child) => oneLine(textOf(child)))
      .filter((name) => name !== '');
    component.set('CATEGORIES', names.length === 0 ? undefined : names.map(escapeText).join(','));
  },
});

const SENSITIVITIES = ['PUBLIC', 'PERSONAL', 'PRIVATE', 'CONFIDENTIAL'];

/** 0: normal, 1: personal, 2: private, 3: confidential; `isShown`: even if nobody said. */
export const sensitivityField = <S extends HasComponent>(tag: TagName, isShown: boolean): Field<S> => ({
  tag,
  read: ({ component }) => {
    const name = component.text('CLASS')?.toUpperCase().replace(/^X-/, '');
    if (name === undefined && !isShown) return undefined;
    const at = SENSITIVITIES.indexOf(name ?? 'PUBLIC');
    // Words that nobody knows are taken for private (RFC 5545 section 3.8.1.3).
    return element(tag, at < 0 ? SENSITIVITIES.indexOf('PRIVATE') : at);
  },
  write: ({ component }, it) => {
    const level = it ? integer({ tag, content: [it] }, tag) : 0;
    const name = SENSITIVITIES[level ?? 0];
    if (name === undefined) throw new MalformedValue(tag, String(level), 'a number from 0 to 3');
    component.set('CLASS', name === 'PUBLIC' && !component.line('CLASS') ? undefined : name);
  },
});

const isHtml = (line: ContentLine): boolean => /^text\/html$/i.test(line.parameter('FMTTYPE') ?? '');

/** DESCRIPTION, and the HTML that Outlook and others keep beside it. */
export function descriptionOf(component: Component): ResourceText {
  const html = component.lines('X-ALT-DESC').find(isHtml);
  return {
    text: xmlText(component.line('DESCRIPTION')?.text ?? ''),
    html: html && html.text.trim() !== '' ? xmlText(html.text) : undefined,
  };
}

export function writeDescription(component: Component, content: ResourceText | undefined): void {
  component.setText('DESCRIPTION', content?.text);
  const old = component.lines('X-ALT-DESC').find(isHtml);
  if (content?.html !== undefined) {
    const value = escapeText(content.html);
    component.put(old ? old.with(value) : ContentLine.of('X-ALT-DESC', value, { FMTTYPE: 'text/html' }), old);
  } else if (old) component.remove(old);
}

export const bodyField = <S extends HasComponent>(isShown = false): Field<S> => ({
  tag: 'AirSyncBase:Body',
  neverGhosted: true,
  read: ({ component }, context) => {
    const content = descriptionOf(component);
    return content.text === '' && content.html === undefined && !isShown ? undefined : resourceBody(content, context);
  },
  isSame: ({ component }, _before, it) => !isEmpty(it) && isSameBody(descriptionOf(component), it),
  write: ({ component }, it) => writeDescription(component, readResourceBody(it)),
});

/** A number that a field's element has. Throws MalformedValue. */
export function numberOf(it: Element, least: number, most: number): number {
  const value = integer({ tag: it.tag, content: [it] }, it.tag) ?? Number.NaN;
  if (!(value >= least && value <= most))
    throw new MalformedValue(it.tag, String(value), `a number from ${least} to ${most}`);
  return value;
}
